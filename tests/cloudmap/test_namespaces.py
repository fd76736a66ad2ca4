"""CreateHttpNamespace, CreatePrivateDnsNamespace, CreatePublicDnsNamespace, and what becomes of the namespaces."""

from datetime import datetime
from typing import Any

import pytest

from tests.cloudmap.world import NAMESPACES, http_namespace, made, operation, private_namespace, public_namespace
from tests.sdk import answer, refusal, refused

CREATIONS = [
    ("create_http_namespace", {"Name": "shop"}),
    ("create_private_dns_namespace", {"Name": "shop.internal", "Vpc": "vpc-1c56417b"}),
    ("create_public_dns_namespace", {"Name": "shop.example"}),
]


def namespace(cloudmap: Any, identifier: str) -> dict[str, Any]:
    return cloudmap.get_namespace(Id=identifier)["Namespace"]


@pytest.mark.parametrize(("create", "parameters"), CREATIONS)
def test_creating_a_namespace_answers_with_an_operation_and_nothing_else(cloudmap, create, parameters):
    response = answer(getattr(cloudmap, create)(**parameters))
    assert list(response) == ["OperationId"]


@pytest.mark.parametrize(("create", "parameters"), CREATIONS)
def test_the_operation_names_the_new_namespace_as_its_target(cloudmap, create, parameters):
    done = operation(cloudmap, getattr(cloudmap, create)(**parameters)["OperationId"])
    assert (done["Type"], done["Status"]) == ("CREATE_NAMESPACE", "SUCCESS")
    assert namespace(cloudmap, done["Targets"]["NAMESPACE"])["Name"] == parameters["Name"]


def test_an_http_namespace_member_by_member(cloudmap, account):
    identifier = http_namespace(cloudmap, "shop", Description="All we sell", CreatorRequestId="token")
    described = namespace(cloudmap, identifier)
    assert isinstance(described.pop("CreateDate"), datetime)
    assert described == {
        "Id": identifier,
        "Arn": f"arn:aws:servicediscovery:us-east-1:{account}:namespace/{identifier}",
        "ResourceOwner": account,
        "Name": "shop",
        "Type": "HTTP",
        "Description": "All we sell",
        "ServiceCount": 0,
        "Properties": {"DnsProperties": {}, "HttpProperties": {"HttpName": "shop"}},
        "CreatorRequestId": "token",
    }


@pytest.mark.parametrize(
    ("create", "kind", "name"),
    [(private_namespace, "DNS_PRIVATE", "internal"), (public_namespace, "DNS_PUBLIC", "a.b")],
)
def test_a_dns_namespace_has_a_hosted_zone_and_an_http_name(cloudmap, create, kind, name):
    described = namespace(cloudmap, create(cloudmap, name))
    zone = described["Properties"]["DnsProperties"].pop("HostedZoneId")
    assert zone.startswith("Z")
    assert len(zone) == 21
    assert described["Properties"] == {"DnsProperties": {}, "HttpProperties": {"HttpName": name}}
    assert described["Type"] == kind


@pytest.mark.parametrize("create", [private_namespace, public_namespace])
@pytest.mark.parametrize("ttl", [0, 100, 2147483647])
def test_the_ttl_of_the_soa_is_kept(cloudmap, create, ttl):
    identifier = create(cloudmap, Properties={"DnsProperties": {"SOA": {"TTL": ttl}}})
    assert namespace(cloudmap, identifier)["Properties"]["DnsProperties"]["SOA"] == {"TTL": ttl}


def test_ids_have_the_forms_that_aws_gives_them(cloudmap):
    started = cloudmap.create_http_namespace(Name="shop")
    assert len(started["OperationId"]) == 41
    assert started["OperationId"][32] == "-"
    kind, _, rest = made(cloudmap, started).partition("-")
    assert kind == "ns"
    assert len(rest) == 16
    assert set(rest) <= set("abcdefghijklmnopqrstuvwxyz234567")


