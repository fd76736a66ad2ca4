"""Every operation, every way it can end: one record, every member of it as CloudTrail would have it."""

import calendar
import time
from typing import Any

import pytest

from emulator.cloudmap.api import OPERATIONS as IMPLEMENTED
from tests.audit import cases, expected
from tests.audit.world import World
from tests.serving.client import Answer

DISCOVERY = "DiscoverInstances"


def test_every_operation_of_the_model_has_a_case():
    assert sorted(cases.SUCCESSES) == sorted(expected.OPERATIONS) == sorted(IMPLEMENTED)
    assert len(expected.OPERATIONS) == 30


@pytest.mark.parametrize("operation", expected.OPERATIONS)
def test_every_declared_error_has_a_case_or_a_reason(operation: str):
    told = {code for name, code in [*cases.ERRORS, *cases.NEVER] if name == operation}
    assert told | {"InvalidInput"} == expected.declared_errors(operation)
    assert not cases.ERRORS.keys() & cases.NEVER.keys()


@pytest.mark.parametrize("operation", expected.OPERATIONS)
def test_success(world: World, operation: str):
    parameters = cases.SUCCESSES[operation](world)
    answer, record = _recorded(world, operation, parameters)
    assert answer.status == 200
    _holds(world, operation, parameters, answer, record)


@pytest.mark.parametrize(("operation", "code"), cases.ERRORS)
def test_declared_error(world: World, operation: str, code: str):
    parameters = cases.ERRORS[operation, code](world)
    answer, record = _recorded(world, operation, parameters)
    assert answer.code == code
    _holds(world, operation, parameters, answer, record)


@pytest.mark.parametrize("operation", expected.OPERATIONS)
def test_refused_by_validation(world: World, operation: str):
    parameters = cases.INVALID.get(operation, {})
    answer, record = _recorded(world, operation, parameters)
    assert answer.code == "InvalidInput"
    _holds(world, operation, parameters, answer, record)


@pytest.mark.parametrize("operation", expected.OPERATIONS)
def test_internal_error(world: World, operation: str, monkeypatch: pytest.MonkeyPatch):
    parameters = cases.SUCCESSES[operation](world)
    broken = IMPLEMENTED[operation]
    handler = broken.handler
    try:
        object.__setattr__(broken, "handler", _breaks)
        answer, record = _recorded(world, operation, parameters)
    finally:
        object.__setattr__(broken, "handler", handler)
    assert (answer.status, answer.code) == (500, "InternalFailure")
    _holds(world, operation, parameters, answer, record)


@pytest.mark.parametrize("operation", expected.OPERATIONS)
def test_the_same_by_cbor(world: World, operation: str):
    parameters = cases.SUCCESSES[operation](world)
    mark = world.mark()
    answer = world.cbor(operation, expected.reordered(operation, parameters))
    assert answer.status == 200
    if operation != DISCOVERY:
        _holds(world, operation, parameters, answer, *world.records(mark))


@pytest.mark.parametrize("operation", expected.DATA_EVENTS)
def test_data_event_for_a_trail_that_wants_all(everything_wanted: World, operation: str):
    world, parameters = everything_wanted, cases.SUCCESSES[operation](everything_wanted)
    mark = world.mark()
    answer = world.call(operation, expected.reordered(operation, parameters))
    _holds(world, operation, parameters, answer, *world.records(mark))


def test_failed_data_event_for_a_trail_that_wants_all(everything_wanted: World):
    parameters = cases.ERRORS[DISCOVERY, "ServiceNotFound"](everything_wanted)
    mark = everything_wanted.mark()
    answer = everything_wanted.call(DISCOVERY, parameters)
    _holds(everything_wanted, DISCOVERY, parameters, answer, *everything_wanted.records(mark))


def _breaks(call: Any, request: Any) -> None:
    if not call.operation.read_only:
        call.execute("INSERT INTO tag VALUES (?, 'service/x', 'left', 'behind')", call.place.id)
    raise ZeroDivisionError


def _recorded(world: World, operation: str, parameters: Any) -> tuple[Answer, dict[str, Any] | None]:
    """The answer, and the one record or, for DiscoverInstances, none. Members are sent in another order."""
    before, state = world.mark(), world.state()
    answer = world.call(operation, expected.reordered(operation, parameters))
    found = world.records(before)
    assert len(found) == (0 if operation == DISCOVERY else 1)
    if answer.status != 200:
        assert world.state() == state
    return answer, found[0] if found else None


def _holds(world: World, operation: str, parameters: Any, answer: Answer, record: dict[str, Any] | None) -> None:
    assert world.lines.request_ids[-1] == answer.request_id
    if record is None:
        return
    assert list(record) == expected.members(operation, answer)
    data = operation in expected.DATA_EVENTS
    assert expected.UUID.fullmatch(record.pop("eventID"))
    assert expected.UUID.fullmatch(record["requestID"])
    at = calendar.timegm(time.strptime(record.pop("eventTime"), "%Y-%m-%dT%H:%M:%SZ"))
    assert abs(at - time.time()) < 60
    assert record.pop("userIdentity")["arn"] == f"arn:aws:iam::{world.account}:user/{world.account}"
    resources = record.pop("resources", None)
    assert expected.in_order(record) == expected.in_order(
        {
            "eventVersion": "1.11",
            "eventSource": "servicediscovery.amazonaws.com",
            "eventName": operation,
            "awsRegion": "eu-west-3",
            "sourceIPAddress": "127.0.0.1",
            "userAgent": "audit/1",
            **_error(answer),
            "requestParameters": expected.request_parameters(operation, parameters),
            "responseElements": expected.response_elements(operation, answer),
            "requestID": answer.request_id,
            "readOnly": expected.read_only(operation),
            "eventType": "AwsApiCall",
            "managementEvent": not data,
            "recipientAccountId": world.account,
            "eventCategory": "Data" if data else "Management",
        }
    )
    if resources is not None:
        _names_its_resources(world, operation, resources)


def _error(answer: Answer) -> dict[str, str]:
    if answer.status == 200:
        return {}
    message = answer.json.get("Message", answer.json.get("message"))
    return {"errorCode": answer.json["__type"], "errorMessage": message}


def _names_its_resources(world: World, operation: str, resources: list[dict[str, str]]) -> None:
    assert [list(resource) for resource in resources] == [["accountId", "type", "ARN"]] * len(resources)
    assert {resource["accountId"] for resource in resources} == {world.account}
    kinds = [resource["type"] for resource in resources]
    assert kinds == [f"AWS::ServiceDiscovery::{kind}" for kind in sorted(expected.DATA_EVENTS[operation])]
    for resource in resources:
        kind = resource["type"].rpartition("::")[2].lower()
        prefix = f"arn:aws:servicediscovery:eu-west-3:{world.account}:{kind}/"
        assert resource["ARN"].startswith(prefix)
