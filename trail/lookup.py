"""Event history: what LookupEvents answers, a page at a time, however many events lie behind it.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
Without an attribute or a time a page is a range of the journal. For the rest there is an index of what may be looked
up, written in batches by a background thread; what is missing at its end a look-up adds itself.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import orjson

from trail.identity import user_name
from trail.index import add, attributes, indexed, missing, resources, term
from trail.journal import MANAGEMENT, row_range
from trail.times import DAY, SECOND

if TYPE_CHECKING:
    import sqlite3

    from trail.place import Place

__all__ = ["PAGE", "RETENTION", "Entry", "Page", "Query", "TokenError", "look_up"]

PAGE = 50
RETENTION = 90 * DAY
"""How far the history goes back, in ms."""

_FROM_JOURNAL = """
SELECT time / 1000, seq, time, record FROM event WHERE seq BETWEEN ? AND ? AND time >= ? ORDER BY seq DESC LIMIT ?
"""
_FROM_INDEX = """
SELECT second, seq FROM lookup WHERE place_id = ? AND term = ? AND second BETWEEN ? AND ? AND (second, seq) < (?, ?)
ORDER BY second DESC, seq DESC LIMIT ?
"""
_RECORD = "SELECT time, record FROM event WHERE seq = ?"
_LONG = "SELECT 1 FROM event WHERE seq BETWEEN ? AND ? LIMIT 1 OFFSET ?"
_NEWEST = """
SELECT time / 1000 AS second, seq, time, record FROM event WHERE seq BETWEEN ? AND ? AND second BETWEEN ? AND ?
ORDER BY seq DESC
"""
_FOREVER = 1 << 62
# More than this is not put into the index while a caller waits, but read through.
_BACKLOG = 1_000

_Row = tuple[int, int, int, bytes]


class TokenError(ValueError):
    """A page token that was not given for this query in this place."""


@dataclass(frozen=True, slots=True)
class Query:
    """What to look up: at most one attribute (a key and the exact value) and a span of time, inclusive, in ms."""

    attribute: tuple[str, str] | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as LookupEvents tells it; ``record`` is the log file's text, ``time`` in ms of a whole second."""

    event_id: str
    name: str
    read_only: bool
    access_key: str | None
    time: int
    source: str
    user_name: str | None
    resources: list[tuple[str, str]]
    record: str


@dataclass(frozen=True, slots=True)
class Page:
    """Events, newest first, and the token of the next page if there is one."""

    entries: list[Entry]
    token: str | None


def look_up(
    connection: sqlite3.Connection, place: Place, query: Query, now: int, *, limit: int = PAGE, token: str | None = None
) -> Page:
    """A page of a place's management events of the last 90 days; :class:`TokenError` for another query's token.

    The connection is that of an open transaction: what the index lacks is added to it.
    """
    position = _position(token, place, query)
    if query == Query():
        first, last = row_range(place.id, MANAGEMENT)
        last = min(last, position[1] - 1)
        rows = connection.execute(_FROM_JOURNAL, (first, last, now - RETENTION, limit + 1)).fetchall()
    else:
        rows = _found(connection, place, query, _span(query, now), position, limit + 1)
    entries = [_entry(time, record) for _, _, time, record in rows[:limit]]
    token = _token(place, query, rows[limit - 1][:2]) if len(rows) > limit else None
    return Page(entries, token)


def _span(query: Query, now: int) -> tuple[int, int]:
    """First and last whole second of the query: an event's time is told in seconds."""
    start = max(query.start or 0, now - RETENTION)
    end = _FOREVER if query.end is None else query.end
    return -(-start // SECOND), end // SECOND


def _found(
    connection: sqlite3.Connection,
    place: Place,
    query: Query,
    span: tuple[int, int],
    position: tuple[int, int],
    limit: int,
) -> list[_Row]:
    first, last = row_range(place.id, MANAGEMENT, indexed(connection, place.id) + 1)
    rows: list[_Row] = []
    if connection.execute(_LONG, (first, last, _BACKLOG)).fetchone():
        tail = connection.execute(_NEWEST, (first, min(last, position[1] - 1), *span))
        rows = list(islice((row for row in tail if _wanted(query, row[3])), limit))
    else:
        while batch := missing(connection, place.id):
            add(connection, batch)
    # Every event is read-only or is not: both lists together are all of them.
    wanted = [query.attribute] if query.attribute else [("ReadOnly", "true"), ("ReadOnly", "false")]
    older: list[tuple[int, int]] = []
    for key, value in wanted:
        older += connection.execute(_FROM_INDEX, (place.id, term(key, value), *span, *position, limit - len(rows)))
    older.sort(reverse=True)
    for second, seq in older[: limit - len(rows)]:
        rows += [(second, seq, time, record) for time, record in connection.execute(_RECORD, (seq,))]
    return rows


def _wanted(query: Query, record: bytes) -> bool:
    return query.attribute is None or query.attribute in attributes(orjson.loads(record))


def _entry(time: int, record: bytes) -> Entry:
    said = orjson.loads(record)
    identity = said["userIdentity"]
    return Entry(
        event_id=said["eventID"],
        name=said["eventName"],
        read_only=said["readOnly"],
        access_key=identity.get("accessKeyId"),
        time=time - time % SECOND,
        source=said["eventSource"],
        user_name=user_name(identity),
        resources=resources(said),
        record=record.decode(),
    )


def _token(place: Place, query: Query, position: tuple[int, int]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([*position, _seal(place, query)])).decode()


def _position(token: str | None, place: Place, query: Query) -> tuple[int, int]:
    """Where the last page ended; before everything without a token."""
    if token is None:
        return _FOREVER, _FOREVER
    try:
        second, seq, seal = orjson.loads(base64.urlsafe_b64decode(token))
    except (ValueError, TypeError):
        raise TokenError(token) from None
    if seal != _seal(place, query) or not (isinstance(second, int) and isinstance(seq, int)):
        raise TokenError(token)
    return second, seq


def _seal(place: Place, query: Query) -> str:
    said = orjson.dumps([place.id, query.attribute, query.start, query.end])
    return hashlib.blake2b(said, digest_size=8).hexdigest()
