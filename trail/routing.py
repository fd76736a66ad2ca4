"""Routes: which trails an event goes to, decided when it is recorded and kept with it as one small number.

What a trail gets is settled by its selectors at the moment of the call, not of the delivery. The set of trails is
interned per place, so that a record carries an integer and a decision is one dictionary look-up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from trail.place import Place
    from trail.record import Event
    from trail.selectors import Matcher

__all__ = ["SCHEMA", "Routes", "Routing", "routes_to"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS route (
    place_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    trails TEXT NOT NULL,
    PRIMARY KEY (place_id, id),
    UNIQUE (place_id, trails)
) WITHOUT ROWID;
"""

TrailIds = frozenset[int]
_KINDS = 1024


class Routing:
    """Who gets the events of one place: the logging trails that cover it and what they select. Never changes."""

    __slots__ = ("_always", "_decided", "_per_record")

    def __init__(self, trails: Iterable[tuple[int, Matcher]]) -> None:
        known = list(trails)
        self._always = [(trail, matcher) for trail, matcher in known if not matcher.per_record]
        self._per_record = [(trail, matcher) for trail, matcher in known if matcher.per_record]
        self._decided: dict[tuple[object, ...], TrailIds] = {}

    def trails(self, event: Event) -> TrailIds:
        """The ids of the trails that want the event; remembered for its kind as far as its kind decides."""
        kind = (event.name, event.source, event.management, event.read_only, event.event_type, *event.resource_types)
        if event.resources:
            kind += tuple(resource.type for resource in event.resources)
        decided = self._decided.get(kind)
        if decided is None:
            decided = frozenset(trail for trail, matcher in self._always if matcher.matches(event))
            if len(self._decided) < _KINDS:
                self._decided[kind] = decided
        if self._per_record:
            return decided.union(trail for trail, matcher in self._per_record if matcher.matches(event))
        return decided


class Routes:
    """Sets of trails and their numbers, counted from 1 in each place; 0 is the empty set."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, TrailIds], int] = {}
        self._changed = False

    def number(self, connection: sqlite3.Connection, place: Place, trails: TrailIds) -> int:
        """The number of a set of trails, given on first use inside the open transaction."""
        if not trails:
            return 0
        number = self._numbers.get((place.id, trails))
        if number is None:
            number = self._numbers[place.id, trails] = self._intern(connection, place, trails)
        return number

    def rolled_back(self) -> None:
        """Drop what is remembered if the transaction may have taken it back."""
        if self._changed:
            self.forget()

    def forget(self) -> None:
        """Drop what is remembered."""
        self._numbers.clear()
        self._changed = False

    def _intern(self, connection: sqlite3.Connection, place: Place, trails: TrailIds) -> int:
        text = orjson.dumps(sorted(trails)).decode()
        row = connection.execute("SELECT id FROM route WHERE place_id = ? AND trails = ?", (place.id, text)).fetchone()
        if row is None:
            self._changed = True
            row = connection.execute(
                "INSERT INTO route SELECT ?1, coalesce(max(id), 0) + 1, ?2 FROM route WHERE place_id = ?1 RETURNING id",
                (place.id, text),
            ).fetchone()
        return int(row[0])


def routes_to(connection: sqlite3.Connection, place_id: int) -> dict[int, list[int]]:
    """For each trail that ever got an event of the place, the numbers of the routes that lead to it."""
    found: dict[int, list[int]] = {}
    for number, trails in connection.execute("SELECT id, trails FROM route WHERE place_id = ?", (place_id,)):
        for trail in orjson.loads(trails):
            found.setdefault(trail, []).append(number)
    return found
