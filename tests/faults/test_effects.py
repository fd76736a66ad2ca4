"""What befalls a call: errors, lateness, lost answers, operations that fail; and what the record says of it."""

import asyncio
import http.client
import json
import re
import signal
import time
from pathlib import Path

import pytest

from emulator.cloudmap.api import OPERATIONS
from tests.faults.conftest import Lab
from tests.serving.client import Client, instance, service
from tests.serving.process import Server

THROTTLE = {"error": {"code": "ThrottlingException"}}


def test_a_throttle_is_answered_and_recorded_as_aws_does(lab: Lab):
    lab.put(THROTTLE)
    answer = lab.client.call("CreateHttpNamespace", {"Name": "a.example"})
    assert (answer.status, answer.json) == (400, {"__type": "ThrottlingException", "message": "Rate exceeded"})
    (record,) = lab.records("CreateHttpNamespace")
    assert (record["errorCode"], record["errorMessage"]) == ("ThrottlingException", "Rate exceeded")
    assert (record["requestParameters"], record["responseElements"]) == (None, None)
    assert record["requestID"] == answer.request_id


def test_an_error_of_the_model_keeps_the_parameters(lab: Lab):
    lab.put({"error": {"code": "ResourceLimitExceeded", "message": "Enough."}})
    answer = lab.client.call("CreateHttpNamespace", {"Name": "a.example"})
    assert (answer.status, answer.json) == (400, {"__type": "ResourceLimitExceeded", "Message": "Enough."})
    (record,) = lab.records("CreateHttpNamespace")
    assert (record["errorCode"], record["errorMessage"]) == ("ResourceLimitExceeded", "Enough.")
    assert record["requestParameters"] == {"name": "a.example"}


def test_a_denial_is_called_otherwise_on_the_record(lab: Lab):
    lab.put({"error": {"code": "AccessDeniedException", "message": "No."}})
    assert lab.client.call("ListNamespaces", {"MaxResults": 1}).code == "AccessDeniedException"
    (record,) = lab.records("ListNamespaces")
    assert (record["errorCode"], record["requestParameters"]) == ("AccessDenied", None)


def test_an_error_without_a_message_has_none_on_the_record(lab: Lab):
    lab.put({"error": {"code": "Whatever"}})
    assert lab.client.call("ListNamespaces").json == {"__type": "Whatever"}
    assert "errorMessage" not in lab.records("ListNamespaces")[0]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"code": "ServiceUnavailable"}, 503),
        ({"code": "InternalFailure"}, 500),
        ({"code": "ThrottlingException", "statusCode": 429}, 429),
        ({"code": "Whatever.Else1"}, 400),
    ],
)
def test_the_status_of_an_error(lab: Lab, error: dict[str, object], status: int):
    lab.put({"error": error})
    assert lab.client.call("ListNamespaces").status == status


def test_a_refused_call_changes_nothing(lab: Lab):
    lab.put({**THROTTLE, "times": 1})
    lab.client.call("CreateHttpNamespace", {"Name": "a.example"})
    assert lab.client.ok("ListNamespaces") == {"Namespaces": []}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_can_be_refused(lab: Lab, operation: str):
    lab.put(THROTTLE)
    assert lab.client.call(operation).code == "ThrottlingException"
    assert len(lab.records(operation)) == (0 if operation == "DiscoverInstances" else 1)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_is_throttled_in_its_own_words(lab: Lab, operation: str):
    lab.put({"throttle": True})
    answer = lab.client.call(operation)
    modelled = operation in ("DiscoverInstances", "DiscoverInstancesRevision")
    assert answer.code == ("RequestLimitExceeded" if modelled else "ThrottlingException")
    assert answer.json["Message" if modelled else "message"] == "Rate exceeded"


def test_an_unreadable_call_meets_no_rule(lab: Lab):
    lab.put({**THROTTLE, "times": 1})
    assert lab.client.call("ListNamespaces", b"{").code == "SerializationException"
    assert lab.client.call("ListNamespaces").code == "ThrottlingException"


def test_a_late_answer(lab: Lab):
    lab.put({"latency_ms": 200})
    started = time.monotonic()
    lab.client.ok("ListNamespaces")
    assert 0.19 < time.monotonic() - started < 2


def test_late_answers_delay_nobody_else(lab: Lab):
    lab.put({"operation": "ListServices", "latency_ms": 600})
    started = time.monotonic()

    async def both() -> None:
        late = asyncio.create_task(asyncio.to_thread(_call, lab, "ListServices"))
        await asyncio.sleep(0.1)
        await asyncio.to_thread(_call, lab, "ListNamespaces")
        assert time.monotonic() - started < 0.5
        await late

    asyncio.run(both())
    assert time.monotonic() - started > 0.6


def _call(lab: Lab, operation: str) -> None:
    with Client(lab.running.url) as client:
        client.ok(operation)


