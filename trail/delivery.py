"""The delivery: what was routed to a trail becomes a log file in its bucket, once, whenever the process dies.

Three steps. A short transaction notes which files there will be: trail, place, range of numbers, bucket, key; it
advances the cursor past them. Then each file is written whole. Another short transaction marks it as delivered. Who
dies in between finds the note at the next start and writes the same events to the same key.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import orjson

from trail.chain import of_file
from trail.journal import DATA, MANAGEMENT, number_of, row_range
from trail.layout import log_file_key
from trail.logfile import FILE_LIMIT, FRAME, OBJECT, compose
from trail.notify import note
from trail.offer import offer
from trail.routing import routes_to
from trail.trails import find, kept

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator

    from trail.database import Database
    from trail.destination import Destination, DestinationError
    from trail.journal import Journal
    from trail.logfile import Content

__all__ = ["SCHEMA", "Delivery"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS file (
    place_id INTEGER NOT NULL,
    trail_id INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    planned INTEGER NOT NULL,
    delivered INTEGER,
    hash TEXT,
    size INTEGER,
    events INTEGER,
    oldest INTEGER,
    newest INTEGER,
    chain INTEGER,
    digest INTEGER,
    PRIMARY KEY (place_id, trail_id, first)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS file_open ON file (bucket, planned) WHERE delivered IS NULL;
CREATE INDEX IF NOT EXISTS file_undigested ON file (place_id, trail_id, chain) WHERE chain NOT NULL AND digest IS NULL;
"""

_BATCH = 32
_CATEGORIES = (MANAGEMENT, DATA)

