"""UpdateInstanceCustomHealthStatus and GetInstancesHealthStatus; a change counts after half a minute."""

import pytest

from tests.cloudmap.world import HTTP_CHECK, discovered, health_service, http_namespace, register, service
from tests.sdk import answer, refused


def status(cloudmap, identifier, **more):
    return cloudmap.get_instances_health_status(ServiceId=identifier, **more)["Status"]


def tell(cloudmap, identifier, health, instance="one"):
    return cloudmap.update_instance_custom_health_status(ServiceId=identifier, InstanceId=instance, Status=health)


def test_telling_answers_with_nothing(cloudmap):
    identifier = health_service(cloudmap)
    register(cloudmap, identifier, "one")
    assert answer(tell(cloudmap, identifier, "UNHEALTHY")) == {}


def test_the_health_of_all_instances(cloudmap):
    identifier = health_service(cloudmap)
    register(cloudmap, identifier, "one")
    register(cloudmap, identifier, "two", AWS_INIT_HEALTH_STATUS="UNHEALTHY")
    response = answer(cloudmap.get_instances_health_status(ServiceId=identifier))
    assert response == {"Status": {"one": "HEALTHY", "two": "UNHEALTHY"}}


def test_the_health_of_those_named(cloudmap):
    identifier = health_service(cloudmap)
    register(cloudmap, identifier, "one", "two", "three")
    assert status(cloudmap, identifier, Instances=["one", "three"]) == {"one": "HEALTHY", "three": "HEALTHY"}


def test_health_of_an_instance_that_is_not_there(cloudmap):
    identifier = health_service(cloudmap)
    register(cloudmap, identifier, "one")
    asked = {"ServiceId": identifier, "Instances": ["one", "two"]}
    assert refused(cloudmap.get_instances_health_status, **asked) == ("InstanceNotFound", "Instance not found")
    told = {"ServiceId": identifier, "InstanceId": "two", "Status": "HEALTHY"}
    assert refused(cloudmap.update_instance_custom_health_status, **told) == ("InstanceNotFound", "Instance not found")


@pytest.mark.parametrize("parts", [{}, {"HealthCheckConfig": HTTP_CHECK}])
def test_only_custom_health_can_be_told(cloudmap, parts):
    identifier = service(cloudmap, **parts)
    register(cloudmap, identifier, "one", AWS_INSTANCE_IPV4="8.8.8.8", AWS_INSTANCE_PORT="80")
    told = {"ServiceId": identifier, "InstanceId": "one", "Status": "HEALTHY"}
    assert refused(cloudmap.update_instance_custom_health_status, **told)[0] == "CustomHealthNotFound"


def test_without_a_health_check_health_is_unknown_as_this_code_chose(cloudmap):
    identifier = service(cloudmap)
    register(cloudmap, identifier, "one")
    assert status(cloudmap, identifier) == {"one": "UNKNOWN"}


def test_registering_again_starts_health_anew(cloudmap):
    identifier = health_service(cloudmap)
    register(cloudmap, identifier, "one")
    tell(cloudmap, identifier, "UNHEALTHY")
    assert status(cloudmap, identifier) == {"one": "UNHEALTHY"}
    register(cloudmap, identifier, "one")
    assert status(cloudmap, identifier) == {"one": "HEALTHY"}


def test_discovery_shows_and_follows_health(cloudmap):
    identifier = health_service(cloudmap)
    register(cloudmap, identifier, "one")
    for health in ("UNHEALTHY", "HEALTHY"):
        tell(cloudmap, identifier, health)
        found = cloudmap.discover_instances(NamespaceName="shop", ServiceName="cart", HealthStatus="ALL")
        assert [each["HealthStatus"] for each in found["Instances"]] == [health]


@pytest.fixture
def told(slow, clock):
    """A service of the slow server with one healthy instance, at second 120."""
    namespace = slow.create_http_namespace(Name="shop")["OperationId"]
    clock.advance(60)
    identifier = health_service(slow, slow.get_operation(OperationId=namespace)["Operation"]["Targets"]["NAMESPACE"])
    register(slow, identifier, "one")
    clock.advance(60)
    return identifier


@pytest.mark.parametrize(
    ("seconds", "health"), [(0, "HEALTHY"), (29.9, "HEALTHY"), (30, "UNHEALTHY"), (99, "UNHEALTHY")]
)
def test_a_change_counts_after_the_delay(slow, clock, told, seconds, health):
    tell(slow, told, "UNHEALTHY")
    clock.advance(seconds)
    assert status(slow, told) == {"one": health}
    assert discovered(slow) == ({"one"} if health == "HEALTHY" else set())


def test_discovery_changes_its_answer_when_the_change_counts(slow, clock, told):
    tell(slow, told, "UNHEALTHY")
    assert discovered(slow) == {"one"}
    clock.advance(30)
    assert discovered(slow) == set()


def test_repeating_does_not_shorten_nor_lengthen_the_delay(slow, clock, told):
    tell(slow, told, "UNHEALTHY")
    clock.advance(20)
    tell(slow, told, "UNHEALTHY")
    clock.advance(9)
    assert status(slow, told) == {"one": "HEALTHY"}
    clock.advance(1)
    assert status(slow, told) == {"one": "UNHEALTHY"}


def test_a_reversal_within_the_delay_calls_it_off(slow, clock, told):
    tell(slow, told, "UNHEALTHY")
    clock.advance(20)
    tell(slow, told, "HEALTHY")
    clock.advance(60)
    assert status(slow, told) == {"one": "HEALTHY"}


def test_a_change_after_a_reversal_has_the_whole_delay(slow, clock, told):
    tell(slow, told, "UNHEALTHY")
    clock.advance(20)
    tell(slow, told, "HEALTHY")
    tell(slow, told, "UNHEALTHY")
    clock.advance(29)
    assert status(slow, told) == {"one": "HEALTHY"}
    clock.advance(1)
    assert status(slow, told) == {"one": "UNHEALTHY"}


def test_the_way_back_takes_as_long(slow, clock, told):
    tell(slow, told, "UNHEALTHY")
    clock.advance(30)
    tell(slow, told, "HEALTHY")
    assert status(slow, told) == {"one": "UNHEALTHY"}
    clock.advance(30)
    assert status(slow, told) == {"one": "HEALTHY"}


def test_an_instance_that_is_gone_takes_its_pending_change_with_it(slow, clock, told):
    tell(slow, told, "UNHEALTHY")
    slow.deregister_instance(ServiceId=told, InstanceId="one")
    clock.advance(60)
    register(slow, told, "one")
    clock.advance(60)
    assert status(slow, told) == {"one": "HEALTHY"}


def test_custom_health_in_a_namespace_of_any_kind(cloudmap):
    namespace = http_namespace(cloudmap, "other")
    register(cloudmap, health_service(cloudmap, namespace), "one", AWS_INIT_HEALTH_STATUS="HEALTHY")
    assert discovered(cloudmap, NamespaceName="other") == {"one"}


def test_an_id_is_compared_whole(cloudmap):
    told = health_service(cloudmap)
    register(cloudmap, told, "one")
    with pytest.raises(cloudmap.exceptions.InstanceNotFound):
        cloudmap.get_instances_health_status(ServiceId=told, Instances=["one\0more"])
