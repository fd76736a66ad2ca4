"""What leaves no record, and what is only in the history."""

from collections.abc import Iterator
from typing import Any

import pytest

import emulator
from tests.audit.world import Lines, World
from tests.serving.client import TARGET
from tests.serving.files import records

UNREADABLE = {
    "no JSON": b"{",
    "no object": b"[]",
    "another type": b'{"MaxResults": "three"}',
    "no UTF-8": b'{"Filters": "\xff"}',
}


@pytest.fixture
def quiet(world: World) -> Iterator[World]:
    """A world in which a test leaves no record."""
    mark = world.mark()
    yield world
    assert world.records(mark) == []


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_an_unreadable_body(quiet: World, body: bytes):
    assert quiet.call("ListNamespaces", body).code == "SerializationException"


@pytest.mark.parametrize("target", ["", "Nothing", f"{TARGET}.", f"{TARGET}.DropTables", f"{TARGET}.listnamespaces"])
def test_an_unknown_operation(quiet: World, target: str):
    answer = quiet.call("ListNamespaces", X_Amz_Target=target)
    assert (answer.status, answer.code) == (400, "UnknownOperationException")


def test_an_oversized_body(quiet: World):
    answer = quiet.call("ListNamespaces", b" " * (1 << 20) + b"{}")
    assert (answer.status, answer.code) == (413, "RequestEntityTooLargeException")


def test_another_content_type(quiet: World):
    assert quiet.call("ListNamespaces", Content_Type="text/html").code == "UnknownOperationException"


@pytest.mark.parametrize("credential", ["key/1/nowhere/s/aws4_request", "key/1/..%2f/s/aws4_request"])
def test_no_region(quiet: World, credential: str):
    answer = quiet.call("ListNamespaces", Authorization=f"AWS4-HMAC-SHA256 Credential={credential}, ")
    assert answer.code == "InvalidSignatureException"


def test_an_unreadable_body_is_answered_with_a_request_id(quiet: World):
    assert quiet.call("ListNamespaces", b"{").request_id


@pytest.mark.parametrize("path", ["/_maptrail/health", "/_maptrail/clock", "/_maptrail/events", "/nothing"])
def test_reading_the_product_itself(quiet: World, path: str):
    quiet.client.get(path)


def test_discovery_under_the_default_trail_leaves_nothing(world: World):
    world.instance()
    mark = world.mark()
    assert world.call("DiscoverInstances", {"NamespaceName": "audit.example", "ServiceName": "app"}).status == 200
    assert world.call("DiscoverInstances", {"NamespaceName": "none.example", "ServiceName": "app"}).status == 400
    assert world.records(mark) == []


@pytest.fixture(scope="module")
def trailless() -> Iterator[World]:
    with emulator.Emulator(default_trail=False) as started:
        world = World(started, Lines())
        yield world
        world.client.close()


def test_without_a_trail_management_events_are_in_the_history(trailless: World):
    mark = trailless.mark()
    answer = trailless.call("ListNamespaces")
    assert [record["requestID"] for record in trailless.records(mark)] == [answer.request_id]


@pytest.mark.parametrize("operation", ["DiscoverInstancesRevision", "DiscoverInstances"])
def test_without_a_trail_data_events_leave_nothing(trailless: World, operation: str):
    mark = trailless.mark()
    trailless.call(operation, {"NamespaceName": "none.example", "ServiceName": "app"})
    assert trailless.records(mark) == []


def test_without_a_trail_there_are_no_files(trailless: World):
    trailless.call("ListNamespaces")
    assert trailless.client.flush() == []
    assert list(trailless.machine.directory.s3.iterdir()) == []


def test_history_and_files_hold_the_same_records_once(running: emulator.Emulator, world: World):
    """After all that other tests of this module have called."""
    world.instance()
    world.client.flush()
    from_files = [record for record in _delivered(running) if record["recipientAccountId"] == world.account]
    in_history = [r for r in world.records() if r["recipientAccountId"] == world.account]
    assert from_files == in_history
    assert len(in_history) == 4


def _delivered(running: emulator.Emulator) -> list[dict[str, Any]]:
    return records(running.machine.directory.s3)
