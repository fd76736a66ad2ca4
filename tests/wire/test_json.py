"""AWS JSON 1.1: statuses, headers and bodies as they stand on the wire."""

import re
import tracemalloc

import pytest

from emulator.wire.json import JSON
from tests.wire.http import call

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
REFUSALS = [
    ("GetNamespace", {"Id": "ns-none"}, "NamespaceNotFound", "Namespace not found"),
    ("GetService", {"Id": "srv-none"}, "ServiceNotFound", "Service not found"),
    ("GetOperation", {"OperationId": "none"}, "OperationNotFound", "Operation not found"),
]


def made(server, account, name="shop"):
    return call(server, "CreateHttpNamespace", {"Name": name}, account=account).json["OperationId"]


def test_a_success(server, account):
    response = call(server, "CreateHttpNamespace", {"Name": "shop"}, account=account)
    assert response.status == 200
    assert response.headers["content-type"] == "application/x-amz-json-1.1"
    assert UUID.fullmatch(response.headers["x-amzn-requestid"])
    assert list(response.json) == ["OperationId"]


@pytest.mark.parametrize(("operation", "parameters", "code", "message"), REFUSALS)
def test_an_error_is_400_with_a_short_type_and_a_capital_message(server, operation, parameters, code, message):
    response = call(server, operation, parameters)
    assert response.status == 400
    assert response.headers["content-type"] == "application/x-amz-json-1.1"
    assert UUID.fullmatch(response.headers["x-amzn-requestid"])
    assert response.json == {"__type": code, "Message": message}


def test_extra_members_stand_beside_the_message(server, account):
    body = {"Name": "shop", "CreatorRequestId": "token"}
    first = call(server, "CreateHttpNamespace", body, account=account).json["OperationId"]
    assert call(server, "CreateHttpNamespace", body, account=account).json == {
        "__type": "DuplicateRequest",
        "Message": f"Another operation of type CreateHttpNamespace and id {first} has completed",
        "DuplicateOperationId": first,
    }


def test_timestamps_are_numbers_of_seconds_with_milliseconds(server, account):
    done = call(server, "GetOperation", {"OperationId": made(server, account)}, account=account)
    date = done.json["Operation"]["CreateDate"]
    assert isinstance(date, int | float)
    assert 1.7e9 < date < 1e10
    assert round(date, 3) == date


def test_an_empty_output_is_an_empty_object(server, account):
    identifier = done(server, account)["Targets"]["NAMESPACE"]
    arn = f"arn:aws:servicediscovery:us-east-1:{account}:namespace/{identifier}"
    body = {"ResourceARN": arn, "Tags": [{"Key": "k", "Value": "v"}]}
    response = call(server, "TagResource", body, account=account)
    assert (response.status, response.body) == (200, b"{}")


def done(server, account):
    body = {"OperationId": made(server, account)}
    return call(server, "GetOperation", body, account=account).json["Operation"]


def test_an_operation_without_output_has_an_empty_body(server, account):
    namespace = done(server, account)["Targets"]["NAMESPACE"]
    body = {"Name": "cart", "NamespaceId": namespace, "HealthCheckCustomConfig": {}}
    service = call(server, "CreateService", body, account=account).json["Service"]["Id"]
    body = {"ServiceId": service, "InstanceId": "one", "Attributes": {}}
    call(server, "RegisterInstance", body, account=account)
    body = {"ServiceId": service, "InstanceId": "one", "Status": "UNHEALTHY"}
    response = call(server, "UpdateInstanceCustomHealthStatus", body, account=account)
    assert (response.status, response.body) == (200, b"")


def test_every_call_has_an_id_of_its_own(server):
    ids = {call(server, "ListNamespaces").headers["x-amzn-requestid"] for _ in range(3)}
    assert len(ids) == 3


@pytest.mark.parametrize("body", [b"", b"{}", b" {} ", b"{\n}"])
def test_no_input_may_be_sent_in_several_ways(server, account, body):
    response = call(server, "ListNamespaces", body, account=account)
    assert response.json == {"Namespaces": []}


def test_null_is_as_good_as_nothing(server, account):
    response = call(server, "ListNamespaces", {"MaxResults": None, "Filters": None}, account=account)
    assert response.json == {"Namespaces": []}


def test_text_outside_ascii_comes_back_as_it_went(server, account):
    text = 'Grüße 🌍 "quoted" \\ \u0000'
    body = {"Name": "shop", "Description": text}
    started = call(server, "CreateHttpNamespace", body, account=account).json["OperationId"]
    operation = call(server, "GetOperation", {"OperationId": started}, account=account).json["Operation"]
    namespace = call(server, "GetNamespace", {"Id": operation["Targets"]["NAMESPACE"]}, account=account)
    assert namespace.json["Namespace"]["Description"] == text


UNREADABLE = [
    b"{",
    b"nonsense",
    b"{'Name': 'shop'}",
    b'{"Name": "shop",}',
    b'{"Name": NaN}',
    b'{"Name": "\xff"}',
    b'{"Name": "\\ud800"}',
    b"\x00",
    b"[" * 100_000,
]


@pytest.mark.parametrize("body", UNREADABLE, ids=lambda body: repr(body[:12]))
def test_what_is_no_json_is_unreadable(server, body):
    response = call(server, "CreateHttpNamespace", body)
    assert response.status == 400
    assert response.json["__type"] == "SerializationException"
    assert response.headers["content-type"] == "application/x-amz-json-1.1"


WRONG = [
    ("CreateHttpNamespace", {"Name": 5}),
    ("CreateHttpNamespace", {"Name": ["shop"]}),
    ("CreateHttpNamespace", {"Name": {"is": "shop"}}),
    ("CreateHttpNamespace", {"Name": True}),
    ("CreateHttpNamespace", {"Name": "shop", "Tags": {"Key": "k"}}),
    ("CreateHttpNamespace", {"Name": "shop", "Tags": ["k"]}),
    ("ListNamespaces", {"MaxResults": "10"}),
    ("ListNamespaces", {"MaxResults": 1.5}),
    ("ListNamespaces", {"MaxResults": True}),
    ("ListNamespaces", {"MaxResults": 2**31}),
    ("ListNamespaces", {"Filters": [{"Name": "NAME", "Values": "x"}]}),
    ("RegisterInstance", {"ServiceId": "s", "InstanceId": "i", "Attributes": ["a"]}),
    ("RegisterInstance", {"ServiceId": "s", "InstanceId": "i", "Attributes": {"port": 80}}),
    ("CreateService", {"Name": "s", "NamespaceId": "n", "DnsConfig": "A"}),
]


@pytest.mark.parametrize(("operation", "body"), WRONG)
def test_values_of_the_wrong_type_are_unreadable(server, operation, body):
    response = call(server, operation, body)
    assert response.status == 400
    assert response.json["__type"] == "SerializationException"


@pytest.mark.parametrize("body", [b"[]", b"null", b"5", b'"text"', b"true"])
def test_what_is_no_object_is_unreadable(server, body):
    response = call(server, "ListNamespaces", body)
    assert (response.status, response.json["__type"]) == (400, "SerializationException")


def test_an_item_that_is_kept_takes_no_more_than_its_bytes():
    tracemalloc.start()
    try:
        kept = [JSON.encode_item({"InstanceId": f"i-{number}"}) for number in range(1000)]
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 4 * sum(map(len, kept)) + 100_000
