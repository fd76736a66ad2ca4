"""CreateService and its kin: what services look like, and what may change of them."""

from datetime import datetime

import pytest

from tests.cloudmap.world import (
    ADDRESS,
    HTTP_CHECK,
    dns_service,
    health_service,
    http_namespace,
    operation,
    private_namespace,
    public_namespace,
    records,
    register,
    service,
)
from tests.sdk import answer, refusal, refused


def test_a_service_of_an_http_namespace_member_by_member(cloudmap, account):
    namespace = http_namespace(cloudmap)
    response = answer(
        cloudmap.create_service(Name="cart", NamespaceId=namespace, Description="Carts", CreatorRequestId="token")
    )
    assert list(response) == ["Service"]
    described = response["Service"]
    identifier = described["Id"]
    assert isinstance(described.pop("CreateDate"), datetime)
    assert described == {
        "Id": identifier,
        "Arn": f"arn:aws:servicediscovery:us-east-1:{account}:service/{identifier}",
        "ResourceOwner": account,
        "Name": "cart",
        "NamespaceId": namespace,
        "Description": "Carts",
        "InstanceCount": 0,
        "DnsConfig": {},
        "Type": "HTTP",
        "CreatorRequestId": "token",
        "CreatedByAccount": account,
    }


def test_an_id_has_the_form_that_aws_gives_it(cloudmap):
    kind, _, rest = service(cloudmap).partition("-")
    assert kind == "srv"
    assert len(rest) == 16
    assert set(rest) <= set("abcdefghijklmnopqrstuvwxyz234567")


def test_a_dns_service_echoes_its_namespace_and_its_records_in_order(cloudmap):
    namespace = public_namespace(cloudmap)
    config = records("AAAA", "A", policy="WEIGHTED")
    described = cloudmap.create_service(Name="cart", NamespaceId=namespace, DnsConfig=config)["Service"]
    assert described["DnsConfig"] == {"NamespaceId": namespace, **config}
    assert described["Type"] == "DNS_HTTP"


def test_a_routing_policy_that_is_left_out_is_multivalue(cloudmap):
    identifier = dns_service(cloudmap, "A")
    assert cloudmap.get_service(Id=identifier)["Service"]["DnsConfig"]["RoutingPolicy"] == "MULTIVALUE"


@pytest.mark.parametrize("types", [("A",), ("AAAA",), ("A", "AAAA"), ("AAAA", "A"), ("SRV",)])
def test_the_sets_of_records_that_go_together(cloudmap, types):
    assert dns_service(cloudmap, *types).startswith("srv-")


def test_a_cname_needs_the_weighted_policy(cloudmap):
    assert dns_service(cloudmap, "CNAME", policy="WEIGHTED").startswith("srv-")


def test_the_namespace_may_be_named_inside_the_dns_config(cloudmap):
    namespace = private_namespace(cloudmap)
    config = records("A") | {"NamespaceId": namespace}
    described = cloudmap.create_service(Name="cart", DnsConfig=config)["Service"]
    assert described["NamespaceId"] == namespace


def test_two_namespaces_in_one_request_contradict_each_other(cloudmap):
    config = records("A") | {"NamespaceId": private_namespace(cloudmap)}
    code, _ = refused(cloudmap.create_service, Name="cart", NamespaceId=public_namespace(cloudmap), DnsConfig=config)
    assert code == "InvalidInput"


def test_a_service_without_a_namespace_is_invalid(cloudmap):
    assert refused(cloudmap.create_service, Name="cart")[0] == "InvalidInput"


def test_a_dns_namespace_has_http_services_too(cloudmap):
    namespace = private_namespace(cloudmap)
    for name, more in (("one", {"Type": "HTTP"}), ("two", {})):
        described = cloudmap.create_service(Name=name, NamespaceId=namespace, **more)["Service"]
        assert (described["Type"], described["DnsConfig"]) == ("HTTP", {})


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"Type": "HTTP"}, {"Type": "HTTP", "ResourcePath": "/", "FailureThreshold": 1}),
        ({"Type": "HTTPS", "ResourcePath": "/up", "FailureThreshold": 10}, None),
        ({"Type": "TCP"}, {"Type": "TCP", "FailureThreshold": 1}),
    ],
)
def test_a_health_check_is_kept_with_its_defaults(cloudmap, sent, kept):
    identifier = service(cloudmap, HealthCheckConfig=sent)
    assert cloudmap.get_service(Id=identifier)["Service"]["HealthCheckConfig"] == (kept or sent)


@pytest.mark.parametrize("config", [{}, {"FailureThreshold": 1}, {"FailureThreshold": 10}])
def test_the_threshold_of_custom_health_is_always_1(cloudmap, config):
    described = cloudmap.get_service(Id=service(cloudmap, HealthCheckCustomConfig=config))["Service"]
    assert described["HealthCheckCustomConfig"] == {"FailureThreshold": 1}
    assert "HealthCheckConfig" not in described


def test_a_list_shows_services_without_namespace_and_creator(cloudmap):
    identifier = dns_service(cloudmap, "A", Description="Carts", HealthCheckCustomConfig={}, CreatorRequestId="token")
    described = cloudmap.get_service(Id=identifier)["Service"]
    del described["NamespaceId"], described["CreatorRequestId"], described["DnsConfig"]["NamespaceId"]
    assert answer(cloudmap.list_services()) == {"Services": [described]}


