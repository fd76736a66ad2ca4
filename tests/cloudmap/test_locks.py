"""One operation at a time: another one on the same resource is told which runs."""

from dataclasses import replace

import pytest
from botocore import xform_name

from tests.cloudmap.world import operation, records, register
from tests.sdk import refusal

CREATE = {
    "CreateHttpNamespace": lambda slow, **more: slow.create_http_namespace(Name="shop.example", **more),
    "CreatePrivateDnsNamespace": lambda slow, **more: slow.create_private_dns_namespace(
        Name="shop.example", Vpc="vpc-1", **more
    ),
    "CreatePublicDnsNamespace": lambda slow, **more: slow.create_public_dns_namespace(Name="shop.example", **more),
}


@pytest.fixture
def namespace(slow, clock):
    started = slow.create_public_dns_namespace(Name="shop.example")
    clock.advance(60)
    return operation(slow, started["OperationId"])["Targets"]["NAMESPACE"]


@pytest.fixture
def service(slow, namespace):
    return slow.create_service(Name="cart", NamespaceId=namespace, DnsConfig=records("A"))["Service"]["Id"]


@pytest.fixture
def instance(slow, clock, service):
    register(slow, service, "one", AWS_INSTANCE_IPV4="192.0.2.1")
    clock.advance(60)
    return {"ServiceId": service, "InstanceId": "one"}


def assert_locked(response, action, operation_id):
    assert response["Error"] == {
        "Code": "DuplicateRequest",
        "Message": f"Another operation of type {action} and id {operation_id} is in progress",
    }
    assert response["DuplicateOperationId"] == operation_id


@pytest.mark.parametrize("first", CREATE)
@pytest.mark.parametrize("second", CREATE)
def test_a_name_is_locked_across_types_while_its_namespace_is_made(slow, first, second):
    running = CREATE[first](slow)["OperationId"]
    assert_locked(refusal(CREATE[second], slow=slow), first, running)


@pytest.mark.parametrize("create", CREATE)
def test_the_same_request_again_while_it_runs(slow, create):
    running = CREATE[create](slow, CreatorRequestId="token")["OperationId"]
    assert_locked(refusal(CREATE[create], slow=slow, CreatorRequestId="token"), create, running)


def test_another_name_is_free(slow):
    slow.create_http_namespace(Name="one")
    slow.create_http_namespace(Name="two")
    assert len(slow.list_operations()["Operations"]) == 2


CHANGES = {
    "DeleteNamespace": lambda slow, namespace: slow.delete_namespace(Id=namespace),
    "UpdatePublicDnsNamespace": lambda slow, namespace: slow.update_public_dns_namespace(
        Id=namespace, Namespace={"Description": "New"}
    ),
}


@pytest.mark.parametrize("first", CHANGES)
@pytest.mark.parametrize("second", CHANGES)
def test_a_namespace_that_is_being_changed_is_locked(slow, namespace, first, second):
    running = CHANGES[first](slow, namespace)["OperationId"]
    assert_locked(refusal(CHANGES[second], slow=slow, namespace=namespace), first, running)


UPDATES = {
    "CreateHttpNamespace": "UpdateHttpNamespace",
    "CreatePrivateDnsNamespace": "UpdatePrivateDnsNamespace",
    "CreatePublicDnsNamespace": "UpdatePublicDnsNamespace",
}


@pytest.mark.parametrize(("create", "update"), UPDATES.items())
def test_a_namespace_of_any_type_is_locked_while_it_is_updated(slow, clock, create, update):
    started = CREATE[create](slow)["OperationId"]
    clock.advance(60)
    call = getattr(slow, xform_name(update))
    change = {"Id": operation(slow, started)["Targets"]["NAMESPACE"], "Namespace": {"Description": "New"}}
    running = call(**change)["OperationId"]
    assert_locked(refusal(call, **change), update, running)


def test_the_name_of_a_namespace_that_is_being_deleted_is_locked(slow, namespace):
    running = slow.delete_namespace(Id=namespace)["OperationId"]
    response = refusal(slow.create_http_namespace, Name="shop.example")
    assert_locked(response, "DeleteNamespace", running)


def test_the_name_is_free_when_the_namespace_is_gone(slow, clock, namespace):
    slow.delete_namespace(Id=namespace)
    clock.advance(60)
    assert slow.create_http_namespace(Name="shop.example")["OperationId"]


