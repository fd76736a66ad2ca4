"""Every error that the model declares: raised here, or in the list of those that cannot occur."""

import pytest
from botocore.exceptions import ClientError
from botocore.loaders import Loader

from tests.cloudmap.world import health_service, http_namespace, private_namespace, register, service

MODEL = Loader().load_service_model("servicediscovery", "service-2")
DECLARED = {(name, error["shape"]) for name, operation in MODEL["operations"].items() for error in operation["errors"]}
LONG = "x" * 256
TAGS = [{"Key": f"k{number}", "Value": "v"} for number in range(51)]
CHANGE = {"Namespace": {"Description": "New"}}
NONE = "arn:aws:servicediscovery:us-east-1:111122223333:service/srv-none"

CANNOT_OCCUR = {
    ("CreatePrivateDnsNamespace", "NamespaceAlreadyExists"): "the operation fails instead, if the VPC is the same",
    ("CreateService", "ResourceLimitExceeded"): "AWS lists no quota of services",
    ("DeregisterInstance", "ResourceInUse"): "what would use an instance is not documented",
    ("DiscoverInstances", "RequestLimitExceeded"): "only where request rates are limited",
    ("DiscoverInstancesRevision", "RequestLimitExceeded"): "only where request rates are limited",
    ("RegisterInstance", "ResourceInUse"): "what would use an instance is not documented",
    ("UpdateHttpNamespace", "ResourceInUse"): "what would keep a namespace from changing is not documented",
    ("UpdatePrivateDnsNamespace", "ResourceInUse"): "what would keep a namespace from changing is not documented",
    ("UpdatePublicDnsNamespace", "ResourceInUse"): "what would keep a namespace from changing is not documented",
}


def full(cloudmap):
    for number in range(50):
        cloudmap.create_http_namespace(Name=f"n{number}")


def crowded(cloudmap):
    arn = cloudmap.get_namespace(Id=http_namespace(cloudmap))["Namespace"]["Arn"]
    cloudmap.tag_resource(ResourceARN=arn, Tags=TAGS[:50])
    cloudmap.tag_resource(ResourceARN=arn, Tags=TAGS[50:])


def occupied(cloudmap):
    identifier = service(cloudmap)
    register(cloudmap, identifier, "one")
    cloudmap.delete_service(Id=identifier)


def attributed(cloudmap):
    identifier = service(cloudmap)
    for number in range(31):
        cloudmap.update_service_attributes(ServiceId=identifier, Attributes={f"k{number}": "v"})


def overfull(cloudmap):
    full(cloudmap)
    cloudmap.create_private_dns_namespace(Name="over", Vpc="vpc-1")


def overfull_public(cloudmap):
    full(cloudmap)
    cloudmap.create_public_dns_namespace(Name="over.example")


def twice(call):
    """The same request twice."""

    def make(cloudmap):
        call(cloudmap)
        call(cloudmap)

    return make


def missing_instance(call):
    """A call about an instance that a service of custom health has not."""
    return lambda cloudmap: call(cloudmap, {"ServiceId": health_service(cloudmap), "InstanceId": "none"})


def http(c, **more):
    return c.create_http_namespace(Name="shop", **more)


def private(c, **more):
    return c.create_private_dns_namespace(Name="internal", Vpc="vpc-1", **more)


def public(c, **more):
    return c.create_public_dns_namespace(Name="a.example", **more)


