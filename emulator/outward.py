"""What goes out: notifications to topics and their subscribers, events to a webhook. In a thread of its own.

Whoever does not answer holds up neither the calls nor the delivery.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.ids import Ids
from emulator.subscriptions import subscriptions
from trail.background import Background, Chore
from trail.notify import Notifier
from trail.sns import TopicFiles, UrlSubscriber
from trail.webhook import Webhook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from emulator.settings import Settings
    from trail.database import Database
    from trail.journal import Journal

__all__ = ["Outward"]

_OFTEN = 0.25


class Outward:
    """The notifier and the webhook of a Maptrail. ``folder`` holds the topics where there is no SNS."""

    def __init__(
        self, settings: Settings, folder: Path, database: Database, journal: Journal, clock: Callable[[], int]
    ) -> None:
        self._topics = TopicFiles(folder)
        self._is_local = settings.sns_endpoint_url is None
        self._subscribers = [UrlSubscriber(url, topic) for topic, url in subscriptions(settings.sns_subscribers)]
        if settings.sns_endpoint_url is None:
            publisher = self._topics.publish
        else:
            from emulator.sns import SnsEndpoint  # noqa: PLC0415 -- boto3 is slow to import

            publisher = SnsEndpoint(settings.sns_endpoint_url).publish
        self._notifier = Notifier(database, publisher, self._subscribers, clock=clock, new_id=Ids().uuid)
        self._webhook = Webhook(database, journal, settings.webhook, clock=clock) if settings.webhook else None
        chores = [Chore(1.0, self._notifier.run)]
        if self._webhook is not None:
            chores.append(Chore(_OFTEN, self._webhook.run))
        self._background = Background(chores, name="maptrail-outward")

    def start(self) -> None:
        """Begin to send, first what the last process left."""
        if self._webhook is not None:
            self._webhook.start()
        self._background.start()

    def flush(self) -> None:
        """Publish what was delivered by now, if the topics are here; nobody is waited for."""
        if self._is_local:
            self._notifier.publish()

    def stop(self) -> None:
        """Let what is under way fail, and end; what was not sent is kept for the next time."""
        for subscriber in self._subscribers:
            subscriber.abort()
        if self._webhook is not None:
            self._webhook.abort()
        self._background.stop()

    def finish(self) -> None:
        """After :meth:`stop` and the last delivery: publish, and try the webhook a last time, for a second at most."""
        for subscriber in self._subscribers:
            subscriber.close()
        self.flush()
        if self._webhook is not None:
            self._webhook.finish()

    def clear(self) -> None:
        """Remove what was published here."""
        if self._is_local:
            with self._notifier.paused():
                self._topics.clear()
