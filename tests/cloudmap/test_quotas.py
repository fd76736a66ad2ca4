"""How many of each thing there may be."""

from dataclasses import replace

import pytest

from emulator import Emulator, quotas
from tests.cloudmap.world import http_namespace, register, service
from tests.sdk import refused


def test_the_quotas_are_those_of_aws(server):
    assert server.machine.facilities.quotas == quotas.Quotas(
        namespaces=50, instances_per_namespace=2000, instances_per_service=1000, tags_per_resource=50
    )


def test_fifty_namespaces_in_a_region_and_no_more(cloudmap):
    for number in range(50):
        cloudmap.create_http_namespace(Name=f"n{number}")
    assert refused(cloudmap.create_http_namespace, Name="n50") == (
        "ResourceLimitExceeded",
        "The maximum number of namespaces in this Region is 50.",
    )
    cloudmap.delete_namespace(Id=cloudmap.list_namespaces(MaxResults=1)["Namespaces"][0]["Id"])
    cloudmap.create_http_namespace(Name="n50")


def test_namespaces_on_their_way_count(slow):
    for number in range(50):
        slow.create_http_namespace(Name=f"n{number}")
    assert refused(slow.create_http_namespace, Name="n50")[0] == "ResourceLimitExceeded"


@pytest.fixture
def small(server):
    """Quotas that are soon used up: two instances in a service, three in a namespace."""
    facilities = server.machine.facilities
    kept = facilities.quotas
    facilities.quotas = replace(kept, instances_per_service=2, instances_per_namespace=3)
    yield
    facilities.quotas = kept


def over(cloudmap, identifier):
    return refused(cloudmap.register_instance, ServiceId=identifier, InstanceId="over", Attributes={})


def test_instances_of_a_service(cloudmap, small):
    identifier = service(cloudmap)
    register(cloudmap, identifier, "one", "two")
    assert over(cloudmap, identifier) == ("ResourceLimitExceeded", "The maximum number of instances in a service is 2.")


def test_instances_of_a_namespace(cloudmap, small):
    namespace = http_namespace(cloudmap)
    one, two = (service(cloudmap, namespace, name) for name in ("one", "two"))
    register(cloudmap, one, "a", "b")
    register(cloudmap, two, "a")
    assert over(cloudmap, two) == ("ResourceLimitExceeded", "The maximum number of instances in a namespace is 3.")


def test_at_the_limit_instances_can_still_be_replaced(cloudmap, small):
    identifier = service(cloudmap)
    register(cloudmap, identifier, "one", "two")
    register(cloudmap, identifier, "two", color="green")


def test_a_deregistered_instance_makes_room(cloudmap, small):
    identifier = service(cloudmap)
    register(cloudmap, identifier, "one", "two")
    cloudmap.deregister_instance(ServiceId=identifier, InstanceId="one")
    register(cloudmap, identifier, "three")


def test_quotas_can_be_turned_off(connect):
    with Emulator(quotas="off", default_trail=False) as unlimited:
        cloudmap = connect(unlimited)
        for number in range(51):
            cloudmap.create_http_namespace(Name=f"n{number}")
        assert len(cloudmap.list_namespaces()["Namespaces"]) == 51
