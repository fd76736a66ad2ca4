"""Snapshots: taken while calls are made, whole or not at all, and taken over in one go."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import emulator
from tests.serving.client import Answer, Client, instance, service
from tests.serving.files import BUCKET
from tests.serving.process import until
from tests.trail.listener import listening

PATH = "/_maptrail/snapshot"
Spoil = Callable[[sqlite3.Connection], object]


@pytest.fixture
def running() -> Iterator[emulator.Emulator]:
    with emulator.Emulator(quotas="off") as started:
        yield started


@pytest.fixture
def client(running: emulator.Emulator) -> Iterator[Client]:
    with Client(running.url) as connected:
        yield connected


@pytest.fixture
def other() -> Iterator[Client]:
    """A caller of another server, with a life of its own."""
    with emulator.Emulator() as started, Client(started.url) as connected:
        connected.ok("CreateHttpNamespace", {"Name": "other.example"})
        yield connected


def _save(client: Client) -> bytes:
    answer = client.get(PATH)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/vnd.sqlite3")
    return answer.body


def _load(client: Client, snapshot: bytes) -> Answer:
    return client.request("PUT", PATH, snapshot)


def _names(client: Client) -> list[str]:
    return [namespace["Name"] for namespace in client.ok("ListNamespaces")["Namespaces"]]


def _events(client: Client) -> list[bytes]:
    return client.get("/_maptrail/events").body.splitlines()


def test_state_and_history_come_back(client: Client):
    made = service(client)
    client.ok("RegisterInstance", instance(made))
    history, snapshot = _events(client), _save(client)
    client.ok("DeregisterInstance", {"ServiceId": made, "InstanceId": "i-1"})
    client.ok("CreateHttpNamespace", {"Name": "late.example"})
    assert _load(client, snapshot).json == {"status": "ok"}
    assert _events(client) == history
    assert _names(client) == ["app.example"]
    assert len(client.ok("ListInstances", {"ServiceId": made})["Instances"]) == 1


def test_another_server_goes_on_from_it(client: Client, other: Client):
    made = service(client)
    assert _load(other, _save(client)).status == 200
    assert _names(other) == ["app.example"]
    other.ok("RegisterInstance", instance(made))
    assert other.ok("DiscoverInstances", {"NamespaceName": "app.example", "ServiceName": "app"})["Instances"]
    assert len(other.flush()) == 1


def test_after_a_reset_too(client: Client):
    snapshot = _save(client)
    client.request("POST", "/_maptrail/reset")
    assert _load(client, snapshot).status == 200
    client.ok("CreateHttpNamespace", {"Name": "a.example"})
    assert len(_events(client)) == 1


def test_the_buckets_of_its_trails_are_there(client: Client, running: emulator.Emulator):
    client.ok("ListNamespaces")
    snapshot = _save(client)
    running.machine.buckets.clear()
    assert not (running.machine.directory.s3 / BUCKET).exists()
    assert _load(client, snapshot).status == 200
    assert (running.machine.directory.s3 / BUCKET).is_dir()
    assert len(client.flush()) == 1


def test_a_webhook_hears_of_what_comes_after_it_only(client: Client):
    client.ok("ListNamespaces")
    snapshot = _save(client)
    with listening() as listener, emulator.Emulator(webhook=listener.url) as started, Client(started.url) as hooked:
        hooked.ok("ListServices")
        until(lambda: len(listener.posts) == 1)
        assert _load(hooked, snapshot).status == 200
        hooked.ok("ListOperations")
        until(lambda: len(listener.posts) == 2)
    names = [json.loads(body)["detail"]["eventName"] for body in listener.bodies]
    assert names == ["ListServices", "ListOperations"]


def test_a_page_goes_on_after_it(client: Client, other: Client):
    for number in range(3):
        client.ok("CreateHttpNamespace", {"Name": f"n{number}.example"})
    token = client.ok("ListNamespaces", {"MaxResults": 2})["NextToken"]
    _load(other, _save(client))
    assert len(other.ok("ListNamespaces", {"MaxResults": 2, "NextToken": token})["Namespaces"]) == 1


def test_it_is_one_file_that_sqlite_reads(client: Client, tmp_path: Path):
    client.ok("CreateHttpNamespace", {"Name": "a.example"})
    file = tmp_path / "snapshot.db"
    file.write_bytes(_save(client))
    with sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True) as connection:
        assert connection.execute("SELECT name FROM namespace").fetchall() == [("a.example",)]
    assert [path.name for path in tmp_path.iterdir()] == ["snapshot.db"]


def test_nothing_is_left_beside_the_database(client: Client, running: emulator.Emulator):
    before = set(running.machine.directory.path.iterdir())
    _load(client, _save(client))
    _load(client, b"x" * 100_000)
    assert {path for path in running.machine.directory.path.iterdir() if "-wal" not in path.name} <= before


def test_it_is_consistent_while_calls_are_made(client: Client, running: emulator.Emulator):
    """Every namespace of a snapshot has its record there, and every record its namespace."""
    done = threading.Event()

    def work() -> None:
        with Client(running.url) as busy:
            number = 0
            while not done.is_set():
                busy.ok("CreateHttpNamespace", {"Name": f"n{number}.example"})
                busy.ok("ListServices")
                number += 1

    thread = threading.Thread(target=work)
    thread.start()
    try:
        snapshots = [_save(client) for _ in range(5)]
    finally:
        done.set()
        thread.join()
    for snapshot in snapshots:
        assert _load(client, snapshot).status == 200
        recorded = sum(b'"CreateHttpNamespace"' in record for record in _events(client))
        with running.machine.database.reading() as connection:
            assert connection.execute("SELECT count(*) FROM namespace").fetchone() == (recorded,)


def _database(tmp_path: Path, spoil: Spoil, snapshot: bytes) -> bytes:
    file = tmp_path / "spoiled.db"
    file.write_bytes(snapshot)
    connection = sqlite3.connect(file)
    spoil(connection)
    connection.commit()
    connection.close()
    return file.read_bytes()


SPOILED: dict[str, Spoil] = {
    "another table": lambda connection: connection.execute("CREATE TABLE more (x)"),
    "a table less": lambda connection: connection.execute("DROP TABLE tag"),
    "another column": lambda connection: connection.execute("ALTER TABLE tag ADD COLUMN more"),
    "a trigger": lambda connection: connection.execute(
        "CREATE TRIGGER t AFTER INSERT ON event BEGIN DELETE FROM event; END"
    ),
    "a view": lambda connection: connection.execute("CREATE VIEW v AS SELECT * FROM event"),
}


@pytest.mark.parametrize("kind", SPOILED)
def test_another_schema_is_refused(client: Client, tmp_path: Path, kind: str):
    client.ok("CreateHttpNamespace", {"Name": "a.example"})
    answer = _load(client, _database(tmp_path, SPOILED[kind], _save(client)))
    assert (answer.status, answer.json["error"].partition(":")[0]) == (
        400,
        "This snapshot is of another version of Maptrail",
    )
    assert _names(client) == ["a.example"]


@pytest.mark.parametrize("body", [b"", b"x", b"SQLite format 3\0" + b"\0" * 4080])
def test_what_is_no_database_is_refused(client: Client, body: bytes):
    answer = _load(client, body)
    assert answer.status == 400
    assert answer.json["error"].startswith("This is not a Maptrail snapshot")
    client.ok("ListNamespaces")


def test_a_database_of_something_else_is_refused(client: Client, tmp_path: Path):
    sqlite3.connect(tmp_path / "x.db").executescript("CREATE TABLE x (y)")
    assert "it has none of its tables" in _load(client, (tmp_path / "x.db").read_bytes()).json["error"]


def test_a_damaged_one_is_refused(client: Client):
    for number in range(30):
        client.ok("CreateHttpNamespace", {"Name": f"n{number}.example"})
    snapshot = bytearray(_save(client))
    snapshot[len(snapshot) // 2 :] = b"\x55" * (len(snapshot) - len(snapshot) // 2)
    assert _load(client, bytes(snapshot)).status == 400
    assert len(_names(client)) == 30


def test_half_of_one_is_nothing(client: Client, running: emulator.Emulator):
    client.ok("CreateHttpNamespace", {"Name": "a.example"})
    snapshot = _save(client)
    with Client(running.url) as leaving:
        leaving.http.putrequest("PUT", PATH)
        leaving.http.putheader("Content-Length", str(len(snapshot)))
        leaving.http.endheaders(snapshot[: len(snapshot) // 2])
    assert _names(client) == ["a.example"]


def test_a_long_history_passes_in_pieces(client: Client, running: emulator.Emulator):
    """No piece is larger than a quarter of a megabyte, whatever the size of the whole."""
    with running.machine.database.transaction() as connection:
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)"
            " INSERT INTO event SELECT 1 << 41 | 1 << 30 | i, 0, 0, randomblob(800) FROM n"
        )
    client.http.request("GET", PATH)
    answer = client.http.getresponse()
    size = 0
    while piece := answer.read1(1 << 30):
        assert len(piece) <= 1 << 18
        size += len(piece)
    assert size > 30 << 20


def test_a_copy_that_cannot_be_made_is_said(
    client: Client, running: emulator.Emulator, monkeypatch: pytest.MonkeyPatch
):
    def full(_: Path) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(running.machine.database, "copy", full)
    answer = client.get(PATH)
    assert (answer.status, answer.json) == (500, {"error": "The answer cannot be made (database or disk is full)."})


def test_a_call_in_flight_is_answered_with_what_it_did(client: Client, running: emulator.Emulator):
    """A snapshot that is loaded between two calls of one connection."""
    snapshot = _save(client)
    for _ in range(20):
        client.ok("CreateHttpNamespace", {"Name": "a.example"})
        _load(client, snapshot)
        with pytest.raises(AssertionError, match="NamespaceNotFound"):
            client.ok("GetNamespace", {"Id": "ns-aaaaaaaaaaaaaaaa"})
