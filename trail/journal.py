"""The journal: every call's record, written once. It is the event history and the queue of the delivery.

A record's row id is its place, its category and a number that counts over all places, in this order of bits. So the
management events of a place lie side by side in the order in which they were recorded (a page of history is a range
scan), one number tells how far a reader has come whatever it reads, and recording is one insert into one B-tree.
Numbers only grow and are committed in order; a rollback leaves gaps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trail.record import Event, encode
from trail.routing import Routes, Routing

if TYPE_CHECKING:
    import sqlite3

    from trail.database import Database
    from trail.place import Place
    from trail.trails import Trails

__all__ = ["DATA", "MANAGEMENT", "NUMBERS", "SCHEMA", "Journal", "number_of", "row_range"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS event (
    seq INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    route INTEGER NOT NULL,
    record BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS delivery_cursor (
    place_id INTEGER PRIMARY KEY,
    number INTEGER NOT NULL
);
"""

MANAGEMENT, DATA = 0, 1
_NUMBER_BITS = 40
NUMBERS = (1 << _NUMBER_BITS) - 1
"""The mask of the number in a row id, and the greatest number."""

_INSERT = "INSERT INTO event VALUES (?, ?, ?, ?)"
_LASTS = """
SELECT p.id, max((SELECT coalesce(max(seq), 0) FROM event WHERE seq BETWEEN p.id * 2 + c.value << 40
    AND (p.id * 2 + c.value + 1 << 40) - 1) & (1 << 40) - 1)
FROM place AS p, (SELECT 0 AS value UNION ALL SELECT 1) AS c GROUP BY p.id
"""
_PLANNED = "SELECT coalesce(max(number), 0) FROM delivery_cursor"


def row_range(place_id: int, category: int, first: int = 0, last: int = NUMBERS) -> tuple[int, int]:
    """The row ids between which a place's events of a category with numbers from ``first`` to ``last`` lie."""
    base = (place_id << 1 | category) << _NUMBER_BITS
    return base | first, base | last


def number_of(seq: int) -> int:
    """The number of an event in the order of all."""
    return seq & NUMBERS


class Journal:
    """The records in the database, appended inside the transaction of the call they tell of."""

    def __init__(self, database: Database, trails: Trails) -> None:
        self.lasts: dict[int, int] = {}
        """For each place appended to by this process, the number of its last event, committed or not."""
        self.epoch = 0
        """Grows whenever all that was known is forgotten, so that who follows the journal forgets, too."""
        self._trails = trails
        self._routes = Routes()
        self._number: int | None = None
        self._forgotten = 0
        database.after_undo.append(self._rolled_back)

    @property
    def number(self) -> int:
        """The number of the last event appended by this process; 0 before the first."""
        return self._number or 0

    def append(
        self, connection: sqlite3.Connection, place: Place, event: Event, also: Routing | None = None
    ) -> int | None:
        """Record an event for the trails that want it now, and for those that did by ``also``, an older snapshot.

        Answers with the row id. A management event is always recorded, being history; a data event that no trail
        wants leaves nothing, and the answer is None.
        """
        routing = self._trails.routing(connection, place)
        trails = routing.trails(event)
        if also is not None and also is not routing:
            trails |= also.trails(event)
        if not (trails or event.management):
            return None
        route = self._routes.number(connection, place, trails)
        number = (self._number or self._last(connection)) + 1
        seq = (place.id << 1 | (MANAGEMENT if event.management else DATA)) << _NUMBER_BITS | number
        connection.execute(_INSERT, (seq, event.time, route, encode(event)))
        self._number = self.lasts[place.id] = number
        return seq

    def load(self, connection: sqlite3.Connection) -> None:
        """Find out how far each place's events go; once, in a transaction of its own, by who follows ``lasts``."""
        for place_id, last in connection.execute(_LASTS):
            self.lasts[place_id] = max(self.lasts.get(place_id, 0), last)

    def forget(self) -> None:
        """Drop what is remembered: after a reset or a restored snapshot.

        But not how far the numbers went: whoever reads on behind one misses nothing of what comes now.
        """
        self._forgotten = max(self._forgotten, self.number)
        self._trails.forget()
        self._routes.forget()
        self.lasts.clear()
        self._number = None
        self.epoch += 1

    def _rolled_back(self) -> None:
        self._trails.rolled_back()
        self._routes.rolled_back()

    def _last(self, connection: sqlite3.Connection) -> int:
        (planned,) = connection.execute(_PLANNED).fetchone()
        return max(int(planned), *(int(last) for _, last in connection.execute(_LASTS)), self._forgotten)
