"""The record of one event: a flat JSON object whose members stand in a fixed order.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
Only ``requestParameters`` and ``responseElements`` may be null; every other optional member is left out instead.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from trail.times import iso

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["MEMBERS", "Event", "Resource", "build", "encode"]

MEMBERS = (
    "eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress",
    "userAgent", "errorCode", "errorMessage", "requestParameters", "responseElements", "additionalEventData",
    "requestID", "eventID", "readOnly", "resources", "eventType", "apiVersion", "managementEvent",
    "recipientAccountId", "sharedEventID", "serviceEventDetails", "vpcEndpointId", "vpcEndpointAccountId",
    "eventCategory", "addendum", "edgeDeviceDetails", "tlsDetails", "sessionCredentialFromConsole",
)  # fmt: skip
"""Every member of a record, in the order in which it is written."""

KIB = 1024
TEXT_LIMIT = 1 * KIB
RECORD_LIMIT = 256 * KIB
MEMBER_LIMITS = {
    "requestParameters": 100 * KIB,
    "responseElements": 100 * KIB,
    "serviceEventDetails": 100 * KIB,
    "additionalEventData": 28 * KIB,
    "edgeDeviceDetails": 28 * KIB,
}
_NULLABLE = ("requestParameters", "responseElements")
_SMALLEST_LIMIT = min(MEMBER_LIMITS.values())
_SURELY_SHORT = TEXT_LIMIT // 4


@dataclass(slots=True)
class Resource:
    """A resource that an event names; ``type`` is like ``AWS::ServiceDiscovery::Service``."""

    account: str
    type: str
    arn: str


@dataclass(slots=True)
class Event:
    """What a record says, as plain values; ``time`` is when the request completed.

    ``request_parameters`` and ``response_elements`` are cased already. ``resource_types`` are the types a call asked
    for, known also of a failed call, whose record has no ``resources``. ``more`` holds rare members (``apiVersion``,
    ``sharedEventID``, ``vpcEndpointId``, …) by their own names.
    """

    identity: Mapping[str, Any]
    time: int
    source: str
    name: str
    region: str
    account: str
    source_ip: str
    user_agent: str
    request_id: str
    event_id: str
    read_only: bool
    management: bool
    request_parameters: Mapping[str, Any] | None = None
    response_elements: Mapping[str, Any] | None = None
    error_code: str | None = None
    error_message: str | None = None
    resources: Sequence[Resource] = ()
    resource_types: Sequence[str] = ()
    additional_event_data: Mapping[str, Any] | None = None
    tls: Mapping[str, Any] | None = None
    event_type: str = "AwsApiCall"
    version: str = "1.11"
    session_credential_from_console: bool = False
    more: Mapping[str, Any] | None = None


def build(event: Event) -> dict[str, Any]:
    """The record's members in order, before the limits on sizes that :func:`encode` keeps."""
    failed = event.error_code is not None
    record: dict[str, Any] = {
        "eventVersion": event.version,
        "userIdentity": event.identity,
        "eventTime": iso(event.time),
        "eventSource": event.source,
        "eventName": event.name,
        "awsRegion": event.region,
        "sourceIPAddress": event.source_ip,
        "userAgent": _short(event.user_agent),
    }
    if failed:
        record["errorCode"] = _short(event.error_code or "")
        if event.error_message:
            record["errorMessage"] = _short(event.error_message)
    record["requestParameters"] = event.request_parameters or None
    record["responseElements"] = None if failed else event.response_elements or None
    if event.additional_event_data:
        record["additionalEventData"] = event.additional_event_data
    if event.request_id:
        record["requestID"] = _short(event.request_id)
    record["eventID"] = event.event_id
    record["readOnly"] = event.read_only
    if event.resources and not failed:
        record["resources"] = [_resource(resource) for resource in event.resources]
    record["eventType"] = event.event_type
    record["managementEvent"] = event.management
    record["recipientAccountId"] = event.account
    record["eventCategory"] = "Management" if event.management else "Data"
    if event.tls:
        record["tlsDetails"] = event.tls
    if event.session_credential_from_console:
        record["sessionCredentialFromConsole"] = "true"
    return _with(record, event.more) if event.more else record


def encode(event: Event) -> bytes:
    """The record as it stands in log files and in the history: one line of UTF-8 JSON of at most 256 KB."""
    record = build(event)
    data = _dumps(record)
    return data if len(data) <= _SMALLEST_LIMIT else _reduced(record, data)


def _resource(resource: Resource) -> dict[str, str]:
    members = {"accountId": resource.account, "type": resource.type, "ARN": resource.arn}
    return {name: value for name, value in members.items() if value}


def _with(record: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    unknown = more.keys() - set(MEMBERS)
    if unknown:
        raise ValueError(f"a record has no member {min(unknown)}")
    both = record | {name: value for name, value in more.items() if value not in (None, {}, [])}
    return {name: both[name] for name in MEMBERS if name in both}


def _short(text: str) -> str:
    """At most 1 KB of UTF-8, never ending inside a character."""
    if len(text) <= _SURELY_SHORT:
        return text
    return text.encode(errors="replace")[:TEXT_LIMIT].decode(errors="ignore")


def _dumps(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:
        # orjson refuses lone surrogates and integers beyond 64 bits. A call leaves a record whatever it said.
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
        return text.encode(errors="replace")


def _reduced(record: dict[str, Any], data: bytes) -> bytes:
    """The record without the content that is over a limit: null where null may stand, else left out."""
    for name, limit in MEMBER_LIMITS.items():
        if record.get(name) is not None and len(_dumps(record[name])) > limit:
            data = _drop(record, name)
    for name in reversed(MEMBER_LIMITS):
        if len(data) > RECORD_LIMIT and record.get(name) is not None:
            data = _drop(record, name)
    return data


def _drop(record: dict[str, Any], name: str) -> bytes:
    if name in _NULLABLE:
        record[name] = None
    else:
        del record[name]
    return _dumps(record)
