"""Operations that take time: SUBMITTED, PENDING, then SUCCESS or FAIL, by the product's clock."""

import pytest

from tests.cloudmap.world import NAMESPACES, operation, records, register
from tests.sdk import refused

WEB = {"NamespaceName": "shop.example", "ServiceName": "cart"}


@pytest.fixture
def namespace(slow, clock):
    """A public namespace, finished at second 60."""
    started = slow.create_public_dns_namespace(Name="shop.example")
    clock.advance(60)
    return operation(slow, started["OperationId"])["Targets"]["NAMESPACE"]


@pytest.fixture
def service(slow, namespace):
    """A service with A records, made at second 60."""
    parts = {"DnsConfig": records("A"), "HealthCheckCustomConfig": {}}
    return slow.create_service(Name="cart", NamespaceId=namespace, **parts)["Service"]["Id"]


@pytest.fixture
def instance(slow, clock, service):
    """A registered instance, finished at second 120."""
    register(slow, service, "one", AWS_INSTANCE_IPV4="192.0.2.1")
    clock.advance(60)
    return {"ServiceId": service, "InstanceId": "one"}


@pytest.mark.parametrize(
    ("seconds", "status"), [(0, "SUBMITTED"), (29.9, "SUBMITTED"), (30, "PENDING"), (59.9, "PENDING"), (60, "SUCCESS")]
)
def test_an_operation_on_its_way(slow, clock, seconds, status):
    started = slow.create_http_namespace(Name="shop")["OperationId"]
    clock.advance(seconds)
    assert operation(slow, started)["Status"] == status
    assert slow.list_operations()["Operations"] == [{"Id": started, "Status": status}]


def test_the_update_date_is_when_the_status_changed(slow, clock):
    started = slow.create_http_namespace(Name="shop")["OperationId"]
    dates = []
    for _ in range(3):
        described = operation(slow, started)
        assert described["CreateDate"] == clock.after(0)
        dates.append(described["UpdateDate"])
        clock.advance(31)
    assert dates == [clock.after(0), clock.after(30), clock.after(60)]


def test_an_operation_member_by_member(slow, clock):
    account = slow.get_operation(OperationId=slow.create_http_namespace(Name="shop")["OperationId"])
    described = account["Operation"]
    (target,) = described.pop("Targets").items()
    assert target[0] == "NAMESPACE"
    assert set(described) == {"Id", "OwnerAccount", "Type", "Status", "CreateDate", "UpdateDate"}


@pytest.mark.parametrize("kind", NAMESPACES)
def test_a_namespace_is_there_when_its_operation_is_done(slow, clock, kind):
    create = {
        "HTTP": lambda: slow.create_http_namespace(Name="shop.example"),
        "DNS_PRIVATE": lambda: slow.create_private_dns_namespace(Name="shop.example", Vpc="vpc-1"),
        "DNS_PUBLIC": lambda: slow.create_public_dns_namespace(Name="shop.example"),
    }[kind]
    identifier = operation(slow, create()["OperationId"])["Targets"]["NAMESPACE"]
    clock.advance(59)
    assert refused(slow.get_namespace, Id=identifier) == ("NamespaceNotFound", "Namespace not found")
    assert slow.list_namespaces()["Namespaces"] == []
    clock.advance(1)
    described = slow.get_namespace(Id=identifier)["Namespace"]
    assert (described["Type"], described["CreateDate"]) == (kind, clock.after(60))


def test_a_namespace_goes_when_its_operation_is_done(slow, clock, namespace):
    deleting = slow.delete_namespace(Id=namespace)["OperationId"]
    clock.advance(59)
    assert slow.get_namespace(Id=namespace)["Namespace"]["Id"] == namespace
    clock.advance(1)
    assert refused(slow.get_namespace, Id=namespace)[0] == "NamespaceNotFound"
    assert operation(slow, deleting)["Status"] == "SUCCESS"


def test_nothing_is_made_in_a_namespace_that_is_being_deleted(slow, namespace):
    slow.delete_namespace(Id=namespace)
    assert refused(slow.create_service, Name="cart", NamespaceId=namespace)[0] == "NamespaceNotFound"


def test_a_namespace_is_changed_when_its_operation_is_done(slow, clock, namespace):
    slow.update_public_dns_namespace(Id=namespace, Namespace={"Description": "New"})
    clock.advance(59)
    assert "Description" not in slow.get_namespace(Id=namespace)["Namespace"]
    clock.advance(1)
    assert slow.get_namespace(Id=namespace)["Namespace"]["Description"] == "New"


def test_a_service_is_changed_when_its_operation_is_done(slow, clock, service):
    slow.update_service(Id=service, Service={"DnsConfig": records("A", ttl=5)})
    clock.advance(59)
    assert slow.get_service(Id=service)["Service"]["DnsConfig"]["DnsRecords"][0]["TTL"] == 60
    clock.advance(1)
    assert slow.get_service(Id=service)["Service"]["DnsConfig"]["DnsRecords"][0]["TTL"] == 5