def test_a_description_that_was_never_given_is_left_out(cloudmap):
    assert "Description" not in namespace(cloudmap, http_namespace(cloudmap))


def test_an_empty_description_is_kept(cloudmap):
    assert namespace(cloudmap, http_namespace(cloudmap, Description=""))["Description"] == ""


def test_the_services_of_a_namespace_are_counted(cloudmap):
    identifier = http_namespace(cloudmap)
    first = cloudmap.create_service(Name="one", NamespaceId=identifier)["Service"]["Id"]
    cloudmap.create_service(Name="two", NamespaceId=identifier)
    assert namespace(cloudmap, identifier)["ServiceCount"] == 2
    cloudmap.delete_service(Id=first)
    assert namespace(cloudmap, identifier)["ServiceCount"] == 1


def test_a_list_shows_the_same_without_the_creator_request_id(cloudmap):
    identifier = http_namespace(cloudmap, Description="All we sell", CreatorRequestId="token")
    described = namespace(cloudmap, identifier)
    del described["CreatorRequestId"]
    described["Properties"]["DnsProperties"]["SOA"] = {}
    assert answer(cloudmap.list_namespaces()) == {"Namespaces": [described]}


@pytest.mark.parametrize("kind", ["HTTP", "DNS_PUBLIC"])
def test_a_name_that_is_taken_is_refused_with_whose_it_is(cloudmap, kind):
    identifier = NAMESPACES[kind](cloudmap, "shop.example", CreatorRequestId="first")
    create = cloudmap.create_http_namespace if kind == "HTTP" else cloudmap.create_public_dns_namespace
    response = refusal(create, Name="shop.example", CreatorRequestId="second")
    assert response["Error"]["Code"] == "NamespaceAlreadyExists"
    assert (response["NamespaceId"], response["CreatorRequestId"]) == (identifier, "first")


@pytest.mark.parametrize(("create", "parameters"), CREATIONS)
def test_the_same_request_again_names_the_first_operation_as_completed(cloudmap, create, parameters):
    call = getattr(cloudmap, create)
    first = call(CreatorRequestId="token", **parameters)["OperationId"]
    response = refusal(call, CreatorRequestId="token", **parameters)
    action = create.title().replace("_", "")
    assert response["Error"] == {
        "Code": "DuplicateRequest",
        "Message": f"Another operation of type {action} and id {first} has completed",
    }
    assert response["DuplicateOperationId"] == first


def test_the_request_of_a_namespace_that_is_gone_makes_a_new_one(cloudmap):
    first = http_namespace(cloudmap, CreatorRequestId="token")
    cloudmap.delete_namespace(Id=first)
    assert http_namespace(cloudmap, CreatorRequestId="token") != first


def test_a_private_name_may_be_had_once_in_each_vpc(cloudmap):
    one, two = (private_namespace(cloudmap, "internal", vpc) for vpc in ("vpc-1", "vpc-2"))
    assert namespace(cloudmap, one)["Name"] == namespace(cloudmap, two)["Name"]


def test_a_private_name_in_the_same_vpc_fails_later(cloudmap):
    zone = namespace(cloudmap, private_namespace(cloudmap, "internal", "vpc-1"))["Properties"]["DnsProperties"]
    started = cloudmap.create_private_dns_namespace(Name="internal", Vpc="vpc-1")
    failed = operation(cloudmap, started["OperationId"])
    assert (failed["Status"], failed["ErrorCode"]) == ("FAIL", "CANNOT_CREATE_HOSTED_ZONE")
    request_id = started["ResponseMetadata"]["RequestId"]
    assert failed["ErrorMessage"] == (
        "The VPC vpc-1 in region us-east-1 has already been associated with the hosted zone"
        f" {zone['HostedZoneId']} with the same domain name. (Service: AmazonRoute53; Status Code: 400;"
        f" Error Code: ConflictingDomainExists; Request ID: {request_id}; Proxy: null)"
    )
    assert refused(cloudmap.get_namespace, Id=failed["Targets"]["NAMESPACE"])[0] == "NamespaceNotFound"


