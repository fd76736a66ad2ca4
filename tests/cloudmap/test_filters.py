"""Filters of the List operations: every name under every condition."""

import pytest

from tests.cloudmap.world import (
    dns_service,
    http_namespace,
    operation,
    private_namespace,
    public_namespace,
    register,
    service,
)
from tests.sdk import answer, refused


def flt(name, *values, condition=None):
    chosen = {"Name": name, "Values": list(values)}
    return chosen if condition is None else chosen | {"Condition": condition}


@pytest.fixture
def names(cloudmap):
    http_namespace(cloudmap, "shop")
    http_namespace(cloudmap, "shop-two")
    private_namespace(cloudmap, "shop")
    private_namespace(cloudmap, "internal")
    public_namespace(cloudmap, "shop.example")

    def names(*filters):
        found = cloudmap.list_namespaces(Filters=list(filters))["Namespaces"]
        return sorted((each["Name"], each["Type"]) for each in found)

    return names


SHOP, TWO, PRIVATE = ("shop", "HTTP"), ("shop-two", "HTTP"), ("shop", "DNS_PRIVATE")
INTERNAL, PUBLIC = ("internal", "DNS_PRIVATE"), ("shop.example", "DNS_PUBLIC")
EVERY = sorted([SHOP, TWO, PRIVATE, INTERNAL, PUBLIC])

NAMESPACES = [
    ([], EVERY),
    ([flt("TYPE", "HTTP")], [SHOP, TWO]),
    ([flt("TYPE", "DNS_PRIVATE", condition="EQ")], [INTERNAL, PRIVATE]),
    ([flt("TYPE", "DNS", condition="BEGINS_WITH")], [INTERNAL, PRIVATE, PUBLIC]),
    ([flt("NAME", "shop")], [PRIVATE, SHOP]),
    ([flt("NAME", "SHOP")], []),
    ([flt("NAME", "shop", condition="BEGINS_WITH")], [PRIVATE, SHOP, TWO, PUBLIC]),
    ([flt("NAME", "shop-", condition="BEGINS_WITH")], [TWO]),
    ([flt("NAME", "%", condition="BEGINS_WITH")], []),
    ([flt("HTTP_NAME", "shop")], [SHOP]),
    ([flt("HTTP_NAME", "shop-two", condition="BEGINS_WITH")], [TWO]),
    ([flt("RESOURCE_OWNER", "SELF")], EVERY),
    ([flt("RESOURCE_OWNER", "OTHER_ACCOUNTS", condition="EQ")], []),
    ([flt("NAME", "shop"), flt("TYPE", "DNS_PRIVATE")], [PRIVATE]),
    ([flt("TYPE", "HTTP"), flt("TYPE", "DNS_PUBLIC")], []),
]


@pytest.mark.parametrize(("filters", "found"), NAMESPACES)
def test_namespaces(names, filters, found):
    assert names(*filters) == sorted(found)


def test_services_of_a_namespace_by_id_or_arn(cloudmap):
    one, two = (http_namespace(cloudmap, name) for name in ("one", "two"))
    wanted = service(cloudmap, one)
    service(cloudmap, two)
    arn = cloudmap.get_namespace(Id=one)["Namespace"]["Arn"]
    for value in (one, arn):
        for chosen in (flt("NAMESPACE_ID", value), flt("NAMESPACE_ID", value, condition="EQ")):
            listed = cloudmap.list_services(Filters=[chosen])["Services"]
            assert [each["Id"] for each in listed] == [wanted]


def test_services_by_owner(cloudmap):
    wanted = service(cloudmap)
    mine, others = (
        cloudmap.list_services(Filters=[flt("RESOURCE_OWNER", owner)])["Services"]
        for owner in ("SELF", "OTHER_ACCOUNTS")
    )
    assert [each["Id"] for each in mine] == [wanted]
    assert others == []


