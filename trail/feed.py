"""The feed: every record of the journal, data events too, in the order of recording, filtered and resumable.

Not a part of CloudTrail: it is for tests and people who follow what is recorded. A page examines a bounded number of
events, so that a filter that matches nothing costs no more than one that matches all; ``more`` says to come again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from trail.identity import caller_name
from trail.journal import NUMBERS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

__all__ = ["Filter", "Page", "read"]

EXAMINED = 5_000

_LANES = """
WITH lane AS (
    SELECT p.id * 2 + c.value << 40 AS base
    FROM place AS p, (SELECT 0 AS value UNION ALL SELECT 1) AS c
    WHERE p.account = coalesce(:account, p.account) AND p.region = coalesce(:region, p.region)
)
"""
_BOUNDS = """
SELECT
    min((SELECT min(seq) FROM event WHERE seq BETWEEN base + :low AND base + :high) - base),
    max((SELECT max(seq) FROM event WHERE seq BETWEEN base + :low AND base + :high) - base)
FROM lane
"""
_OLDEST = """
SELECT seq - base AS number, time, record FROM lane CROSS JOIN event WHERE seq BETWEEN base + :low AND base + :high
ORDER BY number
"""
_NEWEST = f"{_OLDEST.rstrip()} DESC"
_WINDOW = 250
_HIGHEST = NUMBERS


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records are wanted; None asks nothing. ``since`` and ``until`` are inclusive, in ms since the epoch.

    ``failed`` asks whether there is an ``errorCode``; ``resource`` is an ARN, id or name that stands as a whole value
    in the parameters, the response or the resources.
    """

    account: str | None = None
    region: str | None = None
    name: str | None = None
    source: str | None = None
    user_name: str | None = None
    access_key: str | None = None
    read_only: bool | None = None
    management: bool | None = None
    failed: bool | None = None
    error_code: str | None = None
    request_id: str | None = None
    event_id: str | None = None
    resource: str | None = None
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Records, the cursor behind the last one examined, and whether there is more to examine right away.

    ``numbers`` are the records' own cursors: reading goes on behind each.
    """

    records: list[bytes]
    cursor: str
    more: bool
    numbers: list[int] = field(default_factory=list)


def read(
    connection: sqlite3.Connection, wanted: Filter, *, after: str | None = None, limit: int = 1000, newest: bool = False
) -> Page:
    """The next records behind a cursor, oldest first; with ``newest`` those before it, newest first.

    ``ValueError`` for a cursor that was not given here.
    """
    position = _number(after, _HIGHEST + 1 if newest else 0)
    places = {"account": wanted.account, "region": wanted.region}
    span = {"low": 0, "high": position - 1} if newest else {"low": position + 1, "high": _HIGHEST}
    first, last = connection.execute(_LANES + _BOUNDS, {**places, **span}).fetchone()
    if first is None:
        return Page([], str(position), more=False)
    end = first if newest else last
    sql, needles = _LANES + (_NEWEST if newest else _OLDEST), _needles(wanted)
    found: list[bytes] = []
    numbers: list[int] = []
    for low, high in _windows(first, last, newest=newest):
        for number, time, record in connection.execute(sql, {**places, "low": low, "high": high}):
            if all(needle in record for needle in needles) and _matches(wanted, time, record):
                found.append(record)
                numbers.append(number)
                if len(found) == limit:
                    return Page(found, str(number), number != end, numbers)
        position = low if newest else high
    return Page(found, str(position), position != end, numbers)


def _windows(first: int, last: int, *, newest: bool) -> Iterator[tuple[int, int]]:
    """Spans of numbers to examine in turn, small enough to be sorted in no time, up to the bound of a page."""
    if newest:
        for high in range(last, max(first, last - EXAMINED + 1) - 1, -_WINDOW):
            yield max(first, high - _WINDOW + 1), high
    else:
        for low in range(first, min(last, first + EXAMINED - 1) + 1, _WINDOW):
            yield low, min(last, low + _WINDOW - 1)


def _number(cursor: str | None, default: int) -> int:
    if cursor is None:
        return default
    if not (cursor.isascii() and cursor.isdigit() and int(cursor) <= _HIGHEST):
        raise ValueError(f"not a cursor of this feed: {cursor!r}")
    return int(cursor)


def _needles(wanted: Filter) -> list[bytes]:
    """What the text of a record must contain: searching is ten times cheaper than parsing."""
    whole = (
        wanted.name,
        wanted.source,
        wanted.access_key,
        wanted.error_code,
        wanted.request_id,
        wanted.event_id,
        wanted.resource,
    )
    needles = [orjson.dumps(value) for value in whole if value is not None]
    if wanted.user_name is not None:
        needles.append(orjson.dumps(wanted.user_name)[1:-1])  # a session's name is the end of a longer text
    if wanted.failed:
        needles.append(b'"errorCode"')
    return needles


def _matches(wanted: Filter, time: int, record: bytes) -> bool:
    if (wanted.since is not None and time < wanted.since) or (wanted.until is not None and time > wanted.until):
        return False
    said = orjson.loads(record)
    identity = said["userIdentity"]
    asked = (
        (wanted.name, said["eventName"]),
        (wanted.source, said["eventSource"]),
        (wanted.read_only, said["readOnly"]),
        (wanted.management, said["managementEvent"]),
        (wanted.failed, "errorCode" in said),
        (wanted.error_code, said.get("errorCode")),
        (wanted.request_id, said.get("requestID")),
        (wanted.event_id, said["eventID"]),
        (wanted.access_key, identity.get("accessKeyId")),
    )
    if any(value is not None and value != found for value, found in asked):
        return False
    if wanted.user_name is not None and caller_name(identity) != wanted.user_name:
        return False
    return wanted.resource is None or wanted.resource in _strings(
        [said["requestParameters"], said["responseElements"], said.get("resources")]
    )


def _strings(value: Any) -> Iterator[str]:
    """Every string that stands as a value, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        yield from _strings(list(value.values()))
