"""DiscoverInstances and DiscoverInstancesRevision."""

import pytest

from tests.cloudmap.world import (
    discovered,
    health_service,
    http_namespace,
    private_namespace,
    public_namespace,
    records,
    register,
    service,
)
from tests.sdk import answer, refused

CART = {"NamespaceName": "shop", "ServiceName": "cart"}


def test_an_answer_member_by_member(cloudmap):
    register(cloudmap, service(cloudmap), "one", AWS_INSTANCE_IPV4="192.0.2.1", color="green")
    response = answer(cloudmap.discover_instances(**CART))
    assert isinstance(response.pop("InstancesRevision"), int)
    assert response == {
        "Instances": [
            {
                "InstanceId": "one",
                "NamespaceName": "shop",
                "ServiceName": "cart",
                "HealthStatus": "UNKNOWN",
                "Attributes": {"AWS_INSTANCE_IPV4": "192.0.2.1", "color": "green"},
            }
        ]
    }


def test_a_service_without_instances(cloudmap):
    service(cloudmap)
    response = answer(cloudmap.discover_instances(**CART))
    assert response["Instances"] == []
    assert response == {"Instances": [], **answer(cloudmap.discover_instances_revision(**CART))}


@pytest.mark.parametrize("create", [private_namespace, public_namespace])
def test_instances_of_dns_namespaces_are_discovered_too(cloudmap, create):
    identifier = service(cloudmap, create(cloudmap, "shop.example"), DnsConfig=records("A"))
    register(cloudmap, identifier, "one", AWS_INSTANCE_IPV4="192.0.2.1")
    assert discovered(cloudmap, NamespaceName="shop.example") == {"one"}


def test_a_namespace_is_found_by_its_http_name(cloudmap):
    http_namespace(cloudmap, "shop.example")
    namespace = public_namespace(cloudmap, "shop.example")
    register(cloudmap, service(cloudmap, namespace), "one", color="green")
    properties = cloudmap.get_namespace(Id=namespace)["Namespace"]["Properties"]
    http_name = properties["HttpProperties"]["HttpName"]
    found = cloudmap.discover_instances(NamespaceName=http_name, ServiceName="cart")["Instances"]
    assert [(each["InstanceId"], each["NamespaceName"]) for each in found] == [("one", http_name)]
    assert refused(cloudmap.discover_instances, NamespaceName="shop.example", ServiceName="cart")[0] == (
        "ServiceNotFound"
    )


@pytest.mark.parametrize("operation", ["discover_instances", "discover_instances_revision"])
def test_a_namespace_may_be_named_by_its_arn_and_owner(cloudmap, account, operation):
    namespace = http_namespace(cloudmap)
    service(cloudmap, namespace)
    arn = cloudmap.get_namespace(Id=namespace)["Namespace"]["Arn"]
    call = getattr(cloudmap, operation)
    response = call(NamespaceName=arn, ServiceName="cart", OwnerAccount=account)
    assert response["InstancesRevision"] == call(**CART)["InstancesRevision"]


@pytest.mark.parametrize("operation", ["discover_instances", "discover_instances_revision"])
@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"NamespaceName": "stop"}, ("NamespaceNotFound", "Namespace not found")),
        ({"ServiceName": "tart"}, ("ServiceNotFound", "Service not found")),
        ({"OwnerAccount": "999999999999"}, ("NamespaceNotFound", "Namespace not found")),
    ],
)
def test_names_that_are_not_there(cloudmap, operation, asked, error):
    service(cloudmap)
    assert refused(getattr(cloudmap, operation), **CART | asked) == error


def test_the_order_differs_from_call_to_call(cloudmap):
    identifier = service(cloudmap)
    names = [f"i{number}" for number in range(10)]
    register(cloudmap, identifier, *names, color="green")
    orders = set()
    for _ in range(8):
        found = cloudmap.discover_instances(**CART)["Instances"]
        orders.add(tuple(each["InstanceId"] for each in found))
    assert len(orders) > 1
    assert {frozenset(order) for order in orders} == {frozenset(names)}


def test_max_results_takes_some_at_random(cloudmap):
    identifier = service(cloudmap)
    register(cloudmap, identifier, *(f"i{number}" for number in range(10)), color="green")
    answers = [discovered(cloudmap, MaxResults=3) for _ in range(8)]
    assert {len(found) for found in answers} == {3}
    assert len(set(map(frozenset, answers))) > 1


def test_a_hundred_are_answered_unless_more_are_asked_for(cloudmap):
    identifier = service(cloudmap)
    register(cloudmap, identifier, *(f"i{number}" for number in range(101)), color="green")
    assert len(discovered(cloudmap)) == 100
    assert len(discovered(cloudmap, MaxResults=1000)) == 101