def test_services_of_a_namespace_that_is_not_there_as_this_code_chose(cloudmap):
    service(cloudmap)
    assert answer(cloudmap.list_services(Filters=[flt("NAMESPACE_ID", "ns-none")])) == {"Services": []}


@pytest.fixture
def types(cloudmap):
    """Operations of every type, some of them failed."""
    identifier = dns_service(cloudmap, "A")
    namespace = cloudmap.get_service(Id=identifier)["Service"]["NamespaceId"]
    register(cloudmap, identifier, "one", AWS_INSTANCE_IPV4="192.0.2.1")
    cloudmap.deregister_instance(ServiceId=identifier, InstanceId="one")
    cloudmap.update_service(Id=identifier, Service={"Description": "New"})
    cloudmap.update_public_dns_namespace(Id=namespace, Namespace={"Description": "New"})
    cloudmap.delete_service(Id=identifier)
    cloudmap.delete_namespace(Id=namespace)
    private_namespace(cloudmap, "internal")
    cloudmap.create_private_dns_namespace(Name="internal", Vpc="vpc-1c56417b")

    def types(*filters):
        filters = [
            flt(each["Name"], *(value.format(namespace=namespace, service=identifier) for value in each["Values"]))
            | {"Condition": each.get("Condition", "EQ")}
            for each in filters
        ]
        found = cloudmap.list_operations(Filters=filters)["Operations"]
        return sorted(operation(cloudmap, each["Id"])["Type"] for each in found)

    return types


CREATED, DELETED, UPDATED = "CREATE_NAMESPACE", "DELETE_NAMESPACE", "UPDATE_NAMESPACE"
CHANGED, REGISTERED, DEREGISTERED = "UPDATE_SERVICE", "REGISTER_INSTANCE", "DEREGISTER_INSTANCE"
ALL = [CREATED, CREATED, CREATED, DELETED, UPDATED, CHANGED, REGISTERED, DEREGISTERED]

OPERATIONS = [
    ([], ALL),
    ([flt("TYPE", CREATED)], [CREATED] * 3),
    *(([flt("TYPE", each)], [each]) for each in ALL[3:]),
    ([flt("TYPE", REGISTERED, DEREGISTERED, REGISTERED, condition="IN")], [REGISTERED, DEREGISTERED]),
    ([flt("STATUS", "FAIL")], [CREATED]),
    ([flt("STATUS", "SUCCESS")], ALL[1:]),
    ([flt("STATUS", "PENDING", "SUCCESS", condition="IN")], ALL[1:]),
    ([flt("STATUS", "SUBMITTED", "FAIL", condition="IN")], [CREATED]),
    ([flt("STATUS", "SUBMITTED")], []),
    ([flt("NAMESPACE_ID", "{namespace}")], [CREATED, DELETED, UPDATED, CHANGED, REGISTERED, DEREGISTERED]),
    ([flt("NAMESPACE_ID", "ns-none")], []),
    ([flt("SERVICE_ID", "{service}")], [CHANGED, REGISTERED, DEREGISTERED]),
    ([flt("SERVICE_ID", "{service}"), flt("TYPE", REGISTERED)], [REGISTERED]),
    ([flt("UPDATE_DATE", "0", "4102444800", condition="BETWEEN")], ALL),
    ([flt("UPDATE_DATE", "0", "1", condition="BETWEEN")], []),
]


@pytest.mark.parametrize(("filters", "found"), OPERATIONS)
def test_operations(types, filters, found):
    assert types(*filters) == sorted(found)


@pytest.mark.parametrize(
    ("seconds", "statuses"), [(0, ["SUBMITTED"]), (30, ["PENDING"]), (59, ["PENDING"]), (60, ["SUCCESS"])]
)
def test_operations_by_a_status_that_time_changes(slow, clock, seconds, statuses):
    slow.create_http_namespace(Name="shop")
    clock.advance(seconds)
    found = [
        status
        for status in ("SUBMITTED", "PENDING", "SUCCESS", "FAIL")
        if slow.list_operations(Filters=[flt("STATUS", status)])["Operations"]
    ]
    assert found == statuses