OCCUR = {
    ("CreateHttpNamespace", "InvalidInput"): lambda c: c.create_http_namespace(Name="a b"),
    ("CreateHttpNamespace", "NamespaceAlreadyExists"): twice(http),
    ("CreateHttpNamespace", "ResourceLimitExceeded"): lambda c: (full(c), http(c)),
    ("CreateHttpNamespace", "DuplicateRequest"): twice(lambda c: http(c, CreatorRequestId="t")),
    ("CreateHttpNamespace", "TooManyTagsException"): lambda c: http(c, Tags=TAGS),
    ("CreatePrivateDnsNamespace", "InvalidInput"): lambda c: c.create_private_dns_namespace(Name="a b", Vpc="vpc-1"),
    ("CreatePrivateDnsNamespace", "ResourceLimitExceeded"): overfull,
    ("CreatePrivateDnsNamespace", "DuplicateRequest"): twice(lambda c: private(c, CreatorRequestId="t")),
    ("CreatePrivateDnsNamespace", "TooManyTagsException"): lambda c: private(c, Tags=TAGS),
    ("CreatePublicDnsNamespace", "InvalidInput"): lambda c: c.create_public_dns_namespace(Name="one-label"),
    ("CreatePublicDnsNamespace", "NamespaceAlreadyExists"): twice(public),
    ("CreatePublicDnsNamespace", "ResourceLimitExceeded"): overfull_public,
    ("CreatePublicDnsNamespace", "DuplicateRequest"): twice(lambda c: public(c, CreatorRequestId="t")),
    ("CreatePublicDnsNamespace", "TooManyTagsException"): lambda c: public(c, Tags=TAGS),
    ("CreateService", "InvalidInput"): lambda c: c.create_service(Name="cart"),
    ("CreateService", "NamespaceNotFound"): lambda c: c.create_service(Name="cart", NamespaceId="ns-none"),
    ("CreateService", "ServiceAlreadyExists"): lambda c: [service(c, n) for n in [http_namespace(c)] * 2],
    ("CreateService", "TooManyTagsException"): lambda c: service(c, Tags=TAGS),
    ("DeleteNamespace", "InvalidInput"): lambda c: c.delete_namespace(Id=LONG),
    ("DeleteNamespace", "NamespaceNotFound"): lambda c: c.delete_namespace(Id="ns-none"),
    ("DeleteNamespace", "ResourceInUse"): lambda c: c.delete_namespace(
        Id=c.get_service(Id=service(c))["Service"]["NamespaceId"]
    ),
    ("DeleteService", "InvalidInput"): lambda c: c.delete_service(Id=LONG),
    ("DeleteService", "ServiceNotFound"): lambda c: c.delete_service(Id="srv-none"),
    ("DeleteService", "ResourceInUse"): occupied,
    ("DeleteServiceAttributes", "InvalidInput"): lambda c: c.delete_service_attributes(
        ServiceId="srv-none", Attributes=[LONG]
    ),
    ("DeleteServiceAttributes", "ServiceNotFound"): lambda c: c.delete_service_attributes(
        ServiceId="srv-none", Attributes=["k"]
    ),
    ("DeregisterInstance", "InvalidInput"): lambda c: c.deregister_instance(ServiceId=LONG, InstanceId="one"),
    ("DeregisterInstance", "InstanceNotFound"): missing_instance(lambda c, it: c.deregister_instance(**it)),
    ("DeregisterInstance", "ServiceNotFound"): lambda c: c.deregister_instance(ServiceId=NONE, InstanceId="one"),
    ("DiscoverInstances", "InvalidInput"): lambda c: c.discover_instances(NamespaceName="a b", ServiceName="s"),
    ("DiscoverInstances", "NamespaceNotFound"): lambda c: c.discover_instances(NamespaceName="no", ServiceName="s"),
    ("DiscoverInstances", "ServiceNotFound"): lambda c: (
        http_namespace(c),
        c.discover_instances(NamespaceName="shop", ServiceName="no"),
    ),
    ("DiscoverInstancesRevision", "InvalidInput"): lambda c: c.discover_instances_revision(
        NamespaceName="n", ServiceName="a b"
    ),
    ("DiscoverInstancesRevision", "NamespaceNotFound"): lambda c: c.discover_instances_revision(
        NamespaceName="no", ServiceName="s"
    ),
    ("DiscoverInstancesRevision", "ServiceNotFound"): lambda c: (
        http_namespace(c),
        c.discover_instances_revision(NamespaceName="shop", ServiceName="no"),
    ),
    ("GetInstance", "InvalidInput"): lambda c: c.get_instance(ServiceId="s", InstanceId=LONG),
    ("GetInstance", "InstanceNotFound"): missing_instance(lambda c, it: c.get_instance(**it)),
    ("GetInstance", "ServiceNotFound"): lambda c: c.get_instance(ServiceId="srv-none", InstanceId="one"),
    ("GetInstancesHealthStatus", "InvalidInput"): lambda c: c.get_instances_health_status(
        ServiceId="s", MaxResults=101
    ),
    ("GetInstancesHealthStatus", "InstanceNotFound"): lambda c: c.get_instances_health_status(
        ServiceId=service(c), Instances=["none"]
    ),
    ("GetInstancesHealthStatus", "ServiceNotFound"): lambda c: c.get_instances_health_status(ServiceId="srv-none"),
    ("GetNamespace", "InvalidInput"): lambda c: c.get_namespace(Id=LONG),
    ("GetNamespace", "NamespaceNotFound"): lambda c: c.get_namespace(Id="ns-none"),
    ("GetOperation", "InvalidInput"): lambda c: c.get_operation(OperationId=LONG),
    ("GetOperation", "OperationNotFound"): lambda c: c.get_operation(OperationId="none"),
    ("GetService", "InvalidInput"): lambda c: c.get_service(Id=LONG),
    ("GetService", "ServiceNotFound"): lambda c: c.get_service(Id=NONE),
    ("GetServiceAttributes", "InvalidInput"): lambda c: c.get_service_attributes(ServiceId=LONG),
    ("GetServiceAttributes", "ServiceNotFound"): lambda c: c.get_service_attributes(ServiceId="srv-none"),
    ("ListInstances", "InvalidInput"): lambda c: c.list_instances(ServiceId=service(c), NextToken="forged"),
    ("ListInstances", "ServiceNotFound"): lambda c: c.list_instances(ServiceId="srv-none"),
    ("ListNamespaces", "InvalidInput"): lambda c: c.list_namespaces(NextToken="forged"),
    ("ListOperations", "InvalidInput"): lambda c: c.list_operations(NextToken="forged"),
    ("ListServices", "InvalidInput"): lambda c: c.list_services(NextToken="forged"),
    ("ListTagsForResource", "InvalidInput"): lambda c: c.list_tags_for_resource(ResourceARN="x" * 1012),
    ("ListTagsForResource", "ResourceNotFoundException"): lambda c: c.list_tags_for_resource(ResourceARN=NONE),
    ("RegisterInstance", "InvalidInput"): lambda c: register(c, "srv-none", "a b"),
    ("RegisterInstance", "ServiceNotFound"): lambda c: register(c, "srv-none", "one"),
    ("TagResource", "InvalidInput"): lambda c: c.tag_resource(ResourceARN="x" * 1012, Tags=[]),
    ("TagResource", "ResourceNotFoundException"): lambda c: c.tag_resource(ResourceARN=NONE, Tags=[]),
    ("TagResource", "TooManyTagsException"): crowded,
    ("UntagResource", "InvalidInput"): lambda c: c.untag_resource(ResourceARN="x" * 1012, TagKeys=[]),
    ("UntagResource", "ResourceNotFoundException"): lambda c: c.untag_resource(ResourceARN=NONE, TagKeys=[]),
    ("UpdateHttpNamespace", "InvalidInput"): lambda c: c.update_http_namespace(Id=private_namespace(c), **CHANGE),
    ("UpdateHttpNamespace", "NamespaceNotFound"): lambda c: c.update_http_namespace(Id="ns-none", **CHANGE),
    ("UpdatePrivateDnsNamespace", "InvalidInput"): lambda c: c.update_private_dns_namespace(Id=LONG, **CHANGE),
    ("UpdatePrivateDnsNamespace", "NamespaceNotFound"): lambda c: c.update_private_dns_namespace(Id="no", **CHANGE),
    ("UpdatePublicDnsNamespace", "InvalidInput"): lambda c: c.update_public_dns_namespace(Id=LONG, **CHANGE),
    ("UpdatePublicDnsNamespace", "NamespaceNotFound"): lambda c: c.update_public_dns_namespace(Id="no", **CHANGE),
    ("UpdateInstanceCustomHealthStatus", "InvalidInput"): lambda c: c.update_instance_custom_health_status(
        ServiceId="s", InstanceId="i", Status="FINE"
    ),
    ("UpdateInstanceCustomHealthStatus", "CustomHealthNotFound"): lambda c: c.update_instance_custom_health_status(
        ServiceId=service(c), InstanceId="i", Status="HEALTHY"
    ),
    ("UpdateInstanceCustomHealthStatus", "InstanceNotFound"): missing_instance(
        lambda c, it: c.update_instance_custom_health_status(**it, Status="HEALTHY")
    ),
    ("UpdateInstanceCustomHealthStatus", "ServiceNotFound"): lambda c: c.update_instance_custom_health_status(
        ServiceId="srv-none", InstanceId="i", Status="HEALTHY"
    ),
    ("UpdateService", "InvalidInput"): lambda c: c.update_service(Id=service(c), Service={}),
    ("UpdateService", "ServiceNotFound"): lambda c: c.update_service(Id="srv-none", Service={}),
    ("UpdateServiceAttributes", "InvalidInput"): lambda c: c.update_service_attributes(
        ServiceId="s", Attributes={LONG: "v"}
    ),
    ("UpdateServiceAttributes", "ServiceNotFound"): lambda c: c.update_service_attributes(
        ServiceId="srv-none", Attributes={"k": "v"}
    ),
    ("UpdateServiceAttributes", "ServiceAttributesLimitExceededException"): attributed,
}

