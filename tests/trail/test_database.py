"""The database: transactions, savepoints, and who is told when they are undone."""

import itertools
import sqlite3
import threading
import time

import pytest

from trail.database import Database
from trail.place import Places, partition_of
from trail.schema import SCRIPTS


@pytest.fixture
def database(tmp_path):
    made = Database(tmp_path / "x.db", ["CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY);", *SCRIPTS])
    yield made
    made.close()


def numbers(database):
    with database.reading() as connection:
        return [number for (number,) in connection.execute("SELECT n FROM t ORDER BY n")]


def insert(database, number):
    with database.transaction() as connection:
        connection.execute("INSERT INTO t VALUES (?)", (number,))


def test_a_transaction_is_kept_or_undone(database):
    insert(database, 1)
    with pytest.raises(sqlite3.IntegrityError):
        insert(database, 1)
    assert numbers(database) == [1]


def test_an_inner_transaction_is_a_savepoint_of_its_own(database):
    with database.transaction():
        insert(database, 1)
        with pytest.raises(sqlite3.IntegrityError):
            insert(database, 1)
        insert(database, 2)
        assert numbers(database) == []
    assert numbers(database) == [1, 2]


def test_calls_share_a_transaction_until_the_commit(database):
    for number in (1, 2):
        database.begin().execute("INSERT INTO t VALUES (?)", (number,))
    assert numbers(database) == []
    database.commit()
    assert numbers(database) == [1, 2]
    database.commit()
    database.rollback()


def test_who_keeps_copies_is_told_of_what_is_undone(database):
    told = []
    database.after_undo.append(lambda: told.append("part"))
    database.after_rollback.append(lambda: told.append("whole"))
    insert(database, 1)
    assert told == []
    with database.transaction():
        with pytest.raises(sqlite3.IntegrityError):
            insert(database, 1)
        assert told == ["part"]
    with pytest.raises(sqlite3.IntegrityError):
        insert(database, 1)
    assert told == ["part", "part", "whole"]


def test_another_thread_waits_its_turn(database):
    connection = database.begin()
    connection.execute("INSERT INTO t VALUES (1)")
    thread = threading.Thread(target=insert, args=(database, 2))
    thread.start()
    thread.join(0.1)
    assert thread.is_alive()
    database.commit()
    thread.join()
    assert numbers(database) == [1, 2]


def test_a_reader_sees_one_state_and_cannot_write(database):
    insert(database, 1)
    with database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (1,)
        insert(database, 2)
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (1,)
        with pytest.raises(sqlite3.OperationalError):
            connection.execute("INSERT INTO t VALUES (3)")
    assert numbers(database) == [1, 2]


def test_the_log_is_moved_into_the_file_and_begun_anew(database, tmp_path):
    log = tmp_path / "x.db-wal"
    for number in range(50):
        insert(database, number)
    size = log.stat().st_size
    for number in range(50, 100):
        database.checkpoint()
        insert(database, number)
    assert log.stat().st_size == size
    assert len(numbers(database)) == 100


def test_the_log_does_not_grow_for_ever_while_calls_do_not_cease(database, tmp_path):
    log = tmp_path / "x.db-wal"
    over = threading.Event()

    def write():
        for number in itertools.count():
            insert(database, number)
            if over.is_set():
                return

    writer = threading.Thread(target=write)
    writer.start()
    for _ in range(40):
        time.sleep(0.01)
        database.checkpoint(restart_above=1 << 16)
    over.set()
    writer.join()
    written = len(numbers(database)) * 4096
    assert log.stat().st_size < written / 4


def test_a_reader_does_not_make_the_writer_wait_for_a_checkpoint(database):
    insert(database, 1)
    with database.reading() as connection:
        connection.execute("SELECT * FROM t").fetchall()
        insert(database, 2)
        finished = threading.Event()

        def checkpoint():
            database.checkpoint(restart_above=0)
            finished.set()

        threading.Thread(target=checkpoint).start()
        assert finished.wait(1)
    assert numbers(database) == [1, 2]


def test_every_table_is_found_and_keyed_by_place_first(database):
    assert {"event", "file", "lookup", "place", "trail"} <= set(database.tables)
    by_row_id = {"event", "place", "t", "trail"}  # an event's row id begins with its place
    with database.reading() as connection:
        for table in set(database.tables) - by_row_id:
            columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
            assert [name for _, name, _, _, _, position in columns if position == 1] == ["place_id"], table


def test_places_are_met_once_and_again_after_a_rollback(database):
    places = Places()
    database.after_undo.append(places.rolled_back)
    with database.transaction() as connection:
        first = places.ensure(connection, "111122223333", "us-east-1")
        assert places.ensure(connection, "111122223333", "us-east-1") is first

    def lost():
        with database.transaction() as connection:
            places.ensure(connection, "111122223333", "eu-west-1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        lost()
    assert places.get("111122223333", "eu-west-1") is None
    with database.transaction() as connection:
        places.forget()
        assert places.ensure(connection, "111122223333", "us-east-1") == first


@pytest.mark.parametrize(
    ("region", "partition"), [("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_a_region_lies_in_a_partition(region, partition):
    assert partition_of(region) == partition
