"""The calls of the contract: each operation's success, and every error of its model that can be provoked.

A case prepares what it needs and answers with the parameters of the call.
"""

from collections.abc import Callable
from typing import Any

from tests.audit.world import World

Parameters = dict[str, Any]
Case = Callable[[World], Parameters]

NO_ID = "srv-aaaaaaaaaaaaaaaa"
NO_NAMESPACE = "ns-aaaaaaaaaaaaaaaa"
TAGS = [{"Key": "Team", "Value": "ops"}, {"Key": "aWsNot", "Value": ""}]
MANY_TAGS = [{"Key": f"k{number}", "Value": "v"} for number in range(51)]
SOA = {"DnsProperties": {"SOA": {"TTL": 60}}}
ATTRIBUTES = {"Zebra.Key": "1", "AWS_INSTANCE_IPV4": "10.0.0.7", "aB-c": "x y"}


def _creation(**more: Any) -> Parameters:
    return {"Name": "new.example", "CreatorRequestId": "once", "Description": "", **more}


def _with_soa(world: World, namespace: str) -> Parameters:
    return {"Id": namespace, "UpdaterRequestId": "u", "Namespace": {"Description": "d", "Properties": SOA}}


def _discovery(world: World) -> Parameters:
    world.instance()
    return {"NamespaceName": "audit.example", "ServiceName": "app"}


def _operation(world: World) -> Parameters:
    return {"OperationId": world.ok("CreateHttpNamespace", {"Name": "done.example"})["OperationId"]}


SUCCESSES: dict[str, Case] = {
    "CreateHttpNamespace": lambda w: _creation(Tags=TAGS),
    "CreatePrivateDnsNamespace": lambda w: _creation(Vpc="vpc-7", Tags=[], Properties=SOA),
    "CreatePublicDnsNamespace": lambda w: _creation(Tags=TAGS, Properties=SOA),
    "CreateService": lambda w: {
        "Name": "app",
        "NamespaceId": w.public(),
        "CreatorRequestId": "c",
        "Description": "d",
        "DnsConfig": {"RoutingPolicy": "WEIGHTED", "DnsRecords": [{"Type": "A", "TTL": 0}]},
        "HealthCheckCustomConfig": {"FailureThreshold": 1},
        "Tags": TAGS,
    },
    "DeleteNamespace": lambda w: {"Id": w.http()},
    "DeleteService": lambda w: {"Id": w.service()},
    "DeleteServiceAttributes": lambda w: {"ServiceId": w.service(), "Attributes": ["Port"]},
    "DeregisterInstance": lambda w: w.instance(),
    "DiscoverInstances": lambda w: {
        **_discovery(w),
        "MaxResults": 5,
        "QueryParameters": {"AWS_INSTANCE_IPV4": "10.0.0.1"},
        "OptionalParameters": {"Zone": "a"},
        "HealthStatus": "ALL",
    },
    "DiscoverInstancesRevision": _discovery,
    "GetInstance": lambda w: w.instance(),
    "GetInstancesHealthStatus": lambda w: {
        "ServiceId": w.instance(w.custom_service())["ServiceId"],
        "Instances": ["i-1"],
        "MaxResults": 3,
    },
    "GetNamespace": lambda w: {"Id": w.http()},
    "GetOperation": _operation,
    "GetService": lambda w: {"Id": w.service()},
    "GetServiceAttributes": lambda w: {"ServiceId": w.service()},
    "ListInstances": lambda w: {"ServiceId": w.instance()["ServiceId"], "MaxResults": 9},
    "ListNamespaces": lambda w: {
        "MaxResults": 2,
        "Filters": [{"Name": "TYPE", "Values": ["HTTP"], "Condition": "EQ"}],
    },
    "ListOperations": lambda w: {},
    "ListServices": lambda w: {"Filters": [{"Name": "NAMESPACE_ID", "Values": [w.http()]}]},
    "ListTagsForResource": lambda w: {"ResourceARN": w.arn(w.http())},
    "RegisterInstance": lambda w: {
        "ServiceId": w.service(),
        "InstanceId": "i-9",
        "CreatorRequestId": "c",
        "Attributes": ATTRIBUTES,
    },
    "TagResource": lambda w: {"ResourceARN": w.arn(w.http()), "Tags": TAGS},
    "UntagResource": lambda w: {"ResourceARN": w.arn(w.http()), "TagKeys": ["Team"]},
    "UpdateHttpNamespace": lambda w: {"Id": w.http(), "Namespace": {"Description": "d"}, "UpdaterRequestId": "u"},
    "UpdateInstanceCustomHealthStatus": lambda w: {**w.instance(w.custom_service()), "Status": "UNHEALTHY"},
    "UpdatePrivateDnsNamespace": lambda w: _with_soa(w, w.private()),
    "UpdatePublicDnsNamespace": lambda w: _with_soa(w, w.public()),
    "UpdateService": lambda w: {
        "Id": w.dns_service(),
        "Service": {"Description": "d", "DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": 1}]}},
    },
    "UpdateServiceAttributes": lambda w: {"ServiceId": w.service(), "Attributes": {"Port": "80", "aWS_x": "é"}},
}