LOCKED = {pair for pair in DECLARED if pair[1] == "DuplicateRequest" and not pair[0].startswith("Create")}
HELD_ELSEWHERE = LOCKED | {("RegisterInstance", "ResourceLimitExceeded")}
"""By the tests of locks, and of quotas."""

MEMBERS = {
    "DuplicateRequest": {"DuplicateOperationId"},
    "NamespaceAlreadyExists": {"NamespaceId", "CreatorRequestId"},
    "ServiceAlreadyExists": {"ServiceId", "ServiceArn", "CreatorRequestId"},
    "TooManyTagsException": {"ResourceName"},
}


def test_every_declared_error_is_accounted_for():
    assert OCCUR.keys() | CANNOT_OCCUR.keys() | HELD_ELSEWHERE == DECLARED
    assert not OCCUR.keys() & CANNOT_OCCUR.keys()


@pytest.mark.parametrize(("operation", "error"), OCCUR, ids=str)
def test_a_declared_error(cloudmap, protocol, operation, error):
    with pytest.raises(ClientError) as caught:
        OCCUR[operation, error](cloudmap)
    response = caught.value.response
    assert caught.value.operation_name == operation
    assert response["Error"]["Code"] == error
    assert response["Error"]["Message"]
    assert isinstance(caught.value, getattr(cloudmap.exceptions, error))
    over_cbor = MODEL["shapes"][error].get("error", {}).get("httpStatusCode", 400)
    assert response["ResponseMetadata"]["HTTPStatusCode"] == (400 if protocol == "json" else over_cbor)
    assert response.keys() - {"Error", "ResponseMetadata", "Message"} == MEMBERS.get(error, set())


def test_the_statuses_over_cbor():
    statuses = {name: shape.get("error", {}).get("httpStatusCode") for name, shape in MODEL["shapes"].items()}
    if statuses["InvalidInput"] is None:
        return  # a model from before CBOR: every status is 400
    assert {name for name, status in statuses.items() if status == 404} == {
        "CustomHealthNotFound",
        "InstanceNotFound",
        "NamespaceNotFound",
        "OperationNotFound",
        "ResourceNotFoundException",
        "ServiceNotFound",
    }
    assert {name for name, status in statuses.items() if status == 409} == {"DuplicateRequest", "ResourceInUse"}
    assert statuses["RequestLimitExceeded"] == 429
