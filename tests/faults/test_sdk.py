"""Faults as boto3 meets them over JSON, CBOR and the query protocol: what it tries again, and what is recorded."""

from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from tests.faults.conftest import Lab
from tests.sdk import session

CALLS = {
    "json": ("servicediscovery", "json", "list_namespaces", "ListNamespaces"),
    "cbor": ("servicediscovery", "cbor", "list_namespaces", "ListNamespaces"),
    "cloudtrail": ("cloudtrail", "json", "describe_trails", "DescribeTrails"),
    "query": ("sts", "json", "get_caller_identity", "GetCallerIdentity"),
}
WIRE = {"json": "ThrottlingException", "cbor": "ThrottlingException", "cloudtrail": "ThrottlingException"}


def _client(lab: Lab, call: str, mode: str, attempts: int) -> BaseClient:
    service, protocol, _, _ = CALLS[call]
    return session(protocol).create_client(
        service,
        endpoint_url=lab.running.url,
        region_name="us-east-1",
        aws_access_key_id="smithj",
        aws_secret_access_key="secret",
        config=Config(inject_host_prefix=False, retries={"mode": mode, "total_max_attempts": attempts}),
    )


def _made(lab: Lab, call: str, mode: str = "standard", attempts: int = 2) -> dict[str, Any]:
    made: dict[str, Any] = getattr(_client(lab, call, mode, attempts), CALLS[call][2])()["ResponseMetadata"]
    return made


@pytest.mark.parametrize("mode", ["standard", "legacy", "adaptive"])
@pytest.mark.parametrize("call", CALLS)
def test_a_throttle_is_tried_again(lab: Lab, call: str, mode: str) -> None:
    lab.put({"throttle": True, "times": 1})
    assert _made(lab, call, mode)["RetryAttempts"] == 1
    refused, done = lab.records(CALLS[call][3])
    assert (refused["errorCode"], refused["errorMessage"]) == ("ThrottlingException", "Rate exceeded")
    assert (refused["requestParameters"], refused["responseElements"]) == (None, None)
    assert "errorCode" not in done


@pytest.mark.parametrize("call", CALLS)
def test_how_a_throttle_is_called(lab: Lab, call: str) -> None:
    lab.put({"throttle": True})
    with pytest.raises(ClientError) as caught:
        _made(lab, call, attempts=1)
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == (WIRE.get(call, "Throttling"), "Rate exceeded")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize("protocol", ["json", "cbor"])
def test_how_discovery_is_throttled(lab: Lab, protocol: str) -> None:
    lab.put({"throttle": True, "times": 1}, {"throttle": True})
    client = _client(lab, protocol, "standard", 2)
    with pytest.raises(client.exceptions.RequestLimitExceeded) as caught:
        client.discover_instances(NamespaceName="a.example", ServiceName="app")
    modelled = client.meta.service_model.shape_for("RequestLimitExceeded").metadata
    status = modelled.get("error", {}).get("httpStatusCode", 400) if protocol == "cbor" else 400  # older models lack it
    metadata = caught.value.response["ResponseMetadata"]
    assert (metadata["HTTPStatusCode"], metadata["RetryAttempts"]) == (status, 1)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("code", ["InternalFailure", "ServiceUnavailable"])
def test_a_failure_of_the_service_is_tried_again(lab: Lab, call: str, code: str) -> None:
    lab.put({"error": {"code": code}, "times": 1})
    assert _made(lab, call)["RetryAttempts"] == 1
    assert [record.get("errorCode") for record in lab.records(CALLS[call][3])] == [code, None]


@pytest.mark.parametrize("call", CALLS)
def test_a_lost_answer_is_tried_again(lab: Lab, call: str) -> None:
    lab.put({"drop": True, "times": 1})
    assert _made(lab, call)["RetryAttempts"] == 1
    assert [record.get("errorCode") for record in lab.records(CALLS[call][3])] == [None, None]
    lab.put({"drop": True})
    with pytest.raises(ConnectionClosedError):
        _made(lab, call, attempts=1)


def test_an_operation_that_fails_over_cbor(lab: Lab) -> None:
    lab.put({"operation_failure": {"ErrorCode": "INTERNAL_FAILURE", "ErrorMessage": "No."}})
    client = _client(lab, "cbor", "standard", 1)
    operation = client.create_http_namespace(Name="a.example")["OperationId"]
    found = client.get_operation(OperationId=operation)["Operation"]
    assert (found["Status"], found["ErrorCode"], found["ErrorMessage"]) == ("FAIL", "INTERNAL_FAILURE", "No.")