def test_instances_are_counted(cloudmap):
    identifier = service(cloudmap)
    register(cloudmap, identifier, "one", "two", color="green")
    register(cloudmap, identifier, "two", color="blue")
    assert cloudmap.get_service(Id=identifier)["Service"]["InstanceCount"] == 2
    cloudmap.deregister_instance(ServiceId=identifier, InstanceId="one")
    assert cloudmap.get_service(Id=identifier)["Service"]["InstanceCount"] == 1


def test_a_name_that_is_taken_is_refused_with_whose_it_is(cloudmap, account):
    namespace = http_namespace(cloudmap)
    identifier = service(cloudmap, namespace, CreatorRequestId="first")
    response = refusal(cloudmap.create_service, Name="cart", NamespaceId=namespace, CreatorRequestId="second")
    assert response["Error"]["Code"] == "ServiceAlreadyExists"
    assert response["ServiceId"] == identifier
    assert response["ServiceArn"] == f"arn:aws:servicediscovery:us-east-1:{account}:service/{identifier}"
    assert response["CreatorRequestId"] == "first"


def test_dns_names_differ_by_more_than_case(cloudmap):
    namespace = public_namespace(cloudmap)
    service(cloudmap, namespace, "cart", DnsConfig=records("A"))
    code, _ = refused(cloudmap.create_service, Name="CART", NamespaceId=namespace, DnsConfig=records("A"))
    assert code == "ServiceAlreadyExists"


def test_names_in_an_http_namespace_may_differ_by_case_only(cloudmap):
    namespace = http_namespace(cloudmap)
    assert service(cloudmap, namespace, "cart") != service(cloudmap, namespace, "CART")


def test_the_same_name_in_another_namespace_is_another_service(cloudmap):
    assert service(cloudmap, http_namespace(cloudmap, "one")) != service(cloudmap, http_namespace(cloudmap, "two"))


def test_the_same_request_again_answers_with_the_service_it_made(cloudmap):
    namespace = http_namespace(cloudmap)
    same = {"Name": "cart", "NamespaceId": namespace, "CreatorRequestId": "token", "Description": "Carts"}
    assert cloudmap.create_service(**same)["Service"] == cloudmap.create_service(**same)["Service"]


def test_the_same_request_id_with_something_else_is_no_repetition(cloudmap):
    namespace = http_namespace(cloudmap)
    service(cloudmap, namespace, CreatorRequestId="token")
    other = {"Name": "cart", "NamespaceId": namespace, "CreatorRequestId": "token", "Description": "Else"}
    assert refused(cloudmap.create_service, **other)[0] == "ServiceAlreadyExists"


def test_updating_is_an_operation_on_the_service(cloudmap):
    identifier = dns_service(cloudmap, "A")
    change = {"Description": "New", "DnsConfig": records("A", ttl=5), "HealthCheckConfig": HTTP_CHECK}
    response = answer(cloudmap.update_service(Id=identifier, Service=change))
    assert list(response) == ["OperationId"]
    done = operation(cloudmap, response["OperationId"])
    assert (done["Type"], done["Targets"]) == ("UPDATE_SERVICE", {"SERVICE": identifier})
    described = cloudmap.get_service(Id=identifier)["Service"]
    assert described["Description"] == "New"
    assert described["DnsConfig"]["DnsRecords"] == [{"Type": "A", "TTL": 5}]
    assert described["HealthCheckConfig"] == HTTP_CHECK


def test_an_update_keeps_the_routing_policy_and_custom_health(cloudmap):
    identifier = dns_service(cloudmap, "A", policy="WEIGHTED", HealthCheckCustomConfig={})
    cloudmap.update_service(Id=identifier, Service={"DnsConfig": records("A", ttl=5)})
    described = cloudmap.get_service(Id=identifier)["Service"]
    assert described["DnsConfig"]["RoutingPolicy"] == "WEIGHTED"
    assert described["HealthCheckCustomConfig"] == {"FailureThreshold": 1}


def test_a_health_check_that_an_update_leaves_out_is_removed(cloudmap):
    identifier = dns_service(cloudmap, "A", HealthCheckConfig=HTTP_CHECK)
    cloudmap.update_service(Id=identifier, Service={"DnsConfig": records("A")})
    assert "HealthCheckConfig" not in cloudmap.get_service(Id=identifier)["Service"]


def test_records_that_an_update_leaves_out_are_removed(cloudmap):
    identifier = dns_service(cloudmap, "A")
    cloudmap.update_service(Id=identifier, Service={"Description": "No records"})
    assert "DnsRecords" not in cloudmap.get_service(Id=identifier)["Service"]["DnsConfig"]


def test_services_of_http_namespaces_cannot_be_updated(cloudmap):
    code, _ = refused(cloudmap.update_service, Id=service(cloudmap), Service={"Description": "New"})
    assert code == "InvalidInput"


def test_deleting_a_service(cloudmap):
    identifier = service(cloudmap)
    assert answer(cloudmap.delete_service(Id=identifier)) == {}
    assert refused(cloudmap.get_service, Id=identifier) == ("ServiceNotFound", "Service not found")


def test_a_service_with_instances_stays(cloudmap):
    identifier = service(cloudmap)
    register(cloudmap, identifier, "one", **ADDRESS)
    assert refused(cloudmap.delete_service, Id=identifier) == (
        "ResourceInUse",
        "Service contains registered instances; delete the instances before deleting the service",
    )
    cloudmap.deregister_instance(ServiceId=identifier, InstanceId="one")
    cloudmap.delete_service(Id=identifier)


def test_a_name_is_free_again_after_its_service_is_deleted(cloudmap):
    namespace = http_namespace(cloudmap)
    first = health_service(cloudmap, namespace)
    cloudmap.delete_service(Id=first)
    assert health_service(cloudmap, namespace) != first
