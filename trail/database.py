"""One SQLite file with one writer.

A state change and the record of the call that made it must be one transaction, so everything that is kept lives in one
file and is written through one connection. Several calls may share a transaction (group commit): each runs inside a
savepoint of its own, and whoever began the transaction answers none of them before :meth:`Database.commit` returned.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

__all__ = ["Database"]

_STATEMENTS = 512
_PASSES = 6
_FEW_PAGES = 64


class Database:
    """A SQLite database in WAL mode with one writer, any number of readers, and a lock between threads.

    ``scripts`` are the SQL texts that make the tables (``CREATE TABLE IF NOT EXISTS …``). With ``fsync`` a commit also
    survives the death of the machine; without it, of the process only.
    """

    def __init__(self, path: Path, scripts: Sequence[str], *, fsync: bool = False) -> None:
        self.path = path
        self.after_undo: list[Callable[[], None]] = []
        self.after_rollback: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._owner: int | None = None
        self._readers: list[sqlite3.Connection] = []
        self._synchronous = "FULL" if fsync else "NORMAL"
        self._writer = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, cached_statements=_STATEMENTS
        )
        run = self._writer.execute
        run("PRAGMA journal_mode = WAL")
        run(f"PRAGMA synchronous = {self._synchronous}")
        run("PRAGMA wal_autocheckpoint = 0")
        run("PRAGMA temp_store = MEMORY")
        # Some builds overwrite what is deleted: a reset takes four times as long.
        run("PRAGMA secure_delete = OFF")
        with self.transaction():
            for script in scripts:
                for statement in _statements(script):
                    run(statement)

    @property
    def tables(self) -> list[str]:
        """The names of all tables, read from the schema itself."""
        rows = self._writer.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        return [name for (name,) in rows]

    @property
    def open(self) -> bool:
        """Whether this thread has a transaction open."""
        return self._owner == threading.get_ident()

    def begin(self) -> sqlite3.Connection:
        """Open the transaction, or join the one this thread has open; waits for other threads' to end."""
        if self._owner != threading.get_ident():
            self._lock.acquire()
            try:
                self._writer.execute("BEGIN IMMEDIATE")
            except BaseException:
                self._lock.release()
                raise
            self._owner = threading.get_ident()
        return self._writer

    def commit(self) -> None:
        """Commit what this thread has open; a no-op if it has nothing open. A refused commit is rolled back."""
        if self._owner != threading.get_ident():
            return
        try:
            self._writer.execute("COMMIT")
        except BaseException:
            self.rollback()
            raise
        self._end()

    def rollback(self) -> None:
        """Undo what this thread has open, and tell those who keep copies of it in memory (``after_rollback`` too)."""
        if self._owner != threading.get_ident():
            return
        try:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
        finally:
            _tell(self.after_undo + self.after_rollback)
            self._end()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A transaction of its own, or, inside an open one of this thread, a savepoint in it."""
        if self._owner == threading.get_ident():
            with self.savepoint():
                yield self._writer
            return
        connection = self.begin()
        try:
            yield connection
        except BaseException:
            self.rollback()
            raise
        self.commit()

    def savepoint(self) -> Savepoint:
        """Part of the open transaction that an exception undoes, leaving the rest; to be entered with ``with``."""
        return Savepoint(self._writer, self.after_undo)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A read-only connection that sees one committed state while it is held; never waits for the writer."""
        try:
            connection = self._readers.pop()
        except IndexError:
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            connection.execute("PRAGMA query_only = ON")
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.execute("ROLLBACK")
            self._readers.append(connection)

    def checkpoint(self, *, restart_above: int = 64 << 20) -> None:
        """Move what the write-ahead log holds into the database file; called now and then by a background thread.

        The automatic checkpoint would run inside some caller's commit. Once everything is moved, the log is written
        from its beginning again. While calls do not cease that never comes by itself, so with more than
        ``restart_above`` bytes to move the writer has to wait: for the last few pages, not for the file to be cut,
        which takes long. The file keeps its size until the database is closed.
        """
        log = self.path.with_name(self.path.name + "-wal")
        if not log.exists() or not log.stat().st_size:
            return
        # No timeout: while a reader is in the way the log stays, and nobody waits.
        with closing(sqlite3.connect(self.path, isolation_level=None, timeout=0)) as connection:
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
            held = moved = 0
            for _ in range(_PASSES):
                before, (_, held, moved) = moved, connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                if moved - before < _FEW_PAGES:
                    break
            if held * connection.execute("PRAGMA page_size").fetchone()[0] > restart_above:
                with self._lock:
                    connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()

    @property
    def size(self) -> int:
        """The bytes that the database takes up, its log included."""
        files = (self.path, self.path.with_name(self.path.name + "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def copy(self, path: Path) -> None:
        """Write what is committed into a new file of its own, while others read and write. From any thread."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            connection.execute("VACUUM INTO ?", (str(path),))

    def replace(self, path: Path) -> None:
        """Take over the whole content of another database file, in one transaction; nothing of the old one stays.

        With no transaction of this thread open. Whoever keeps copies of it in memory has to forget them.
        """
        with self._lock, closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as source:
            source.backup(self._writer)

    def close(self) -> None:
        """Commit what is open and close every connection."""
        self.commit()
        for connection in [*self._readers, self._writer]:
            connection.close()
        self._readers.clear()

    def _end(self) -> None:
        self._owner = None
        self._lock.release()


class Savepoint:
    """A part of a transaction that an exception undoes.

    Those who may keep in memory what was written in it are told (``Database.after_undo``); it should cost them nothing
    if they have changed nothing. Savepoints nest: SQLite finds the innermost of the name.
    """

    __slots__ = ("_after_undo", "_connection")

    def __init__(self, connection: sqlite3.Connection, after_undo: list[Callable[[], None]]) -> None:
        self._connection = connection
        self._after_undo = after_undo

    def __enter__(self) -> sqlite3.Connection:
        self._connection.execute("SAVEPOINT part")
        return self._connection

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._connection.execute("RELEASE part")
            return
        # SQLite itself rolls the whole transaction back after some errors (a full disk among them).
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK TO part")
            self._connection.execute("RELEASE part")
        _tell(self._after_undo)


def _tell(hooks: list[Callable[[], None]]) -> None:
    for hook in hooks:
        hook()


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, one at a time: ``executescript`` would commit the open transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
