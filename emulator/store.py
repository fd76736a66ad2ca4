"""The one database of a Maptrail: the state of its services, and the journal of what was done to it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from trail.database import Database
from trail.schema import SCRIPTS

__all__ = ["open_store", "reset", "schema", "secret"]

_META = """
CREATE TABLE IF NOT EXISTS meta (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;
"""
_CLOUD_MAP = Path(__file__).with_name("cloudmap") / "schema.sql"
_STS = Path(__file__).with_name("sts") / "schema.sql"


def open_store(path: Path, *, fsync: bool) -> Database:
    """Open the database, making its tables in a new one.

    ``sqlite3.Error`` if the file is no database, or one whose tables another version of Maptrail has made.
    """
    scripts = [_META, *SCRIPTS, _CLOUD_MAP.read_text("utf-8"), _STS.read_text("utf-8")]
    with closing(sqlite3.connect(path)) as found, closing(sqlite3.connect(":memory:")) as fresh:
        fresh.executescript("".join(scripts))
        if schema(found) not in ([], schema(fresh)):
            raise sqlite3.DatabaseError("it was made by another version of Maptrail")
        return Database(path, scripts, fsync=fsync)


def schema(connection: sqlite3.Connection) -> list[tuple[str, ...]]:
    """What a database is made of: type, name, table and SQL of each table and index, in the order of their names."""
    return connection.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name"
    ).fetchall()


def secret(database: Database, fresh: bytes) -> bytes:
    """The key of page tokens: kept, so that a token outlives a restart; ``fresh`` becomes it the first time."""
    with database.transaction() as connection:
        connection.execute("INSERT OR IGNORE INTO meta (name, value) VALUES ('secret', ?)", (fresh,))
        (value,) = connection.execute("SELECT value FROM meta WHERE name = 'secret'").fetchone()
    return bytes(value)


def reset(database: Database) -> None:
    """Empty every table the schema has, whatever made it, but the database's own ``meta``."""
    with database.transaction() as connection:
        for table in database.tables:
            if table != "meta":
                connection.execute(f'DELETE FROM "{table}"')
