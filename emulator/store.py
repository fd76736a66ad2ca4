"""The one database of a Maptrail: the state of its services, and the journal of what was done to it."""

from __future__ import annotations

from pathlib import Path

from trail.database import Database
from trail.schema import SCRIPTS

__all__ = ["open_store", "reset", "secret"]

_META = """
CREATE TABLE IF NOT EXISTS meta (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;
"""
_CLOUD_MAP = Path(__file__).with_name("cloudmap") / "schema.sql"
_STS = Path(__file__).with_name("sts") / "schema.sql"


def open_store(path: Path, *, fsync: bool) -> Database:
    """Open the database, making what tables it lacks. ``sqlite3.Error`` if the file is no database."""
    return Database(path, [_META, *SCRIPTS, _CLOUD_MAP.read_text("utf-8"), _STS.read_text("utf-8")], fsync=fsync)


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
