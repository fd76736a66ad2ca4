"""Which parts of a service go together, in AWS's words."""

import pytest

from tests.cloudmap.world import HTTP_CHECK, NAMESPACES, dns_service, public_namespace, records, service
from tests.sdk import refused

TCP_WITH_PATH = {"Type": "TCP", "ResourcePath": "/"}

SEEN_ON_AWS = [
    pytest.param(
        "DNS_PUBLIC",
        {"DnsConfig": records("CNAME", "A", policy="WEIGHTED")},
        "DnsRecord Type CNAME cannot be combined with other types",
        id="CNAME with A",
    ),
    pytest.param(
        "DNS_PRIVATE",
        {"DnsConfig": records("SRV", "CNAME", policy="WEIGHTED")},
        "DnsRecord Type CNAME cannot be combined with other types",
        id="CNAME with SRV",
    ),
    pytest.param(
        "DNS_PUBLIC",
        {"DnsConfig": records("CNAME", policy="MULTIVALUE")},
        "WEIGHTED routing policy must be used with DNS Record Type CNAME",
        id="CNAME with MULTIVALUE",
    ),
    pytest.param(
        "DNS_PRIVATE",
        {"DnsConfig": records("CNAME")},
        "WEIGHTED routing policy must be used with DNS Record Type CNAME",
        id="CNAME without a policy",
    ),
    pytest.param(
        "DNS_PUBLIC",
        {"DnsConfig": records("CNAME", policy="WEIGHTED"), "HealthCheckConfig": HTTP_CHECK},
        "Health check config must not be used. Health checks are not supported for CNAME",
        id="CNAME with a health check",
    ),
    pytest.param(
        "DNS_PRIVATE",
        {"DnsConfig": records("A"), "HealthCheckConfig": HTTP_CHECK},
        "Health check config cannot be applied to a service with private namespace",
        id="health check in a private namespace",
    ),
    pytest.param(
        "DNS_PRIVATE",
        {"Type": "HTTP", "HealthCheckConfig": {"Type": "TCP"}},
        "Health check config cannot be applied to a service with private namespace",
        id="health check of an HTTP service in a private namespace",
    ),
    pytest.param(
        "DNS_PUBLIC",
        {"DnsConfig": records("A"), "HealthCheckConfig": TCP_WITH_PATH},
        "TCP health checks must not have a resource path specified.",
        id="TCP with a path",
    ),
    pytest.param(
        "HTTP",
        {"HealthCheckConfig": TCP_WITH_PATH},
        "TCP health checks must not have a resource path specified.",
        id="TCP with a path in an HTTP namespace",
    ),
    pytest.param(
        "HTTP",
        {"DnsConfig": records("A")},
        "When you create a service using a namespace that has a type of HTTP, you can't include a DnsConfig element.",
        id="DnsConfig in an HTTP namespace",
    ),
]

TEXT_UNKNOWN = [
    pytest.param("DNS_PUBLIC", {"DnsConfig": records("SRV", "A")}, id="SRV with A"),
    pytest.param("DNS_PUBLIC", {"DnsConfig": records("SRV", "AAAA")}, id="SRV with AAAA"),
    pytest.param("DNS_PUBLIC", {"DnsConfig": records("A", "A")}, id="A twice"),
    pytest.param("DNS_PUBLIC", {"DnsConfig": records()}, id="no records"),
    pytest.param("DNS_PUBLIC", {"DnsConfig": records("A"), "Type": "HTTP"}, id="records of an HTTP service"),
    pytest.param("HTTP", {"HealthCheckConfig": HTTP_CHECK, "HealthCheckCustomConfig": {}}, id="both kinds of health"),
    pytest.param("DNS_PUBLIC", {"DnsConfig": records("A", ttl=2147483648)}, id="TTL too long"),
    pytest.param("HTTP", {"HealthCheckConfig": {"Type": "HTTP", "FailureThreshold": 11}}, id="threshold too high"),
    pytest.param("HTTP", {"HealthCheckCustomConfig": {"FailureThreshold": 11}}, id="custom threshold too high"),
    pytest.param("HTTP", {"HealthCheckConfig": {"Type": "PING"}}, id="no such check"),
    pytest.param("DNS_PUBLIC", {"Type": "DNS"}, id="a reserved type"),
]


@pytest.mark.parametrize(("kind", "parts", "message"), SEEN_ON_AWS)
def test_parts_that_do_not_go_together(cloudmap, kind, parts, message):
    namespace = NAMESPACES[kind](cloudmap)
    refusal = refused(cloudmap.create_service, Name="cart", NamespaceId=namespace, **parts)
    assert refusal == ("InvalidInput", message)


