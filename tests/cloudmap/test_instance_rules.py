"""Which instances a service takes, in AWS's words."""

import pytest

from emulator.cloudmap.instance_rules import check_attributes
from emulator.errors import ServiceError
from tests.cloudmap.world import ADDRESS, PUBLIC_ADDRESS, dns_service, private_namespace, register, service
from tests.sdk import refused

CHECK = {"HealthCheckConfig": {"Type": "HTTP"}}
ALIAS = {"AWS_ALIAS_DNS_NAME": "lb-1.us-east-1.elb.amazonaws.com"}


def missing(*attributes: str) -> str:
    return f"Required attribute(s) {' '.join(attributes)} are missing."


V6 = {"AWS_INSTANCE_IPV6": "2001:db8::1"}
PORT = {"AWS_INSTANCE_PORT": "80"}
ONE_ADDRESS = "At least one of AWS_INSTANCE_IPV4 AWS_INSTANCE_IPV6 is required."
BAD_PORT = "A valid port number must be supplied."

DNS_SERVICES = [
    pytest.param(["A"], {}, V6, missing("AWS_INSTANCE_IPV4"), id="A without v4"),
    pytest.param(["AAAA"], {}, ADDRESS, missing("AWS_INSTANCE_IPV6"), id="AAAA without v6"),
    pytest.param(["CNAME"], {"policy": "WEIGHTED"}, ADDRESS, missing("AWS_INSTANCE_CNAME"), id="CNAME without cname"),
    pytest.param(["SRV"], {}, ADDRESS, missing("AWS_INSTANCE_PORT"), id="SRV without port"),
    pytest.param(["SRV"], {}, PORT, ONE_ADDRESS, id="SRV without address"),
    pytest.param(["A", "AAAA"], {}, PORT, ONE_ADDRESS, id="A and AAAA without address"),
    pytest.param(["A"], CHECK, {"AWS_INSTANCE_IPV4": "8.8.8.8"}, "A port must be supplied in order to register this"
                 " instance.", id="health check without port"),
    pytest.param(["SRV"], {}, ADDRESS | {"AWS_INSTANCE_PORT": "0"}, BAD_PORT, id="port 0"),
    pytest.param(["SRV"], {}, ADDRESS | {"AWS_INSTANCE_PORT": "65536"}, BAD_PORT, id="port too high"),
    pytest.param(["SRV"], {}, ADDRESS | {"AWS_INSTANCE_PORT": "http"}, BAD_PORT, id="port that is a word"),
    pytest.param(["SRV"], {}, ADDRESS | {"AWS_INSTANCE_PORT": "-1"}, BAD_PORT, id="port below zero"),
    pytest.param(["A"], {}, ALIAS, "ALIAS instance can be registered only in services with WEIGHTED routing policy",
                 id="alias with MULTIVALUE"),
    pytest.param(["A"], {}, {"AWS_EC2_INSTANCE_ID": "i-1"}, "AWS_EC2_INSTANCE_ID provided in namespace type DNS_PUBLIC."
                 " It is only supported in HTTP namespace", id="EC2 in a public namespace"),
]  # fmt: skip


@pytest.mark.parametrize(("types", "parts", "attributes", "message"), DNS_SERVICES)
def test_what_dns_records_need(cloudmap, types, parts, attributes, message):
    identifier = dns_service(cloudmap, *types, **parts)
    refusal = refused(cloudmap.register_instance, ServiceId=identifier, InstanceId="one", Attributes=attributes)
    assert refusal == ("InvalidInput", message)
    assert cloudmap.list_operations(Filters=[{"Name": "TYPE", "Values": ["REGISTER_INSTANCE"]}])["Operations"] == []


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.1.1", "224.0.0.1"])
def test_an_address_that_no_health_check_reaches(cloudmap, address):
    identifier = dns_service(cloudmap, "A", **CHECK)
    attributes = PUBLIC_ADDRESS | {"AWS_INSTANCE_IPV4": address}
    refusal = refused(cloudmap.register_instance, ServiceId=identifier, InstanceId="one", Attributes=attributes)
    assert refusal == ("InvalidInput", f"IPv4 address {address} is forbidden for healthChecks")


def test_ec2_is_for_http_namespaces(cloudmap):
    identifier = service(cloudmap, private_namespace(cloudmap))
    attributes = {"AWS_EC2_INSTANCE_ID": "i-1"}
    assert refused(cloudmap.register_instance, ServiceId=identifier, InstanceId="one", Attributes=attributes) == (
        "InvalidInput",
        "AWS_EC2_INSTANCE_ID provided in namespace type DNS_PRIVATE. It is only supported in HTTP namespace",
    )


CUSTOM = {f"k{number}": "v" for number in range(30)}
LONG = {f"k{number}": "v" * 998 for number in range(5)}

HTTP_SERVICES = [
    pytest.param(
        {"AWS_EC2_INSTANCE_ID": "i-1", "AWS_INSTANCE_PORT": "80"},
        "Invalid combination of attributes received. AWS_EC2_INSTANCE_ID is not supported with [AWS_INSTANCE_PORT].",
        id="EC2 with a port",
    ),
    pytest.param(
        {"AWS_EC2_INSTANCE_ID": "i-1", "color": "green"},
        "Invalid combination of attributes received. AWS_EC2_INSTANCE_ID is not supported with [color].",
        id="EC2 with an attribute of one's own",
    ),
    pytest.param(
        {"AWS_MY_ATTR": "x"},
        "Invalid attribute: [AWS_MY_ATTR]. [aws_] prefix is reserved for AWS attributes.",
        id="unknown AWS attribute",
    ),
    pytest.param(
        {"aws_mine": "x"},
        "Invalid attribute: [aws_mine]. [aws_] prefix is reserved for AWS attributes.",
        id="unknown AWS attribute in lower case",
    ),
    pytest.param(
        LONG | {"x": "."},
        "Instance attributes too large. Maximum allowed size of all attributes is 5000 characters.",
        id="too large",
    ),
    pytest.param(
        {"AWS_INIT_HEALTH_STATUS": "UNKNOWN"},
        "No enum constant com.amazon.route53.autonaming.model.InitHealthStatus.UNKNOWN",
        id="bad initial status",
    ),
    pytest.param({"AWS_INSTANCE_PORT": "0"}, BAD_PORT, id="port 0"),
]


