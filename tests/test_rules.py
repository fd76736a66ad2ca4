"""Rules of the house that no other test holds: docs/invariants.md."""

import ast
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import emulator
import trail
from emulator import store
from emulator.cloudmap.api import OPERATIONS
from emulator.model import cloud_map
from trail.database import Database

FILES = [file for package in (emulator, trail) for file in Path(package.__file__).parent.rglob("*.py")]
NOT_BY_PLACE = {
    "meta": "what belongs to the file itself",
    "place": "what places are",
    "event": "its row ids begin with the place",
    "operation": "its row ids begin with the place",
    "trail": "an account's, found by its home",
}


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return store.open_store(tmp_path / "maptrail.db", fsync=False)


def test_every_table_is_keyed_by_place_first(database: Database) -> None:
    with database.reading() as connection:
        for table in set(database.tables) - NOT_BY_PLACE.keys():
            first = connection.execute(f"SELECT name FROM pragma_table_info('{table}') WHERE pk = 1").fetchall()
            assert first in ([("place",)], [("place_id",)]), table


def test_reset_empties_every_table_but_what_belongs_to_the_file(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute("INSERT INTO meta (name, value) VALUES ('secret', x'00')")
        for table in set(database.tables) - {"meta"}:
            fill(connection, table)
    store.reset(database)
    with database.reading() as connection:
        left = {table for table in database.tables if connection.execute(f"SELECT 1 FROM {table}").fetchone()}
    assert left == {"meta"}


def fill(connection: sqlite3.Connection, table: str) -> None:
    columns = connection.execute(f"SELECT count(*) FROM pragma_table_info('{table}')").fetchone()[0]
    connection.execute(f"INSERT INTO {table} VALUES ({', '.join('1' * columns)})")


def test_every_operation_of_the_model_is_there_and_no_other() -> None:
    assert set(OPERATIONS) == set(cloud_map().operations)


def test_the_server_does_not_import_the_sdk() -> None:
    """It reads the model's data; importing botocore would double the time of the start and the memory."""
    asked = "import sys, emulator.serving, emulator.embedded; print({'boto3', 'botocore'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_fits_on_a_few_screens_and_a_function_on_one(file: Path) -> None:
    text = file.read_text("utf-8")
    assert len(text.splitlines()) <= 300
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 40, node.name