def test_a_name_that_is_used_again_gets_an_http_name_of_its_own(cloudmap):
    http_namespace(cloudmap, "shop.example")
    again = namespace(cloudmap, public_namespace(cloudmap, "shop.example"))
    assert again["Name"] == "shop.example"
    http_name = again["Properties"]["HttpProperties"]["HttpName"]
    assert http_name.startswith("shop.example")
    assert http_name != "shop.example"


@pytest.mark.parametrize("kind", NAMESPACES)
def test_updating_a_description_is_an_operation(cloudmap, kind):
    identifier = NAMESPACES[kind](cloudmap)
    update = getattr(cloudmap, f"update_{PART[kind]}_namespace")
    response = answer(update(Id=identifier, Namespace={"Description": "New"}))
    assert list(response) == ["OperationId"]
    done = operation(cloudmap, response["OperationId"])
    assert (done["Type"], done["Targets"]) == ("UPDATE_NAMESPACE", {"NAMESPACE": identifier})
    assert namespace(cloudmap, identifier)["Description"] == "New"


PART = {"HTTP": "http", "DNS_PRIVATE": "private_dns", "DNS_PUBLIC": "public_dns"}


@pytest.mark.parametrize("kind", ["DNS_PRIVATE", "DNS_PUBLIC"])
def test_updating_the_ttl_leaves_the_description_alone(cloudmap, kind):
    identifier = NAMESPACES[kind](cloudmap, Description="Kept")
    update = getattr(cloudmap, f"update_{PART[kind]}_namespace")
    update(Id=identifier, Namespace={"Properties": {"DnsProperties": {"SOA": {"TTL": 42}}}})
    described = namespace(cloudmap, identifier)
    assert described["Description"] == "Kept"
    assert described["Properties"]["DnsProperties"]["SOA"] == {"TTL": 42}


@pytest.mark.parametrize("kind", NAMESPACES)
@pytest.mark.parametrize("other", NAMESPACES)
def test_updating_as_another_type_is_invalid(cloudmap, kind, other):
    if kind == other:
        return
    update = getattr(cloudmap, f"update_{PART[other]}_namespace")
    code, _ = refused(update, Id=NAMESPACES[kind](cloudmap), Namespace={"Description": "New"})
    assert code == "InvalidInput"


@pytest.mark.parametrize("kind", NAMESPACES)
def test_deleting_a_namespace(cloudmap, kind):
    identifier = NAMESPACES[kind](cloudmap)
    response = answer(cloudmap.delete_namespace(Id=identifier))
    assert list(response) == ["OperationId"]
    done = operation(cloudmap, response["OperationId"])
    change = done["Targets"].pop("ROUTE_53_CHANGE_ID", None)
    assert (change is None) == (kind == "HTTP")
    assert (done["Type"], done["Targets"]) == ("DELETE_NAMESPACE", {"NAMESPACE": identifier})
    assert refused(cloudmap.get_namespace, Id=identifier) == ("NamespaceNotFound", "Namespace not found")


def test_a_namespace_with_services_stays(cloudmap):
    identifier = http_namespace(cloudmap)
    cloudmap.create_service(Name="cart", NamespaceId=identifier)
    assert refused(cloudmap.delete_namespace, Id=identifier) == (
        "ResourceInUse",
        "Namespace has associated services; delete the services before deleting the namespace",
    )
    assert namespace(cloudmap, identifier)["Id"] == identifier


def test_the_operations_of_one_namespace_share_the_first_part_of_their_ids(cloudmap):
    created = cloudmap.create_http_namespace(Name="shop")
    deleted = cloudmap.delete_namespace(Id=made(cloudmap, created))
    assert created["OperationId"][:32] == deleted["OperationId"][:32]
    assert created["OperationId"] != deleted["OperationId"]
