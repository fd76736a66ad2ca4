"""Smithy RPC v2 CBOR: statuses, headers and bodies as they stand on the wire."""

import cbor2
import pytest
from botocore.loaders import Loader

from tests.wire.http import TARGET, credential, rpc, send
from tests.wire.test_json import UUID

MODEL = Loader().load_service_model("servicediscovery", "service-2")


def test_a_success(server, account):
    response = rpc(server, "CreateHttpNamespace", {"Name": "shop"}, account=account)
    assert response.status == 200
    assert response.headers["content-type"] == "application/cbor"
    assert response.headers["smithy-protocol"] == "rpc-v2-cbor"
    assert UUID.fullmatch(response.headers["x-amzn-requestid"])
    assert list(response.cbor) == ["OperationId"]


def test_an_error_has_the_models_status_and_an_absolute_type(server):
    response = rpc(server, "GetNamespace", {"Id": "ns-none"})
    declared = MODEL["shapes"]["NamespaceNotFound"].get("error", {}).get("httpStatusCode", 400)
    assert response.status == declared
    assert response.headers["content-type"] == "application/cbor"
    assert response.headers["smithy-protocol"] == "rpc-v2-cbor"
    assert UUID.fullmatch(response.headers["x-amzn-requestid"])
    assert response.cbor["__type"].rpartition("#")[2] == "NamespaceNotFound"
    assert "#" in response.cbor["__type"]
    assert response.cbor["Message"] == "Namespace not found"


def namespace(server, account):
    started = rpc(server, "CreateHttpNamespace", {"Name": "shop"}, account=account).cbor["OperationId"]
    done = rpc(server, "GetOperation", {"OperationId": started}, account=account)
    return done.cbor["Operation"]["Targets"]["NAMESPACE"]


def test_timestamps_carry_the_tag_of_epoch_seconds(server, account):
    namespace(server, account)
    listed = rpc(server, "ListNamespaces", account=account)
    (item,) = cbor2.loads(listed.body, tag_hook=None)["Namespaces"]
    assert item["CreateDate"].year >= 2026
    assert b"\x6aCreateDate\xc1" in listed.body


def test_an_empty_output_is_an_empty_map(server, account):
    arn = f"arn:aws:servicediscovery:us-east-1:{account}:namespace/{namespace(server, account)}"
    response = rpc(server, "UntagResource", {"ResourceARN": arn, "TagKeys": []}, account=account)
    assert (response.status, response.cbor) == (200, {})


def test_an_operation_without_output_has_an_empty_body(server, account):
    body = {"Name": "cart", "NamespaceId": namespace(server, account), "HealthCheckCustomConfig": {}}
    service = rpc(server, "CreateService", body, account=account).cbor["Service"]["Id"]
    told = {"ServiceId": service, "InstanceId": "one"}
    rpc(server, "RegisterInstance", told | {"Attributes": {}}, account=account)
    response = rpc(server, "UpdateInstanceCustomHealthStatus", told | {"Status": "UNHEALTHY"}, account=account)
    assert (response.status, response.body) == (200, b"")
    assert response.headers["smithy-protocol"] == "rpc-v2-cbor"
    assert "content-type" not in response.headers


@pytest.mark.parametrize("count", [0, 1, 23, 24, 255, 256])
def test_lists_of_every_length_are_well_formed(server, account, count):
    body = {"Name": "cart", "NamespaceId": namespace(server, account)}
    service = rpc(server, "CreateService", body, account=account).cbor["Service"]["Id"]
    machine = server.machine
    for number in range(count):
        registered = {"ServiceId": service, "InstanceId": f"i{number}", "Attributes": {}}
        rpc(server, "RegisterInstance", registered, account=account)
    asked = {"NamespaceName": "shop", "ServiceName": "cart", "MaxResults": 1000}
    found = rpc(server, "DiscoverInstances", asked, account=account)
    assert len(found.cbor["Instances"]) == count
    assert cbor2.loads(found.body).keys() == {"Instances", "InstancesRevision"}
    assert machine.unwell is None


def test_an_operation_without_input_needs_no_body(server, account):
    response = rpc(server, "ListNamespaces", b"", account=account, content_type="")
    assert response.cbor == {"Namespaces": []}


def test_indefinite_lengths_are_read(server, account):
    body = b"\xbf\x64Name\x7f\x62sh\x62op\xff\xff"
    assert rpc(server, "CreateHttpNamespace", body, account=account).status == 200


LAUGHS = b"\x98\xc9" + b"".join(
    [b"\xd8\x1c\x8a" + (b"\x01" if not n else bytes([0xD8, 0x1D, n - 1])) * 10 for n in range(9)]
    + [b"\xd8\x1d\x08"] * 192
)
"""A list longer than tags may be, of lists of lists of lists: ten billion parts in a thousand bytes."""

UNREADABLE = [
    b"\xff",
    b"\xa1",
    b"\xa1\x64Name",
    b"\xa1\x64Name\x64sh",
    b"\xa1\x64Name\x62\xff\xff",
    b"\x1c",
    b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\x81" * 100_000,
    b"\xd8\x1c\xa2\x64Name\x64shop\x64Tags\x98\xc9" + b"\xd8\x1d\x00" * 201,
    b"\xa2\x64Name\x64shop\x64Tags" + LAUGHS,
    b"\xa1\x64Name\xc4\x82\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x01",
    b"\xa1\x64Name\xd8\x23\x65a{9}(",
    b"{}",
]


@pytest.mark.parametrize("body", UNREADABLE, ids=lambda body: body[:12].hex())
def test_what_is_no_cbor_of_this_shape_is_unreadable(server, body):
    response = rpc(server, "CreateHttpNamespace", body)
    assert response.status == 400
    assert response.cbor["__type"].endswith("SerializationException")


@pytest.mark.parametrize("body", [{"Name": 5}, {"Name": b"shop"}, {"Name": ["shop"]}, [], "shop", 5, None])
def test_values_of_the_wrong_type_are_unreadable(server, body):
    response = rpc(server, "CreateHttpNamespace", cbor2.dumps(body))
    assert response.status == 400
    assert response.cbor["__type"].endswith("SerializationException")


@pytest.mark.parametrize(
    "path",
    [
        f"/service/{TARGET}/operation/NoSuchOperation",
        f"/service/{TARGET}/operation/",
        f"/service/{TARGET}",
        "/service/Other/operation/ListNamespaces",
        f"/service/{TARGET}/operation/ListNamespaces/more",
    ],
)
def test_an_operation_that_is_not_there(server, path):
    headers = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor", "Authorization": credential()}
    response = send(server, "POST", path, b"\xa0", headers)
    assert response.status in (400, 404)
    assert response.cbor["__type"].endswith("UnknownOperationException")
    assert "essage" not in "".join(response.cbor)


def test_another_protocol_of_smithy_is_not_spoken(server):
    response = rpc(server, "ListNamespaces", smithy_protocol="rpc-v2-json")
    assert response.status == 400
    assert response.cbor["__type"].endswith("UnknownOperationException")


def test_the_host_prefix_counts_for_nothing(server, account):
    namespace(server, account)
    asked = {"NamespaceName": "shop", "ServiceName": "none"}
    response = rpc(
        server, "DiscoverInstances", asked, account=account, host="data-servicediscovery.us-east-1.amazonaws.com"
    )
    assert response.cbor["__type"].endswith("ServiceNotFound")
