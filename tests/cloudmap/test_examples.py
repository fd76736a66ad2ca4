"""The requests and responses that botocore ships as examples, replayed in the world that each presumes."""

import re
from typing import Any

import pytest
from botocore import xform_name
from botocore.loaders import Loader

from tests.cloudmap.world import (
    A_RECORD,
    HTTP_CHECK,
    http_namespace,
    operation,
    private_namespace,
    records,
    register,
)

ADDRESS = {"AWS_INSTANCE_IPV4": "172.2.1.3", "AWS_INSTANCE_PORT": "808"}
EXAMPLES = {
    name: example
    for name, examples in Loader().load_data("servicediscovery/2017-03-14/examples-1")["examples"].items()
    for example in examples
}

NEWER = {
    "ResourceOwner",
    "CreatedByAccount",
    "OwnerAccount",
    "InstancesRevision",
    "ServiceCount",
    "InstanceCount",
    "Type",
    "DnsConfig",
    "SOA",
    "CreatorRequestId",
    "HealthStatus",
    "Targets",
}
"""Members that answers have gained since the examples were written, or that the examples' writers left out."""

IDENTIFIER = re.compile(r"(ns|srv)-\w+|arn:.*|Z[0-9A-Z]{13,20}|[a-z0-9]{20,32}-[\w-]+|.*-a-response-example")


