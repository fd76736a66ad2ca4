"""GetOperation and ListOperations."""

import pytest

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
