"""What breaks the model's limits is InvalidInput, every violation in AWS's words in one message."""

import pytest

from tests.sdk import refused
from tests.wire.http import call

NOT_NULL = "Member must not be null"
KEYS = (
    "Map keys must satisfy constraint: [Member must have length less than or equal to 255, Member must have length"
    " greater than or equal to 0, Member must satisfy regular expression pattern: ^[a-zA-Z0-9!-~]+$, Member must not be"
    " null]"
)
VALUES = (
    "Map value must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length"
    " greater than or equal to 0, Member must satisfy regular expression pattern:"
    " ^([a-zA-Z0-9!-~][ \\ta-zA-Z0-9!-~]*){0,1}[a-zA-Z0-9!-~]{0,1}$, Member must not be null]"
)
PRIVATE = "^(?!arn:)[!-~]{1,253}$"
LONG = "n" * 254


def violation(value, path, rule):
    return f"Value {value} at '{path}' failed to satisfy constraint: {rule}"


def pattern(text):
    return f"Member must satisfy regular expression pattern: {text}"


ONE = [
    pytest.param("get_namespace", {}, "null", "id", NOT_NULL, id="required"),
    pytest.param("get_namespace", {"Id": None}, "null", "id", NOT_NULL, id="null"),
    pytest.param(
        "get_namespace",
        {"Id": "x" * 256},
        f"'{'x' * 256}'",
        "id",
        "Member must have length less than or equal to 255",
        id="max length",
    ),
    pytest.param(
        "list_tags_for_resource",
        {"ResourceARN": ""},
        "''",
        "resourceARN",
        "Member must have length greater than or equal to 1",
        id="min length",
    ),
    pytest.param(
        "create_private_dns_namespace",
        {"Name": "a b", "Vpc": "vpc-1"},
        "'a b'",
        "name",
        pattern(PRIVATE),
        id="pattern",
    ),
    pytest.param(
        "create_private_dns_namespace",
        {"Name": "arn:aws:x", "Vpc": "vpc-1"},
        "'arn:aws:x'",
        "name",
        pattern(PRIVATE),
        id="a name like an ARN",
    ),
    pytest.param(
        "discover_instances",
        {"NamespaceName": "n", "ServiceName": "s", "HealthStatus": "FINE"},
        "'FINE'",
        "healthStatus",
        "Member must satisfy enum value set: [HEALTHY, UNHEALTHY, ALL, HEALTHY_OR_ELSE_ALL]",
        id="enum",
    ),
    pytest.param(
        "list_instances",
        {"ServiceId": "s", "MaxResults": 101},
        "'101'",
        "maxResults",
        "Member must have value less than or equal to 100",
        id="max value",
    ),
    pytest.param(
        "list_instances",
        {"ServiceId": "s", "MaxResults": 0},
        "'0'",
        "maxResults",
        "Member must have value greater than or equal to 1",
        id="min value",
    ),
    pytest.param(
        "register_instance",
        {"ServiceId": "s", "InstanceId": "i", "Attributes": {"my key": "v"}},
        "'{my key=v}'",
        "attributes",
        KEYS,
        id="map key",
    ),
    pytest.param(
        "register_instance",
        {"ServiceId": "s", "InstanceId": "i", "Attributes": {"one": " v", "two": "v"}},
        "'{one= v, two=v}'",
        "attributes",
        VALUES,
        id="map value",
    ),
    pytest.param(
        "get_instances_health_status",
        {"ServiceId": "s", "Instances": []},
        "'[]'",
        "instances",
        "Member must have length greater than or equal to 1",
        id="empty list",
    ),
    pytest.param(
        "discover_instances",
        {"NamespaceName": "n", "ServiceName": "s", "OwnerAccount": "1" * 11},
        "'11111111111'",
        "ownerAccount",
        "Member must have length greater than or equal to 12",
        id="an account of eleven digits",
    ),
    pytest.param(
        "tag_resource",
        {"ResourceARN": "arn", "Tags": [{"Key": "a", "Value": "b"}, {"Key": "c"}]},
        "null",
        "tags.2.member.value",
        NOT_NULL,
        id="inside a list",
    ),
    pytest.param(
        "create_service",
        {"Name": "s", "NamespaceId": "n", "DnsConfig": {"DnsRecords": [{"Type": "A"}]}},
        "null",
        "dnsConfig.dnsRecords.1.member.tTL",
        NOT_NULL,
        id="inside a structure",
    ),
    pytest.param(
        "create_http_namespace",
        {"Name": "größe"},
        "'gr??e'",
        "name",
        pattern("^(?!arn:)[!-~]{1,1024}$"),
        id="outside ASCII",
    ),
]


