"""Notifications: a message to a trail's SNS topic for each delivery, and one before the first.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/configure-sns-notifications-for-cloudtrail.html
A message is noted in the transaction that marks its files as delivered, gets its id in another, is sent, and is then
forgotten. Who dies after sending sends it again, with the same id: at least once, as SNS itself promises.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import orjson

from trail.post import PostError
from trail.times import DAY, HOUR

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from trail.database import Database

__all__ = ["SCHEMA", "Message", "NotificationError", "Notifier", "Publish", "Subscriber", "announce", "note"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS notification (
    place_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    target TEXT NOT NULL,
    trail_id INTEGER NOT NULL,
    topic TEXT NOT NULL,
    body TEXT NOT NULL,
    message_id TEXT,
    noted INTEGER,
    PRIMARY KEY (place_id, number, target)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS notification_number ON notification (number);
"""

VALIDATION = "CloudTrail validation message."
"""The body of the message that a topic gets first, when it is set."""

PATIENCE, SUBSCRIBERS_PATIENCE = 30 * DAY, HOUR
"""How long a topic that refuses, and a subscriber that does not answer, is offered a message, in ms."""

_TOPIC = ""  # the target of what is published itself
_BATCH = 100
_PAUSE = 60

_ADD = """
INSERT INTO notification (place_id, number, target, trail_id, topic, body)
SELECT ?, coalesce(max(number), 0) + 1, '', ?, ?, ? FROM notification
"""
_NEW = "SELECT place_id, number, topic FROM notification WHERE message_id IS NULL ORDER BY number"
_NAME = "UPDATE notification SET message_id = ?, noted = ? WHERE place_id = ? AND number = ?"
_FAN_OUT = """
INSERT INTO notification SELECT place_id, number, ?, trail_id, topic, body, message_id, noted
FROM notification WHERE place_id = ? AND number = ? AND target = ''
"""
_WAITING = """
SELECT place_id, number, target, trail_id, topic, body, message_id, noted FROM notification
WHERE target = ? AND message_id NOT NULL AND number > ? ORDER BY number LIMIT ?
"""
# By its id, too: after a reset another message may have the number.
_FORGET = "DELETE FROM notification WHERE place_id = ? AND number = ? AND target = ? AND message_id = ?"
_SUCCEEDED = """
UPDATE trail SET notified = ?1, notification_attempted = ?1, notification_error = NULL WHERE id = ?2
"""
_FAILED = "UPDATE trail SET notification_attempted = ?, notification_error = ? WHERE id = ?"


