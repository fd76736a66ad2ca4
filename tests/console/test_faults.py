"""The faults' page: rules in words, added, removed, refused."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from emulator.console.faults import words
from emulator.faults import CHAOS
from tests.console.conftest import HOSTILE, Scene
from tests.console.pages import CONSOLE, Reader, page, submit, twin
from tests.serving.client import Answer, Client

ADD = {"do": "add", "probability": "100"}


@pytest.fixture(autouse=True)
def _no_rules_afterwards(client: Client) -> Iterator[None]:
    yield
    client.request("DELETE", "/_maptrail/faults")


def put(client: Client, *rules: dict[str, Any]) -> None:
    assert client.request("PUT", "/_maptrail/faults", list(rules)).status == 200


def rules(client: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/_maptrail/faults").json
    return found


def remove(client: Client, number: int, rule: dict[str, Any]) -> Answer:
    return submit(client, "faults", do="remove", number=str(number), key=json.dumps(rule, sort_keys=True))


@pytest.mark.parametrize(
    ("rule", "effects", "chance"),
    [
        ({"throttle": True}, ["is throttled"], "100 %"),
        ({"drop": True, "probability": 0.005}, ["gets no answer: its connection is closed"], "0.5 %"),
        ({"latency_ms": 1500}, ["is answered 1,500 ms late"], "100 %"),
        ({"jitter_ms": 20, "probability": 0.3}, ["is answered 0 to 20 ms late"], "30 %"),
        (
            {"error": {"code": "InternalFailure", "statusCode": 500, "message": "No."}, "latency_ms": 5},
            ["is refused with InternalFailure (500): “No.”", "is answered 5 ms late"],
            "100 %",
        ),
        (
            {"operation_failure": {"ErrorCode": "ACCESS_DENIED"}},
            ["starts an operation that ends in ACCESS_DENIED"],
            "100 %",
        ),
    ],
)
def test_a_rule_in_words(rule: dict[str, Any], effects: list[str], chance: str):
    told = words(rule)
    assert (told["operation"], told["effects"], told["chance"]) == ("Any call", effects, chance)


def test_the_calls_of_a_rule_in_words():
    told = words(
        {"service": "servicediscovery", "operation": "GetService", "region": "eu-west-1", "principal": "smithj"}
    )
    assert (told["operation"], told["of"], told["by"], told["where"]) == (
        "GetService", "Cloud Map", "smithj", "eu-west-1"
    )  # fmt: skip


def test_the_rules_there_are(client: Client, scene: Scene):
    put(client, {"operation": "ListServices", "throttle": True, "times": 1}, {"principal": HOSTILE, "drop": True})
    before = twin(client, "faults")["struck"]
    assert client.call("ListServices").status != 200
    told = twin(client, "faults")
    assert [(each["left"], each["struck"]) for each in told["rules"]] == [(0, 1), (None, 0)]
    assert told["struck"] == before + 1
    read = Reader(page(client, "faults"))
    text = "".join(read.text)
    assert "used up" in text
    assert HOSTILE in text
    assert [tag for tag in read.all("script") if "src" not in tag] == []


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ({"effect": "throttle"}, {"throttle": True}),
        (
            {"effect": "drop", "operation": " GetService ", "times": "3"},
            {"operation": "GetService", "times": 3, "drop": True},
        ),
        ({"effect": "throttle", "principal": "smithj"}, {"principal": "smithj", "throttle": True}),
        ({"effect": "late", "latency_ms": "10.5", "jitter_ms": "5"}, {"latency_ms": 10.5, "jitter_ms": 5}),
        (
            {"effect": "error", "code": "InternalFailure", "statusCode": "500", "message": "No.", "service": "sts"},
            {"service": "sts", "error": {"code": "InternalFailure", "message": "No.", "statusCode": 500}},
        ),
        (
            {"effect": "operation_failure", "ErrorCode": "ACCESS_DENIED", "ErrorMessage": "No.", "code": "of another"},
            {"operation_failure": {"ErrorCode": "ACCESS_DENIED", "ErrorMessage": "No."}},
        ),
        (
            {"effect": "throttle", "probability": "0.5", "account": "111122223333", "region": "us-east-1"},
            {"account": "111122223333", "region": "us-east-1", "probability": 0.005, "throttle": True},
        ),
    ],
)  # fmt: skip
def test_a_rule_is_added_behind_the_others(client: Client, scene: Scene, said: dict[str, str], rule: dict[str, Any]):
    first = {"operation": "CreateService", "throttle": True}
    put(client, first)
    answer = submit(client, "faults", **(ADD | said))
    assert (answer.status, answer.headers["location"]) == (303, f"{CONSOLE}faults")
    assert rules(client) == [first, rule]


def test_it_befalls_calls(client: Client, scene: Scene):
    submit(client, "faults", **ADD, effect="error", code="InternalFailure", operation="ListServices", times="1")
    assert client.call("ListServices").code == "InternalFailure"
    client.ok("ListServices")
    assert twin(client, "history?name=ListServices&failed=1")["events"][0]["errorCode"] == "InternalFailure"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"effect": "throttle", "operation": "RegistrInstance"}, "operation is 'RegistrInstance', not an operation"),
        ({"effect": "error"}, "error lacks code"),
        ({"effect": "late"}, "The rule has no effect"),
        ({"effect": "late", "latency_ms": "much"}, "latency_ms is 'much': it takes a number."),
        ({"effect": "late", "latency_ms": "nan"}, "latency_ms"),
        ({"effect": "late", "latency_ms": "-1"}, "latency_ms is -1"),
        ({"effect": "throttle", "times": "1.5"}, "times is 1.5"),
        ({"effect": "throttle", "probability": "101"}, "probability is 1.01"),
        ({"effect": "throttle", "probability": "9" * 400}, "it takes a number from 0 to 1"),
        ({"effect": "throttle", "region": HOSTILE}, f"region is '{HOSTILE}'"),
        ({"effect": "explode"}, "effect is 'explode': it takes throttle"),
        ({"do": "hope"}, "do is 'hope': it takes add, remove, clear or chaos."),
        ({"do": "remove"}, "not there any more"),
        ({"do": "remove", "number": "-1"}, "not there any more"),
        ({"do": "remove", "number": "9" * 5000}, "not there any more"),
    ],
)
def test_what_makes_no_sense_is_said_beside_the_form(client: Client, scene: Scene, said: dict[str, str], sentence: str):
    put(client, {"drop": True, "principal": "nobody"})
    answer = submit(client, "faults", **(ADD | {"principal": HOSTILE} | said))
    assert answer.status == 400
    read = Reader(answer.body.decode())
    assert sentence in "".join(read.text)
    assert [tag for tag in read.all("script") if "src" not in tag] == []
    kept = {field["name"]: field.get("value") for field in read.all("input") if "name" in field}
    assert kept["principal"] == HOSTILE
    assert len(rules(client)) == 1


def test_one_is_removed(client: Client, scene: Scene):
    first, second = {"drop": True, "principal": "a"}, {"throttle": True, "principal": "b", "times": 2}
    put(client, first, second)
    assert remove(client, 1, {"throttle": True, "principal": "b"}).status == 303
    assert rules(client) == [first]


def test_a_rule_that_is_another_by_now_is_not_removed(client: Client, scene: Scene):
    put(client, {"drop": True, "principal": "a"})
    answer = remove(client, 0, {"drop": True, "principal": "b"})
    assert (answer.status, "have changed meanwhile" in answer.body.decode()) == (400, True)
    assert len(rules(client)) == 1


def test_all_are_removed(client: Client, scene: Scene):
    put(client, {"drop": True, "principal": "a"}, {"throttle": True, "principal": "b"})
    assert submit(client, "faults", do="clear").status == 303
    assert rules(client) == []
    assert "No rules" in page(client, "faults")


def test_the_rules_of_chaos(client: Client, scene: Scene):
    assert submit(client, "faults", do="chaos").status == 303
    assert rules(client) == CHAOS
    assert "is throttled" in page(client, "faults")


def test_pages_of_elsewhere_may_not(client: Client, scene: Scene):
    assert submit(client, "faults", "https://evil.example", **ADD, effect="drop").status == 403
    assert rules(client) == []
