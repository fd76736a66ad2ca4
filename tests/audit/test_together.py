"""Calls that arrive in one turn share a transaction: what becomes of one is no matter of the others."""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from emulator.bridge import Bridge
from emulator.call import Request, Response
from emulator.cloudmap.api import OPERATIONS
from emulator.data import DataDirectory
from emulator.errors import ServiceError
from emulator.machine import Machine
from emulator.settings import Settings
from emulator.web import create_app
from tests.serving.client import TARGET

Call = tuple[str, dict[str, Any]]
CREATE: Call = ("CreateHttpNamespace", {"Name": "one.example"})
REFUSED: Call = ("DeleteNamespace", {"Id": "ns-aaaaaaaaaaaaaaaa"})
LAST: Call = ("CreateHttpNamespace", {"Name": "two.example"})


class Turn:
    """A machine behind a bridge; calls given together are answered in one turn of a loop."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.app = create_app(machine)

    def __call__(self, *calls: Call) -> list[tuple[int, Any]]:
        async def together() -> list[tuple[int, Any]]:
            bridge = Bridge(self.app, self.machine)
            return await asyncio.gather(*(_one(bridge, *call) for call in calls))

        return asyncio.run(together())

    def names(self) -> list[str]:
        with self.machine.database.reading() as connection:
            return [name for (name,) in connection.execute("SELECT name FROM namespace ORDER BY name")]

    def records(self) -> list[dict[str, Any]]:
        with self.machine.database.reading() as connection:
            return [json.loads(record) for (record,) in connection.execute("SELECT record FROM event ORDER BY seq")]


async def _one(bridge: Bridge, operation: str, parameters: dict[str, Any]) -> tuple[int, Any]:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": json.dumps(parameters).encode(), "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    path = "/_maptrail/flush" if operation == "flush" else "/"
    headers = [] if operation == "flush" else [(b"x-amz-target", f"{TARGET}.{operation}".encode())]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "scheme": "http"}
    scope |= {"headers": headers, "http_version": "1.1", "server": ("127.0.0.1", 1), "client": ("127.0.0.1", 2)}
    await bridge(scope, receive, send)
    return sent[0]["status"], json.loads(sent[1]["body"] or b"null")


@pytest.fixture
def turn(tmp_path: Path) -> Iterator[Turn]:
    settings = Settings(data=tmp_path, log_level="warning")
    directory = DataDirectory(settings)
    machine = Machine(settings, directory, strict=True)
    machine.start()
    yield Turn(machine)
    machine.close()
    directory.close()


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Exception], Call]]:
    """A call that raises what it is told to, after it has written something."""
    operation = OPERATIONS["UpdateHttpNamespace"]
    handler = operation.handler

    def raising(error: Exception) -> Call:
        def broken(call: Any, _: Any) -> None:
            call.execute("INSERT INTO tag VALUES (?, 'service/x', 'left', 'behind')", call.place.id)
            raise error

        object.__setattr__(operation, "handler", broken)
        return "UpdateHttpNamespace", {"Id": "ns-1", "Namespace": {"Description": "d"}}

    yield raising
    object.__setattr__(operation, "handler", handler)


def _tags(turn: Turn) -> int:
    with turn.machine.database.reading() as connection:
        return connection.execute("SELECT count(*) FROM tag").fetchone()[0]


def test_a_refused_neighbour(turn: Turn):
    answers = turn(CREATE, REFUSED, LAST)
    assert [status for status, _ in answers] == [200, 400, 200]
    assert turn.names() == ["one.example", "two.example"]
    assert [record.get("errorCode") for record in turn.records()] == [None, "NamespaceNotFound", None]


def test_a_broken_neighbour(turn: Turn, breaking: Callable[[Exception], Call]):
    answers = turn(CREATE, breaking(ZeroDivisionError()), LAST)
    assert [status for status, _ in answers] == [200, 500, 200]
    assert turn.names() == ["one.example", "two.example"]
    assert [record.get("errorCode") for record in turn.records()] == [None, "InternalFailure", None]
    assert _tags(turn) == 0


def test_a_neighbour_that_raises_what_its_model_does_not_declare(turn: Turn, breaking: Callable[[Exception], Call]):
    answers = turn(CREATE, breaking(ServiceError("Bogus", "no such error")), LAST)
    assert [status for status, _ in answers] == [200, 500, 200]
    assert answers[1][1]["message"] == "UpdateHttpNamespace does not declare Bogus."
    assert [record.get("errorCode") for record in turn.records()] == [None, "InternalFailure", None]
    assert _tags(turn) == 0


def _no_room(turn: Turn, only_for: str = "") -> None:
    """From now on a record, or one whose text has ``only_for`` in it, finds no room."""
    turn.machine.database._writer.execute(
        "CREATE TEMP TRIGGER full BEFORE INSERT ON main.event WHEN instr(CAST(new.record AS TEXT), "
        f"'{only_for}') BEGIN SELECT RAISE(ROLLBACK, 'database or disk is full'); END"
    )


def test_no_room_for_one_is_told_to_all_of_the_turn(turn: Turn):
    _no_room(turn, only_for="NamespaceNotFound")
    answers = turn(CREATE, REFUSED, LAST)
    assert [status for status, _ in answers] == [500, 500, 500]
    assert (turn.names(), turn.records()) == ([], [])
    assert all("database or disk is full" in answer["message"] for _, answer in answers)


def test_no_flush_commits_a_call_whose_turn_was_given_up(turn: Turn):
    _no_room(turn, only_for="NamespaceNotFound")
    answers = turn(CREATE, REFUSED, LAST, ("flush", {}))
    assert [status for status, _ in answers] == [500, 500, 500, 500]
    assert (turn.names(), turn.records()) == ([], [])


def test_the_turn_after_is_free(turn: Turn):
    _no_room(turn, only_for="NamespaceNotFound")
    turn(CREATE, REFUSED)
    assert [status for status, _ in turn(CREATE, LAST)] == [200, 200]
    assert len(turn.records()) == 2


def test_one_alone_without_room_does_not_harm_the_next(turn: Turn):
    _no_room(turn, only_for="NamespaceNotFound")
    assert [status for status, _ in turn(REFUSED)] == [500]
    assert [status for status, _ in turn(CREATE)] == [200]


def _alone(turn: Turn, *connections: object) -> list[Response]:
    """What has left when a call that is answered in a loop's callback returns: the loop has made no turn."""

    async def called() -> list[Response]:
        calls = Bridge(turn.app, turn.machine).calls
        calls.connections = connections
        left: list[Response] = []
        calls.answer(_request(), left.append)
        at_once = list(left)
        await asyncio.sleep(0.01)
        assert len(left) == 1
        return at_once

    return asyncio.run(called())


