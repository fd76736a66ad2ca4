"""The digests: when a period has ended, what was delivered in it is listed, signed and chained to the digest before.

Three steps, as for the log files. A short transaction notes the digest whole: its bytes, its place in the bucket, its
files, and how far the chain has come. Then it is written. Another marks it as delivered. Who dies in between finds the
note and writes the same bytes to the same key. The next digest follows from the note, so that a bucket that refuses
holds up no chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import orjson

from trail import chain
from trail.digest import DigestFile, Header, Previous, compose, pack, signed_text, tells
from trail.layout import digest_key
from trail.offer import offer
from trail.times import SECOND, iso
from trail.trails import kept

if TYPE_CHECKING:
    from collections.abc import Callable

    from trail.chain import Chain
    from trail.database import Database
    from trail.delivery import Delivery
    from trail.destination import Destination, DestinationError
    from trail.keys import Keys

__all__ = ["LONGEST_GAP", "SCHEMA", "Digester"]

LONGEST_GAP = 48
"""So many periods at once get their digests; a longer jump of the clock ends the chain and begins a new one."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS digest (
    place_id INTEGER NOT NULL,
    trail_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    chain INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    hash TEXT NOT NULL,
    signature TEXT NOT NULL,
    body BLOB,
    planned INTEGER NOT NULL,
    delivered INTEGER,
    PRIMARY KEY (place_id, trail_id, number)
);
CREATE INDEX IF NOT EXISTS digest_open ON digest (bucket, planned) WHERE delivered IS NULL;
"""

_BATCH = 32

_PREVIOUS = """
SELECT bucket, key, hash, signature FROM digest WHERE place_id = ? AND trail_id = ? AND chain = ?
ORDER BY number DESC LIMIT 1
"""
_FILES = """
SELECT first, bucket, key, hash, oldest, newest FROM file
WHERE place_id = ? AND trail_id = ? AND chain = ? AND digest IS NULL AND delivered < ? ORDER BY delivered, key
"""
_NOTE = """
INSERT INTO digest SELECT ?1, ?2, coalesce(max(number), 0) + 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, NULL
FROM digest WHERE place_id = ?1 AND trail_id = ?2 RETURNING number
"""
_TAKE = "UPDATE file SET digest = ? WHERE place_id = ? AND trail_id = ? AND first = ?"
_OPEN = """
SELECT place_id, trail_id, number, bucket, key, signature, body FROM digest
WHERE delivered IS NULL AND bucket = ? AND trail_id NOT IN (SELECT value FROM json_each(?))
ORDER BY planned, place_id, trail_id, number LIMIT ?
"""
_BUCKETS = "SELECT DISTINCT bucket FROM digest WHERE delivered IS NULL ORDER BY bucket"
_DELIVERED = "UPDATE digest SET delivered = ?, body = NULL WHERE place_id = ? AND trail_id = ? AND number = ?"
_SUCCEEDED = "UPDATE trail SET digest_delivered = ?, digest_error = NULL WHERE id = ?"
_FAILED = "UPDATE trail SET digest_error = ? WHERE id = ?"
_ALL_FAILED = """
UPDATE trail SET digest_error = ? WHERE id IN (SELECT trail_id FROM digest WHERE delivered IS NULL AND bucket = ?)
"""
_FOREVER = 1 << 62


@dataclass(frozen=True, slots=True)
class _Noted:
    """A digest that was noted and is not delivered yet."""

    place_id: int
    trail_id: int
    number: int
    bucket: str
    key: str
    signature: str
    body: bytes


class Digester:
    """Makes the digests. Any thread may call it; it takes turns with the delivery, which it has go first.

    ``clock`` tells the time in ms since the epoch, ``interval`` is the length of a period in ms, whole seconds.
    """

    def __init__(
        self,
        database: Database,
        delivery: Delivery,
        destination: Destination,
        keys: Keys,
        *,
        clock: Callable[[], int],
        interval: int,
    ) -> None:
        self._database = database
        self._delivery = delivery
        self._destination = destination
        self._keys = keys
        self._clock = clock
        self._interval = interval

    def run(self) -> list[tuple[str, str]]:
        """Make the digests that are due; the buckets and keys of what was written, log files among it.

        The periods of a chain follow one another without a gap; without files a digest is empty. The starting digest,
        of the period before the chain, comes with the first. A bucket that refuses keeps its digests waiting, and its
        trails say why in their status.
        """
        return self._run(close=False)

    def close_period(self) -> list[tuple[str, str]]:
        """End the period of every chain now, and make its digest with all that is delivered, as :meth:`run` does.

        A period lasts at least a second: one that is closed earlier ends a little in the future.
        """
        return self._run(close=True)

    def _run(self, *, close: bool) -> list[tuple[str, str]]:
        with self._delivery.paused():
            written = []
            with self._database.reading() as connection:
                due = chain.due(connection, self._clock() - self._interval, close=close)
            if due:
                with self._database.transaction() as connection:
                    chain.leave(connection)
                written += self._delivery.deliver()
                self._plan(self._clock(), close=close)
            return written + self._write()

    def _plan(self, now: int, *, close: bool) -> None:
        """Step one for every chain: note the digests of the periods up to now."""
        for each in self._live():
            if each.goes_on and self._is_long(each.reached, now):
                with self._database.transaction() as connection:
                    chain.begin_anew(connection, each, each.reached + self._interval, now)
        for each in self._live():
            try:
                self._plan_chain(each, now, close=close)
            except OSError:  # of the keys; it stays due and is tried again
                with self._database.transaction() as connection:
                    connection.execute(_FAILED, ("InternalError", each.trail_id))

    def _live(self) -> list[Chain]:
        with self._database.reading() as connection:
            return chain.live(connection)

    def _is_long(self, start: int, end: int) -> bool:
        return end - start > LONGEST_GAP * self._interval

    def _plan_chain(self, each: Chain, now: int, *, close: bool) -> None:
        if each.waiting if each.is_last else not close and now < each.reached + self._interval:
            return
        reached, interval, last = each.reached, self._interval, each.ended
        if not each.begun:
            self._note(each, (reached - interval, reached), reached, now)
        if last is None and close:
            last = max(now - now % SECOND, reached + SECOND)
        elif last is not None and self._is_long(reached, last):
            last = reached + interval
        while reached + interval < (now + 1 if last is None else last):
            self._note(each, (reached, reached + interval), reached + interval, now)
            reached += interval
        if last is not None:
            self._note(each, (reached, last), _FOREVER, now, final=each.is_last)

    def _note(self, each: Chain, period: tuple[int, int], before: int, now: int, *, final: bool = False) -> None:
        """Note the digest of a period, with the chain's files that were delivered before an instant."""
        start, end = period
        with self._database.reading() as connection:
            trail = kept(connection, each.trail_id)
            row = connection.execute(_PREVIOUS, each.id).fetchone()
            files = connection.execute(_FILES, (*each.id, before)).fetchall()
        previous = Previous(*row) if row else None
        signer = self._keys.signer(each.place.region, start, end)
        key = digest_key(trail, each.place, end)
        header = Header(each.place.account, start, end, trail.bucket, key, signer.fingerprint)
        body, hash_value = pack(compose(header, [DigestFile(*file) for _, *file in files], previous))
        text = signed_text(iso(end), trail.bucket, key, hash_value, previous.signature if previous else None)
        said = (each.number, end, trail.bucket, key, hash_value, signer.sign(text), body, now)
        with self._database.transaction() as connection:
            (number,) = connection.execute(_NOTE, (each.place.id, each.trail_id, *said)).fetchone()
            connection.executemany(_TAKE, [(number, each.place.id, each.trail_id, first) for first, *_ in files])
            chain.reach(connection, each, end, final=final)

    def _write(self) -> list[tuple[str, str]]:
        """Steps two and three for all that is noted, bucket by bucket."""
        with self._database.reading() as connection:
            buckets = [bucket for (bucket,) in connection.execute(_BUCKETS)]
        written: list[tuple[str, str]] = []
        for bucket in buckets:
            written += offer(partial(self._open, bucket), self._put, self._settle, self._note_error)
        return written

    def _open(self, bucket: str, denied: list[int]) -> list[_Noted]:
        with self._database.reading() as connection:
            asked = (bucket, orjson.dumps(denied).decode(), _BATCH)
            return [_Noted(*row) for row in connection.execute(_OPEN, asked)]

    def _note_error(self, noted: _Noted, error: DestinationError) -> None:
        with self._database.transaction() as connection:
            if error.is_denial:
                connection.execute(_FAILED, (error.code, noted.trail_id))
            else:
                connection.execute(_ALL_FAILED, (error.code, noted.bucket))

    def _put(self, noted: _Noted) -> _Noted:
        with self._database.reading() as connection:
            source = kept(connection, noted.trail_id).arn
        self._destination.put(noted.bucket, noted.key, noted.body, tells(noted.signature), source)
        return noted

    def _settle(self, done: list[_Noted]) -> None:
        if done:
            now = self._clock()
            with self._database.transaction() as connection:
                rows = [(now, each.place_id, each.trail_id, each.number) for each in done]
                connection.executemany(_DELIVERED, rows)
                connection.executemany(_SUCCEEDED, [(now, trail_id) for trail_id in {each.trail_id for each in done}])