@pytest.mark.parametrize(("kind", "parts"), TEXT_UNKNOWN)
def test_parts_that_aws_refuses_in_words_unknown(cloudmap, kind, parts):
    namespace = NAMESPACES[kind](cloudmap)
    assert refused(cloudmap.create_service, Name="cart", NamespaceId=namespace, **parts)[0] == "InvalidInput"
    assert cloudmap.list_services()["Services"] == []


@pytest.mark.parametrize(
    ("there", "asked"), [("A", ["AAAA"]), ("AAAA", ["A"]), ("SRV", ["A"]), ("A", ["A", "AAAA"]), ("A", ["SRV"])]
)
def test_the_types_of_records_stay(cloudmap, there, asked):
    change = {"DnsConfig": records(*asked)}
    message = (
        "The record types in the request must be the same as those present in the existing service."
        f" Records in the existing service are [{there}], but the records in the request are [{', '.join(asked)}]."
        " The record types of a service cannot be changed."
    )
    identifier = dns_service(cloudmap, there)
    assert refused(cloudmap.update_service, Id=identifier, Service=change) == ("InvalidInput", message)


@pytest.mark.parametrize(("there", "asked"), [("HTTP", "TCP"), ("TCP", "HTTPS"), ("HTTPS", "HTTP")])
def test_the_type_of_a_health_check_stays(cloudmap, there, asked):
    identifier = dns_service(cloudmap, "A", HealthCheckConfig={"Type": there})
    change = {"DnsConfig": records("A"), "HealthCheckConfig": {"Type": asked}}
    assert refused(cloudmap.update_service, Id=identifier, Service=change) == (
        "InvalidInput",
        "Type of health check cannot be changed",
    )


def test_the_rules_of_health_checks_hold_for_updates(cloudmap):
    identifier = dns_service(cloudmap, "A")
    change = {"DnsConfig": records("A"), "HealthCheckConfig": TCP_WITH_PATH}
    assert refused(cloudmap.update_service, Id=identifier, Service=change) == (
        "InvalidInput",
        "TCP health checks must not have a resource path specified.",
    )


def test_custom_health_keeps_a_health_check_out(cloudmap):
    identifier = dns_service(cloudmap, "A", HealthCheckCustomConfig={})
    change = {"DnsConfig": records("A"), "HealthCheckConfig": HTTP_CHECK}
    assert refused(cloudmap.update_service, Id=identifier, Service=change)[0] == "InvalidInput"


@pytest.mark.parametrize(
    "name", ["a", "0", ".", "_tcp", "_a._tcp", "a_", "a.b.c", "A-b_c", "a" * 63, ".".join(["a" * 63, "b" * 63])]
)
def test_names_that_a_service_may_have(cloudmap, name):
    assert service(cloudmap, name=name).startswith("srv-")


@pytest.mark.parametrize(
    "name", ["", "_", "-", "-a", "a-", "a..b", "a.", ".a", "a b", "a" * 64, "a\n", "é", "a" * 63 + "." + "b" * 64]
)
def test_names_that_a_service_may_not_have(cloudmap, name):
    code, message = refused(cloudmap.create_service, Name=name, NamespaceId="ns-x")
    assert code == "InvalidInput"
    assert "at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: ((?=" in message


def test_a_name_that_dns_cannot_hold_is_invalid(cloudmap):
    namespace = public_namespace(cloudmap, ".".join(["n" * 60] * 4))
    code, _ = refused(cloudmap.create_service, Name="s" * 60, NamespaceId=namespace, DnsConfig=records("A"))
    assert code == "InvalidInput"


@pytest.mark.parametrize(
    ("first", "second", "free"),
    [
        ("HTTP foo", "DNS FOO", True),
        ("DNS FOO", "HTTP foo", True),
        ("DNS foo", "DNS FOO", False),
        ("HTTP foo", "HTTP FOO", True),
        ("HTTP foo", "DNS foo", False),
        ("DNS foo", "HTTP foo", False),
    ],
)
def test_dns_alone_does_not_tell_upper_from_lower_case(cloudmap, first, second, free):
    namespace = public_namespace(cloudmap)

    def create(told):
        kind, name = told.split()
        parts = {"DnsConfig": records("A")} if kind == "DNS" else {"Type": "HTTP"}
        return cloudmap.create_service(Name=name, NamespaceId=namespace, **parts)["Service"]["Id"]

    there = create(first)
    if free:
        assert create(second) != there
    else:
        with pytest.raises(cloudmap.exceptions.ServiceAlreadyExists) as error:
            create(second)
        assert error.value.response["ServiceId"] == there


@pytest.mark.parametrize("parts", [{"Type": "HTTP"}, {"DnsConfig": records("A")}])
def test_an_update_cannot_leave_no_records(cloudmap, parts):
    made = service(cloudmap, public_namespace(cloudmap), **parts)
    with pytest.raises(cloudmap.exceptions.InvalidInput):
        cloudmap.update_service(Id=made, Service={"DnsConfig": {"DnsRecords": []}})
