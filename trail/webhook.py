"""A webhook: what EventBridge would make of each record, posted to a URL in the order of recording.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
It reads the journal, so that only what is committed is posted and no call waits for it. As on AWS there is an event for
what some trail takes; reads are among them, and whoever does not want them looks at ``detail.readOnly``. How far it has
come is kept: each event is posted at least once.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import orjson

from trail.post import Poster, PostError
from trail.times import DAY

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from trail.database import Database
    from trail.journal import Journal

__all__ = ["PATIENCE", "SCHEMA", "Webhook", "event", "skip"]

logger = logging.getLogger(__name__)

# Numbers count over all places; "place 0" is all of them.
SCHEMA = """
CREATE TABLE IF NOT EXISTS webhook_cursor (
    place_id INTEGER PRIMARY KEY,
    number INTEGER NOT NULL
);
"""

PATIENCE = DAY
"""How long an event is offered, in ms from the call; EventBridge gives up as late."""

_LANES = """
WITH lane AS (
    SELECT p.id * 2 + c.value << 40 AS base FROM place AS p, (SELECT 0 AS value UNION ALL SELECT 1) AS c
)
"""
_LAST = f"""{_LANES}
SELECT coalesce(max((SELECT max(seq) - base FROM event WHERE seq BETWEEN base AND base + ?)), 0) FROM lane
"""  # noqa: S608 -- of constants
_BOUNDS = f"""{_LANES}, found AS (
    SELECT (SELECT min(seq) FROM event WHERE seq BETWEEN base + ?1 AND base + ?2) - base AS first,
        (SELECT max(seq) FROM event WHERE seq BETWEEN base + ?1 AND base + ?2) - base AS last FROM lane
)
SELECT min(first), max(last) FROM found
"""  # noqa: S608 -- of constants
_NEXT = f"""{_LANES}
SELECT seq - base AS number, time, record FROM lane CROSS JOIN event
WHERE seq BETWEEN base + ? AND base + ? AND route > 0 ORDER BY number
"""  # noqa: S608 -- of constants
_CURSOR = "SELECT number FROM webhook_cursor WHERE place_id = 0"
_KEEP = "INSERT OR REPLACE INTO webhook_cursor VALUES (0, ?)"
_NUMBERS = (1 << 40) - 1
_WINDOW = 200
_LONGEST_PAUSE = 128
_KINDS = {
    "AwsServiceEvent": "AWS Service Event via CloudTrail",
    "AwsConsoleSignIn": "AWS Console Sign In via CloudTrail",
}
_HEADERS = {"Content-Type": "application/json", "User-Agent": "Amazon/EventBridge/ApiDestinations"}


def event(record: bytes) -> bytes:
    """The event that EventBridge would make of a record; its id is the record's ``eventID``."""
    said = orjson.loads(record)
    return orjson.dumps(
        {
            "version": "0",
            "id": said["eventID"],
            "detail-type": _KINDS.get(said["eventType"], "AWS API Call via CloudTrail"),
            "source": f"aws.{said['eventSource'].partition('.')[0]}",
            "account": said["recipientAccountId"],
            "time": said["eventTime"],
            "region": said["awsRegion"],
            "resources": [],
            "detail": orjson.Fragment(record),
        }
    )


def skip(connection: sqlite3.Connection) -> None:
    """Go on behind all there is: it is the history of another server, and was told there."""
    connection.execute(_KEEP, connection.execute(_LAST, (_NUMBERS,)).fetchone())


class Webhook:
    """Posts the events of a journal. Used by one thread; ``clock`` tells the time in ms since the epoch."""

    def __init__(self, database: Database, journal: Journal, url: str, *, clock: Callable[[], int]) -> None:
        self._database = database
        self._journal = journal
        self._poster = Poster(url)
        self._clock = clock
        self._epoch = journal.epoch
        self._reached: int | None = None
        self._looked = False
        self._failures = 0
        self._pause = 0

    def start(self) -> None:
        """Go on where the last process stopped; the first time, behind what is recorded already."""
        with self._database.transaction() as connection:
            row = connection.execute(_CURSOR).fetchone() or connection.execute(_LAST, (_NUMBERS,)).fetchone()
            connection.execute(_KEEP, row)
        self._reached = row[0]

    def run(self, most: int = 1000) -> None:
        """Post what is new, at most so much at a time; a chore, done often. After failures rounds are left out."""
        if self._pause > 0:
            self._pause -= 1
            return
        if self._epoch != self._journal.epoch and self._reached is not None:
            self._epoch, self._reached = self._journal.epoch, self._kept()
        if self._reached is None or (self._looked and self._reached >= self._journal.number):
            return
        self._looked = True
        with self._database.reading() as connection:
            first, last = connection.execute(_BOUNDS, (self._reached + 1, _NUMBERS)).fetchone()
        if first is None:
            return
        position = first - 1  # after a reset numbers go on where they were, far behind the beginning
        while position < last and most > 0:
            with self._database.reading() as connection:
                rows = connection.execute(_NEXT, (position + 1, position + _WINDOW)).fetchall()
            for number, time, record in rows[:most]:
                if not (self._offer(time, record) and self._keep(number)):
                    return
            most -= len(rows)
            position = min(position + _WINDOW, last)
            if most > 0 and position > self._reached:
                self._reached = position

    def _kept(self) -> int:
        with self._database.reading() as connection:
            row = connection.execute(_CURSOR).fetchone()
        return row[0] if row else 0

    def finish(self) -> None:
        """A last quick attempt before the end, unless nobody has answered of late."""
        self._poster.revive()
        if not self._failures:
            self._poster.patience = 0.05
            self.run(20)
        self.close()

    def close(self) -> None:
        """Close the connection that is kept for the next event."""
        self._poster.close()

    def abort(self) -> None:
        """Let a post that is under way fail now, and later ones at once."""
        self._poster.abort()

    def _offer(self, time: int, record: bytes) -> bool:
        """Post an event; whether it is dealt with: taken, refused for good, or too old to be offered again."""
        try:
            self._poster.post(event(record), _HEADERS)
        except PostError as error:
            if not error.final and self._clock() - time <= PATIENCE:
                self._pause = min(1 << self._failures, _LONGEST_PAUSE)
                self._failures += 1
                return False
            logger.warning("The webhook did not take an event, which is dropped: %s.", error)
        self._failures = 0
        return True

    def _keep(self, number: int) -> bool:
        """Note how far it has come; False if a reset came in between: numbers begin anew."""
        with self._database.transaction() as connection:
            if self._epoch != self._journal.epoch:
                return False
            connection.execute(_KEEP, (number,))
        self._reached = number
        return True
