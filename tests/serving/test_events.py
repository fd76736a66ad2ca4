"""The feed of records under ``/_maptrail/events``: a record a line, filtered, to be followed by polling."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

import emulator
from tests.serving.client import Answer, Client, instance, service


@pytest.fixture
def filled(running: emulator.Emulator) -> Iterator[Client]:
    """Eight calls by two callers in two regions: five that succeed, and then the three that do not."""
    with Client(running.url, "smithj") as client, Client(running.url, "root", "eu-west-1") as root:
        client.request("POST", "/_maptrail/reset")
        named = instance(service(client))
        client.ok("RegisterInstance", named)
        root.ok("ListNamespaces")
        root.call("GetNamespace", {"Id": "ns-1"})
        client.call("GetService", {"Id": "srv-1"})
        client.call("GetServiceAttributes", {"ServiceId": "srv-1"})
        yield client


ALL = [
    "CreateHttpNamespace", "ListNamespaces", "CreateService", "RegisterInstance", "ListNamespaces", "GetNamespace",
    "GetService", "GetServiceAttributes",
]  # fmt: skip


def _events(client: Client, query: str = "") -> tuple[Answer, list[dict[str, Any]]]:
    answer = client.get(f"/_maptrail/events?{query}")
    assert answer.status == 200, answer
    return answer, [json.loads(line) for line in answer.body.splitlines()]


def _names(client: Client, query: str = "") -> list[str]:
    return [record["eventName"] for record in _events(client, query)[1]]


def test_all_in_the_order_of_the_calls(filled: Client):
    assert _names(filled) == ALL


def test_a_record_a_line(filled: Client):
    answer, _ = _events(filled)
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.body.count(b"\n") == len(ALL)
    assert answer.body.endswith(b"}\n")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("name=CreateService", ["CreateService"]),
        ("user_name=root", ["ListNamespaces", "GetNamespace"]),
        ("region=eu-west-1", ["ListNamespaces", "GetNamespace"]),
        ("region=eu-west-1&name=GetNamespace", ["GetNamespace"]),
        ("account=000000000000", []),
        ("account=111122223333", ALL),
        ("access_key=root", ["ListNamespaces", "GetNamespace"]),
        ("user_name=smithj&failed=true", ["GetService", "GetServiceAttributes"]),
        ("failed=false", ALL[:5]),
        ("error_code=ServiceNotFound", ["GetService", "GetServiceAttributes"]),
        ("management=false", ["GetServiceAttributes"]),
        ("read_only=false", ["CreateHttpNamespace", "CreateService", "RegisterInstance"]),
        ("source=servicediscovery.amazonaws.com", ALL),
        ("source=s3.amazonaws.com", []),
        ("resource=i-1", ["RegisterInstance"]),
        ("since=2001-01-01T00:00:00Z", ALL),
        ("until=2001-01-01T00:00:00Z", []),
    ],
)
def test_filters(filled: Client, query: str, names: list[str]):
    assert _names(filled, query) == names


def test_one_call_by_its_request_id(filled: Client):
    answer = filled.call("ListServices")
    assert _names(filled, f"request_id={answer.request_id}") == ["ListServices"]


def test_pages(filled: Client):
    found, cursor = [], ""
    for _ in range(4):
        answer, records = _events(filled, f"limit=3{cursor}")
        found += [record["eventName"] for record in records]
        cursor = f"&after={answer.headers['x-maptrail-cursor']}"
    assert found == ALL


def test_following(filled: Client):
    cursor = _events(filled)[0].headers["x-maptrail-cursor"]
    assert _names(filled, f"after={cursor}") == []
    filled.ok("ListServices")
    answer, (record,) = _events(filled, f"after={cursor}")
    assert record["eventName"] == "ListServices"
    assert _names(filled, f"after={answer.headers['x-maptrail-cursor']}") == []


@pytest.mark.parametrize("query", ["colour=red", "after=soon", "limit=0", "limit=x", "failed=maybe", "since=then"])
def test_a_question_that_is_none_is_refused(filled: Client, query: str):
    answer = filled.get(f"/_maptrail/events?{query}")
    assert (answer.status, list(answer.json)) == (400, ["error"])


def test_reading_leaves_no_record(filled: Client):
    _events(filled)
    assert _names(filled) == ALL


def test_whoever_follows_misses_nothing_after_a_reset(filled: Client) -> None:
    cursor = _events(filled)[0].headers["x-maptrail-cursor"]
    for operation in ("ListServices", "ListNamespaces"):
        filled.request("POST", "/_maptrail/reset")
        filled.ok(operation)
        answer, records = _events(filled, f"after={cursor}")
        assert [record["eventName"] for record in records] == [operation]
        cursor = answer.headers["x-maptrail-cursor"]