@pytest.mark.parametrize(("attributes", "message"), HTTP_SERVICES)
def test_what_no_instance_may_have(cloudmap, attributes, message):
    identifier = service(cloudmap)
    refusal = refused(cloudmap.register_instance, ServiceId=identifier, InstanceId="one", Attributes=attributes)
    assert refusal == ("InvalidInput", message)


def test_thirty_attributes_of_ones_own_and_no_more(cloudmap):
    identifier = service(cloudmap)
    register(cloudmap, identifier, "one", **CUSTOM, AWS_INSTANCE_PORT="80")
    code, message = refused(
        cloudmap.register_instance, ServiceId=identifier, InstanceId="two", Attributes=CUSTOM | {"k30": "v"}
    )
    assert code == "InvalidInput"
    before, _, after = message.partition("[")
    keys, _, end = after.partition("]")
    assert before == "Too many attributes provided: "
    assert sorted(keys.split(", ")) == sorted([*CUSTOM, "k30"])
    assert end == ". The current limit is 30"


def test_5000_characters_pass(cloudmap):
    identifier = service(cloudmap)
    assert sum(len(key) + len(value) for key, value in LONG.items()) == 5000
    register(cloudmap, identifier, "one", **LONG)


ACCEPTED = [
    pytest.param(["A"], {}, ADDRESS | V6 | PORT, id="more than A needs"),
    pytest.param(["AAAA"], {}, V6 | ADDRESS, id="more than AAAA needs"),
    pytest.param(["A", "AAAA"], {}, ADDRESS, id="v4 only"),
    pytest.param(["A", "AAAA"], {}, V6, id="v6 only"),
    pytest.param(["SRV"], {}, V6 | PORT, id="SRV with v6"),
    pytest.param(["CNAME"], {"policy": "WEIGHTED"}, {"AWS_INSTANCE_CNAME": "example.com"}, id="CNAME"),
    pytest.param(["A"], {"policy": "WEIGHTED"}, ALIAS, id="alias"),
    pytest.param(["AAAA"], {"policy": "WEIGHTED"}, ALIAS, id="alias with AAAA"),
    pytest.param(["A"], CHECK, PUBLIC_ADDRESS, id="health check"),
    pytest.param(["A"], {}, {"AWS_INSTANCE_IPV4": "10.0.0.1"}, id="a private address without a check"),
    pytest.param(["A"], {}, ADDRESS | {"AWS_INIT_HEALTH_STATUS": "UNHEALTHY"}, id="initial health without a check"),
]


@pytest.mark.parametrize(("types", "parts", "attributes"), ACCEPTED)
def test_what_services_take(cloudmap, types, parts, attributes):
    identifier = dns_service(cloudmap, *types, **parts)
    register(cloudmap, identifier, "one", **attributes)
    assert cloudmap.get_instance(ServiceId=identifier, InstanceId="one")["Instance"]["Attributes"] == attributes


@pytest.mark.parametrize("others", [ADDRESS, V6, PORT, {"AWS_INSTANCE_CNAME": "example.com"}])
def test_an_alias_stands_alone(cloudmap, others):
    identifier = dns_service(cloudmap, "A", policy="WEIGHTED")
    code, _ = refused(cloudmap.register_instance, ServiceId=identifier, InstanceId="one", Attributes=ALIAS | others)
    assert code == "InvalidInput"


@pytest.mark.parametrize(
    "attributes", [{"AWS_INSTANCE_IPV4": "300.1.1.1"}, {"AWS_INSTANCE_IPV4": "1.2.3"}, {"AWS_INSTANCE_IPV6": "1.2.3.4"}]
)
def test_a_bad_address_is_refused_at_once_as_this_code_chose(cloudmap, attributes):
    code, _ = refused(cloudmap.register_instance, ServiceId=service(cloudmap), InstanceId="one", Attributes=attributes)
    assert code == "InvalidInput"


def test_the_address_of_an_ec2_instance_is_filled_in(cloudmap):
    identifier = service(cloudmap)
    register(cloudmap, identifier, "one", AWS_EC2_INSTANCE_ID="i-1", AWS_INIT_HEALTH_STATUS="UNHEALTHY")
    attributes = cloudmap.get_instance(ServiceId=identifier, InstanceId="one")["Instance"]["Attributes"]
    assert attributes.pop("AWS_INSTANCE_IPV4").startswith("172.31.")
    assert attributes == {"AWS_EC2_INSTANCE_ID": "i-1", "AWS_INIT_HEALTH_STATUS": "UNHEALTHY"}


@pytest.mark.parametrize("port", ["0", "00000", "65536", "655369", "0000655369", "-1", "8e1", "٣"])
def test_a_port_is_a_number_from_1_to_65535(port):
    with pytest.raises(ServiceError, match=r"^A valid port number must be supplied\.$"):
        check_attributes(
            {"AWS_INSTANCE_PORT": port},
            namespace_type="HTTP",
            records=[],
            routing_policy="MULTIVALUE",
            health_check=False,
        )