def test_an_answer_that_cannot_leave_holds_up_no_other(turn: Turn, caplog: pytest.LogCaptureFixture):
    left: list[Response] = []

    def broken(_: Response) -> None:
        raise OSError("gone")

    async def together() -> None:
        calls = Bridge(turn.app, turn.machine).calls
        for leave in (broken, left.append):
            calls.answer(_request(), leave)
        await asyncio.sleep(0.01)

    asyncio.run(together())
    assert [response.status for response in left] == [400]  # the name is taken by the call before
    assert [record.message for record in caplog.records] == ["An answer could not leave."]


def _request() -> Request:
    headers = {"x-amz-target": f"{TARGET}.{CREATE[0]}"}
    return Request("POST", "/", "", headers, json.dumps(CREATE[1]).encode(), "127.0.0.1")


def test_when_every_connection_waits_nobody_waits_longer(turn: Turn):
    assert [response.status for response in _alone(turn, "the only one")] == [200]
    assert turn.names() == ["one.example"]


def test_while_another_may_call_an_answer_waits(turn: Turn):
    assert _alone(turn, "one", "another") == []
    assert turn.names() == ["one.example"]


def test_one_alone_that_cannot_be_committed_is_told_so_at_once(turn: Turn):
    _no_room(turn)
    (response,) = _alone(turn, "the only one")
    assert (response.status, turn.names()) == (500, [])


def test_nothing_is_acknowledged_that_a_flush_could_not_commit(turn: Turn, monkeypatch: pytest.MonkeyPatch):
    def refuse() -> None:

        turn.machine.database.rollback()
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(turn.machine.database, "commit", refuse)
    answers = turn(CREATE, ("flush", {}), LAST)
    assert [status for status, _ in answers] == [500, 500, 500]
    assert turn.records() == []
