"""RegisterInstance, DeregisterInstance, GetInstance, ListInstances."""

import pytest

from tests.cloudmap.world import ADDRESS, dns_service, http_namespace, operation, private_namespace, register, service
from tests.sdk import answer, refused

ATTRIBUTES = {"AWS_INSTANCE_IPV4": "172.2.1.3", "AWS_INSTANCE_PORT": "808", "color": "green", "empty": ""}


def test_an_instance_member_by_member(cloudmap, account):
    identifier = service(cloudmap)
    cloudmap.register_instance(ServiceId=identifier, InstanceId="one", Attributes=ATTRIBUTES, CreatorRequestId="token")
    assert answer(cloudmap.get_instance(ServiceId=identifier, InstanceId="one")) == {
        "ResourceOwner": account,
        "Instance": {
            "Id": "one",
            "CreatorRequestId": "token",
            "Attributes": ATTRIBUTES,
            "CreatedByAccount": account,
        },
    }


def test_a_list_shows_instances_without_their_creator(cloudmap, account):
    identifier = service(cloudmap)
    register(cloudmap, identifier, "one", **ATTRIBUTES)
    assert answer(cloudmap.list_instances(ServiceId=identifier)) == {
        "ResourceOwner": account,
        "Instances": [{"Id": "one", "Attributes": ATTRIBUTES, "CreatedByAccount": account}],
    }


def test_a_service_without_instances_lists_none(cloudmap, account):
    listed = answer(cloudmap.list_instances(ServiceId=service(cloudmap)))
    assert listed == {"ResourceOwner": account, "Instances": []}


def test_registering_is_an_operation_on_instance_and_service(cloudmap):
    identifier = service(cloudmap)
    response = answer(cloudmap.register_instance(ServiceId=identifier, InstanceId="one", Attributes=ADDRESS))
    assert list(response) == ["OperationId"]
    done = operation(cloudmap, response["OperationId"])
    assert (done["Type"], done["Status"]) == ("REGISTER_INSTANCE", "SUCCESS")
    assert done["Targets"] == {"INSTANCE": "one", "SERVICE": identifier}


def test_deregistering_is_an_operation_on_instance_and_service(cloudmap):
    identifier = service(cloudmap)
    register(cloudmap, identifier, "one", **ADDRESS)
    response = answer(cloudmap.deregister_instance(ServiceId=identifier, InstanceId="one"))
    assert list(response) == ["OperationId"]
    done = operation(cloudmap, response["OperationId"])
    assert (done["Type"], done["Targets"]) == ("DEREGISTER_INSTANCE", {"INSTANCE": "one", "SERVICE": identifier})
    assert refused(cloudmap.get_instance, ServiceId=identifier, InstanceId="one") == (
        "InstanceNotFound",
        "Instance not found",
    )


def test_a_service_with_records_names_the_change_of_its_zone(cloudmap):
    identifier = dns_service(cloudmap, "A")
    started = cloudmap.register_instance(ServiceId=identifier, InstanceId="one", Attributes=ADDRESS)
    assert operation(cloudmap, started["OperationId"])["Targets"]["ROUTE_53_CHANGE_ID"].startswith("C")


def test_the_operations_of_one_instance_share_the_first_part_of_their_ids(cloudmap):
    identifier = service(cloudmap)
    started = cloudmap.register_instance(ServiceId=identifier, InstanceId="one", Attributes=ADDRESS)
    ended = cloudmap.deregister_instance(ServiceId=identifier, InstanceId="one")
    assert started["OperationId"][:32] == ended["OperationId"][:32]
    assert started["OperationId"] != ended["OperationId"]


def test_registering_again_replaces_everything(cloudmap):
    identifier = service(cloudmap)
    register(cloudmap, identifier, "one", color="green", size="large")
    register(cloudmap, identifier, "one", color="blue")
    instance = cloudmap.get_instance(ServiceId=identifier, InstanceId="one")["Instance"]
    assert instance["Attributes"] == {"color": "blue"}