@pytest.mark.parametrize(("operation", "parameters", "value", "path", "rule"), ONE)
def test_one_violation(unchecked, operation, parameters, value, path, rule):
    assert refused(getattr(unchecked, operation), **parameters) == (
        "InvalidInput",
        f"1 validation error detected: {violation(value, path, rule)}",
    )


def test_a_value_that_breaks_two_rules(unchecked):
    length = violation(f"'{LONG}'", "name", "Member must have length less than or equal to 253")
    shape = violation(f"'{LONG}'", "name", pattern(PRIVATE))
    assert refused(unchecked.create_private_dns_namespace, Name=LONG, Vpc="vpc-1") == (
        "InvalidInput",
        f"2 validation errors detected: {length}; {shape}",
    )


def test_violations_of_several_members_stand_in_one_message(unchecked):
    code, message = refused(unchecked.register_instance, CreatorRequestId="x" * 65)
    assert code == "InvalidInput"
    assert message == "4 validation errors detected: " + "; ".join(
        [
            violation("null", "serviceId", NOT_NULL),
            violation("null", "instanceId", NOT_NULL),
            violation(f"'{'x' * 65}'", "creatorRequestId", "Member must have length less than or equal to 64"),
            violation("null", "attributes", NOT_NULL),
        ]
    )


NAMES = [
    ("create_http_namespace", {}, "n" * 1024, True),
    ("create_http_namespace", {}, "n" * 1025, False),
    ("create_http_namespace", {}, "", False),
    ("create_http_namespace", {}, "a b", False),
    ("create_http_namespace", {}, "~!", True),
    ("create_private_dns_namespace", {"Vpc": "v"}, "local", True),
    ("create_private_dns_namespace", {"Vpc": "v"}, "n" * 253, True),
    ("create_private_dns_namespace", {"Vpc": "v"}, "n\n", False),
    ("create_public_dns_namespace", {}, "local", False),
    ("create_public_dns_namespace", {}, "a.b", True),
    ("create_public_dns_namespace", {}, "a.b.", False),
    ("create_public_dns_namespace", {}, "a_b.c", False),
    ("create_public_dns_namespace", {}, "-a.b", False),
    ("create_public_dns_namespace", {}, "a" * 63 + ".b", True),
    ("create_public_dns_namespace", {}, "a" * 64 + ".b", False),
    ("create_public_dns_namespace", {}, ".".join(["a" * 60] * 4), True),
    ("create_public_dns_namespace", {}, ".".join(["a" * 60] * 5), False),
]


@pytest.mark.parametrize(("operation", "more", "name", "good"), NAMES)
def test_names_that_a_namespace_may_have(cloudmap, operation, more, name, good):
    create = getattr(cloudmap, operation)
    if good:
        create(Name=name, **more)
    else:
        code, message = refused(create, Name=name, **more)
        assert code == "InvalidInput"
        assert " at 'name' failed to satisfy constraint: " in message


def test_members_that_the_model_does_not_know_are_passed_over(server, account):
    response = call(server, "CreateHttpNamespace", {"Name": "shop", "Colour": "green"}, account=account)
    assert response.status == 200
