"""Tags of trails: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AddTags.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.cloudtrail import errors, names
from emulator.cloudtrail.registry import operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emulator.call import Call
    from emulator.operations import Result
    from trail.trails import Trail

__all__ = ["checked"]

_RESERVED = "aws:"
_MOST_RESOURCES = 20


@operation("AddTags")
def add_tags(call: Call, request: Any) -> Result:
    """Add tags to a trail; a key that is there already gets the new value."""
    trail = _tagged(call, request["ResourceId"])
    new, trails = checked(call, request["TagsList"]), call.facilities.trails
    trails.tag(call.connection, trail, new)
    if len(trails.tags(call.connection, trail)) > call.facilities.quotas.tags_per_resource:
        raise errors.too_many_tags(call.facilities.quotas.tags_per_resource)
    return {}


@operation("RemoveTags")
def remove_tags(call: Call, request: Any) -> Result:
    """Remove tags by key, whatever their values; keys that are not there are passed over."""
    trail = _tagged(call, request["ResourceId"])
    keys = [tag["Key"] for tag in request["TagsList"]]
    for key in keys:
        _refuse_reserved(key)
    call.facilities.trails.untag(call.connection, trail, keys)
    return {}


@operation("ListTags")
def list_tags(call: Call, request: Any) -> Result:
    """The tags of up to 20 trails; the answer has no pages."""
    if "NextToken" in request:
        raise errors.invalid_token()
    arns = request["ResourceIdList"]
    if len(arns) > _MOST_RESOURCES:
        raise errors.arn_invalid(f"You can list the tags of at most {_MOST_RESOURCES} resources at a time.")
    return {"ResourceTagList": [{"ResourceId": arn, "TagsList": _listed(call, _tagged(call, arn))} for arn in arns]}


def checked(call: Call, tags: Sequence[Any]) -> dict[str, str | None]:
    """The tags of a request by key. Raises ``InvalidTagParameterException`` or ``TagsLimitExceededException``."""
    found = {tag["Key"]: tag.get("Value") for tag in tags}
    if len(found) < len(tags):
        raise errors.invalid_tag("Tag keys must be unique.")
    for text in [*found, *found.values()]:
        _refuse_reserved(text or "")
    limit = call.facilities.quotas.tags_per_resource
    if len(found) > limit:
        raise errors.too_many_tags(limit)
    return found


def _listed(call: Call, trail: Trail) -> list[dict[str, str]]:
    tags = call.facilities.trails.tags(call.connection, trail)
    return [{"Key": key} if value is None else {"Key": key, "Value": value} for key, value in tags.items()]


def _refuse_reserved(text: str) -> None:
    if text[:4].lower() == _RESERVED:
        raise errors.invalid_tag("Tag keys and values must not begin with aws: in any case: it is reserved.")


def _tagged(call: Call, arn: str) -> Trail:
    """The trail of an ARN of this account and region: tags are met at a trail's home only, and never by bare names."""
    reference, kind = names.read_arn(arn)
    if reference.account != call.account:
        raise errors.arn_invalid("You must specify an ARN that the caller account can access.")
    if reference.region != call.region:
        raise errors.arn_invalid(f"Region in ARN is wrong, you can only access resources in region {call.region}.")
    if kind != "trail":
        raise errors.resource_type_not_supported(kind)
    trail = names.named(call, reference)
    if trail is None:
        raise errors.resource_not_found(arn)
    return trail
