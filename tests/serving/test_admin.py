"""The admin doors: health, reset, flush, events, clock, and whose pages may write."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import emulator
from emulator.services import SERVICES
from tests.serving.client import Answer, Client, instance, service
from tests.serving.files import BUCKET, log_files, request_ids
from trail import index

WRITES = [
    ("POST", "/_maptrail/reset"),
    ("POST", "/_maptrail/flush"),
    ("PUT", "/_maptrail/clock"),
    ("POST", "/moto-api/reset"),
]
NOON = "2026-11-22T12:00:00Z"


@pytest.fixture(autouse=True)
def _clean(client: Client) -> Iterator[None]:
    yield
    client.request("POST", "/_maptrail/reset")


def _clock(client: Client, order: Any) -> Answer:
    return client.request("PUT", "/_maptrail/clock", order)


def _reset(client: Client, path: str = "/_maptrail/reset") -> None:
    assert client.request("POST", path).status == 200


def _events(client: Client, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"/_maptrail/events?{query}")
    assert answer.status == 200, answer
    return [json.loads(line) for line in answer.body.splitlines()]


def test_health(client: Client):
    answer = client.get("/_maptrail/health")
    assert (answer.status, answer.json["status"]) == (200, "ok")
    assert answer.json["services"] == dict.fromkeys(SERVICES, "available")
    assert answer.json["version"] == emulator.__version__


def test_health_for_tools_that_wait_for_localstack(client: Client):
    assert client.get("/_localstack/health").json["services"] == dict.fromkeys(SERVICES, "running")


@pytest.mark.parametrize("path", ["/_maptrail/reset", "/moto-api/reset"])
def test_reset_leaves_nothing(running: emulator.Emulator, client: Client, path: str):
    client.ok("RegisterInstance", instance(service(client)))
    client.flush()
    _reset(client, path)
    assert log_files(running.machine.directory.s3) == []
    assert client.ok("ListNamespaces") == {"Namespaces": []}
    assert len(_events(client)) == 1


def test_a_reset_in_the_middle_of_indexing_hides_nothing_new(
    running: emulator.Emulator, client: Client, monkeypatch: pytest.MonkeyPatch
):
    read, go_on = threading.Event(), threading.Event()

    def slowly_missing(*asked: Any) -> index.Batch | None:
        batch = index_missing(*asked)
        if threading.current_thread().name == "maptrail-background" and batch is not None:
            read.set()
            go_on.wait(5)
        return batch

    index_missing = index.missing
    monkeypatch.setattr(index, "missing", slowly_missing)
    for _ in range(5):
        client.ok("ListNamespaces")
    assert read.wait(10)
    timer = threading.Timer(0.3, go_on.set)
    timer.start()
    _reset(client)
    go_on.set()
    timer.join()
    client.ok("CreateHttpNamespace", {"Name": "a.example"})
    found = client.call(
        "LookupEvents",
        {"LookupAttributes": [{"AttributeKey": "ReadOnly", "AttributeValue": "false"}]},
        X_Amz_Target="CloudTrail_20131101.LookupEvents",
    )
    assert [event["EventName"] for event in found.json["Events"]] == ["CreateHttpNamespace"]


def test_after_a_reset_the_default_trail_is_there(running: emulator.Emulator, client: Client):
    _reset(client)
    assert (running.machine.directory.s3 / BUCKET).is_dir()
    answer = client.call("ListNamespaces")
    assert len(client.flush()) == 1
    assert request_ids(running.machine.directory.s3) == [answer.request_id]


def test_files_are_delivered_after_a_reset_of_a_long_history(running: emulator.Emulator, client: Client):
    for _ in range(50):
        client.ok("ListNamespaces")
    client.flush()
    for _ in range(3):
        _reset(client)
        answer = client.call("ListServices")
        client.flush()
        assert request_ids(running.machine.directory.s3) == [answer.request_id]


def test_a_reset_that_keeps_the_files(running: emulator.Emulator, client: Client):
    client.ok("CreateHttpNamespace", {"Name": "a.example"})
    client.flush()
    before = log_files(running.machine.directory.s3)
    pending = client.call("ListServices")
    _reset(client, "/_maptrail/reset?keep=files")
    assert set(log_files(running.machine.directory.s3)) > set(before) != set()
    assert pending.request_id in request_ids(running.machine.directory.s3)
    assert client.ok("ListNamespaces") == {"Namespaces": []}


def test_after_a_reset_the_ids_of_the_past_are_unknown(client: Client):
    gone = service(client)
    _reset(client)
    assert client.call("GetService", {"Id": gone}).code == "ServiceNotFound"
    assert client.call("RegisterInstance", instance(gone)).code == "ServiceNotFound"


def test_a_reset_during_an_operation(running: emulator.Emulator, client: Client):
    running.machine.facilities.operation_delay = 60_000
    try:
        client.ok("CreateHttpNamespace", {"Name": "a.example"})
        _reset(client)
        client.ok("CreateHttpNamespace", {"Name": "a.example"})
        _clock(client, {"advance": 61})
        assert len(client.ok("ListNamespaces")["Namespaces"]) == 1
    finally:
        running.machine.facilities.operation_delay = 0


def test_reset_puts_the_clock_right(client: Client):
    _clock(client, {"freeze": NOON})
    _reset(client)
    assert client.get("/_maptrail/clock").json["frozen"] is False


def test_a_reset_of_something_else_is_refused(client: Client):
    answer = client.request("POST", "/_maptrail/reset?keep=state")
    assert (answer.status, list(answer.json)) == (400, ["error"])


def test_freeze_at(client: Client):
    answer = _clock(client, {"freeze": NOON}).json
    assert (answer["now"], answer["frozen"]) == (NOON, True)
    client.ok("ListNamespaces")
    assert _events(client)[-1]["eventTime"] == NOON


def test_freeze_now(client: Client):
    assert _clock(client, {"freeze": True}).json["frozen"] is True
    assert client.get("/_maptrail/clock").json["now"] == client.get("/_maptrail/clock").json["now"]


def test_advance_a_frozen_clock(client: Client):
    _clock(client, {"freeze": NOON})
    answer = _clock(client, {"advance": 90.5}).json
    assert (answer["now"], answer["frozen"]) == ("2026-11-22T12:01:30Z", True)


def test_advance_a_running_clock(client: Client):
    answer = _clock(client, {"advance": 3600}).json
    assert answer["frozen"] is False
    assert 3599 < answer["offset"] < 3601


def test_reset_of_the_clock(client: Client):
    _clock(client, {"advance": 3600})
    answer = _clock(client, {"reset": True}).json
    assert abs(answer["offset"]) < 1


def test_moving_the_clock_finishes_what_is_pending(running: emulator.Emulator, client: Client):
    running.machine.facilities.operation_delay = 60_000
    try:
        operation = client.ok("CreateHttpNamespace", {"Name": "a.example"})
        assert client.ok("GetOperation", operation)["Operation"]["Status"] == "SUBMITTED"
        _clock(client, {"advance": 31})
        assert client.ok("GetOperation", operation)["Operation"]["Status"] == "PENDING"
        _clock(client, {"advance": 31})
        assert client.ok("GetOperation", operation)["Operation"]["Status"] == "SUCCESS"
    finally:
        running.machine.facilities.operation_delay = 0


@pytest.mark.parametrize(
    "order",
    [
        b"", b"{", [], {}, {"advance": "1"}, {"advance": True}, {"advance": 1e300}, {"advance": -1e12}, {"freeze": 1},
        {"freeze": "soon"}, {"freeze": "9999-99-99"}, {"freeze": "0001-01-01"}, {"freeze": None}, {"reset": False},
        {"reset": True, "advance": 1}, {"hold": True}, "freeze", {"advance": float("nan")},
    ],
    ids=repr,
)  # fmt: skip
def test_an_order_that_is_none_is_refused(client: Client, order: Any):
    answer = _clock(client, order)
    assert (answer.status, list(answer.json)) == (400, ["error"])
    assert client.get("/_maptrail/clock").json["frozen"] is False
    client.ok("ListNamespaces")


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example", "http://[", "x"])
def test_pages_of_elsewhere_may_not_write(client: Client, method: str, path: str, origin: str):
    answer = client.request(method, path, {"freeze": True}, Origin=origin)
    assert (answer.status, list(answer.json)) == (403, ["error"])
    assert client.get("/_maptrail/clock").json["frozen"] is False


@pytest.mark.parametrize("origin", ["http://localhost:4610", "http://127.0.0.1", "http://[::1]:3000"])
def test_pages_of_this_machine_may_write(client: Client, origin: str):
    assert client.request("POST", "/_maptrail/flush", Origin=origin).status == 200


def test_a_host_of_the_same_name_is_no_proof(client: Client):
    answer = client.request("POST", "/_maptrail/reset", Origin="http://evil.example", Host="evil.example")
    assert answer.status == 403


def test_pages_of_elsewhere_may_read(client: Client):
    assert client.request("GET", "/_maptrail/health", Origin="https://evil.example").status == 200


def test_no_page_of_elsewhere_is_given_leave_to_read(client: Client):
    answer = client.request("GET", "/_maptrail/events", Origin="https://evil.example")
    assert "access-control-allow-origin" not in answer.headers
