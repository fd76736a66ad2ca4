"""GetOperation and ListOperations."""

import pytest

from emulator.wire.cbor import CborCodec
from emulator.wire.json import JsonCodec
from tests.cloudmap.world import http_namespace, operation, register, service
from tests.sdk import answer, refused


def test_an_operation_is_described_to_its_owner(cloudmap, account):
    started = cloudmap.create_http_namespace(Name="shop")["OperationId"]
    described = operation(cloudmap, started)
    assert described["OwnerAccount"] == account
    assert cloudmap.get_operation(OperationId=started, OwnerAccount=account)["Operation"] == described


@pytest.mark.parametrize(
    "identifier", ["", "x", "gv4g5meo7ndmeh4fqskygvk23d2fijwa-k9302yzd", "a" * 32 + "-" + "b" * 8, "é" * 41, "a" * 255]
)
def test_an_operation_that_is_not_there(cloudmap, identifier):
    cloudmap.create_http_namespace(Name="shop")
    assert refused(cloudmap.get_operation, OperationId=identifier) == ("OperationNotFound", "Operation not found")


def test_operations_of_another_account_are_not_there(cloudmap):
    started = cloudmap.create_http_namespace(Name="shop")["OperationId"]
    asked = {"OperationId": started, "OwnerAccount": "999999999999"}
    assert refused(cloudmap.get_operation, **asked)[0] == "OperationNotFound"


def test_a_list_shows_ids_and_statuses_only(cloudmap):
    started = cloudmap.create_http_namespace(Name="shop")["OperationId"]
    assert answer(cloudmap.list_operations()) == {"Operations": [{"Id": started, "Status": "SUCCESS"}]}


def test_every_id_in_a_list_can_be_asked_for(cloudmap):
    identifier = service(cloudmap)
    register(cloudmap, identifier, "one", "two", color="green")
    cloudmap.deregister_instance(ServiceId=identifier, InstanceId="one")
    listed = [each["Id"] for each in cloudmap.list_operations()["Operations"]]
    assert len(set(listed)) == 4
    assert sorted(operation(cloudmap, each)["Type"] for each in listed) == [
        "CREATE_NAMESPACE",
        "DEREGISTER_INSTANCE",
        "REGISTER_INSTANCE",
        "REGISTER_INSTANCE",
    ]


def test_calls_that_are_done_at_once_leave_no_operation(cloudmap):
    namespace = http_namespace(cloudmap)
    cloudmap.delete_service(Id=service(cloudmap, namespace))
    assert len(cloudmap.list_operations()["Operations"]) == 1


def test_the_operation_that_deleted_a_namespace_can_be_asked_for(cloudmap):
    namespace = http_namespace(cloudmap)
    deleted = cloudmap.delete_namespace(Id=namespace)["OperationId"]
    assert operation(cloudmap, deleted)["Targets"] == {"NAMESPACE": namespace}


def test_lists_of_a_resource_are_whole_wherever_a_batch_of_the_index_ends(cloudmap, monkeypatch):
    """The 256th operation of a place enters those before it; here it is taken back, and its batch with it."""
    namespace = http_namespace(cloudmap)
    cart, till = service(cloudmap, namespace, "cart"), service(cloudmap, namespace, "till")
    started = [_started(cloudmap, cart, number) for number in range(254)]
    with monkeypatch.context() as broken:
        for codec in (JsonCodec, CborCodec):
            broken.setattr(codec, "encode", _breaks)
        asked = {"ServiceId": cart, "InstanceId": "broken", "Attributes": {"color": "green"}}
        assert refused(cloudmap.register_instance, **asked)[0] == "InternalFailure"
    started += [_started(cloudmap, cart, number) for number in range(254, 300)]
    other = _started(cloudmap, till, "one")
    assert _listed(cloudmap, "SERVICE_ID", cart) == started[::-1]
    started.append(_started(cloudmap, cart, "last"))
    assert _listed(cloudmap, "SERVICE_ID", cart) == started[::-1]
    assert _listed(cloudmap, "SERVICE_ID", till) == [other]
    assert set(_listed(cloudmap, "NAMESPACE_ID", namespace)) > {*started, other}


def _started(cloudmap, service_id, number) -> str:
    asked = {"ServiceId": service_id, "InstanceId": f"i-{number}", "Attributes": {"color": "green"}}
    return cloudmap.register_instance(**asked)["OperationId"]


def _listed(cloudmap, name, value) -> list[str]:
    pages = cloudmap.get_paginator("list_operations").paginate(Filters=[{"Name": name, "Values": [value]}])
    return [each["Id"] for page in pages for each in page["Operations"]]


def _breaks(*_: object) -> bytes:
    raise RuntimeError("the answer cannot be written")
