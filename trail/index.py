"""The index of the event history: under which attributes each management event of a place is found.

It is written in batches, off the path of the calls, and while calls are many not at all: a look-up reads through what
the index lacks, or adds it if that is little.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from trail.identity import user_name
from trail.journal import MANAGEMENT, number_of, row_range
from trail.times import SECOND

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping

    from trail.database import Database
    from trail.journal import Journal

__all__ = [
    "KEYS",
    "SCHEMA",
    "Batch",
    "Indexer",
    "add",
    "attributes",
    "indexed",
    "missing",
    "resources",
    "term",
    "terms",
]

SCHEMA = """
CREATE TABLE IF NOT EXISTS lookup (
    place_id INTEGER NOT NULL,
    term INTEGER NOT NULL,
    second INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (place_id, term, second, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lookup_cursor (
    place_id INTEGER PRIMARY KEY,
    number INTEGER NOT NULL
);
"""

KEYS = (
    "EventId", "EventName", "ReadOnly", "Username", "ResourceType", "ResourceName", "EventSource", "AccessKeyId"
)  # fmt: skip
"""The attributes by which events are looked up."""

_TAIL = "SELECT seq, time, record FROM event WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT ?"
_INDEXED = "SELECT number FROM lookup_cursor WHERE place_id = ?"
_ADVANCE = """
INSERT INTO lookup_cursor VALUES (?, ?) ON CONFLICT DO UPDATE SET number = max(number, excluded.number)
"""
_BATCH = 100
_BUSY = 500


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that the index of a place lacks, and the number of the last event they tell of."""

    place_id: int
    rows: list[tuple[int, int, int, int]]
    last: int


def missing(connection: sqlite3.Connection, place_id: int, limit: int = _BATCH) -> Batch | None:
    """What the index lacks, of at most ``limit`` events; None if it lacks nothing. Only reads."""
    first = indexed(connection, place_id) + 1
    events = connection.execute(_TAIL, (*row_range(place_id, MANAGEMENT, first), limit)).fetchall()
    if not events:
        return None
    rows = [(place_id, each, time // SECOND, seq) for seq, time, record in events for each in terms(record)]
    rows.sort()
    return Batch(place_id, rows, number_of(events[-1][0]))


def add(connection: sqlite3.Connection, batch: Batch) -> None:
    """Put a batch into the index, in an open transaction; what another thread added meanwhile stays."""
    connection.executemany("INSERT OR IGNORE INTO lookup VALUES (?, ?, ?, ?)", batch.rows)
    connection.execute(_ADVANCE, (batch.place_id, batch.last))


def indexed(connection: sqlite3.Connection, place_id: int) -> int:
    """The number of the last event of a place that is in the index."""
    row = connection.execute(_INDEXED, (place_id,)).fetchone()
    return row[0] if row else 0


def terms(record: bytes) -> list[int]:
    """The numbers under which a record is found in the index, one for each attribute it has."""
    return [term(key, value) for key, value in attributes(orjson.loads(record))]


def attributes(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Keys and values by which a record is found."""
    identity = record["userIdentity"]
    yield "EventId", record["eventID"]
    yield "EventName", record["eventName"]
    yield "ReadOnly", "true" if record["readOnly"] else "false"
    yield "EventSource", record["eventSource"]
    if name := user_name(identity):
        yield "Username", name
    if access_key := identity.get("accessKeyId"):
        yield "AccessKeyId", access_key
    touched = resources(record)
    yield from dict.fromkeys(("ResourceType", kind) for kind, _ in touched)
    yield from (("ResourceName", name) for _, name in touched)


def resources(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What CloudTrail derives for the history: of its own writes the trail, of what STS gives out whose it is.

    These are not the record's ``resources``; a failed call has none. What it derives for Cloud Map was never seen.
    """
    if "errorCode" in record:
        return []
    said = {**(record["requestParameters"] or {}), **(record["responseElements"] or {})}
    if record["eventSource"] == "sts.amazonaws.com":
        return list(_given_out(said))
    if record["readOnly"] or record["eventSource"] != "cloudtrail.amazonaws.com":
        return []
    names = (said.get(member) for member in ("trailARN", "name", "trailName", "resourceId"))
    return [("AWS::CloudTrail::Trail", name) for name in dict.fromkeys(names) if isinstance(name, str)]


def _given_out(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The key of a session, every name of whose it is, and the role."""
    if "credentials" not in said:
        return
    yield "AWS::IAM::AccessKey", said["credentials"]["accessKeyId"]
    if user := said.get("federatedUser"):
        for name in (user["federatedUserId"], user["arn"], said["name"]):
            yield "AWS::STS::FederatedUser", name
    if "roleArn" in said:
        session = said.get("assumedRoleUser", {})
        for name in (session.get("arn"), session.get("assumedRoleId"), said["roleSessionName"]):
            if name is not None:
                yield "AWS::STS::AssumedRole", name
        yield "AWS::IAM::Role", said["roleArn"]


@lru_cache(maxsize=4096)
def term(key: str, value: str) -> int:
    """The number of an attribute in the index."""
    text = f"{key}\0{value}".encode(errors="replace")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), signed=True)


class Indexer:
    """Keeps the index close behind the journal, unless there are calls to serve. For a background thread."""

    def __init__(self, database: Database, journal: Journal) -> None:
        self._database = database
        self._journal = journal
        self._seen = 0
        self._done: dict[int, int] = {}
        self._epoch = journal.epoch

    def run(self) -> None:
        """Add what is missing; leaves off, or does not begin, when more than a few calls came since it last looked."""
        if self._epoch != self._journal.epoch:
            self._epoch, self._seen, self._done = self._journal.epoch, 0, {}
        busy, self._seen = self._journal.number - self._seen > _BUSY, self._journal.number
        if busy:
            return
        for place_id, last in self._journal.lasts.copy().items():
            while self._done.get(place_id, 0) < last and self._journal.number - self._seen <= _BUSY:
                if not self._step(place_id):
                    break

    def _step(self, place_id: int) -> bool:
        with self._database.reading() as connection:
            batch = missing(connection, place_id)
        if batch is None:
            return False
        with self._database.transaction() as connection:
            add(connection, batch)
        self._done[place_id] = batch.last
        return True
