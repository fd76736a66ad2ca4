"""A call that cannot be recorded has not happened: the answer says why, and it works again when there is room."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import emulator
from tests.audit import cases, expected
from tests.audit.world import Lines, World
from tests.serving.client import instance

REASON = "database or disk is full"


@pytest.fixture
def small() -> Iterator[World]:
    """A world in an emulator of its own, whose database a test may fill."""
    with emulator.Emulator() as started:
        world = World(started, Lines())
        yield world
        world.client.close()


@contextmanager
def _full(world: World) -> Iterator[dict[str, Any]]:
    """No room for another page; the parameters of a call that is refused for it."""
    execute = world.machine.database._writer.execute
    parameters = instance(world.service())
    (pages,) = execute("PRAGMA page_count").fetchone()
    execute(f"PRAGMA max_page_count = {pages}")
    for _ in range(200):
        if world.call("RegisterInstance", parameters).status != 200:
            break
    yield parameters
    execute("PRAGMA max_page_count = 1000000")


@contextmanager
def _refusing(world: World) -> Iterator[None]:
    """No room for another record, as SQLite treats it: it rolls the whole transaction back."""
    execute = world.machine.database._writer.execute
    execute(f"CREATE TEMP TRIGGER full BEFORE INSERT ON main.event BEGIN SELECT RAISE(ROLLBACK, '{REASON}'); END")
    try:
        yield
    finally:
        execute("DROP TRIGGER full")


def test_the_answer_says_why(small: World):
    with _full(small) as parameters:
        answer = small.call("RegisterInstance", parameters)
    assert (answer.status, answer.code) == (500, "InternalFailure")
    assert REASON in answer.json["message"]


def test_nothing_is_recorded_and_nothing_changed(small: World):
    with _full(small) as parameters:
        records, state = small.records(), small.state()
        small.call("RegisterInstance", parameters)
        assert (small.records(), small.state()) == (records, state)


def test_health_says_why(small: World):
    with _full(small):
        answer = small.client.get("/_maptrail/health")
    assert (answer.status, answer.json["status"]) == (503, "error")
    assert REASON in answer.json["error"]


def test_the_first_call_with_room_again_succeeds(small: World):
    with _full(small) as parameters:
        small.call("RegisterInstance", parameters)
    mark = small.mark()
    answer = small.call("RegisterInstance", parameters)
    assert answer.status == 200
    assert [record["requestID"] for record in small.records(mark)] == [answer.request_id]


def test_health_is_well_with_room_again(small: World):
    with _full(small):
        assert small.client.get("/_maptrail/health").status == 503
    assert small.client.get("/_maptrail/health").status == 200


def test_an_unrecorded_read_fails_too_and_does_not_make_it_well(small: World):
    discovery = {"NamespaceName": "audit.example", "ServiceName": "app"}
    with _full(small):
        assert small.call("DiscoverInstances", discovery).status == 500
        assert small.machine.unwell is not None
    assert small.call("DiscoverInstances", discovery).status == 200


@pytest.mark.parametrize("operation", expected.OPERATIONS)
def test_every_operation(world: World, operation: str):
    parameters = cases.SUCCESSES[operation](world)
    mark, state, lines = world.mark(), world.state(), len(world.lines.request_ids)
    with _refusing(world):
        answer = world.call(operation, parameters)
    unrecorded = operation == "DiscoverInstances"
    assert (answer.status, answer.code) == ((200, None) if unrecorded else (500, "InternalFailure"))
    assert (world.records(mark), world.state()) == ([], state)
    assert len(world.lines.request_ids) == lines + unrecorded


@pytest.mark.parametrize("path", ["/_maptrail/flush", "/_maptrail/reset"])
def test_admin_answers_json(small: World, path: str):
    with _full(small):
        answer = small.client.request("POST", path)
    assert answer.headers["content-type"] == "application/json"
