"""A record as a line of a table: the columns of CloudTrail's event history."""

from __future__ import annotations

from typing import Any

import orjson

from trail.identity import user_name
from trail.index import resources as derived

__all__ = ["COLUMNS", "parsed", "row", "who"]

COLUMNS = {
    "eventID": "Event ID",
    "eventName": "Event name",
    "eventTime": "Event time",
    "userName": "User name",
    "accessKeyId": "AWS access key",
    "eventSource": "Event source",
    "resourceTypes": "Resource type",
    "resourceNames": "Resource name",
    "errorCode": "Error code",
    "errorMessage": "Error message",
    "readOnly": "Read-only",
    "awsRegion": "AWS region",
    "accountId": "Account",
    "sourceIPAddress": "Source IP address",
    "userAgent": "User agent",
    "requestID": "Request ID",
}
"""The members of a line and how they are headed."""

_MEMBERS = {
    "serviceId": "AWS::ServiceDiscovery::Service",
    "instanceId": "AWS::ServiceDiscovery::Instance",
    "namespaceId": "AWS::ServiceDiscovery::Namespace",
    "operationId": "AWS::ServiceDiscovery::Operation",
}
_IDS = {"ns-": "AWS::ServiceDiscovery::Namespace", "srv-": "AWS::ServiceDiscovery::Service"}


def parsed(record: bytes | str) -> dict[str, Any]:
    """A record's members."""
    said: dict[str, Any] = orjson.loads(record)
    return said


def row(record: dict[str, Any]) -> dict[str, Any]:
    """A record's line. It may be from a file that somebody has written by hand: nothing is taken for granted."""
    touched = _touched(record)
    identity = _object(record.get("userIdentity"))
    return {
        **{name: record.get(name) for name in COLUMNS},
        "userName": who(record),
        "accessKeyId": identity.get("accessKeyId"),
        "accountId": record.get("recipientAccountId"),
        "resourceTypes": [kind for kind, _ in touched],
        "resourceNames": [name for _, name in touched],
    }


def who(record: dict[str, Any]) -> str:
    """The caller in one word: the user's or the session's name, ``root``, or the service."""
    identity = _object(record.get("userIdentity"))
    try:
        name = user_name(identity)
    except KeyError:
        name = None
    return str(name or identity.get("invokedBy") or identity.get("principalId") or "")


def _touched(record: dict[str, Any]) -> list[tuple[str, str]]:
    """Types and names: the record's own resources, what CloudTrail derives, or what the request names by id."""
    listed = record.get("resources")
    own = [
        (str(each.get("type", "")), str(each.get("ARN", "")))
        for each in (listed if isinstance(listed, list) else [])
        if isinstance(each, dict)
    ]
    if own:
        return own
    try:
        found = derived(record)
    except (KeyError, TypeError):
        found = []
    return found or list(dict.fromkeys(_named(_object(record.get("requestParameters")))))


def _named(parameters: dict[str, Any]) -> list[tuple[str, str]]:
    named = [(kind, parameters[member]) for member, kind in _MEMBERS.items() if isinstance(parameters.get(member), str)]
    for member in ("id", "resourceARN"):
        name = parameters.get(member)
        if isinstance(name, str):
            last = name.rpartition("/")[2]
            named += [(kind, name) for prefix, kind in _IDS.items() if last.startswith(prefix)]
    return named


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
