"""GetServiceAttributes, UpdateServiceAttributes, DeleteServiceAttributes."""

import pytest

from tests.cloudmap.world import http_namespace, service
from tests.sdk import answer, refused


def numbered(count, start=0):
    return {f"k{number}": "v" for number in range(start, start + count)}


def attributes(cloudmap, identifier):
    return cloudmap.get_service_attributes(ServiceId=identifier)["ServiceAttributes"]["Attributes"]


def test_an_answer_member_by_member(cloudmap, account):
    identifier = service(cloudmap)
    assert answer(cloudmap.update_service_attributes(ServiceId=identifier, Attributes={"port": "80"})) == {}
    assert answer(cloudmap.get_service_attributes(ServiceId=identifier)) == {
        "ServiceAttributes": {
            "ServiceArn": f"arn:aws:servicediscovery:us-east-1:{account}:service/{identifier}",
            "ResourceOwner": account,
            "Attributes": {"port": "80"},
        }
    }


def test_a_service_without_attributes(cloudmap):
    assert attributes(cloudmap, service(cloudmap)) == {}


def test_an_update_adds_and_overwrites(cloudmap):
    identifier = service(cloudmap)
    cloudmap.update_service_attributes(ServiceId=identifier, Attributes={"one": "1", "two": "2"})
    cloudmap.update_service_attributes(ServiceId=identifier, Attributes={"two": "zwei", "three": ""})
    assert attributes(cloudmap, identifier) == {"one": "1", "two": "zwei", "three": ""}


def test_deleting_passes_over_what_is_not_there(cloudmap):
    identifier = service(cloudmap)
    cloudmap.update_service_attributes(ServiceId=identifier, Attributes={"one": "1", "two": "2"})
    assert answer(cloudmap.delete_service_attributes(ServiceId=identifier, Attributes=["one", "absent"])) == {}
    assert attributes(cloudmap, identifier) == {"two": "2"}


def test_a_service_has_thirty_attributes_and_no_more(cloudmap):
    identifier = service(cloudmap)
    cloudmap.update_service_attributes(ServiceId=identifier, Attributes=numbered(30))
    code, _ = refused(cloudmap.update_service_attributes, ServiceId=identifier, Attributes=numbered(1, start=30))
    assert code == "ServiceAttributesLimitExceededException"
    assert attributes(cloudmap, identifier) == numbered(30)
    cloudmap.update_service_attributes(ServiceId=identifier, Attributes={"k0": "new"})


LIMITS = [
    ("update_service_attributes", numbered(31), "less than or equal to 30"),
    ("update_service_attributes", {}, "greater than or equal to 1"),
    ("delete_service_attributes", [*numbered(31)], "less than or equal to 30"),
    ("delete_service_attributes", [], "greater than or equal to 1"),
]


@pytest.mark.parametrize(("operation", "sent", "rule"), LIMITS)
def test_one_to_thirty_in_a_request(unchecked, operation, sent, rule):
    code, message = refused(getattr(unchecked, operation), ServiceId=service(unchecked), Attributes=sent)
    assert code == "InvalidInput"
    assert message.endswith(f" at 'attributes' failed to satisfy constraint: Member must have length {rule}")


def test_the_longest_attribute(cloudmap):
    identifier = service(cloudmap)
    longest = {"k" * 255: "v" * 1024}
    cloudmap.update_service_attributes(ServiceId=identifier, Attributes=longest)
    assert attributes(cloudmap, identifier) == longest


@pytest.mark.parametrize("sent", [{"k" * 256: "v"}, {"k": "v" * 1025}])
def test_attributes_that_are_too_long(cloudmap, sent):
    code, _ = refused(cloudmap.update_service_attributes, ServiceId=service(cloudmap), Attributes=sent)
    assert code == "InvalidInput"


def test_attributes_go_with_their_service(cloudmap):
    namespace = http_namespace(cloudmap)
    first = service(cloudmap, namespace)
    cloudmap.update_service_attributes(ServiceId=first, Attributes={"one": "1"})
    cloudmap.delete_service(Id=first)
    assert refused(cloudmap.get_service_attributes, ServiceId=first) == ("ServiceNotFound", "Service not found")
    assert attributes(cloudmap, service(cloudmap, namespace)) == {}