GREEN = {"one", "two"}
PARAMETERS = [
    pytest.param({"QueryParameters": {"color": "green"}}, GREEN, id="one equal"),
    pytest.param({"QueryParameters": {"color": "green", "size": "small"}}, {"two"}, id="all equal"),
    pytest.param({"QueryParameters": {"color": "gree"}}, set(), id="a part is not enough"),
    pytest.param({"QueryParameters": {"Color": "green"}}, set(), id="case counts"),
    pytest.param({"QueryParameters": {"shape": "round"}}, set(), id="no such attribute"),
    pytest.param({"QueryParameters": {}}, {"one", "two", "three"}, id="nothing asked"),
    pytest.param({"QueryParameters": {"AWS_INSTANCE_PORT": "80"}}, {"three"}, id="an attribute of AWS"),
    pytest.param({"OptionalParameters": {"size": "small"}}, {"two"}, id="optional, one does"),
    pytest.param({"OptionalParameters": {"size": "tiny"}}, {"one", "two", "three"}, id="optional, none does"),
    pytest.param(
        {"QueryParameters": {"color": "green"}, "OptionalParameters": {"size": "small"}}, {"two"}, id="both, one does"
    ),
    pytest.param(
        {"QueryParameters": {"color": "green"}, "OptionalParameters": {"size": "tiny"}}, GREEN, id="both, none does"
    ),
    pytest.param(
        {"QueryParameters": {"color": "blue"}, "OptionalParameters": {"size": "small"}},
        {"three"},
        id="what is optional never adds",
    ),
]


@pytest.mark.parametrize(("asked", "found"), PARAMETERS)
def test_parameters_match_attributes(cloudmap, asked, found):
    identifier = service(cloudmap)
    register(cloudmap, identifier, "one", color="green", size="large")
    register(cloudmap, identifier, "two", color="green", size="small")
    register(cloudmap, identifier, "three", color="blue", AWS_INSTANCE_PORT="80")
    assert discovered(cloudmap, **asked) == found


HEALTH = [
    (None, {"up"}),
    ("HEALTHY", {"up"}),
    ("UNHEALTHY", {"down", "gone"}),
    ("ALL", {"up", "down", "gone"}),
    ("HEALTHY_OR_ELSE_ALL", {"up"}),
]


@pytest.mark.parametrize(("status", "found"), HEALTH)
def test_the_health_filter(cloudmap, status, found):
    identifier = health_service(cloudmap)
    register(cloudmap, identifier, "up")
    register(cloudmap, identifier, "down", "gone", AWS_INIT_HEALTH_STATUS="UNHEALTHY")
    assert discovered(cloudmap, **({} if status is None else {"HealthStatus": status})) == found


def test_healthy_or_else_all_fails_open(cloudmap):
    register(cloudmap, health_service(cloudmap), "down", "gone", AWS_INIT_HEALTH_STATUS="UNHEALTHY")
    assert discovered(cloudmap, HealthStatus="HEALTHY_OR_ELSE_ALL") == {"down", "gone"}
    assert discovered(cloudmap) == set()


@pytest.mark.parametrize("status", ["HEALTHY", "UNHEALTHY", "ALL", "HEALTHY_OR_ELSE_ALL"])
def test_without_a_health_check_the_filter_counts_for_nothing(cloudmap, status):
    register(cloudmap, service(cloudmap), "one", "two", AWS_INIT_HEALTH_STATUS="UNHEALTHY")
    found = cloudmap.discover_instances(**CART, HealthStatus=status)["Instances"]
    assert {(each["InstanceId"], each["HealthStatus"]) for each in found} == {("one", "UNKNOWN"), ("two", "UNKNOWN")}


def test_parameters_and_health_both_have_to_match(cloudmap):
    identifier = health_service(cloudmap)
    register(cloudmap, identifier, "one", color="green")
    register(cloudmap, identifier, "two", color="green", AWS_INIT_HEALTH_STATUS="UNHEALTHY")
    register(cloudmap, identifier, "three", color="blue")
    assert discovered(cloudmap, QueryParameters={"color": "green"}) == {"one"}


def revision(cloudmap) -> int:
    return cloudmap.discover_instances_revision(**CART)["InstancesRevision"]


def test_the_revision_grows_with_every_registration_and_deregistration(cloudmap):
    identifier = service(cloudmap)
    seen = [revision(cloudmap)]
    for color in ("green", "green", "blue"):
        register(cloudmap, identifier, "one", color=color)
        seen.append(revision(cloudmap))
    cloudmap.deregister_instance(ServiceId=identifier, InstanceId="one")
    seen.append(revision(cloudmap))
    assert seen == sorted(set(seen))


def test_the_revision_is_the_same_in_both_answers_and_exact_in_javascript(cloudmap):
    register(cloudmap, service(cloudmap), "one", color="green")
    assert cloudmap.discover_instances(**CART)["InstancesRevision"] == revision(cloudmap) < 2**53


def test_the_revision_stays_when_health_changes(cloudmap):
    identifier = health_service(cloudmap)
    register(cloudmap, identifier, "one")
    before = revision(cloudmap)
    cloudmap.update_instance_custom_health_status(ServiceId=identifier, InstanceId="one", Status="UNHEALTHY")
    assert revision(cloudmap) == before
    assert discovered(cloudmap) == set()


def test_the_revision_of_a_service_made_again_is_higher(cloudmap):
    namespace = http_namespace(cloudmap)
    first = service(cloudmap, namespace)
    register(cloudmap, first, "one", color="green")
    before = revision(cloudmap)
    cloudmap.deregister_instance(ServiceId=first, InstanceId="one")
    cloudmap.delete_service(Id=first)
    service(cloudmap, namespace)
    assert revision(cloudmap) > before


def test_what_was_discovered_is_not_remembered_too_long(cloudmap):
    identifier = service(cloudmap)
    register(cloudmap, identifier, "one", color="green")
    assert discovered(cloudmap) == {"one"}
    register(cloudmap, identifier, "two", color="green")
    assert discovered(cloudmap) == {"one", "two"}
    cloudmap.deregister_instance(ServiceId=identifier, InstanceId="one")
    assert discovered(cloudmap) == {"two"}
