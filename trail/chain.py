"""Chains: for a trail that validates its files, in each region, the row of digests that point back to one another.

A chain begins with StartLogging, or with the first file in a region that was met later. It ends when the trail stops,
is deleted, no longer validates or no longer covers the region; starting again begins a new one. Every log file of a
validating trail is given to a chain when it is noted, and stays with it, whatever the clock does meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trail.place import Place
from trail.times import SECOND

if TYPE_CHECKING:
    import sqlite3

    from trail.trails import Trail

__all__ = [
    "SCHEMA",
    "Chain",
    "begin",
    "begin_anew",
    "due",
    "end",
    "end_others",
    "leave",
    "live",
    "of_file",
    "reach",
]

# Goes on; ended by a call; everything recorded before that has its file; has its final digest.
_OPEN, _ENDED, _LEAVING, _CLOSED = range(4)

SCHEMA = """
CREATE TABLE IF NOT EXISTS chain (
    place_id INTEGER NOT NULL,
    trail_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    state INTEGER NOT NULL,
    reached INTEGER NOT NULL,
    ended INTEGER,
    PRIMARY KEY (place_id, trail_id, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS chain_live ON chain (state) WHERE state < 3;
"""

_BEGIN = """
INSERT INTO chain
SELECT ?1, ?2, coalesce(max(number), 0) + 1, ?3, ?4, ?5 FROM chain WHERE place_id = ?1 AND trail_id = ?2
RETURNING number
"""
_BEFORE = """
SELECT max(coalesce(c.ended, c.reached)) FROM trail AS own
JOIN trail AS t ON t.place_id = own.place_id AND t.name = own.name
JOIN chain AS c ON c.place_id = ? AND c.trail_id = t.id WHERE own.id = ?
"""
_LIVE = "SELECT min(number) FROM chain WHERE place_id = ? AND trail_id = ? AND state < 3"
_END = "UPDATE chain SET state = 1, ended = max(reached + 1000, ?) WHERE trail_id = ? AND state = 0"
_WAITING = """
EXISTS (SELECT 1 FROM file AS f WHERE f.place_id = c.place_id AND f.trail_id = c.trail_id AND f.chain = c.number
    AND f.digest IS NULL AND f.delivered IS NULL)
"""
_BEGUN = """
EXISTS (SELECT 1 FROM digest AS d WHERE d.place_id = c.place_id AND d.trail_id = c.trail_id AND d.chain = c.number)
"""
_DUE = f"""
SELECT 1 FROM chain AS c
WHERE state < 3 AND (? OR state = 1 OR state = 0 AND reached <= ? OR state = 2 AND NOT {_WAITING}) LIMIT 1
"""  # noqa: S608 -- of constants
_ALL_LIVE = f"""
SELECT c.place_id, p.account, p.region, c.trail_id, c.number, c.state, c.reached, c.ended, {_BEGUN}, {_WAITING}
FROM chain AS c JOIN place AS p ON p.id = c.place_id WHERE c.state < 3 ORDER BY c.place_id, c.trail_id, c.number
"""  # noqa: S608 -- of constants
_LEAVE = "UPDATE chain SET state = 2 WHERE state = 1"
_BREAK = "UPDATE chain SET state = 2, ended = ? WHERE place_id = ? AND trail_id = ? AND number = ?"
_REACHED = "UPDATE chain SET reached = ?, state = max(state, ?) WHERE place_id = ? AND trail_id = ? AND number = ?"
_MOVE = """
UPDATE file SET chain = ?4 WHERE place_id = ?1 AND trail_id = ?2 AND chain = ?3 AND digest IS NULL
    AND (delivered IS NULL OR delivered >= ?5)
"""
_DELETED = "SELECT deleted IS NOT NULL FROM trail WHERE id = ?"
_COVERED = "SELECT id FROM place WHERE account = ? AND (? OR region = ?)"


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain without its final digest.

    ``reached`` is where its next period begins and ``ended`` where its last one ends, in ms, whole seconds. ``begun``:
    it has a digest. ``waiting``: one of its files is noted and not delivered yet.
    """

    place: Place
    trail_id: int
    number: int
    state: int
    reached: int
    ended: int | None
    begun: int
    waiting: int

    @property
    def id(self) -> tuple[int, int, int]:
        """Its key in the table."""
        return self.place.id, self.trail_id, self.number

    @property
    def goes_on(self) -> bool:
        """Whether nothing has ended it."""
        return self.state == _OPEN

    @property
    def is_last(self) -> bool:
        """Whether it has ended and no more files will come."""
        return self.state == _LEAVING


def begin(connection: sqlite3.Connection, trail: Trail, now: int) -> None:
    """A trail starts to validate: a chain begins in each region that it covers and its account was met in."""
    home = trail.home
    for (place_id,) in connection.execute(_COVERED, (home.account, trail.multi_region, home.region)).fetchall():
        _give(connection, place_id, trail.id, _OPEN, now)


def end(connection: sqlite3.Connection, trail: Trail, now: int) -> None:
    """A trail stops to validate: its chains get their final digests once everything before is delivered."""
    connection.execute(_END, (now - now % SECOND, trail.id))


def end_others(connection: sqlite3.Connection, trail: Trail, now: int) -> None:
    """A trail is no longer multi-region: the chains of other regions than its home end."""
    connection.execute(f"{_END} AND place_id != ?", (now - now % SECOND, trail.id, trail.home.id))


def of_file(connection: sqlite3.Connection, trail: Trail, place_id: int, now: int) -> int | None:
    """The chain that a log file belongs to, begun if need be; None if the trail does not validate.

    A file that holds the end of one chain and the beginning of another belongs to the older.
    """
    (number,) = connection.execute(_LIVE, (place_id, trail.id)).fetchone()
    if number is None and trail.validation:
        (deleted,) = connection.execute(_DELETED, (trail.id,)).fetchone()
        return _give(connection, place_id, trail.id, _OPEN if trail.logging and not deleted else _LEAVING, now)
    return None if number is None else int(number)


def due(connection: sqlite3.Connection, before: int, *, close: bool) -> bool:
    """Whether a chain has a digest to get: its period began at ``before`` or earlier, or it has ended, or ``close``."""
    return connection.execute(_DUE, (close, before)).fetchone() is not None


def leave(connection: sqlite3.Connection) -> None:
    """What has ended by now gets no more files once everything recorded by now has its file."""
    connection.execute(_LEAVE)


def live(connection: sqlite3.Connection) -> list[Chain]:
    """The chains without a final digest, the older before the newer of the same trail and region."""
    rows = connection.execute(_ALL_LIVE)
    return [Chain(Place(place_id, account, region), *rest) for place_id, account, region, *rest in rows]


def begin_anew(connection: sqlite3.Connection, old: Chain, until: int, now: int) -> None:
    """End a chain and begin another, which takes the files that were not delivered before ``until``."""
    connection.execute(_BREAK, (until, *old.id))
    number = _give(connection, old.place.id, old.trail_id, _OPEN, now)
    connection.execute(_MOVE, (*old.id, number, until))


def reach(connection: sqlite3.Connection, each: Chain, until: int, *, final: bool) -> None:
    """A chain has a digest of the period until then, and if it is final gets no other."""
    connection.execute(_REACHED, (until, _CLOSED if final else each.state, *each.id))


def _give(connection: sqlite3.Connection, place_id: int, trail_id: int, state: int, now: int) -> int:
    """A new chain whose first period begins now; its number.

    If a chain of a trail of this name went on until now, or the clock has gone back, it begins a second after that: the
    names of digests tell their order, and no two may have the same.
    """
    (before,) = connection.execute(_BEFORE, (place_id, trail_id)).fetchone()
    start = now - now % SECOND
    if before is not None:
        start = max(start, before + SECOND)
    ended = None if state == _OPEN else start + SECOND
    return int(connection.execute(_BEGIN, (place_id, trail_id, state, start, ended)).fetchone()[0])
