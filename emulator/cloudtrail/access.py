"""What the operations of CloudTrail ask of policies.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudtrail.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.cloudtrail.names import read_arn
from emulator.errors import ServiceError
from emulator.iam.context import Question

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.call import Call
    from emulator.iam.context import Tags

__all__ = ["asked", "questions", "resources"]

_BY_NAME = ("CreateTrail", "DeleteTrail", "GetTrail", "GetTrailStatus", "StartLogging", "StopLogging", "UpdateTrail")
_BY_TRAIL_NAME = ("GetEventSelectors", "GetInsightSelectors", "PutEventSelectors", "PutInsightSelectors")
_BY_RESOURCE = ("AddTags", "RemoveTags")
_NAMED: Mapping[str, str] = {
    **dict.fromkeys(_BY_NAME, "Name"),
    **dict.fromkeys(_BY_TRAIL_NAME, "TrailName"),
    **dict.fromkeys(_BY_RESOURCE, "ResourceId"),
    "ListTags": "ResourceIdList",
}
"""For each operation on trails, the member that names them, by name or ARN; every other takes ``*`` only."""


def resources(name: str, request: Mapping[str, Any], arn: Callable[[str], str]) -> list[str]:
    """The ARNs of the trails that a request names; ``arn`` makes one of ``trail/<name>``."""
    said = request.get(_NAMED.get(name, ""), [])
    return [
        text if text.startswith("arn:") else arn(f"trail/{text}")
        for text in ([said] if isinstance(said, str) else said)
    ]


def asked(name: str, request: Mapping[str, Any], arn: Callable[[str], str]) -> list[tuple[str, str]]:
    """Actions and their resources; to make a trail with tags takes to be allowed to tag, too."""
    found = resources(name, request, arn) or ["*"]
    actions = [(f"cloudtrail:{name}", each) for each in found]
    tagged = name == "CreateTrail" and bool(request.get("TagsList"))
    return [*actions, *[("cloudtrail:AddTags", found[0])] * tagged]


def questions(call: Call, request: Mapping[str, Any]) -> list[Question]:
    """What is to be allowed before a call."""
    name, place = call.operation.name, call.place
    head = f"arn:{place.partition}:cloudtrail:{place.region}:{place.account}:"
    tags = {tag["Key"]: tag.get("Value") for tag in request.get("TagsList", ())}
    removed: tuple[str, ...] = tuple(tags) if name == "RemoveTags" else ()
    return [
        Question(action, each, {}, {} if removed else tags, removed, _tags_of(call, each))
        for action, each in asked(name, request, head.__add__)
    ]


def _tags_of(call: Call, arn: str) -> Callable[[], Tags]:
    def tags() -> Tags:
        try:
            reference, _ = read_arn(arn)
        except ServiceError:
            return {}
        trails = call.facilities.trails
        trail = trails.get(call.connection, call.account, reference.region, reference.name)
        return trails.tags(call.connection, trail) if trail is not None else {}

    return tags
