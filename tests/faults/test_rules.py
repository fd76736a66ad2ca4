"""Which calls a rule meets, and what is no rule."""

from typing import Any

import pytest

from emulator.services import SERVICES
from tests.faults.conftest import Lab
from tests.serving.client import Client

THROTTLE = {"error": {"code": "ThrottlingException"}}
PATH = "/_maptrail/faults"


def _codes(lab: Lab, *operations: str, key: str = "AKIAEXAMPLE", region: str = "us-east-1") -> list[str | None]:
    with Client(lab.running.url, key, region) as client:
        return [client.call(operation).code for operation in operations]


def test_there_are_none_at_first(lab: Lab):
    assert lab.client.get(PATH).json == []


def test_what_was_put_is_told_and_taken_again(lab: Lab):
    rules = [
        {
            "service": "servicediscovery", "operation": "ListNamespaces", "region": "eu-west-1",
            "account": "000000000001", "principal": "smithj", "probability": 0.5, "times": 3,
            "error": {"code": "ServiceUnavailable", "message": "Later.", "statusCode": 503},
            "latency_ms": 1.5, "jitter_ms": 2, "drop": False,
        },
        {"operation_failure": {"ErrorCode": "ACCESS_DENIED", "ErrorMessage": "No."}},
    ]  # fmt: skip
    assert lab.put(*rules).json == rules
    assert lab.client.get(PATH).json == rules
    assert lab.put(*rules).status == 200


def test_put_replaces_and_delete_removes(lab: Lab):
    lab.put(THROTTLE, {"latency_ms": 1})
    assert len(lab.put(THROTTLE).json) == 1
    assert lab.client.request("DELETE", PATH).json == []
    assert _codes(lab, "ListNamespaces") == [None]


def test_reset_removes(lab: Lab):
    lab.put(THROTTLE)
    lab.client.request("POST", "/_maptrail/reset")
    assert lab.client.get(PATH).json == []


def test_an_operation(lab: Lab):
    lab.put({**THROTTLE, "operation": "ListServices"})
    assert _codes(lab, "ListNamespaces", "ListServices") == [None, "ThrottlingException"]


def test_a_service(lab: Lab):
    lab.put({**THROTTLE, "service": "sts"})
    assert _codes(lab, "ListNamespaces") == [None]


def test_a_region(lab: Lab):
    lab.put({**THROTTLE, "region": "eu-west-1"})
    assert _codes(lab, "ListNamespaces") == [None]
    assert _codes(lab, "ListNamespaces", region="eu-west-1") == ["ThrottlingException"]


def test_an_account(lab: Lab):
    lab.put({**THROTTLE, "account": "000000000001"})
    assert _codes(lab, "ListNamespaces") == [None]
    assert _codes(lab, "ListNamespaces", key="000000000001") == ["ThrottlingException"]


@pytest.mark.parametrize("principal", ["smithj", "arn:aws:iam::111122223333:user/smithj"])
def test_a_principal(lab: Lab, principal: str):
    lab.put({**THROTTLE, "principal": principal})
    assert _codes(lab, "ListNamespaces", key="smithj") == ["ThrottlingException"]
    assert _codes(lab, "ListNamespaces", key="smith") == [None]


def test_so_many_times(lab: Lab):
    lab.put({**THROTTLE, "times": 2})
    assert _codes(lab, *["ListNamespaces"] * 3) == ["ThrottlingException"] * 2 + [None]
    assert lab.client.get(PATH).json[0]["times"] == 0


def test_the_first_that_meets_wins(lab: Lab):
    lab.put({**THROTTLE, "times": 1}, {"error": {"code": "ServiceUnavailable"}, "times": 1})
    assert _codes(lab, *["ListNamespaces"] * 3) == ["ThrottlingException", "ServiceUnavailable", None]


def test_without_luck_the_next_rule_is_asked(lab: Lab):
    lab.put({**THROTTLE, "probability": 0}, {"error": {"code": "ServiceUnavailable"}})
    assert _codes(lab, "ListNamespaces") == ["ServiceUnavailable"]


