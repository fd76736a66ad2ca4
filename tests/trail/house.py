"""A small house for the trail alone: a database, a bucket, a clock that is set by hand."""

import gzip
import itertools
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trail import identity
from trail.database import Database
from trail.delivery import Delivery
from trail.destination import LocalBuckets
from trail.digester import Digester
from trail.journal import Journal
from trail.keys import Keys, new_private_key
from trail.place import Place, Places
from trail.record import Event
from trail.schema import SCRIPTS
from trail.trails import Status, Trail, Trails

NOW = 1_795_365_480_000  # 2026-11-22T16:38:00Z
ACCOUNT = "111122223333"
BUCKET = "maptrail-logs"
HOUR = 3_600_000


def make_event(name: str = "RegisterInstance", **members: Any) -> Event:
    defaults: dict[str, Any] = {
        "identity": identity.iam_user(f"arn:aws:iam::{ACCOUNT}:user/ana", "AIDAEXAMPLE", "AKIAEXAMPLE"),
        "time": NOW,
        "source": "servicediscovery.amazonaws.com",
        "name": name,
        "region": "us-west-2",
        "account": ACCOUNT,
        "source_ip": "192.0.2.7",
        "user_agent": "Boto3/1.44.5",
        "request_id": "0e4b3b2e-0a3f-4c53-9d0e-2f2f3a0c1b11",
        "event_id": "1e4b3b2e-0a3f-4c53-9d0e-2f2f3a0c1b11",
        "read_only": False,
        "management": True,
    }
    return Event(**defaults | members)


_made: list[Any] = []


def few_keys(start: int = 0) -> Any:
    """A maker of private keys that takes those made before first: making one takes long."""
    numbers = itertools.count(start)

    def make() -> Any:
        number = next(numbers)
        while len(_made) <= number:
            _made.append(new_private_key())
        return _made[number]

    return make


@dataclass
class House:
    """Everything an emulator would put together, with a clock and names that are plain counters."""

    root: Path
    now: int = NOW
    unique: int = 0
    count: int = 0
    first_key: int = 0
    database: Database = field(init=False)

    def __post_init__(self) -> None:
        self.database = Database(self.root / "maptrail.db", SCRIPTS)
        self.places = Places()
        self.trails = Trails()
        self.journal = Journal(self.database, self.trails)
        self.database.after_undo.append(self.places.rolled_back)
        self.buckets = LocalBuckets(self.root / "s3", fsync=False)
        self.buckets.create(BUCKET)
        self.delivery = self.deliverer(self.buckets)
        self.keys = Keys(self.root / "keys", few_keys(self.first_key))
        self.digester = self.digesting(self.buckets)

    def deliverer(self, destination: Any) -> Delivery:
        return Delivery(self.database, self.journal, destination, clock=lambda: self.now, unique=self.next_name)

    def digesting(self, destination: Any, interval: int = HOUR) -> Digester:
        return Digester(self.database, self.delivery, destination, self.keys, clock=lambda: self.now, interval=interval)

    def next_name(self) -> str:
        self.unique += 1
        return f"{self.unique:016}"

    def place(self, region: str = "us-west-2", account: str = ACCOUNT) -> Place:
        with self.database.transaction() as connection:
            return self.places.ensure(connection, account, region)

    def default_trail(self, account: str = ACCOUNT) -> None:
        home = self.place("us-east-1", account)
        with self.database.transaction() as connection:
            self.trails.ensure_default(connection, home, self.now)

    def user_trail(self, name: str, region: str = "us-west-2", *, logging: bool = True, **settings: Any) -> Trail:
        """A trail of the account, which logs unless told otherwise."""
        home, bucket = self.place(region), settings.pop("bucket", BUCKET)
        with self.database.transaction() as connection:
            trail = self.trails.create(connection, home, name, bucket, self.now, **settings)
            return self.trails.start(connection, trail, self.now) if logging else trail

    def trail(self, name: str = "maptrail") -> Trail:
        """The trail of that name as it is now."""
        with self.database.transaction() as connection:
            [trail] = [trail for trail in self.trails.list(connection, ACCOUNT) if trail.name == name]
            return trail

    def change(self, act: str, name: str = "maptrail", **settings: Any) -> None:
        """``start``, ``stop``, ``delete`` or ``update`` a trail, in a transaction of its own."""
        trail = self.trail(name)
        with self.database.transaction() as connection:
            getattr(self.trails, act)(connection, trail, self.now, **settings)

    def status(self, name: str = "maptrail") -> Status:
        """What GetTrailStatus would tell of the trail."""
        trail = self.trail(name)
        with self.database.transaction() as connection:
            return self.trails.status(connection, trail)

    def record(self, name: str = "RegisterInstance", region: str = "us-west-2", **members: Any) -> str | None:
        """One call of its own transaction; the id of its event if it left a record."""
        self.count += 1
        account = members.pop("account", ACCOUNT)
        place = self.place(region, account)
        identifiers = {"event_id": f"00000000-0000-4000-8000-{self.count:012}"}
        event = make_event(name, **{"time": self.now, "region": region, "account": account, **identifiers, **members})
        with self.database.transaction() as connection:
            return event.event_id if self.journal.append(connection, place, event) is not None else None

    def files(self, bucket: str = BUCKET) -> dict[str, list[dict[str, Any]]]:
        """The delivered log files with their records."""
        keys = [key for key in self.buckets.keys(bucket) if key.endswith(".json.gz") and "/CloudTrail/" in key]
        return {key: json.loads(gzip.decompress(self.buckets.get(bucket, key)))["Records"] for key in keys}

    def delivered(self, bucket: str = BUCKET) -> list[str]:
        """The ids of all events in the files, as often as they are there."""
        return sorted(record["eventID"] for records in self.files(bucket).values() for record in records)

    def reset(self) -> None:
        """Empty every table, as a reset does, and forget what was kept of it."""
        with self.database.transaction() as connection:
            for table in self.database.tables:
                connection.execute(f"DELETE FROM {table}")
            self.places.forget()
            self.journal.forget()

    def reopened(self) -> "House":
        """A second process after the first has died without a word: nothing but the files is handed over."""
        self.database.rollback()
        self.database.close()
        return House(self.root, self.now, unique=self.unique + 1_000, count=self.count, first_key=self.first_key + 2)
