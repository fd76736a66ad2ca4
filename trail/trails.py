"""The trails: what they are set to, and which of them get an event.

A trail lives at its home, an account in a region. A deleted one stays as a tombstone, since what was recorded before
its end still has to reach its bucket. Requests are validated elsewhere; the defaults and the state are here.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import orjson

from trail import chain, default
from trail.notify import announce
from trail.place import Place
from trail.routing import Routing
from trail.selectors import DEFAULT, Settings, compile_selectors

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["SCHEMA", "Status", "Trail", "Trails", "find", "kept"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS trail (
    id INTEGER PRIMARY KEY,
    place_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    is_default INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER,
    settings TEXT NOT NULL DEFAULT '{}',
    started INTEGER,
    stopped INTEGER,
    delivered INTEGER,
    delivery_attempted INTEGER,
    delivery_error TEXT,
    notified INTEGER,
    notification_attempted INTEGER,
    notification_error TEXT,
    digest_delivered INTEGER,
    digest_error TEXT
);
CREATE UNIQUE INDEX IF NOT EXISTS trail_name ON trail (place_id, name) WHERE deleted IS NULL;
CREATE TABLE IF NOT EXISTS trail_tag (
    place_id INTEGER NOT NULL,
    trail_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT,
    PRIMARY KEY (place_id, trail_id, key)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Trail:
    """A trail's settings, with CloudTrail's defaults.

    ``home`` is the only place from which it may be changed; ``topic`` is an SNS topic's ARN and ``topic_name`` what it
    was given as; ``prefix`` goes before every key; ``created`` is in ms since the epoch.
    """

    id: int
    home: Place
    name: str
    bucket: str
    prefix: str | None = None
    topic: str | None = None
    topic_name: str | None = None
    global_events: bool = True
    multi_region: bool = False
    validation: bool = False
    log_group: str | None = None
    log_role: str | None = None
    kms_key: str | None = None
    organization: bool = False
    recursive: bool = True
    selectors: Settings = field(default_factory=lambda: DEFAULT)
    insights: Sequence[Mapping[str, Any]] = field(default_factory=list)
    logging: bool = False
    is_default: bool = False
    created: int = 0

    @property
    def arn(self) -> str:
        """``arn:aws:cloudtrail:<home region>:<account>:trail/<name>``."""
        return f"arn:{self.home.partition}:cloudtrail:{self.home.region}:{self.home.account}:trail/{self.name}"

    @property
    def has_custom_selectors(self) -> bool:
        """Whether the selectors differ from those of a new trail."""
        return self.selectors != DEFAULT

    @property
    def validating(self) -> bool:
        """Whether its files get digests as things stand."""
        return self.logging and self.validation

    def covers(self, region: str) -> bool:
        """Whether the trail takes the events of a region while it is logging."""
        return self.multi_region or self.home.region == region


@dataclass(frozen=True, slots=True)
class Status:
    """What GetTrailStatus tells: instants in ms since the epoch, errors by the destination's codes."""

    started: int | None
    stopped: int | None
    delivered: int | None
    delivery_attempted: int | None
    delivery_error: str | None
    notified: int | None
    notification_attempted: int | None
    notification_error: str | None
    digest_delivered: int | None
    digest_error: str | None


_COLUMNS = {"id", "home", "name", "is_default"}
_SETTINGS = tuple(each.name for each in fields(Trail) if each.name not in _COLUMNS)
_STATUS = """
SELECT started, stopped, delivered, delivery_attempted, delivery_error, notified, notification_attempted,
    notification_error, digest_delivered, digest_error
FROM trail WHERE id = ?
"""
_SELECT = """
SELECT t.id, p.id, p.account, p.region, t.name, t.is_default, t.settings
FROM place AS p JOIN trail AS t ON t.place_id = p.id
"""