INVALID: dict[str, Parameters] = {
    "ListNamespaces": {"MaxResults": 0},
    "ListOperations": {"MaxResults": 0},
    "ListServices": {"MaxResults": 0},
}
"""What breaks a constraint of the model; of the other operations an empty request does."""


def _slowly(case: Case) -> Case:
    """The parameters of a case whose call was made once and still runs."""

    def prepared(world: World) -> Parameters:
        operation, parameters = _NAMES[case], case(world)
        world.slow()
        world.ok(operation, parameters)
        return {**parameters, "CreatorRequestId": "again"} if "CreatorRequestId" in parameters else parameters

    return prepared


def _there(kind: str) -> Case:
    def prepared(world: World) -> Parameters:
        world.namespace(kind, "new.example", CreatorRequestId="first")
        return _creation()

    return prepared


def _full(**more: Any) -> Case:
    def prepared(world: World) -> Parameters:
        world.http("other.example")
        world.quotas(namespaces=1)
        return _creation(**more)

    return prepared


def _private_again(world: World) -> Parameters:
    world.namespace("PrivateDns", "new.example", Vpc="vpc-1", CreatorRequestId="once")
    return _creation(Vpc="vpc-1")


def _service_again(world: World) -> Parameters:
    namespace = world.http()
    world.service(namespace, CreatorRequestId="first")
    return {"Name": "app", "NamespaceId": namespace, "CreatorRequestId": "second"}


def _crowded(world: World) -> Parameters:
    service = world.service()
    world.instance(service)
    world.quotas(instances_per_service=1)
    return {"ServiceId": service, "InstanceId": "i-2", "Attributes": ATTRIBUTES}


def _namespace_with_service(world: World) -> Parameters:
    namespace = world.http()
    world.service(namespace)
    return {"Id": namespace}


def _service_with_instance(world: World) -> Parameters:
    return {"Id": world.instance()["ServiceId"]}


def _many_attributes(world: World) -> Parameters:
    service = world.service()
    world.ok("UpdateServiceAttributes", {"ServiceId": service, "Attributes": {f"k{n}": "v" for n in range(30)}})
    return {"ServiceId": service, "Attributes": {"one": "more"}}


_NAMES = {case: operation for operation, case in SUCCESSES.items()}
_CREATIONS = {"Http": {}, "PublicDns": {}, "PrivateDns": {"Vpc": "vpc-1"}}
_NO_SERVICE: Parameters = {"ServiceId": NO_ID}
_NO_INSTANCE: Parameters = {**_NO_SERVICE, "InstanceId": "i-1"}
_NOTHING_BY_ARN = "arn:aws:servicediscovery:eu-west-3:111122223333:service/srv-aaaaaaaaaaaaaaaa"