def test_the_same_id_under_another_service_is_another_instance(cloudmap):
    namespace = http_namespace(cloudmap)
    one, two = (service(cloudmap, namespace, name) for name in ("one", "two"))
    register(cloudmap, one, "same", color="green")
    register(cloudmap, two, "same", color="blue")
    cloudmap.deregister_instance(ServiceId=one, InstanceId="same")
    instance = cloudmap.get_instance(ServiceId=two, InstanceId="same")["Instance"]
    assert instance["Attributes"] == {"color": "blue"}


def test_instances_are_told_apart_by_case(cloudmap):
    identifier = service(cloudmap)
    register(cloudmap, identifier, "one", "ONE", color="green")
    assert {each["Id"] for each in cloudmap.list_instances(ServiceId=identifier)["Instances"]} == {"one", "ONE"}


def test_the_initial_health_is_an_attribute_like_others(cloudmap):
    identifier = service(cloudmap, private_namespace(cloudmap))
    register(cloudmap, identifier, "one", AWS_INIT_HEALTH_STATUS="UNHEALTHY")
    instance = cloudmap.get_instance(ServiceId=identifier, InstanceId="one")["Instance"]
    assert instance["Attributes"] == {"AWS_INIT_HEALTH_STATUS": "UNHEALTHY"}


def test_an_instance_without_attributes(cloudmap):
    identifier = service(cloudmap)
    register(cloudmap, identifier, "one")
    assert cloudmap.get_instance(ServiceId=identifier, InstanceId="one")["Instance"]["Attributes"] == {}


@pytest.mark.parametrize(
    "instance", ["a", "a" * 64, "i-06bdabbae60f65a4e", "2001:db8::1", "task/1", "_", "@me.example", "A.b-C:9"]
)
def test_ids_that_an_instance_may_have(cloudmap, instance):
    identifier = service(cloudmap)
    register(cloudmap, identifier, instance, color="green")
    assert cloudmap.get_instance(ServiceId=identifier, InstanceId=instance)["Instance"]["Id"] == instance


@pytest.mark.parametrize("instance", ["", "a" * 65, "a b", "a,b", "a\n", "ü", "a+b", "{}"])
def test_ids_that_an_instance_may_not_have(cloudmap, instance):
    code, message = refused(
        cloudmap.register_instance, ServiceId=service(cloudmap), InstanceId=instance, Attributes=ADDRESS
    )
    assert code == "InvalidInput"
    assert "at 'instanceId' failed to satisfy constraint: Member must" in message


@pytest.mark.parametrize("value", ["x", "a b", "a\tb", "trailing ", "!", "~", "x" * 1024, "{}[]=,;"])
def test_values_that_an_attribute_may_have(cloudmap, value):
    identifier = service(cloudmap)
    register(cloudmap, identifier, "one", key=value)
    instance = cloudmap.get_instance(ServiceId=identifier, InstanceId="one")["Instance"]
    assert instance["Attributes"] == {"key": value}


@pytest.mark.parametrize("value", [" x", "\tx", "é", "a\nb", "x\n", "x" * 1025, "\x7f"])
def test_values_that_an_attribute_may_not_have(cloudmap, value):
    code, message = refused(
        cloudmap.register_instance, ServiceId=service(cloudmap), InstanceId="one", Attributes={"key": value}
    )
    assert code == "InvalidInput"
    assert "at 'attributes' failed to satisfy constraint: Map value must satisfy constraint: [Member must" in message


def test_registering_again_with_the_same_token_and_attributes_is_the_same_request(cloudmap):
    identifier = service(cloudmap)
    same = {"ServiceId": identifier, "InstanceId": "one", "Attributes": ADDRESS, "CreatorRequestId": "token"}
    first, second = (cloudmap.register_instance(**same)["OperationId"] for _ in range(2))
    assert first == second


def test_the_same_token_with_other_attributes_replaces_the_instance_as_this_code_chose(cloudmap):
    identifier = service(cloudmap)
    for color in ("green", "blue"):
        cloudmap.register_instance(
            ServiceId=identifier, InstanceId="one", Attributes={"color": color}, CreatorRequestId="token"
        )
    instance = cloudmap.get_instance(ServiceId=identifier, InstanceId="one")["Instance"]
    assert instance["Attributes"] == {"color": "blue"}
