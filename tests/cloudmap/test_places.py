"""Accounts, regions and partitions are worlds of their own; ids and ARNs name the same thing."""

import botocore.session
import pytest

from tests.cloudmap.world import health_service, http_namespace, private_namespace, records, register, service
from tests.sdk import refused
from trail.place import is_region, partition_of

PARTITIONS = [
    ("us-east-1", "aws"),
    ("eu-central-1", "aws"),
    ("cn-north-1", "aws-cn"),
    ("cn-northwest-1", "aws-cn"),
    ("us-gov-west-1", "aws-us-gov"),
    ("us-gov-east-1", "aws-us-gov"),
    ("eusc-de-east-1", "aws-eusc"),
]


@pytest.mark.parametrize(("region", "partition"), PARTITIONS)
def test_arns_tell_partition_region_and_account(connect, server, account, region, partition):
    cloudmap = connect(server, region=region)
    namespace = http_namespace(cloudmap)
    identifier = service(cloudmap, namespace)
    start = f"arn:{partition}:servicediscovery:{region}:{account}"
    assert cloudmap.get_namespace(Id=namespace)["Namespace"]["Arn"] == f"{start}:namespace/{namespace}"
    assert cloudmap.get_service(Id=identifier)["Service"]["Arn"] == f"{start}:service/{identifier}"


def test_every_region_that_the_sdk_knows_is_one_of_its_partition():
    session = botocore.session.get_session()
    for partition in session.get_available_partitions():
        for region in session.get_available_regions("cloudtrail", partition) + session.get_available_regions(
            "servicediscovery", partition
        ):
            assert (is_region(region), partition_of(region)) == (True, partition), region


@pytest.mark.parametrize("other", [{"account": "999999999999"}, {"region": "eu-west-1"}])
def test_another_account_or_region_sees_nothing(cloudmap, connect, server, other):
    namespace = http_namespace(cloudmap)
    identifier = service(cloudmap, namespace)
    started = cloudmap.list_operations()["Operations"][0]["Id"]
    arn = cloudmap.get_service(Id=identifier)["Service"]["Arn"]
    stranger = connect(server, **other)
    assert stranger.list_services()["Services"] == []
    assert stranger.list_operations()["Operations"] == []
    assert all(each["Id"] != namespace for each in stranger.list_namespaces()["Namespaces"])
    assert refused(stranger.get_namespace, Id=namespace)[0] == "NamespaceNotFound"
    for reference in (identifier, arn):
        assert refused(stranger.get_service, Id=reference)[0] == "ServiceNotFound"
    assert refused(stranger.get_operation, OperationId=started)[0] == "OperationNotFound"


def test_names_may_be_had_once_in_each_account_and_region(cloudmap, connect, server, account):
    elsewhere = [connect(server, account=str(int(account) + 10**11)), connect(server, region="eu-west-1")]
    assert len({http_namespace(each) for each in [cloudmap, *elsewhere]}) == 3


def test_both_protocols_see_the_same_world(connect, server):
    json, cbor = (connect(server, protocol=each) for each in ("json", "cbor"))
    namespace = http_namespace(json)
    identifier = health_service(cbor, namespace)
    register(json, identifier, "one", color="green")
    assert json.get_service(Id=identifier)["Service"] == cbor.get_service(Id=identifier)["Service"]
    assert json.get_namespace(Id=namespace)["Namespace"] == cbor.get_namespace(Id=namespace)["Namespace"]
    asked = {"NamespaceName": "shop", "ServiceName": "cart"}
    assert json.discover_instances(**asked)["Instances"] == cbor.discover_instances(**asked)["Instances"]


ARNS = [
    ("get_namespace", "namespace", {"Id": "{arn}"}),
    ("update_http_namespace", "namespace", {"Id": "{arn}", "Namespace": {"Description": "New"}}),
    ("create_service", "namespace", {"NamespaceId": "{arn}", "Name": "other"}),
    ("get_service", "service", {"Id": "{arn}"}),
    ("list_instances", "service", {"ServiceId": "{arn}"}),
    ("get_instance", "service", {"ServiceId": "{arn}", "InstanceId": "one"}),
    ("register_instance", "service", {"ServiceId": "{arn}", "InstanceId": "two", "Attributes": {}}),
    ("deregister_instance", "service", {"ServiceId": "{arn}", "InstanceId": "one"}),
    ("get_instances_health_status", "service", {"ServiceId": "{arn}"}),
    (
        "update_instance_custom_health_status",
        "service",
        {"ServiceId": "{arn}", "InstanceId": "one", "Status": "UNHEALTHY"},
    ),
    ("get_service_attributes", "service", {"ServiceId": "{arn}"}),
    ("update_service_attributes", "service", {"ServiceId": "{arn}", "Attributes": {"k": "v"}}),
    ("delete_service_attributes", "service", {"ServiceId": "{arn}", "Attributes": ["k"]}),
]


@pytest.mark.parametrize(("operation", "kind", "parameters"), ARNS, ids=[each[0] for each in ARNS])
def test_an_arn_is_as_good_as_an_id(cloudmap, operation, kind, parameters):
    namespace = http_namespace(cloudmap)
    identifier = health_service(cloudmap, namespace)
    register(cloudmap, identifier, "one")
    arn = {
        "namespace": cloudmap.get_namespace(Id=namespace)["Namespace"]["Arn"],
        "service": cloudmap.get_service(Id=identifier)["Service"]["Arn"],
    }[kind]
    getattr(cloudmap, operation)(**{name: arn if value == "{arn}" else value for name, value in parameters.items()})


def test_services_and_namespaces_are_deleted_by_arn(cloudmap):
    namespace = http_namespace(cloudmap)
    identifier = service(cloudmap, namespace)
    cloudmap.delete_service(Id=cloudmap.get_service(Id=identifier)["Service"]["Arn"])
    cloudmap.delete_namespace(Id=cloudmap.get_namespace(Id=namespace)["Namespace"]["Arn"])
    assert cloudmap.list_namespaces()["Namespaces"] == []


@pytest.mark.parametrize("operation", ["get_namespace", "get_service"])
@pytest.mark.parametrize(
    "reference", ["arn:aws:s3:::bucket", "arn:", "arn:aws:servicediscovery:us-east-1::", "none", ""]
)
def test_references_to_nothing(cloudmap, operation, reference):
    code, _ = refused(getattr(cloudmap, operation), Id=reference)
    assert code == {"get_namespace": "NamespaceNotFound", "get_service": "ServiceNotFound"}[operation]


def test_the_arn_of_a_namespace_is_not_one_of_a_service(cloudmap):
    arn = cloudmap.get_namespace(Id=http_namespace(cloudmap))["Namespace"]["Arn"]
    assert refused(cloudmap.get_service, Id=arn) == ("ServiceNotFound", "Service not found")


def test_nothing_is_public_in_govcloud(connect, server):
    cloudmap = connect(server, region="us-gov-west-1")
    code, told = refused(cloudmap.create_public_dns_namespace, Name="shop.example")
    assert (code, told) == ("InvalidInput", "Public DNS namespaces are not supported in this Region.")
    identifier = service(cloudmap, private_namespace(cloudmap), DnsConfig=records("A", policy="WEIGHTED"))
    alias = {"AWS_ALIAS_DNS_NAME": "shop.elb.amazonaws.com"}
    code, told = refused(cloudmap.register_instance, ServiceId=identifier, InstanceId="i", Attributes=alias)
    assert (code, told) == ("InvalidInput", "AWS_ALIAS_DNS_NAME is not supported in this Region.")
