"""TagResource, UntagResource, ListTagsForResource, and tags given at creation."""

import pytest

from tests.cloudmap.world import NAMESPACES, http_namespace, service
from tests.sdk import answer, refusal, refused


def tags_of(**tags):
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def numbered(count, start=0):
    return [{"Key": f"k{number}", "Value": "v"} for number in range(start, start + count)]


@pytest.fixture(params=["namespace", "service"])
def arn(request, cloudmap):
    """The ARN of something that can be tagged."""
    namespace = http_namespace(cloudmap)
    if request.param == "namespace":
        return cloudmap.get_namespace(Id=namespace)["Namespace"]["Arn"]
    return cloudmap.get_service(Id=service(cloudmap, namespace))["Service"]["Arn"]


def listed(cloudmap, arn):
    found = cloudmap.list_tags_for_resource(ResourceARN=arn)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in found}


def test_tagging_and_untagging(cloudmap, arn):
    assert answer(cloudmap.tag_resource(ResourceARN=arn, Tags=tags_of(one="1", two=""))) == {}
    assert listed(cloudmap, arn) == {"one": "1", "two": ""}
    assert answer(cloudmap.untag_resource(ResourceARN=arn, TagKeys=["one", "absent"])) == {}
    assert answer(cloudmap.list_tags_for_resource(ResourceARN=arn)) == {"Tags": tags_of(two="")}


def test_a_resource_without_tags(cloudmap, arn):
    assert answer(cloudmap.list_tags_for_resource(ResourceARN=arn)) == {"Tags": []}


def test_the_same_key_gets_the_new_value_and_case_counts(cloudmap, arn):
    cloudmap.tag_resource(ResourceARN=arn, Tags=tags_of(color="green", Color="red"))
    cloudmap.tag_resource(ResourceARN=arn, Tags=tags_of(color="blue"))
    assert listed(cloudmap, arn) == {"color": "blue", "Color": "red"}


def test_a_resource_has_fifty_tags_and_no_more(cloudmap, arn):
    cloudmap.tag_resource(ResourceARN=arn, Tags=numbered(50))
    response = refusal(cloudmap.tag_resource, ResourceARN=arn, Tags=numbered(1, start=50))
    assert response["Error"]["Code"] == "TooManyTagsException"
    assert response["ResourceName"] == arn
    assert len(listed(cloudmap, arn)) == 50


def test_at_the_limit_tags_can_still_be_overwritten(cloudmap, arn):
    cloudmap.tag_resource(ResourceARN=arn, Tags=numbered(50))
    cloudmap.tag_resource(ResourceARN=arn, Tags=tags_of(k0="new"))
    assert listed(cloudmap, arn)["k0"] == "new"


@pytest.mark.parametrize("text", ["aws:mine", "AWS:mine", "Aws:"])
@pytest.mark.parametrize("tag", [lambda text: {text: "v"}, lambda text: {"k": text}])
def test_aws_keeps_its_prefix(cloudmap, arn, text, tag):
    assert refused(cloudmap.tag_resource, ResourceARN=arn, Tags=tags_of(**tag(text)))[0] == "InvalidInput"
    assert listed(cloudmap, arn) == {}


LIMITS = [
    (tags_of(**{"k" * 129: "v"}), "Member must have length less than or equal to 128"),
    (tags_of(k="v" * 257), "Member must have length less than or equal to 256"),
    (tags_of(**{"": "v"}), "Member must have length greater than or equal to 1"),
    ([{"Key": "k"}], "Member must not be null"),
    (numbered(201), "Member must have length less than or equal to 200"),
]


@pytest.mark.parametrize(("tags", "rule"), LIMITS)
def test_limits_of_tags(unchecked, tags, rule):
    code, message = refused(unchecked.tag_resource, ResourceARN="arn:x", Tags=tags)
    assert code == "InvalidInput"
    assert message.endswith(f" failed to satisfy constraint: {rule}")


def test_the_longest_tag(cloudmap, arn):
    cloudmap.tag_resource(ResourceARN=arn, Tags=tags_of(**{"k" * 128: "ü" * 256}))
    assert listed(cloudmap, arn) == {"k" * 128: "ü" * 256}


@pytest.mark.parametrize("operation", ["tag_resource", "untag_resource", "list_tags_for_resource"])
@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:servicediscovery:us-east-1:{account}:namespace/ns-none",
        "arn:aws:servicediscovery:us-east-1:{account}:service/srv-none",
        "arn:aws:servicediscovery:eu-west-1:{account}:namespace/{namespace}",
        "arn:aws:servicediscovery:us-east-1:999999999999:namespace/{namespace}",
        "arn:aws-cn:servicediscovery:us-east-1:{account}:namespace/{namespace}",
        "arn:aws:servicediscovery:us-east-1:{account}:service/{namespace}",
        "arn:aws:servicediscovery:us-east-1:{account}:operation/x",
        "{namespace}",
    ],
)
def test_resources_that_are_not_there(cloudmap, account, operation, arn):
    arn = arn.format(account=account, namespace=http_namespace(cloudmap))
    more = {"tag_resource": {"Tags": tags_of(k="v")}, "untag_resource": {"TagKeys": ["k"]}}.get(operation, {})
    code, _ = refused(getattr(cloudmap, operation), ResourceARN=arn, **more)
    assert code == "ResourceNotFoundException"


@pytest.mark.parametrize("kind", NAMESPACES)
def test_a_namespace_is_made_with_its_tags(cloudmap, kind):
    identifier = NAMESPACES[kind](cloudmap, Tags=tags_of(one="1"))
    assert listed(cloudmap, cloudmap.get_namespace(Id=identifier)["Namespace"]["Arn"]) == {"one": "1"}


def test_a_service_is_made_with_its_tags(cloudmap):
    identifier = service(cloudmap, Tags=tags_of(one="1"))
    assert listed(cloudmap, cloudmap.get_service(Id=identifier)["Service"]["Arn"]) == {"one": "1"}


def test_what_would_have_too_many_tags_is_not_made(cloudmap):
    namespace = http_namespace(cloudmap)
    response = refusal(cloudmap.create_service, Name="cart", NamespaceId=namespace, Tags=numbered(51))
    assert response["Error"]["Code"] == "TooManyTagsException"
    assert "ResourceName" in response
    response = refusal(cloudmap.create_http_namespace, Name="other", Tags=numbered(51))
    assert response["Error"]["Code"] == "TooManyTagsException"
    assert cloudmap.list_services()["Services"] == []
    assert len(cloudmap.list_namespaces()["Namespaces"]) == 1


def test_tags_go_with_their_resource(cloudmap):
    namespace = http_namespace(cloudmap, Tags=tags_of(one="1"))
    identifier = service(cloudmap, namespace, Tags=tags_of(one="1"))
    arns = [
        cloudmap.get_service(Id=identifier)["Service"]["Arn"],
        cloudmap.get_namespace(Id=namespace)["Namespace"]["Arn"],
    ]
    cloudmap.delete_service(Id=identifier)
    cloudmap.delete_namespace(Id=namespace)
    for arn in arns:
        assert refused(cloudmap.list_tags_for_resource, ResourceARN=arn)[0] == "ResourceNotFoundException"