@pytest.mark.parametrize(("start", "end", "count"), [(0, 0, 1), (-5, 5, 1), (1, 5, 0), (-5, -0.001, 0)])
def test_both_ends_of_a_time_range_count(slow, clock, start, end, count):
    slow.create_http_namespace(Name="shop")
    between = [str(clock.after(seconds).timestamp()) for seconds in (start, end)]
    found = slow.list_operations(Filters=[flt("UPDATE_DATE", *between, condition="BETWEEN")])["Operations"]
    assert len(found) == count


LISTS = {"namespaces": "list_namespaces", "services": "list_services", "operations": "list_operations"}

REFUSED = [
    ("namespaces", flt("TYPE", "HTTP", "DNS_PUBLIC")),
    ("namespaces", flt("TYPE", "HTTP", condition="IN")),
    ("namespaces", flt("TYPE", "HTTP", "HTTP", condition="BETWEEN")),
    ("namespaces", flt("TYPE", "http")),
    ("namespaces", flt("NAME", "a", "b")),
    ("namespaces", flt("NAME", "a", "b", condition="BEGINS_WITH")),
    ("namespaces", flt("NAME", "a", condition="IN")),
    ("namespaces", flt("HTTP_NAME", "a", condition="IN")),
    ("namespaces", flt("RESOURCE_OWNER", "ME")),
    ("namespaces", flt("RESOURCE_OWNER", "SELF", condition="BEGINS_WITH")),
    ("namespaces", flt("ID", "ns-x")),
    ("namespaces", flt("NAME", "a", condition="NE")),
    ("namespaces", flt("NAME")),
    ("namespaces", flt("NAME", "")),
    ("namespaces", flt("NAME", "n" * 256)),
    ("services", flt("NAMESPACE_ID", "ns-1", "ns-2")),
    ("services", flt("NAMESPACE_ID", "ns-1", condition="IN")),
    ("services", flt("NAMESPACE_ID", "ns-1", condition="BEGINS_WITH")),
    ("services", flt("NAME", "cart")),
    ("services", flt("RESOURCE_OWNER", "ME")),
    ("operations", flt("NAMESPACE_ID", "ns-1", condition="IN")),
    ("operations", flt("SERVICE_ID", "srv-1", "srv-2")),
    ("operations", flt("SERVICE_ID", "srv-1", condition="BEGINS_WITH")),
    ("operations", flt("STATUS", "DONE")),
    ("operations", flt("STATUS", "SUCCESS", "FAIL")),
    ("operations", flt("STATUS", "SUCCESS", condition="BETWEEN")),
    ("operations", flt("TYPE", "CREATE_SERVICE")),
    ("operations", flt("TYPE", "CREATE", condition="BEGINS_WITH")),
    ("operations", flt("UPDATE_DATE", "0")),
    ("operations", flt("UPDATE_DATE", "0", "1")),
    ("operations", flt("UPDATE_DATE", "0", condition="BETWEEN")),
    ("operations", flt("UPDATE_DATE", "0", "1", "2", condition="BETWEEN")),
    ("operations", flt("UPDATE_DATE", "1", "0", condition="BETWEEN")),
    ("operations", flt("UPDATE_DATE", "yesterday", "today", condition="BETWEEN")),
    ("operations", flt("UPDATE_DATE", "nan", "inf", condition="BETWEEN")),
]


@pytest.mark.parametrize(("kind", "chosen"), REFUSED)
def test_filters_that_are_refused(unchecked, kind, chosen):
    assert refused(getattr(unchecked, LISTS[kind]), Filters=[chosen])[0] == "InvalidInput"


def test_a_date_beyond_all_time_is_no_failure(cloudmap):
    cloudmap.create_http_namespace(Name="shop")
    everything = flt("UPDATE_DATE", "-1e300", "1e300", condition="BETWEEN")
    assert len(cloudmap.list_operations(Filters=[everything])["Operations"]) == 1