class World:
    """What an example presumes: made as it says, known by our ids under the example's."""

    def __init__(self, cloudmap: Any) -> None:
        self.cloudmap = cloudmap
        self.ids: dict[str, str] = {}

    def namespace(self, known_as: str) -> str:
        self.ids[known_as] = private_namespace(self.cloudmap, "example.com")
        return self.ids[known_as]

    def service(self, known_as: str, namespace: str, name: str = "myservice", **more: Any) -> str:
        response = self.cloudmap.create_service(Name=name, NamespaceId=namespace, **more)
        self.ids[known_as] = response["Service"]["Id"]
        return self.ids[known_as]

    def mapped(self, value: Any) -> Any:
        """An example's input with our ids."""
        if isinstance(value, dict):
            return {name: self.mapped(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.mapped(each) for each in value]
        return self.ids.get(value, value) if isinstance(value, str) else value


def nothing(world: World) -> None:
    """The example begins with an empty account."""


def a_namespace(world: World) -> None:
    world.namespace("ns-ylexjili4cdxy3xm")


def a_dns_service(world: World) -> str:
    return world.service("srv-p5zdwlg5uvvzjita", world.namespace("ns-ylexjili4cdxy3xm"), DnsConfig=records("A"))


def an_instance(world: World) -> None:
    register(world.cloudmap, a_dns_service(world), "myservice-53", **ADDRESS)


def a_listed_instance(world: World) -> None:
    identifier = world.service("srv-qzpwvt2tfqcegapy", world.namespace("ns-x"))
    register(world.cloudmap, identifier, "i-06bdabbae60f65a4e", **ADDRESS)


def an_instance_of_ones_own(world: World) -> None:
    identifier = world.service("srv-e4anhexample0004", world.namespace("ns-x"))
    attributes = EXAMPLES["GetInstance"]["output"]["Instance"]["Attributes"]
    register(world.cloudmap, identifier, "i-abcd1234", **attributes)


def custom_health(world: World) -> None:
    identifier = world.service("srv-e4anhexample0004", world.namespace("ns-x"), HealthCheckCustomConfig={})
    register(world.cloudmap, identifier, "i-abcd1234")
    register(world.cloudmap, identifier, "i-abcd1235", AWS_INIT_HEALTH_STATUS="UNHEALTHY")


def an_http_namespace(world: World) -> None:
    example = EXAMPLES["GetNamespace"]["output"]["Namespace"]
    made = http_namespace(
        world.cloudmap, "example-http.com", Description=example["Description"], CreatorRequestId="example-creator"
    )
    world.ids["ns-e4anhexample0004"] = made


def an_http_service(world: World) -> None:
    example = EXAMPLES["GetService"]["output"]["Service"]
    check = HTTP_CHECK | {"Type": "HTTPS", "FailureThreshold": 3}
    more = {"Description": example["Description"], "HealthCheckConfig": check}
    world.service("srv-e4anhexample0004", http_namespace(world.cloudmap), "example-http-service", **more)


def an_operation(world: World) -> None:
    started = world.cloudmap.create_private_dns_namespace(Name="example.com", Vpc="vpc-1")["OperationId"]
    assert operation(world.cloudmap, started)["Status"] == "SUCCESS"
    world.ids["gv4g5meo7ndmeh4fqskygvk23d2fijwa-k9302yzd"] = started


def three_namespaces(world: World) -> None:
    private_namespace(world.cloudmap, "local")
    http_namespace(world.cloudmap, "My-second-namespace", Description="My second namespace")
    private_namespace(world.cloudmap, "example.com")


def three_operations(world: World) -> None:
    for name in ("one", "two", "three"):
        http_namespace(world.cloudmap, name)


def a_checked_service(world: World) -> None:
    started = world.cloudmap.create_public_dns_namespace(Name="example.com")["OperationId"]
    namespace = operation(world.cloudmap, started)["Targets"]["NAMESPACE"]
    more = {"DnsConfig": {"DnsRecords": [A_RECORD]}, "HealthCheckConfig": HTTP_CHECK}
    world.service("srv-e4anhexample0004", namespace, **more)


def a_tagged_namespace(world: World) -> None:
    tags = EXAMPLES["ListTagsForResource"]["output"]["Tags"]
    made = private_namespace(world.cloudmap, "example.com", Tags=tags)
    arn = world.cloudmap.get_namespace(Id=made)["Namespace"]["Arn"]
    world.ids["arn:aws:servicediscovery:us-east-1:123456789012:namespace/ns-ylexjili4cdxy3xm"] = arn


WORLDS = {
    "CreateHttpNamespace": nothing,
    "CreatePrivateDnsNamespace": nothing,
    "CreatePublicDnsNamespace": nothing,
    "CreateService": a_namespace,
    "DeleteNamespace": a_namespace,
    "DeleteService": a_dns_service,
    "DeregisterInstance": an_instance,
    "DiscoverInstances": an_instance,
    "GetInstance": an_instance_of_ones_own,
    "GetInstancesHealthStatus": custom_health,
    "GetNamespace": an_http_namespace,
    "GetOperation": an_operation,
    "GetService": an_http_service,
    "ListInstances": a_listed_instance,
    "ListNamespaces": three_namespaces,
    "ListOperations": three_operations,
    "ListServices": a_dns_service,
    "ListTagsForResource": a_tagged_namespace,
    "RegisterInstance": a_dns_service,
    "TagResource": a_tagged_namespace,
    "UntagResource": a_tagged_namespace,
    "UpdateInstanceCustomHealthStatus": custom_health,
    "UpdateService": a_checked_service,
}


def assert_alike(ours: Any, example: Any, name: str = "") -> None:
    """The same members, the same values; ids, dates and statuses of their own; newer members beside them."""
    if isinstance(example, dict):
        assert example.keys() <= ours.keys()
        assert ours.keys() - example.keys() <= NEWER | {"ROUTE_53_CHANGE_ID"}
        for each, value in example.items():
            assert_alike(ours[each], value, each)
    elif isinstance(example, list):
        assert len(ours) == len(example)
        for one, other in zip(by_name(ours), by_name(example), strict=True):
            assert_alike(one, other, name)
    elif name == "CreatorRequestId" or name.endswith("Date"):
        assert ours
    elif name == "Status" and example == "PENDING":
        assert ours in ("PENDING", "SUCCESS")
    elif isinstance(example, str) and IDENTIFIER.fullmatch(example):
        assert type(ours) is str
        assert IDENTIFIER.fullmatch(ours)
    else:
        assert ours == example


def by_name(items: list[Any]) -> list[Any]:
    """Lists have no order of their own: sort what has a name by it."""
    return sorted(items, key=lambda item: (item.get("Name") or item.get("Key") or "") if isinstance(item, dict) else "")


def test_there_are_23_examples_and_a_world_for_each():
    assert len(EXAMPLES) == 23
    assert EXAMPLES.keys() == WORLDS.keys()


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example(cloudmap, name):
    world = World(cloudmap)
    WORLDS[name](world)
    response = getattr(cloudmap, xform_name(name))(**world.mapped(EXAMPLES[name]["input"]))
    del response["ResponseMetadata"]
    assert_alike(response, EXAMPLES[name].get("output") or {})
