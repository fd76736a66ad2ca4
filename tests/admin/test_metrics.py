"""Metrics: what is counted, and that their number is bounded."""

import re
from collections.abc import Iterator

import pytest

import emulator
from tests.serving.client import Client

LINE = re.compile(r'maptrail_\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? [0-9.e+-]+')


@pytest.fixture
def client() -> Iterator[Client]:
    with emulator.Emulator(delivery_interval=300) as started, Client(started.url) as connected:
        yield connected


def _metrics(client: Client) -> dict[str, float]:
    answer = client.get("/_maptrail/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = [line for line in answer.body.decode().splitlines() if not line.startswith("#")]
    assert all(LINE.fullmatch(line) for line in lines), lines
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def _calls(operation: str, outcome: str) -> str:
    return f'maptrail_calls_total{{service="servicediscovery",operation="{operation}",outcome="{outcome}"}}'


def test_every_family_says_what_it_is(client: Client):
    text = client.get("/_maptrail/metrics").body.decode()
    named = set(re.findall(r"^maptrail_\w+", text, re.MULTILINE))
    assert (
        named
        <= set(re.findall(r"# HELP (\w+) [A-Z0-9].*\.", text))
        == set(re.findall(r"# TYPE (\w+) (?:counter|gauge)", text))
    )


def test_calls_by_operation_and_how_they_ended(client: Client):
    client.ok("ListNamespaces")
    client.ok("ListNamespaces")
    client.call("GetNamespace", {"Id": "ns-aaaaaaaaaaaaaaaa"})
    client.call("GetNamespace", {})
    found = _metrics(client)
    assert found[_calls("ListNamespaces", "ok")] == 2
    assert found[_calls("GetNamespace", "NamespaceNotFound")] == 1
    assert found[_calls("GetNamespace", "InvalidInput")] == 1
    assert 0 < found[_calls("ListNamespaces", "ok").replace("calls_total", "call_seconds_total")] < 1


def test_a_call_of_the_console_is_one_too(client: Client):
    form = b"Name=of.the.console&in_region=us-east-1&access_key=console"
    said = {"Content_Type": "application/x-www-form-urlencoded"}
    assert client.request("POST", "/_maptrail/console/cloudmap/CreateHttpNamespace", form, **said).status == 303
    assert _metrics(client)[_calls("CreateHttpNamespace", "ok")] == 1


def test_what_reaches_no_operation_is_no_call(client: Client):
    client.call("ListNamespaces", b"{")
    client.call("Nothing")
    assert not any(name.startswith("maptrail_calls_total") for name in _metrics(client))


def test_codes_of_faults_do_not_add_up(client: Client):
    for number in range(20):
        client.request("PUT", "/_maptrail/faults", [{"error": {"code": f"Made.Up{number}"}, "times": 1}])
        client.call("ListNamespaces")
    found = _metrics(client)
    assert found[_calls("ListNamespaces", "other")] == 20
    assert found["maptrail_faults_total"] == 20
    assert sum(name.startswith("maptrail_calls_total") for name in found) == 1


def test_pending_events_and_delivered_files(client: Client):
    client.ok("ListNamespaces")
    client.ok("CreateHttpNamespace", {"Name": "a.example"})
    before = _metrics(client)
    assert (before["maptrail_pending_events"], before["maptrail_delivered_files_total"]) == (2, 0)
    client.flush()
    after = _metrics(client)
    assert (after["maptrail_pending_events"], after["maptrail_delivered_files_total"]) == (0, 1)


def test_the_rest(client: Client):
    found = _metrics(client)
    assert found[f'maptrail_info{{version="{emulator.__version__}"}}'] == 1
    assert found["maptrail_recording"] == 1
    assert found["maptrail_database_bytes"] > 10_000


def test_asking_is_no_call(client: Client):
    before = _metrics(client)
    after = _metrics(client)
    assert {name for name in before if "calls" in name} == {name for name in after if "calls" in name} == set()