class Trails:
    """The trails in the database, and in memory for each place the compiled answer to who gets an event.

    Every method works inside the open transaction of the connection it is given.
    """

    def __init__(self) -> None:
        self._routings: dict[int, Routing] = {}
        self._met: set[str] = set()
        self._changed = False

    def create(
        self, connection: sqlite3.Connection, home: Place, name: str, bucket: str, now: int, **settings: Any
    ) -> Trail:
        """A new trail, not logging; ``settings`` are members of :class:`Trail`.

        ``sqlite3.IntegrityError`` if its home has a trail of that name.
        """
        row = connection.execute("INSERT INTO trail (place_id, name) VALUES (?, ?)", (home.id, name))
        trail = Trail(row.lastrowid or 0, home, name, bucket, created=now, **settings)
        self._write(connection, trail)
        if trail.topic:
            announce(connection, home.id, trail.id, trail.topic)
        return trail

    def ensure_default(self, connection: sqlite3.Connection, home: Place, now: int) -> Trail | None:
        """Make the default trail on first contact with an account; the trail if it was made just now, else None.

        ``home`` is the account in the default region. A default trail that was deleted does not come back.
        """
        if home.account in self._met:
            return None
        self._met.add(home.account)
        self._changed = True
        sql = f"{_SELECT} WHERE p.account = ? AND (t.is_default OR t.place_id = ? AND t.name = ?)"
        if connection.execute(sql, (home.account, home.id, default.NAME)).fetchone():
            return None
        trail = self.create(
            connection, home, default.NAME, default.BUCKET, now,
            is_default=True, multi_region=True, validation=True, selectors=default.SELECTORS,
        )  # fmt: skip
        return self.start(connection, trail, now)

    def update(self, connection: sqlite3.Connection, trail: Trail, now: int, **settings: Any) -> Trail:
        """The trail with other settings (UpdateTrail, PutEventSelectors); what is not named stays."""
        changed = replace(trail, **settings)
        self._write(connection, changed)
        if changed.topic and changed.topic != trail.topic:
            announce(connection, trail.home.id, trail.id, changed.topic)
        if changed.validating and not trail.validating:
            chain.begin(connection, changed, now)
        elif trail.validating and not changed.validating:
            chain.end(connection, trail, now)
        elif trail.multi_region and not changed.multi_region:
            chain.end_others(connection, changed, now)
        return changed

    def delete(self, connection: sqlite3.Connection, trail: Trail, now: int) -> None:
        """End a trail, logging or not. What was routed to it is still delivered."""
        connection.execute("UPDATE trail SET deleted = ? WHERE id = ?", (now, trail.id))
        chain.end(connection, trail, now)
        connection.execute("DELETE FROM trail_tag WHERE place_id = ? AND trail_id = ?", (trail.home.id, trail.id))
        self._invalidate()

    def start(self, connection: sqlite3.Connection, trail: Trail, now: int) -> Trail:
        """StartLogging; a started trail stays as it is."""
        if trail.logging:
            return trail
        connection.execute("UPDATE trail SET started = ? WHERE id = ?", (now, trail.id))
        return self.update(connection, trail, now, logging=True)

    def stop(self, connection: sqlite3.Connection, trail: Trail, now: int) -> Trail:
        """StopLogging; a stopped trail stays as it is."""
        if not trail.logging:
            return trail
        connection.execute("UPDATE trail SET stopped = ? WHERE id = ?", (now, trail.id))
        return self.update(connection, trail, now, logging=False)

    def get(self, connection: sqlite3.Connection, account: str, region: str, name: str) -> Trail | None:
        """The trail of that name whose home is the region."""
        sql = f"{_SELECT} WHERE p.account = ? AND p.region = ? AND t.name = ? AND t.deleted IS NULL"
        row = connection.execute(sql, (account, region, name)).fetchone()
        return _trail(row) if row else None

    def list(self, connection: sqlite3.Connection, account: str, region: str | None = None) -> list[Trail]:
        """The account's trails by home and name; with ``region`` those visible there, shadows of others included."""
        sql = f"{_SELECT} WHERE p.account = ? AND t.deleted IS NULL ORDER BY p.region, t.name"
        trails = [_trail(row) for row in connection.execute(sql, (account,))]
        return trails if region is None else [trail for trail in trails if trail.covers(region)]

    def status(self, connection: sqlite3.Connection, trail: Trail) -> Status:
        """When the trail was started, stopped, and last delivered to."""
        return Status(*connection.execute(_STATUS, (trail.id,)).fetchone())

    def tag(self, connection: sqlite3.Connection, trail: Trail, tags: Mapping[str, str | None]) -> None:
        """Set tags; those of the same key are overwritten."""
        rows = [(trail.home.id, trail.id, key, value) for key, value in tags.items()]
        connection.executemany("INSERT OR REPLACE INTO trail_tag VALUES (?, ?, ?, ?)", rows)

    def untag(self, connection: sqlite3.Connection, trail: Trail, keys: Iterable[str]) -> None:
        """Remove the tags of these keys, as far as they exist."""
        rows = [(trail.home.id, trail.id, key) for key in keys]
        connection.executemany("DELETE FROM trail_tag WHERE place_id = ? AND trail_id = ? AND key = ?", rows)

    def tags(self, connection: sqlite3.Connection, trail: Trail) -> dict[str, str | None]:
        """The trail's tags by key."""
        sql = "SELECT key, value FROM trail_tag WHERE place_id = ? AND trail_id = ? ORDER BY key"
        return dict(connection.execute(sql, (trail.home.id, trail.id)).fetchall())

    def routing(self, connection: sqlite3.Connection, place: Place) -> Routing:
        """Who gets the events of a place as things stand; a snapshot that later changes leave as it is."""
        routing = self._routings.get(place.id)
        if routing is None:
            covering = [trail for trail in self.list(connection, place.account, place.region) if trail.logging]
            routing = Routing((trail.id, compile_selectors(trail.selectors)) for trail in covering)
            self._routings[place.id] = routing
        return routing

    def rolled_back(self) -> None:
        """Drop what is remembered if the transaction may have taken it back."""
        if self._changed:
            self.forget()

    def forget(self) -> None:
        """Drop what is remembered: after a reset or a restored snapshot."""
        self._routings.clear()
        self._met.clear()
        self._changed = False

    def _write(self, connection: sqlite3.Connection, trail: Trail) -> None:
        settings = orjson.dumps({name: getattr(trail, name) for name in _SETTINGS}).decode()
        sql = "UPDATE trail SET settings = ?, is_default = ? WHERE id = ?"
        connection.execute(sql, (settings, trail.is_default, trail.id))
        self._invalidate()

    def _invalidate(self) -> None:
        self._routings.clear()
        self._changed = True


def buckets_of(connection: sqlite3.Connection) -> set[str]:
    """The buckets that trails deliver to."""
    rows = connection.execute("SELECT settings FROM trail WHERE deleted IS NULL")
    return {orjson.loads(settings)["bucket"] for (settings,) in rows}


def find(connection: sqlite3.Connection, trail_id: int) -> Trail | None:
    """The trail of an id, also a deleted one."""
    row = connection.execute(f"{_SELECT} WHERE t.id = ?", (trail_id,)).fetchone()
    return _trail(row) if row else None


def kept(connection: sqlite3.Connection, trail_id: int) -> Trail:
    """The trail of an id for which there is still something to deliver; such a one is never forgotten."""
    trail = find(connection, trail_id)
    if trail is None:
        raise LookupError(f"there is no trail {trail_id}")
    return trail


def _trail(row: tuple[Any, ...]) -> Trail:
    number, place_id, account, region, name, is_default, settings = row
    home = Place(place_id, account, region)
    return Trail(number, home, name, is_default=bool(is_default), **orjson.loads(settings))
