"""Event history: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.cloudtrail import errors
from emulator.cloudtrail.registry import operation
from trail.lookup import PAGE, Query, TokenError, look_up

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from emulator.call import Call
    from emulator.operations import Result
    from trail.lookup import Entry

_LONGEST_VALUE = 2000
_COUNT_TWICE = "_ ,\n"


@operation("LookupEvents")
def lookup_events(call: Call, request: Any) -> Result:
    """The management events of this account and region, newest first, a page at a time."""
    attribute = _attribute(request.get("LookupAttributes", ()))
    start, end = request.get("StartTime"), request.get("EndTime")
    _check_times(call, start, end)
    if request.get("EventCategory") == "insight" or (attribute is not None and _too_long(attribute[1])):
        return {"Events": []}
    query = Query(attribute, start, end)
    limit, token = request.get("MaxResults", PAGE), request.get("NextToken")
    try:
        page = look_up(call.connection, call.place, query, call.now, limit=limit, token=token)
    except TokenError:
        raise errors.invalid_next_token() from None
    more = {} if page.token is None else {"NextToken": page.token}
    return {"Events": [_told(entry) for entry in page.entries], **more}


def _attribute(asked: Sequence[Mapping[str, str]]) -> tuple[str, str] | None:
    if not asked:
        return None
    if len(asked) > 1:
        raise errors.invalid_lookup_attributes("You can specify only one lookup attribute.")
    key, value = asked[0]["AttributeKey"], asked[0]["AttributeValue"]
    if key == "ReadOnly" and value not in ("true", "false"):
        raise errors.invalid_lookup_attributes("The value of ReadOnly must be true or false.")
    return key, value


def _check_times(call: Call, start: int | None, end: int | None) -> None:
    if start is None:
        return
    if end is not None and start > end:
        raise errors.invalid_time_range("The start time must not be after the end time.")
    if start > call.now:
        raise errors.invalid_time_range("The start time must not be in the future.")


def _too_long(value: str) -> bool:
    """Some characters count for two; AWS finds nothing by a value that is too long, and does not say why."""
    return len(value) + sum(map(value.count, _COUNT_TWICE)) > _LONGEST_VALUE


def _told(entry: Entry) -> dict[str, Any]:
    members = {
        "EventId": entry.event_id,
        "EventName": entry.name,
        "ReadOnly": "true" if entry.read_only else "false",
        "AccessKeyId": entry.access_key,
        "EventTime": entry.time,
        "EventSource": entry.source,
        "Username": entry.user_name,
        "Resources": [{"ResourceType": kind, "ResourceName": name} for kind, name in entry.resources],
        "CloudTrailEvent": entry.record,
    }
    return {name: value for name, value in members.items() if value is not None}