def test_a_late_answer_is_of_a_call_that_was_made_at_once(lab: Lab):
    lab.put({"operation": "CreateHttpNamespace", "latency_ms": 60_000})
    with Client(lab.running.url, timeout=0.3) as impatient, pytest.raises(TimeoutError):
        impatient.call("CreateHttpNamespace", {"Name": "a.example"})
    assert len(lab.client.ok("ListNamespaces")["Namespaces"]) == 1
    assert "errorCode" not in lab.records("CreateHttpNamespace")[0]


def test_a_dropped_answer_is_of_a_call_that_was_made(lab: Lab):
    """The connection is closed without a byte; the retry finds what the first call did."""
    lab.put({"operation": "CreateHttpNamespace", "drop": True, "times": 1})
    same = {"Name": "a.example", "CreatorRequestId": "once"}
    with pytest.raises(http.client.RemoteDisconnected):
        lab.client.call("CreateHttpNamespace", same)
    answer = lab.client.call("CreateHttpNamespace", same)
    dropped, repeated = lab.records("CreateHttpNamespace")
    assert "errorCode" not in dropped
    assert repeated["requestID"] == answer.request_id
    assert len(lab.client.ok("ListNamespaces")["Namespaces"]) == 1


def test_an_error_can_be_dropped_too(lab: Lab):
    lab.put({**THROTTLE, "drop": True})
    with pytest.raises(http.client.RemoteDisconnected):
        lab.client.call("ListNamespaces")
    assert lab.records("ListNamespaces")[0]["errorCode"] == "ThrottlingException"


def test_an_operation_that_is_accepted_and_fails(lab: Lab):
    lab.put({"operation_failure": {"ErrorCode": "ACCESS_DENIED", "ErrorMessage": "Not yours."}})
    operation = lab.client.ok("CreateHttpNamespace", {"Name": "a.example"})
    found = lab.client.ok("GetOperation", operation)["Operation"]
    assert (found["Status"], found["ErrorCode"], found["ErrorMessage"]) == ("FAIL", "ACCESS_DENIED", "Not yours.")
    assert lab.client.ok("ListNamespaces") == {"Namespaces": []}
    (record,) = lab.records("CreateHttpNamespace")
    assert "errorCode" not in record
    assert record["responseElements"] == {"operationId": operation["OperationId"]}


def test_an_operation_that_fails_later(lab: Lab):
    identifier = service(lab.client)
    lab.running.machine.facilities.operation_delay = 60_000
    try:
        lab.put({"operation_failure": {"ErrorCode": "INTERNAL_FAILURE"}, "times": 1})
        operation = lab.client.ok("RegisterInstance", instance(identifier))
        assert lab.client.ok("GetOperation", operation)["Operation"]["Status"] == "SUBMITTED"
        lab.client.request("PUT", "/_maptrail/clock", {"advance": 61})
        assert lab.client.ok("GetOperation", operation)["Operation"]["Status"] == "FAIL"
        assert lab.client.ok("ListInstances", {"ServiceId": identifier})["Instances"] == []
        lab.client.ok("RegisterInstance", instance(identifier))  # the lock is gone
    finally:
        lab.running.machine.facilities.operation_delay = 0


def test_a_failure_of_operations_passes_by_what_starts_none(lab: Lab):
    lab.put({"operation_failure": {"ErrorCode": "ACCESS_DENIED"}, "latency_ms": 60_000})
    lab.client.ok("ListNamespaces")


def test_a_server_that_ends_keeps_no_answer_back(tmp_path: Path):
    with Server(tmp_path / "s") as server:
        server.ready()
        with server.client() as client:
            client.request("PUT", "/_maptrail/faults", [{"latency_ms": 60_000}])
            client.http.request("POST", "/", b"{}", {"X-Amz-Target": "Route53AutoNaming_v20170314.ListNamespaces"})
            time.sleep(0.3)
            started = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            assert client.http.getresponse().status == 200
        assert server.process.wait(10) == 0
        assert time.monotonic() - started < 2


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_log_names_the_fault(tmp_path: Path, form: str):
    rules = [{"operation": "ListServices", "throttle": True}, {"latency_ms": 1, "drop": True, "times": 1}]
    with Server(tmp_path / "s", "--log-format", form) as server:
        with server.client() as client:
            client.request("PUT", "/_maptrail/faults", rules)
            client.call("ListServices")
            with pytest.raises(http.client.RemoteDisconnected):
                client.call("ListNamespaces")
            client.ok("ListNamespaces")
        server.end()
        lines = server.lines()[-3:]
    if form == "json":
        assert [json.loads(line).get("fault") for line in lines] == ["error", "late+drop", None]
    else:
        told = [re.search(r"=> (.*?) [\d.]+ms ", line)[1] for line in lines]
        assert told == ["400 ThrottlingException fault:error", "200 fault:late+drop", "200"]