def test_a_service_that_is_being_updated_is_locked(slow, service):
    change = {"Id": service, "Service": {"DnsConfig": records("A", ttl=5)}}
    running = slow.update_service(**change)["OperationId"]
    assert_locked(refusal(slow.update_service, **change), "UpdateService", running)


def test_an_instance_that_is_being_registered_is_locked(slow, service):
    asked = {"ServiceId": service, "InstanceId": "one"}
    attributes = {"AWS_INSTANCE_IPV4": "192.0.2.1"}
    running = slow.register_instance(**asked, Attributes=attributes)["OperationId"]
    assert_locked(refusal(slow.register_instance, **asked, Attributes=attributes), "RegisterInstance", running)
    assert_locked(refusal(slow.deregister_instance, **asked), "RegisterInstance", running)


def test_an_instance_that_is_being_deregistered_is_locked(slow, instance):
    running = slow.deregister_instance(**instance)["OperationId"]
    assert_locked(refusal(slow.deregister_instance, **instance), "DeregisterInstance", running)
    attributes = {"AWS_INSTANCE_IPV4": "192.0.2.1"}
    assert_locked(refusal(slow.register_instance, **instance, Attributes=attributes), "DeregisterInstance", running)


def test_the_same_registration_again_while_the_instance_is_being_deregistered(slow, clock, service):
    same = {
        "ServiceId": service,
        "InstanceId": "one",
        "Attributes": {"AWS_INSTANCE_IPV4": "192.0.2.1"},
        "CreatorRequestId": "token",
    }
    slow.register_instance(**same)
    clock.advance(60)
    running = slow.deregister_instance(ServiceId=service, InstanceId="one")["OperationId"]
    assert_locked(refusal(slow.register_instance, **same), "DeregisterInstance", running)


def test_other_instances_of_the_service_are_free(slow, clock, instance):
    slow.deregister_instance(**instance)
    register(slow, instance["ServiceId"], "two", AWS_INSTANCE_IPV4="192.0.2.2")
    clock.advance(60)
    listed = slow.list_instances(ServiceId=instance["ServiceId"])["Instances"]
    assert [each["Id"] for each in listed] == ["two"]


def test_the_lock_is_gone_when_the_operation_is_done(slow, clock, instance):
    slow.deregister_instance(**instance)
    clock.advance(60)
    register(slow, instance["ServiceId"], "one", AWS_INSTANCE_IPV4="192.0.2.1")


def test_another_account_is_not_locked_out(slow, slow_server, connect):
    other = connect(slow_server, account="999999999999")
    slow.create_http_namespace(Name="shop")
    other.create_http_namespace(Name="shop")


def test_namespaces_of_one_name_are_locked_apart(slow, clock):
    made = [slow.create_private_dns_namespace(Name="twin", Vpc="vpc-1")["OperationId"]]
    clock.advance(60)
    made.append(slow.create_private_dns_namespace(Name="twin", Vpc="vpc-2")["OperationId"])
    clock.advance(60)
    going, staying = (operation(slow, each)["Targets"]["NAMESPACE"] for each in made)
    slow.delete_namespace(Id=going)
    assert slow.create_service(Name="cart", NamespaceId=staying)["Service"]["NamespaceId"] == staying
    change = {"Description": "still here"}
    assert slow.update_private_dns_namespace(Id=staying, Namespace=change)["OperationId"]
    assert refusal(slow.create_service, Name="cart", NamespaceId=going)["Error"]["Code"] == "NamespaceNotFound"


def test_a_service_can_be_deleted_while_it_is_updated_as_this_code_chose(slow, service):
    slow.update_service(Id=service, Service={"DnsConfig": records("A", ttl=5)})
    slow.delete_service(Id=service)
    assert refusal(slow.get_service, Id=service)["Error"]["Code"] == "ServiceNotFound"


def test_a_registration_again_is_a_duplicate_at_the_quota_too(slow, slow_server, monkeypatch, service):
    quotas = slow_server.machine.facilities.quotas
    monkeypatch.setattr(slow_server.machine.facilities, "quotas", replace(quotas, instances_per_service=1))
    one = {"ServiceId": service, "InstanceId": "one", "Attributes": {"AWS_INSTANCE_IPV4": "192.0.2.1"}}
    running = slow.register_instance(**one)["OperationId"]
    assert_locked(refusal(slow.register_instance, **one), "RegisterInstance", running)
