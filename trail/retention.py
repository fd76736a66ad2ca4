"""The end of what is kept: history of more than 90 days, notes of files and digests long delivered, deleted trails.

It goes in small batches, each its own short transaction, so that no call waits. Nothing goes that is not delivered.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from trail.index import terms
from trail.journal import DATA, MANAGEMENT, row_range
from trail.lookup import RETENTION
from trail.times import DAY, SECOND

if TYPE_CHECKING:
    from trail.database import Database

__all__ = ["REDELIVERY", "purge"]

REDELIVERY = 30 * DAY
"""How long a file is offered to a bucket that refuses it, in ms."""

_BATCH = 200
_PLACES = "SELECT place_id, number FROM delivery_cursor"
_WAITING = "SELECT min(first) FROM file WHERE place_id = ? AND delivered IS NULL"
_OLDEST = "SELECT seq, time, record FROM event WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT ?"
_FILES = """
SELECT place_id, trail_id, first FROM file WHERE delivered < ? OR delivered IS NULL AND planned < ? LIMIT ?
"""
_TRAILS = """
DELETE FROM trail WHERE deleted < ? AND NOT is_default AND NOT EXISTS (SELECT 1 FROM file WHERE trail_id = trail.id)
    AND NOT EXISTS (SELECT 1 FROM chain WHERE trail_id = trail.id AND state < 3)
"""
_CHAINS = "DELETE FROM chain WHERE state = 3 AND reached < ?"
_DIGESTS = """
DELETE FROM digest AS d WHERE (delivered < ?1 OR delivered IS NULL AND planned < ?2) AND NOT EXISTS (
    SELECT 1 FROM chain AS c WHERE c.place_id = d.place_id AND c.trail_id = d.trail_id AND c.number = d.chain
    AND c.state < 3 AND c.reached = d.ended
)
"""


def purge(database: Database, now: int) -> int:
    """Delete what has outlived its time at ``now``; the number of events deleted. For a background thread."""
    _purge_files(database, now)
    with database.reading() as connection:
        places = connection.execute(_PLACES).fetchall()
    purged = 0
    for place_id, delivered in places:
        for category in (MANAGEMENT, DATA):
            while count := _purge_batch(database, place_id, category, delivered, now - RETENTION):
                purged += count
    return purged


def _purge_batch(database: Database, place_id: int, category: int, delivered: int, before: int) -> int:
    with database.reading() as connection:
        (waiting,) = connection.execute(_WAITING, (place_id,)).fetchone()
        last = delivered if waiting is None else min(delivered, waiting - 1)
        rows = connection.execute(_OLDEST, (*row_range(place_id, category, 0, last), _BATCH))
        old = list(takewhile(lambda row: row[1] < before, rows))
    if old:
        index = _index_rows(place_id, old) if category == MANAGEMENT else []
        with database.transaction() as connection:
            sql = "DELETE FROM lookup WHERE place_id = ? AND term = ? AND second = ? AND seq = ?"
            connection.executemany(sql, index)
            connection.execute("DELETE FROM event WHERE seq BETWEEN ? AND ?", (old[0][0], old[-1][0]))
    return len(old)


def _index_rows(place_id: int, events: list[tuple[int, int, bytes]]) -> list[tuple[int, int, int, int]]:
    return [(place_id, term, time // SECOND, seq) for seq, time, record in events for term in terms(record)]


def _purge_files(database: Database, now: int) -> None:
    while True:
        with database.reading() as connection:
            rows = connection.execute(_FILES, (now - RETENTION, now - REDELIVERY, _BATCH)).fetchall()
        if not rows:
            break
        with database.transaction() as connection:
            connection.executemany("DELETE FROM file WHERE place_id = ? AND trail_id = ? AND first = ?", rows)
    with database.transaction() as connection:
        connection.execute(_DIGESTS, (now - RETENTION, now - REDELIVERY))
        connection.execute(_CHAINS, (now - RETENTION,))
        connection.execute(_TRAILS, (now - RETENTION,))