class NotificationError(Exception):
    """A message was refused; ``code`` is SNS's word for it (``NotFound``, ``AuthorizationError``, …)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Message:
    """A message to a topic, an ARN; ``time`` in ms since the epoch. A repetition has the same ``id``."""

    id: str
    topic: str
    body: str
    time: int


Publish = Callable[[Message], None]
"""Takes a message for its topic; :class:`NotificationError` if it is refused."""


class Subscriber(Protocol):
    """Somebody to whom the messages of some topics are posted."""

    @property
    def url(self) -> str:
        """Where; no two have the same."""

    def wants(self, topic: str) -> bool:
        """Whether it gets the messages of the topic."""

    def send(self, message: Message) -> None:
        """Post a message; :class:`trail.post.PostError` if nobody takes it."""


@dataclass(frozen=True, slots=True)
class _Noted:
    place_id: int
    number: int
    target: str
    trail_id: int
    message: Message

    def key(self) -> tuple[int, int, str, str]:
        """What :data:`_FORGET` asks for."""
        return self.place_id, self.number, self.target, self.message.id


def announce(connection: sqlite3.Connection, place_id: int, trail_id: int, topic: str) -> None:
    """Note the message that a topic gets when it is set."""
    connection.execute(_ADD, (place_id, trail_id, topic, VALIDATION))


def note(
    connection: sqlite3.Connection, place_id: int, trail_id: int, topic: str, bucket: str, keys: Sequence[str]
) -> None:
    """Note the message about files that were delivered."""
    body = orjson.dumps({"s3Bucket": bucket, "s3ObjectKey": list(keys)}).decode()
    connection.execute(_ADD, (place_id, trail_id, topic, body))


class Notifier:
    """Sends what was noted, in its order. ``clock`` tells the time in ms, ``new_id`` makes a UUID."""

    def __init__(
        self,
        database: Database,
        publish: Publish,
        subscribers: Iterable[Subscriber] = (),
        *,
        clock: Callable[[], int],
        new_id: Callable[[], str],
    ) -> None:
        self._database = database
        self._publish = publish
        self._subscribers = list(subscribers)
        self._clock = clock
        self._new_id = new_id
        self._lock = threading.Lock()
        self._pauses: dict[str, tuple[int, int]] = {}

    def run(self) -> None:
        """Publish and post what waits; a chore, done often. Who failed is left alone for ever more rounds, up to 60."""
        self.publish()
        for subscriber in self._subscribers:
            failures, rounds = self._pauses.get(subscriber.url, (0, 0))
            if rounds > 0:
                self._pauses[subscriber.url] = (failures, rounds - 1)
            elif self._post(subscriber):
                self._pauses.pop(subscriber.url, None)
            else:
                self._pauses[subscriber.url] = (failures + 1, min(1 << failures, _PAUSE))

    def publish(self) -> None:
        """Publish what waits; a topic that refuses does not hold up another, and each of its trails says why."""
        with self._lock:
            self._name()
            refused: dict[str, NotificationError] = {}
            told: set[int] = set()
            for noted in self._waiting(_TOPIC):
                error = refused.get(noted.message.topic) or self._published(noted)
                if error is not None:
                    refused[noted.message.topic] = error
                    if noted.trail_id not in told:
                        told.add(noted.trail_id)
                        self._refuse(noted, error)

    def _published(self, noted: _Noted) -> NotificationError | None:
        try:
            self._publish(noted.message)
        except NotificationError as error:
            return error
        self._settle(noted)
        return None

    def paused(self) -> threading.Lock:
        """A lock to hold while the topics are cleared: nothing is published meanwhile."""
        return self._lock

    def _name(self) -> None:
        """Give new messages their ids, and each subscriber its copy."""
        with self._database.reading() as connection:
            if connection.execute(_NEW).fetchone() is None:
                return
        with self._database.transaction() as connection:
            for place_id, number, topic in connection.execute(_NEW).fetchall():
                connection.execute(_NAME, (self._new_id(), self._clock(), place_id, number))
                for subscriber in self._subscribers:
                    if subscriber.wants(topic):
                        connection.execute(_FAN_OUT, (subscriber.url, place_id, number))

    def _waiting(self, target: str) -> Iterable[_Noted]:
        number = -1
        while True:
            with self._database.reading() as connection:
                rows = connection.execute(_WAITING, (target, number, _BATCH)).fetchall()
            for place_id, number, to, trail_id, topic, body, message_id, noted in rows:
                yield _Noted(place_id, number, to, trail_id, Message(message_id, topic, body, noted))
            if len(rows) < _BATCH:
                return

    def _post(self, subscriber: Subscriber) -> bool:
        """Post in order what waits for a subscriber; whether it took everything."""
        for noted in self._waiting(subscriber.url):
            try:
                subscriber.send(noted.message)
            except PostError as error:
                if not error.final and self._clock() - noted.message.time <= SUBSCRIBERS_PATIENCE:
                    return False
            with self._database.transaction() as connection:
                connection.execute(_FORGET, noted.key())
        return True

    def _settle(self, noted: _Noted) -> None:
        with self._database.transaction() as connection:
            connection.execute(_FORGET, noted.key())
            connection.execute(_SUCCEEDED, (self._clock(), noted.trail_id))

    def _refuse(self, noted: _Noted, error: NotificationError) -> None:
        now = self._clock()
        with self._database.transaction() as connection:
            connection.execute(_FAILED, (now, error.code, noted.trail_id))
            if now - noted.message.time > PATIENCE:
                connection.execute(_FORGET, noted.key())
