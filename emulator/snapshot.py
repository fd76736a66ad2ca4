"""Snapshots: the whole database as one file, written and read while the server runs.

State, history, trails and what is still to be delivered are in it; the buckets and their files, the faults and the
clock are not.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING

from emulator.paging import Tokens
from emulator.store import schema, secret
from trail.trails import buckets_of
from trail.webhook import skip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.machine import Machine
    from trail.database import Database

__all__ = ["SnapshotError", "load", "save"]

_BLOCK = 1 << 18
_FILE = "snapshot.db"


class SnapshotError(ValueError):
    """A file is no snapshot that can be taken; the message is one sentence."""


def save(machine: Machine) -> Iterator[bytes]:
    """A snapshot, piece by piece. The first piece takes as long as the copy does; calls go on meanwhile."""
    with TemporaryDirectory(dir=machine.directory.path, prefix="snapshot-") as folder:
        path = Path(folder, _FILE)
        machine.database.copy(path)
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                yield block


def load(machine: Machine, stream: IO[bytes]) -> None:
    """Put a snapshot in the place of all that is there. Raises :class:`SnapshotError`, and then nothing has changed."""
    with TemporaryDirectory(dir=machine.directory.path, prefix="snapshot-") as folder:
        path = Path(folder, _FILE)
        with path.open("wb") as file:
            while block := stream.read(_BLOCK):
                file.write(block)
        _check(machine.database, path)
        _replace(machine, path)


def _replace(machine: Machine, path: Path) -> None:
    """Take over a database in one transaction, forget what was kept of the old one, make the buckets of its trails."""
    machine.finish()
    with machine.background.paused(), machine.delivery.paused():
        machine.database.replace(path)
        with machine.database.transaction() as connection:
            skip(connection)
        machine.forget()
        machine.facilities.tokens = Tokens(secret(machine.database, machine.ids.take(32)))
    with machine.database.transaction() as connection:
        for bucket in buckets_of(connection):
            machine.destination.create(bucket)
        machine.place(connection, machine.settings.account, machine.settings.region)


def _check(database: Database, path: Path) -> None:
    """It is whole, and its tables are those that this version has: nothing else, no trigger, no view."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as connection:
            given = schema(connection)
            (page_size,) = connection.execute("PRAGMA page_size").fetchone()
            (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        raise SnapshotError(f"This is not a Maptrail snapshot ({error}).") from error
    with database.reading() as connection:
        own = schema(connection)
        (own_page_size,) = connection.execute("PRAGMA page_size").fetchone()
    if not {name for _, name, _, _ in own} & {name for _, name, _, _ in given}:
        raise SnapshotError("This is not a Maptrail snapshot: it has none of its tables.")
    if (given, page_size) != (own, own_page_size):
        raise SnapshotError("This snapshot is of another version of Maptrail: load it with the version that saved it.")
    if state != "ok":
        raise SnapshotError(f"This snapshot is damaged ({state}).")