def test_an_instance_is_there_when_its_operation_is_done(slow, clock, service):
    register(slow, service, "one", AWS_INSTANCE_IPV4="192.0.2.1")
    clock.advance(59)
    assert refused(slow.get_instance, ServiceId=service, InstanceId="one")[0] == "InstanceNotFound"
    assert slow.list_instances(ServiceId=service)["Instances"] == []
    assert slow.discover_instances(**WEB)["Instances"] == []
    assert slow.get_instances_health_status(ServiceId=service)["Status"] == {}
    told = {"ServiceId": service, "InstanceId": "one", "Status": "UNHEALTHY"}
    assert refused(slow.update_instance_custom_health_status, **told)[0] == "InstanceNotFound"
    clock.advance(1)
    assert [each["InstanceId"] for each in slow.discover_instances(**WEB)["Instances"]] == ["one"]


def test_an_instance_goes_when_its_operation_is_done(slow, clock, instance):
    slow.deregister_instance(**instance)
    clock.advance(59)
    assert slow.get_instance(**instance)["Instance"]["Id"] == "one"
    clock.advance(1)
    assert refused(slow.get_instance, **instance)[0] == "InstanceNotFound"


def test_an_instance_has_its_new_attributes_when_the_operation_is_done(slow, clock, instance):
    slow.register_instance(**instance, Attributes={"AWS_INSTANCE_IPV4": "192.0.2.2"})
    clock.advance(59)
    assert slow.get_instance(**instance)["Instance"]["Attributes"] == {"AWS_INSTANCE_IPV4": "192.0.2.1"}
    clock.advance(1)
    assert slow.get_instance(**instance)["Instance"]["Attributes"] == {"AWS_INSTANCE_IPV4": "192.0.2.2"}


def test_the_revision_grows_when_the_operation_is_done(slow, clock, service):
    def revision():
        return slow.discover_instances_revision(**WEB)["InstancesRevision"]

    before = revision()
    register(slow, service, "one", AWS_INSTANCE_IPV4="192.0.2.1")
    assert revision() == before
    clock.advance(60)
    assert revision() > before


IN_USE = (
    "ResourceInUse",
    "Service contains registered instances; delete the instances before deleting the service",
)


def test_a_service_whose_first_instance_is_on_its_way_stays(slow, clock, service):
    register(slow, service, "one", AWS_INSTANCE_IPV4="192.0.2.1")
    clock.advance(59)
    assert refused(slow.delete_service, Id=service) == IN_USE


def test_a_service_whose_last_instance_is_still_going_stays(slow, clock, instance):
    slow.deregister_instance(**instance)
    clock.advance(59)
    assert refused(slow.delete_service, Id=instance["ServiceId"]) == IN_USE


def test_a_service_can_be_deleted_when_its_last_instance_is_gone(slow, clock, instance):
    slow.deregister_instance(**instance)
    clock.advance(60)
    slow.delete_service(Id=instance["ServiceId"])


def test_a_private_name_in_the_same_vpc_fails_when_the_operation_is_done(slow, clock):
    slow.create_private_dns_namespace(Name="internal", Vpc="vpc-1")
    clock.advance(60)
    again = slow.create_private_dns_namespace(Name="internal", Vpc="vpc-1")["OperationId"]
    assert operation(slow, again)["Status"] == "SUBMITTED"
    clock.advance(60)
    failed = operation(slow, again)
    assert (failed["Status"], failed["ErrorCode"]) == ("FAIL", "CANNOT_CREATE_HOSTED_ZONE")
    assert failed["ErrorMessage"].startswith("The VPC vpc-1 in region us-east-1 has already been associated with the")
    assert "ConflictingDomainExists" in failed["ErrorMessage"]
    assert failed["UpdateDate"] == clock.after(120)
    assert len(slow.list_namespaces()["Namespaces"]) == 1


def test_operations_are_done_in_the_order_in_which_they_end(slow, clock, service):
    for number in range(3):
        register(slow, service, f"i{number}", AWS_INSTANCE_IPV4="192.0.2.1")
        clock.advance(10)
    counts = []
    for _ in range(4):
        counts.append(slow.get_service(Id=service)["Service"]["InstanceCount"])
        clock.advance(10)
    assert counts == [0, 0, 0, 1]
    clock.advance(60)
    assert slow.get_service(Id=service)["Service"]["InstanceCount"] == 3


def test_the_end_of_an_operation_needs_no_call_at_its_time(slow, clock, service):
    register(slow, service, "one", AWS_INSTANCE_IPV4="192.0.2.1")
    clock.advance(3600)
    (done,) = slow.list_operations(Filters=[{"Name": "TYPE", "Values": ["REGISTER_INSTANCE"]}])["Operations"]
    assert operation(slow, done["Id"])["UpdateDate"] == clock.after(120)


def test_registrations_on_their_way_count_toward_the_quota(slow, slow_server, service, clock):
    quotas = slow_server.machine.facilities.quotas
    slow_server.machine.facilities.quotas = type(quotas)(50, 2000, 2)
    try:
        register(slow, service, "one", "two", AWS_INSTANCE_IPV4="192.0.2.1")
        third = {"ServiceId": service, "InstanceId": "three", "Attributes": {"AWS_INSTANCE_IPV4": "192.0.2.1"}}
        assert refused(slow.register_instance, **third)[0] == "ResourceLimitExceeded"
    finally:
        slow_server.machine.facilities.quotas = quotas