ERRORS: dict[tuple[str, str], Case] = {
    **{
        (operation, "DuplicateRequest"): _slowly(SUCCESSES[operation])
        for operation in (
            *(f"{verb}{kind}Namespace" for verb in ("Create", "Update") for kind in _CREATIONS),
            "DeleteNamespace",
            "DeregisterInstance",
            "RegisterInstance",
            "UpdateService",
        )
    },
    **{(f"Create{kind}Namespace", "ResourceLimitExceeded"): _full(**more) for kind, more in _CREATIONS.items()},
    **{
        (f"Create{kind}Namespace", "TooManyTagsException"): lambda w, more=more: _creation(Tags=MANY_TAGS, **more)
        for kind, more in _CREATIONS.items()
    },
    ("CreateHttpNamespace", "NamespaceAlreadyExists"): _there("Http"),
    ("CreatePublicDnsNamespace", "NamespaceAlreadyExists"): _there("PublicDns"),
    ("CreateService", "NamespaceNotFound"): lambda w: {"Name": "app", "NamespaceId": NO_NAMESPACE},
    ("CreateService", "ServiceAlreadyExists"): _service_again,
    ("CreateService", "TooManyTagsException"): lambda w: {"Name": "a", "NamespaceId": w.http(), "Tags": MANY_TAGS},
    ("DeleteNamespace", "NamespaceNotFound"): lambda w: {"Id": NO_NAMESPACE},
    ("DeleteNamespace", "ResourceInUse"): _namespace_with_service,
    ("DeleteService", "ResourceInUse"): _service_with_instance,
    ("DeleteService", "ServiceNotFound"): lambda w: {"Id": NO_ID},
    ("DeleteServiceAttributes", "ServiceNotFound"): lambda w: {**_NO_SERVICE, "Attributes": ["k"]},
    ("DeregisterInstance", "InstanceNotFound"): lambda w: {"ServiceId": w.service(), "InstanceId": "i-0"},
    ("DeregisterInstance", "ServiceNotFound"): lambda w: _NO_INSTANCE,
    ("DiscoverInstances", "NamespaceNotFound"): lambda w: {"NamespaceName": "no.example", "ServiceName": "app"},
    ("DiscoverInstances", "ServiceNotFound"): lambda w: {**_discovery(w), "ServiceName": "none"},
    ("DiscoverInstancesRevision", "NamespaceNotFound"): lambda w: {"NamespaceName": "no", "ServiceName": "app"},
    ("DiscoverInstancesRevision", "ServiceNotFound"): lambda w: {**_discovery(w), "ServiceName": "none"},
    ("GetInstance", "InstanceNotFound"): lambda w: {"ServiceId": w.service(), "InstanceId": "i-0"},
    ("GetInstance", "ServiceNotFound"): lambda w: _NO_INSTANCE,
    ("GetInstancesHealthStatus", "InstanceNotFound"): lambda w: {"ServiceId": w.service(), "Instances": ["i-0"]},
    ("GetInstancesHealthStatus", "ServiceNotFound"): lambda w: _NO_SERVICE,
    ("GetNamespace", "NamespaceNotFound"): lambda w: {"Id": NO_NAMESPACE},
    ("GetOperation", "OperationNotFound"): lambda w: {"OperationId": "nothing"},
    ("GetService", "ServiceNotFound"): lambda w: {"Id": NO_ID},
    ("GetServiceAttributes", "ServiceNotFound"): lambda w: _NO_SERVICE,
    ("ListInstances", "ServiceNotFound"): lambda w: _NO_SERVICE,
    ("ListTagsForResource", "ResourceNotFoundException"): lambda w: {"ResourceARN": _NOTHING_BY_ARN},
    ("RegisterInstance", "ResourceLimitExceeded"): _crowded,
    ("RegisterInstance", "ServiceNotFound"): lambda w: {**_NO_INSTANCE, "Attributes": ATTRIBUTES},
    ("TagResource", "ResourceNotFoundException"): lambda w: {"ResourceARN": _NOTHING_BY_ARN, "Tags": TAGS},
    ("TagResource", "TooManyTagsException"): lambda w: {"ResourceARN": w.arn(w.http()), "Tags": MANY_TAGS},
    ("UntagResource", "ResourceNotFoundException"): lambda w: {"ResourceARN": _NOTHING_BY_ARN, "TagKeys": ["k"]},
    **{
        (f"Update{kind}Namespace", "NamespaceNotFound"): lambda w: {
            "Id": NO_NAMESPACE,
            "Namespace": {"Description": "é"},
        }
        for kind in _CREATIONS
    },
    ("UpdateInstanceCustomHealthStatus", "CustomHealthNotFound"): lambda w: {**w.instance(), "Status": "HEALTHY"},
    ("UpdateInstanceCustomHealthStatus", "InstanceNotFound"): lambda w: {
        "ServiceId": w.custom_service(),
        "InstanceId": "i-0",
        "Status": "HEALTHY",
    },
    ("UpdateInstanceCustomHealthStatus", "ServiceNotFound"): lambda w: {**_NO_INSTANCE, "Status": "HEALTHY"},
    ("UpdateService", "ServiceNotFound"): lambda w: {"Id": NO_ID, "Service": {"Description": "d"}},
    ("UpdateServiceAttributes", "ServiceAttributesLimitExceededException"): _many_attributes,
    ("UpdateServiceAttributes", "ServiceNotFound"): lambda w: {**_NO_SERVICE, "Attributes": {"k": "v"}},
}

NEVER: dict[tuple[str, str], str] = {
    ("CreatePrivateDnsNamespace", "NamespaceAlreadyExists"): "a private name may be there twice; the operation fails",
    ("CreateService", "ResourceLimitExceeded"): "AWS has no quota of services",
    ("DeregisterInstance", "ResourceInUse"): "nothing uses an instance",
    ("DiscoverInstances", "RequestLimitExceeded"): "calls are not throttled",
    ("DiscoverInstancesRevision", "RequestLimitExceeded"): "calls are not throttled",
    ("RegisterInstance", "ResourceInUse"): "nothing uses an instance",
    ("UpdateHttpNamespace", "ResourceInUse"): "an update is not refused for what uses the namespace",
    ("UpdatePrivateDnsNamespace", "ResourceInUse"): "an update is not refused for what uses the namespace",
    ("UpdatePublicDnsNamespace", "ResourceInUse"): "an update is not refused for what uses the namespace",
}
"""Errors that the model declares and the product never answers with, and why."""