# The limit keeps SQLite from sorting the records themselves instead of their lengths.
_SIZES = """
SELECT route, count(*), sum(size) FROM (
    SELECT route, length(record) AS size FROM event WHERE seq BETWEEN ? AND ? AND route > 0 LIMIT -1
) GROUP BY route
"""
_PLACE = "SELECT account, region FROM place WHERE id = ?"
_CURSOR = "SELECT number FROM delivery_cursor WHERE place_id = ?"
_LAST = "SELECT max(seq) FROM event WHERE seq BETWEEN ? AND ?"
_NOTE = """
INSERT INTO file (place_id, trail_id, first, last, bucket, key, planned, chain) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_OPEN = """
SELECT place_id, trail_id, first, last, bucket, key FROM file
WHERE delivered IS NULL AND bucket = ? AND trail_id NOT IN (SELECT value FROM json_each(?)) ORDER BY planned LIMIT ?
"""
_COUNT = "SELECT count(*) FROM event WHERE seq BETWEEN ? AND ? AND route > 0"
_NEXT_BUCKET = "SELECT min(bucket) FROM file WHERE delivered IS NULL AND bucket > ?"
_DELIVERED = """
UPDATE file SET delivered = ?, hash = ?, size = ?, events = ?, oldest = ?, newest = ?
WHERE place_id = ? AND trail_id = ? AND first = ?
"""
_SUCCEEDED = "UPDATE trail SET delivered = ?1, delivery_attempted = ?1, delivery_error = NULL WHERE id = ?2"
_FAILED = "UPDATE trail SET delivery_attempted = ?, delivery_error = ? WHERE id = ?"
_ALL_FAILED = """
UPDATE trail SET delivery_attempted = ?, delivery_error = ?
WHERE id IN (SELECT trail_id FROM file WHERE delivered IS NULL AND bucket = ?)
"""


@dataclass(frozen=True, slots=True)
class _File:
    """A file that was noted and is not delivered yet."""

    place_id: int
    trail_id: int
    first: int
    last: int
    bucket: str
    key: str


class Delivery:
    """Delivers what the journal holds to the buckets of the trails. Any thread may call it; one at a time delivers.

    ``clock`` tells the time in ms since the epoch, ``unique`` makes the 16 alphanumerics that end a file's name.
    """

    def __init__(
        self,
        database: Database,
        journal: Journal,
        destination: Destination,
        *,
        clock: Callable[[], int],
        unique: Callable[[], str],
    ) -> None:
        self._database = database
        self._journal = journal
        self._destination = destination
        self._clock = clock
        self._unique = unique
        self.delivered = 0
        """How many files were delivered since the start."""
        self._lock = threading.RLock()
        self._planned: dict[int, int] = {}
        self._epoch = -1

    def deliver(self) -> list[tuple[str, str]]:
        """Deliver everything that is committed; the buckets and keys of the files written by this call.

        A bucket that refuses keeps its files waiting for the next call, and its trails say why in their status.
        """
        with self._lock:
            now = self._clock()
            self._follow()
            self._plan(now)
            return self._write(now)

    def pending(self) -> bool:
        """Whether anything recorded is not delivered yet. Not to be asked, as nothing here, with a transaction open."""
        with self._lock:
            self._follow()
            with self._database.reading() as connection:
                if connection.execute(_NEXT_BUCKET, ("",)).fetchone()[0] is not None:
                    return True
                return any(_unplanned(connection, place_id) for place_id in self._behind())

    def waiting(self) -> int:
        """How many events wait for their file, as far as can be told without waiting for a delivery at work."""
        with self._database.reading() as connection:
            spans = [(place_id, _unplanned(connection, place_id)) for place_id in self._behind()]
            ranges = [row_range(place_id, each, *span) for place_id, span in spans if span for each in _CATEGORIES]
            return sum(connection.execute(_COUNT, each).fetchone()[0] for each in ranges)

    def paused(self) -> threading.RLock:
        """A lock to hold while the files or the tables are cleared or replaced."""
        return self._lock

    def _follow(self) -> None:
        """Find out where things stand: at the start, and after a reset."""
        if self._epoch != self._journal.epoch:
            with self._database.transaction() as connection:
                self._epoch = self._journal.epoch
                self._journal.load(connection)
                self._planned = dict(connection.execute("SELECT place_id, number FROM delivery_cursor").fetchall())

    def _plan(self, now: int) -> None:
        for place_id in self._behind():
            self._plan_place(place_id, now)

    def _behind(self) -> list[int]:
        """The places with events that may have no file yet: some may not be committed, or never will be."""
        lasts = self._journal.lasts.copy()
        return [place_id for place_id, last in lasts.items() if last > self._planned.get(place_id, 0)]

    def _plan_place(self, place_id: int, now: int) -> None:
        """Step one: note the files there will be, and that everything up to here has its file."""
        with self._database.reading() as connection:
            span = _unplanned(connection, place_id)
            if span is None:
                return
            parts = list(_parts(connection, place_id, *span))
            account, region = connection.execute(_PLACE, (place_id,)).fetchone()
        with self._database.transaction() as connection:
            for start, end, trails in parts:
                for trail_id in trails:
                    trail = find(connection, trail_id)
                    if trail:
                        key = log_file_key(trail.prefix, account, region, now, self._unique())
                        number = of_file(connection, trail, place_id, now)
                        connection.execute(_NOTE, (place_id, trail_id, start, end, trail.bucket, key, now, number))
            connection.execute("INSERT OR REPLACE INTO delivery_cursor VALUES (?, ?)", (place_id, span[1]))
        self._planned[place_id] = span[1]

    def _write(self, now: int) -> list[tuple[str, str]]:
        """Steps two and three for all that is noted, bucket by bucket."""
        written: list[tuple[str, str]] = []
        bucket = self._next_bucket("")
        while bucket is not None:
            written += offer(
                partial(self._open, bucket), self._put, partial(self._settle, now), partial(self._note_error, now)
            )
            bucket = self._next_bucket(bucket)
        return written

    def _next_bucket(self, bucket: str) -> str | None:
        with self._database.reading() as connection:
            (found,) = connection.execute(_NEXT_BUCKET, (bucket,)).fetchone()
            return None if found is None else str(found)

    def _open(self, bucket: str, denied: list[int]) -> list[_File]:
        with self._database.reading() as connection:
            asked = (bucket, orjson.dumps(denied).decode(), _BATCH)
            return [_File(*row) for row in connection.execute(_OPEN, asked)]

    def _put(self, file: _File) -> tuple[_File, Content]:
        with self._database.reading() as connection:
            content = compose(connection, file.place_id, file.trail_id, file.first, file.last)
            source = kept(connection, file.trail_id).arn
        self._destination.put(file.bucket, file.key, content.data, OBJECT, source)
        return file, content

    def _settle(self, now: int, done: list[tuple[_File, Content]]) -> None:
        if not done:
            return
        self.delivered += len(done)
        with self._database.transaction() as connection:
            for file, content in done:
                said = (content.hash, content.size, content.events, content.oldest, content.newest)
                connection.execute(_DELIVERED, (now, *said, file.place_id, file.trail_id, file.first))
            for trail_id in {file.trail_id for file, _ in done}:
                connection.execute(_SUCCEEDED, (now, trail_id))
                _notify(connection, trail_id, [file for file, _ in done if file.trail_id == trail_id])

    def _note_error(self, now: int, file: _File, error: DestinationError) -> None:
        with self._database.transaction() as connection:
            if error.is_denial:
                connection.execute(_FAILED, (now, error.code, file.trail_id))
            else:
                connection.execute(_ALL_FAILED, (now, error.code, file.bucket))


def _notify(connection: sqlite3.Connection, trail_id: int, files: list[_File]) -> None:
    """Note the messages about files of one trail and bucket: one a region."""
    trail = find(connection, trail_id)
    if trail is None or trail.topic is None:
        return
    for place_id in dict.fromkeys(file.place_id for file in files):
        keys = [file.key for file in files if file.place_id == place_id]
        note(connection, place_id, trail_id, trail.topic, files[0].bucket, keys)


def _unplanned(connection: sqlite3.Connection, place_id: int) -> tuple[int, int] | None:
    """First and last number of a place's events that are in no file yet."""
    row = connection.execute(_CURSOR, (place_id,)).fetchone()
    first = row[0] + 1 if row else 1
    lasts = [connection.execute(_LAST, row_range(place_id, category)).fetchone()[0] for category in _CATEGORIES]
    last = max(number_of(seq or 0) for seq in lasts)
    return (first, last) if first <= last else None


def _parts(
    connection: sqlite3.Connection, place_id: int, first: int, last: int
) -> Iterator[tuple[int, int, list[int]]]:
    """Ranges of numbers and the trails that get a file of each; a range is halved until its files are small enough."""
    sizes: dict[int, int] = {}
    for category in _CATEGORIES:
        for route, events, size in connection.execute(_SIZES, row_range(place_id, category, first, last)):
            sizes[route] = sizes.get(route, 0) + size + events
    routes = routes_to(connection, place_id) if sizes else {}
    trails = {trail: sum(sizes.get(route, 0) for route in numbers) for trail, numbers in routes.items()}
    if max(trails.values(), default=0) + FRAME > FILE_LIMIT and first < last:
        middle = (first + last) // 2
        yield from _parts(connection, place_id, first, middle)
        yield from _parts(connection, place_id, middle + 1, last)
    else:
        yield first, last, [trail for trail, size in trails.items() if size]
