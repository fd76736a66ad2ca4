"""Topics without SNS: a file a topic, a line a message, and posts to subscribers as SNS would post them.

https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
Messages are not signed: there is no certificate that somebody could check them with. A subscriber that is named in the
settings is confirmed by that; it gets no ``SubscriptionConfirmation``.
"""

from __future__ import annotations

import errno
import hashlib
import os
import uuid
from typing import TYPE_CHECKING
from urllib.parse import quote

import orjson

from trail.notify import NotificationError
from trail.post import Poster
from trail.times import stamp

if TYPE_CHECKING:
    from pathlib import Path

    from trail.notify import Message

__all__ = ["TopicFiles", "UrlSubscriber", "envelope", "file_name"]

_LONGEST = 200
_AGENT = "Amazon Simple Notification Service Agent"


def envelope(message: Message) -> bytes:
    """A message as SNS hands it on, but for its signature."""
    time = f"{stamp(message.time, '%Y-%m-%dT%H:%M:%S')}.{message.time % 1000:03}Z"
    told = {"Type": "Notification", "MessageId": message.id, "TopicArn": message.topic, "Message": message.body}
    return orjson.dumps({**told, "Timestamp": time})


def name_of(topic: str) -> str:
    """The name of a topic that is told by its name or its ARN."""
    return topic.split(":", 5)[-1] if topic.startswith("arn:") else topic


def file_name(topic: str) -> str:
    """The name of a topic's file: the topic's own where that can be one, else quoted as in a URL, long ones cut."""
    name = quote(name_of(topic), safe="") or "%"
    if name.startswith("."):
        name = f"%2E{name[1:]}"
    if len(name) > _LONGEST:
        name = f"{name[:_LONGEST]}-{hashlib.sha256(topic.encode(errors='replace')).hexdigest()[:16]}"
    return f"{name}.ndjson"


class TopicFiles:
    """Topics as files in a folder, made when they are needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def publish(self, message: Message) -> None:
        """Append a message to its topic's file, whole; no link is followed."""
        line = envelope(message) + b"\n"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / file_name(message.topic)
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o664)
            try:
                _append(descriptor, line)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise NotificationError("InternalError", f"{error.strerror}: {message.topic}") from error

    def clear(self) -> None:
        """Remove every topic's file."""
        for path in self._folder.glob("*.ndjson"):
            path.unlink(missing_ok=True)


def _append(descriptor: int, line: bytes) -> None:
    """Write a line at a file's end, or nothing of it: where the room ends, part of it may fit."""
    size = os.fstat(descriptor).st_size
    if os.write(descriptor, line) < len(line):
        os.ftruncate(descriptor, size)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class UrlSubscriber:
    """A subscriber of one topic, by its name, or of all where ``topic`` is None."""

    def __init__(self, url: str, topic: str | None = None) -> None:
        self.url = url
        self._topic = topic
        self._poster = Poster(url)

    def wants(self, topic: str) -> bool:
        """Whether it gets the messages of the topic."""
        return self._topic in (None, name_of(topic))

    def send(self, message: Message) -> None:
        """Post a message in its envelope; :class:`trail.post.PostError` if nobody takes it."""
        headers = {
            "x-amz-sns-message-type": "Notification",
            "x-amz-sns-message-id": message.id,
            "x-amz-sns-topic-arn": message.topic,
            "x-amz-sns-subscription-arn": f"{message.topic}:{uuid.uuid5(uuid.NAMESPACE_URL, self.url)}",
            "Content-Type": "text/plain; charset=UTF-8",
            "User-Agent": _AGENT,
        }
        self._poster.post(envelope(message), headers)

    def abort(self) -> None:
        """Let a post that is under way fail now."""
        self._poster.abort()

    def close(self) -> None:
        """Close the connection that is kept for the next message."""
        self._poster.close()
