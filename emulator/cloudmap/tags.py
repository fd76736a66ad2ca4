"""Tags of namespaces and services: https://docs.aws.amazon.com/cloud-map/latest/dg/using-tags.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.cloudmap import errors, references
from emulator.cloudmap.registry import operation

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from mypy_boto3_servicediscovery import type_defs as types

    from emulator.call import Call
    from emulator.operations import Result

_RESERVED = "aws:"


@operation("TagResource")
def tag_resource(call: Call, request: types.TagResourceRequestTypeDef) -> Result:
    """Add tags to a namespace or service; a key that is there already gets the new value."""
    resource = _resource(call, request["ResourceARN"])
    new = checked(call, request["Tags"], resource=request["ResourceARN"])
    put(call.connection, call.place.id, resource, new)
    (count,) = call.row("SELECT count(*) FROM tag WHERE place = ? AND resource = ?", call.place.id, resource)
    limit = call.facilities.quotas.tags_per_resource
    if count > limit:
        raise errors.too_many_tags(request["ResourceARN"], limit)
    return {}


@operation("UntagResource")
def untag_resource(call: Call, request: types.UntagResourceRequestTypeDef) -> Result:
    """Remove tags by key; keys that are not there are passed over."""
    resource = _resource(call, request["ResourceARN"])
    for key in request["TagKeys"]:
        _refuse_reserved(key)
    call.connection.executemany(
        "DELETE FROM tag WHERE place = ? AND resource = ? AND key = ?",
        [(call.place.id, resource, key) for key in request["TagKeys"]],
    )
    return {}


@operation("ListTagsForResource")
def list_tags_for_resource(call: Call, request: types.ListTagsForResourceRequestTypeDef) -> Result:
    """All tags of a namespace or service; the answer has no pages."""
    resource = _resource(call, request["ResourceARN"])
    rows = call.execute("SELECT key, value FROM tag WHERE place = ? AND resource = ?", call.place.id, resource)
    return {"Tags": [{"Key": key, "Value": value} for key, value in rows]}


def checked(call: Call, tags: Sequence[Any], *, resource: str) -> dict[str, str]:
    """The tags of a request by key. Raises ``InvalidInput`` or ``TooManyTagsException``."""
    found = {tag["Key"]: tag["Value"] for tag in tags}
    for text in [*found, *found.values()]:
        _refuse_reserved(text)
    limit = call.facilities.quotas.tags_per_resource
    if len(found) > limit:
        raise errors.too_many_tags(resource, limit)
    return found


def put(connection: sqlite3.Connection, place: int, resource: str, tags: Mapping[str, str]) -> None:
    """Store tags of a resource (``service/srv-…``), over those of the same keys."""
    if tags:
        connection.executemany(
            "INSERT OR REPLACE INTO tag (place, resource, key, value) VALUES (?, ?, ?, ?)",
            [(place, resource, key, value) for key, value in tags.items()],
        )


def clear(connection: sqlite3.Connection, place: int, resource: str) -> None:
    """Remove all tags of a resource that is deleted."""
    connection.execute("DELETE FROM tag WHERE place = ? AND resource = ?", (place, resource))


def _refuse_reserved(text: str) -> None:
    if text[:4].lower() == _RESERVED:
        raise errors.invalid_input("Tag keys and values must not begin with aws: in any case: it is reserved.")


def _resource(call: Call, arn: str) -> str:
    resource = references.resource_of(call, arn)
    if resource is None:
        raise errors.resource_not_found(arn)
    kind, _, identifier = resource.partition("/")
    if kind not in ("namespace", "service"):
        raise errors.resource_not_found(arn)
    if call.row(f"SELECT 1 FROM {kind} WHERE place = ? AND id = ?", call.place.id, identifier) is None:
        raise errors.resource_not_found(arn)
    return resource