REFUSED = [
    (None, 'The body must be a list of rules, such as [{"latency_ms": 100}].'),
    ({}, 'The body must be a list of rules, such as [{"latency_ms": 100}].'),
    ([1], "rules[0] is 1: it takes an object."),
    ([{}], "rules[0] has no effect: give it error, throttle, latency_ms, jitter_ms, drop or operation_failure."),
    (
        [{"drop": False}],
        "rules[0] has no effect: give it error, throttle, latency_ms, jitter_ms, drop or operation_failure.",
    ),
    ([THROTTLE, {"oparation": "x"}], "rules[1].oparation is unknown; did you mean operation?"),
    (
        [{"operation": "ListNamespace", "drop": True}],
        "rules[0].operation is 'ListNamespace', not an operation; did you mean ListNamespaces?",
    ),
    (
        [{"service": "sts", "operation": "ListServices", "drop": True}],
        "rules[0].operation is 'ListServices', not an operation of sts.",
    ),
    ([{"region": "nowhere", "drop": True}], "rules[0].region is 'nowhere': it takes a region, such as us-east-1."),
    ([{"account": "1", "drop": True}], "rules[0].account is '1': it takes 12 digits."),
    ([{"probability": 2, "drop": True}], "rules[0].probability is 2: it takes a number from 0 to 1."),
    ([{"probability": True, "drop": True}], "rules[0].probability is true: it takes a number from 0 to 1."),
    ([{"times": 1.5, "drop": True}], "rules[0].times is 1.5: it takes a whole number, 0 or more."),
    ([{"latency_ms": -1}], "rules[0].latency_ms is -1: it takes milliseconds, from 0 to 3600000."),
    ([{"error": {}}], "rules[0].error lacks code."),
    ([{"error": "x"}], "rules[0].error is 'x': it takes an object with code, message and statusCode."),
    ([{"error": {"code": "X", "status": 400}}], "rules[0].error.status is unknown; did you mean statusCode?"),
    (
        [{"error": {"code": "X", "statusCode": 200}}],
        "rules[0].error.statusCode is 200: it takes a status of HTTP from 400 on, such as 503.",
    ),
    ([{"operation_failure": {"ErrorMessage": "x"}}], "rules[0].operation_failure lacks ErrorCode."),
    (
        [{"operation": "ListServices", "operation_failure": {"ErrorCode": "X"}}],
        "rules[0] has operation_failure: ListServices starts no asynchronous operation.",
    ),
    (
        [{**THROTTLE, "operation_failure": {"ErrorCode": "X"}}],
        "rules[0] has error and operation_failure: a refused call leaves no operation that could fail.",
    ),
    (
        [{"throttle": True, "operation_failure": {"ErrorCode": "X"}}],
        "rules[0] has throttle and operation_failure: a refused call leaves no operation that could fail.",
    ),
    ([{**THROTTLE, "throttle": True}], "rules[0] has error and throttle: a call is refused for one reason."),
    ([{"throttle": 1}], "rules[0].throttle is 1: it takes true or false."),
    ([{"service": "x" * 90, "drop": True}], f"rules[0].service is '{'x' * 79}...: it takes {' or '.join(SERVICES)}."),
]


@pytest.mark.parametrize(("document", "sentence"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_is_no_rule_is_refused_and_changes_nothing(lab: Lab, document: Any, sentence: str):
    lab.put({"latency_ms": 1})
    answer = lab.client.request("PUT", PATH, document)
    assert (answer.status, answer.json) == (400, {"error": sentence})
    assert lab.client.get(PATH).json == [{"latency_ms": 1}]


def test_faults_are_counted(lab: Lab):
    before = lab.running.machine.faults.struck
    lab.put({**THROTTLE, "times": 2})
    _codes(lab, *["ListNamespaces"] * 3)
    assert lab.running.machine.faults.struck == before + 2


def test_rules_of_an_account_are_put_beside_those_of_others(lab: Lab):
    mine, hers = "111122223333", "444455556666"
    everybodys = {"operation": "ListServices", **THROTTLE}
    lab.put(everybodys)
    for account in (mine, hers):
        rule = {"account": account, "operation": "ListNamespaces", "error": {"code": "ServiceUnavailable"}, "times": 1}
        assert lab.client.request("PUT", f"{PATH}?account={account}", [rule]).json == [rule]
    assert _codes(lab, "ListNamespaces", "ListNamespaces", "ListServices") == [
        "ServiceUnavailable", None, "ThrottlingException",
    ]  # fmt: skip
    lab.client.request("PUT", f"{PATH}?account={mine}", [{"account": mine, "latency_ms": 1}])
    assert _codes(lab, "ListNamespaces", key=hers) == ["ServiceUnavailable"]
    told = lab.client.get(PATH).json
    assert [rule.get("account") for rule in told] == [mine, hers, None]
    assert told[1]["times"] == 0
    assert lab.client.request("DELETE", f"{PATH}?account={mine}").json == []
    assert [rule.get("account") for rule in lab.client.get(PATH).json] == [hers, None]


@pytest.mark.parametrize(
    ("query", "rules"),
    [
        ("account=111122223333", [{"latency_ms": 1}]),
        ("account=111122223333", [{"account": "444455556666", "latency_ms": 1}]),
        ("account=111122223333&seed=1", []),
    ],
)
def test_of_an_account_are_its_own_only(lab: Lab, query: str, rules: list[Any]):
    lab.put({"latency_ms": 2})
    answer = lab.client.request("PUT", f"{PATH}?{query}", rules)
    assert answer.status == 400
    assert "account" in answer.json["error"]
    assert lab.client.get(PATH).json == [{"latency_ms": 2}]
