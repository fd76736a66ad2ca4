"""One running Maptrail: its clock, its database, its trails and their delivery, and the gateway to it all."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import time
from typing import TYPE_CHECKING

from emulator import quotas, store
from emulator.access_log import AccessLog
from emulator.caller import Callers
from emulator.clock import Clock
from emulator.errors import COMMON_ERRORS, internal_failure
from emulator.facilities import Facilities
from emulator.faults import Faults
from emulator.gateway import Gateway
from emulator.guards import Guards
from emulator.identities.directory import Directory
from emulator.ids import Ids
from emulator.metrics import Metrics
from emulator.outward import Outward
from emulator.paging import Tokens
from emulator.proxies import Proxies, networks
from emulator.s3.elsewhere import Elsewhere
from emulator.s3.policy import may_put
from emulator.seed import plant
from emulator.settings import StartError
from emulator.sts.sessions import find
from trail.background import Background, Chore
from trail.delivery import Delivery
from trail.destination import DestinationError, LocalBuckets
from trail.digester import Digester
from trail.index import Indexer
from trail.journal import Journal
from trail.keys import Keys
from trail.layout import leave_markers
from trail.place import Place, Places
from trail.retention import purge
from trail.trails import Trail, Trails

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.call import Response
    from emulator.data import DataDirectory
    from emulator.errors import ServiceError
    from emulator.operations import Operation
    from emulator.settings import Settings
    from emulator.sts.sessions import Session
    from trail.database import Database
    from trail.destination import Buckets

__all__ = ["Machine"]

_log = logging.getLogger("maptrail")


class Machine:
    """Everything that one Maptrail holds. Used from one thread; the delivery has a thread of its own."""

    def __init__(self, settings: Settings, directory: DataDirectory, *, strict: bool = False) -> None:
        self.settings = settings
        self.directory = directory
        self.clock, self.ids = Clock(), Ids()
        self.identities = Directory(settings.identities)
        self.proxies = Proxies(networks(settings.trusted_proxies))
        self.faults, self.metrics = Faults(settings.fault_seed, chaos=settings.chaos), Metrics()
        self.ticks: Callable[[], int] = time.perf_counter_ns
        self.unwell: str | None = None
        self._strict = strict
        self._given_up: Exception | None = None
        self.database = _opened(directory, settings)
        self.places = Places()
        self.trails = Trails()
        self.journal = Journal(self.database, self.trails)
        self.buckets = LocalBuckets(directory.s3, may_put=may_put)
        self.destination = self._destination(settings)
        self.keys = Keys(directory.path / "keys")
        self.callers = self._callers(settings)
        self.guards = Guards(settings, self.callers, self.identities, self.proxies)
        self.facilities = self._facilities(settings)
        self.database.after_undo += [self.places.rolled_back, self.facilities.known.undone]
        self.database.after_rollback.append(self.facilities.forget)
        self.delivery, self.digester = self._deliverers(settings)
        self._outward = Outward(settings, directory.path / "sns", self.database, self.journal, self.clock.now)
        self.background = Background(self._chores())
        self.access_log = AccessLog(settings.log_format) if settings.log_level in ("debug", "info") else None
        self.gateway = Gateway(self)

    def _destination(self, settings: Settings) -> Buckets:
        url = settings.s3_endpoint_url
        return self.buckets if url is None else Elsewhere(url, settings.region)

    def _callers(self, settings: Settings) -> Callers:
        home = (settings.account, settings.region)
        return Callers(home, self.identities, auth=settings.auth, session=self._session, now=self.clock.now)

    def _facilities(self, settings: Settings) -> Facilities:
        return Facilities(
            quotas=quotas.AWS if settings.quotas == "aws" else quotas.OFF,
            operation_delay=round(settings.operation_delay * 1000),
            custom_health_delay=round(settings.custom_health_delay * 1000),
            tokens=Tokens(store.secret(self.database, self.ids.take(32))),
            directory=self.identities,
            account_of=self.callers.account_of,
            trails=self.trails,
            buckets=self.destination,
            keys=self.keys,
        )

    def _deliverers(self, settings: Settings) -> tuple[Delivery, Digester]:
        names = Ids()  # not that of the calls, which are another thread's
        delivery = Delivery(
            self.database, self.journal, self.destination,
            clock=self.clock.now, unique=lambda: names.alphanumeric(16),
        )  # fmt: skip
        digester = Digester(
            self.database, delivery, self.destination, self.keys,
            clock=self.clock.now, interval=settings.digest_interval * 1000,
        )  # fmt: skip
        return delivery, digester

    def _chores(self) -> list[Chore]:
        """What is done behind the calls; with ``--delivery-interval 0`` a refused file is offered again each second."""
        indexer = Indexer(self.database, self.journal)
        return [
            Chore(self.settings.delivery_interval or 1.0, self.delivery.deliver),
            Chore(1.0, self.digester.run),
            Chore(1.0, self.database.checkpoint),
            Chore(1.0, indexer.run),
            Chore(60.0, lambda: purge(self.database, self.clock.now())),
        ]

    def start(self) -> None:
        """Deliver what a killed predecessor left, greet the default account, begin to deliver and to fail."""
        with self.database.transaction() as connection:
            self.place(connection, self.settings.account, self.settings.region)
        self.delivery.deliver()
        plant(self, self.settings.seed)
        self.faults.reset()
        self.background.start()
        self._outward.start()

    def place(self, connection: sqlite3.Connection, account: str, region: str) -> Place:
        """The place of an account and region; the account's default trail is made on first contact."""
        place = self.places.get(account, region)
        if place is not None:
            return place
        if self.settings.default_trail:
            home = self.places.ensure(connection, account, self.settings.region)
            trail = self.trails.ensure_default(connection, home, self.clock.now())
            if trail is not None:
                self._make_bucket(trail)
        return self.places.ensure(connection, account, region)

    def _make_bucket(self, trail: Trail) -> None:
        """The default trail's bucket, and in it what every new trail leaves; a call does not fail for want of that.

        A bucket that is elsewhere is made by the delivery: a first call does not wait for the network.
        """
        self.destination.create(trail.bucket)
        if self.destination is self.buckets:
            with contextlib.suppress(DestinationError):
                leave_markers(self.buckets, trail)

    def commit(self) -> None:
        """Commit the open transaction; with ``--delivery-interval 0`` its records are in files when this returns.

        ``sqlite3.Error`` if it cannot be committed: then nothing of it has happened.
        """
        try:
            if self._given_up is not None:
                error, self._given_up = self._given_up, None
                self.database.rollback()
                raise sqlite3.OperationalError(str(error)) from error
            self.database.commit()
        except sqlite3.Error as error:
            self.unwell = _unwell(error)
            raise
        if self.unwell is not None:
            self.check_health()  # what was committed may have been nothing
        if not self.settings.delivery_interval:
            self._deliver()

    def give_up(self, error: Exception) -> None:
        """The open transaction cannot go on: every call in it is to fail, and the next commit says so."""
        self.database.rollback()
        self._given_up = error
        self.unwell = _unwell(error)

    @property
    def uncommitted(self) -> bool:
        """Whether :meth:`commit` has something to commit, or to say of what was given up."""
        return self.database.open or self._given_up is not None

    def finish(self) -> None:
        """Commit at once what other calls have open. ``sqlite3.Error`` if it cannot be: then their commit says so."""
        try:
            if self._given_up is not None:
                raise sqlite3.OperationalError(str(self._given_up)) from self._given_up
            self.database.commit()
        except sqlite3.Error as error:
            self.give_up(error)
            raise

    def unrecorded(self, content_type: str) -> Response:
        """The answer to a call whose transaction was given up."""
        return self.gateway.failure(content_type, self.unwell or "Calls cannot be recorded.")

    def _session(self, access_key: str) -> Session | None:
        """The session of an access key: one whose credentials have left with an answer."""
        with self.database.reading() as connection:
            return find(connection, access_key)

    def check_health(self) -> str | None:
        """Why calls cannot be recorded, or None; after a failure it is tried anew."""
        if self.unwell is not None:
            try:
                with self.database.transaction() as connection:
                    connection.execute("INSERT OR REPLACE INTO meta (name, value) VALUES ('tried', zeroblob(4096))")
                self.unwell = None
            except sqlite3.Error as error:
                self.unwell = _unwell(error)
        return self.unwell

    def declared(self, operation: Operation, error: ServiceError) -> ServiceError:
        """The error; under test, an error that the operation's model does not declare is a failure of its own."""
        if self._strict and error.code not in operation.model.errors | COMMON_ERRORS:
            return internal_failure(f"{operation.name} does not declare {error.code}.")
        return error

    def flush(self, *, digest: bool = False) -> list[tuple[str, str]]:
        """Deliver what is pending, digests that are due among it; answers with bucket and key of each file.

        With ``digest`` the period of every digest ends now.
        """
        self.finish()
        files = self.delivery.deliver()
        files += self.digester.close_period() if digest else self.digester.run()
        self._outward.flush()
        return files

    def reset(self, *, keep_files: bool = False) -> None:
        """Back to the beginning: state, history, trails, faults and clock, and the buckets unless they are kept.

        Files that are kept are all there are to be: what was pending is delivered first.
        """
        self.finish()
        if keep_files:
            self.delivery.deliver()
        with self.background.paused(), self.delivery.paused():
            with self.database.transaction():
                store.reset(self.database)
                self.forget()
            self.clock.reset()
            self.faults.reset()
            if not keep_files:
                self.buckets.clear()
                self._outward.clear()
        with self.database.transaction() as connection:
            self.place(connection, self.settings.account, self.settings.region)

    def forget(self) -> None:
        """Drop what is kept in memory of the tables: they have changed, or the clock has."""
        for each in (self.places, self.journal, self.callers, self.guards, self.facilities):
            each.forget()

    def close(self) -> None:
        """Deliver what is pending and let everything go."""
        self._outward.stop()
        self.background.stop()
        self._deliver(last=True)
        if self.access_log is not None:
            self.access_log.close()
        self.database.close()

    def _deliver(self, *, last: bool = False) -> None:
        """Deliver what is pending as far as it goes: it is recorded, and what is left waits for the next time."""
        try:
            self.delivery.deliver()
            if last:
                self.digester.run()
                self._outward.finish()
        except (sqlite3.Error, OSError) as error:
            _log.error("Log files wait to be delivered: %s.", error)


def _opened(directory: DataDirectory, settings: Settings) -> Database:
    try:
        return store.open_store(directory.database, fsync=settings.fsync)
    except sqlite3.Error as error:
        raise StartError(
            f"The database {directory.database} cannot be used ({error}): choose another directory with --data."
        ) from error


def _unwell(error: Exception) -> str:
    return f"Calls cannot be recorded: {error}."
