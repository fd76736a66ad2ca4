"""AddTags, RemoveTags, ListTags, and tags given at creation."""

import pytest

from tests.cloudtrail.world import arn
from tests.sdk import answer, refused


def listed(cloudtrail, *arns):
    found = cloudtrail.list_tags(ResourceIdList=list(arns))["ResourceTagList"]
    assert [each["ResourceId"] for each in found] == list(arns)
    return [each["TagsList"] for each in found]


def numbered(count, start=0):
    return [{"Key": f"k{number:02}", "Value": "v"} for number in range(start, start + count)]


def test_tagging_and_untagging(cloudtrail, trail):
    tags = [{"Key": "one", "Value": "1"}, {"Key": "three"}, {"Key": "two", "Value": "2"}]
    assert answer(cloudtrail.add_tags(ResourceId=trail, TagsList=tags)) == {}
    assert listed(cloudtrail, trail) == [tags]
    gone = [{"Key": "one", "Value": "another"}, {"Key": "absent"}]
    assert answer(cloudtrail.remove_tags(ResourceId=trail, TagsList=gone)) == {}
    assert listed(cloudtrail, trail) == [tags[1:]]


def test_a_trail_without_tags(cloudtrail, trail):
    assert answer(cloudtrail.list_tags(ResourceIdList=[trail])) == {
        "ResourceTagList": [{"ResourceId": trail, "TagsList": []}]
    }


def test_tags_given_at_creation_go_with_the_trail(cloudtrail, bucket):
    tags = [{"Key": "Team", "Value": "ops"}]
    made = cloudtrail.create_trail(Name="tagged", S3BucketName=bucket, TagsList=tags)["TrailARN"]
    assert listed(cloudtrail, made) == [tags]
    cloudtrail.delete_trail(Name="tagged")
    cloudtrail.create_trail(Name="tagged", S3BucketName=bucket)
    assert listed(cloudtrail, made) == [[]]


def test_the_same_key_gets_the_new_value_and_case_counts(cloudtrail, trail):
    cloudtrail.add_tags(ResourceId=trail, TagsList=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}])
    cloudtrail.add_tags(ResourceId=trail, TagsList=[{"Key": "a", "Value": "3"}])
    assert listed(cloudtrail, trail) == [[{"Key": "A", "Value": "2"}, {"Key": "a", "Value": "3"}]]


def test_a_trail_has_fifty_tags_and_no_more(cloudtrail, trail):
    cloudtrail.add_tags(ResourceId=trail, TagsList=numbered(50))
    expected = ("TagsLimitExceededException", "A trail can have at most 50 tags.")
    assert refused(cloudtrail.add_tags, ResourceId=trail, TagsList=numbered(1, 50)) == expected
    assert listed(cloudtrail, trail) == [numbered(50)]
    cloudtrail.add_tags(ResourceId=trail, TagsList=[{"Key": "k00", "Value": "new"}])


@pytest.mark.parametrize(
    "tag",
    [{"Key": ""}, {"Key": "k" * 129}, {"Key": "k", "Value": "v" * 257}, {"Value": "v"}, {"Key": "aws:x"}],
)
def test_tags_that_cannot_be(unchecked, trail, tag):
    assert refused(unchecked.add_tags, ResourceId=trail, TagsList=[tag])[0] == "InvalidTagParameterException"
    assert refused(unchecked.remove_tags, ResourceId=trail, TagsList=[tag])[0] == "InvalidTagParameterException"


def test_a_key_twice(cloudtrail, trail):
    expected = ("InvalidTagParameterException", "Tag keys must be unique.")
    assert refused(cloudtrail.add_tags, ResourceId=trail, TagsList=[{"Key": "k"}, {"Key": "k"}]) == expected


OPERATIONS = {
    "add_tags": lambda text: {"ResourceId": text, "TagsList": [{"Key": "k"}]},
    "remove_tags": lambda text: {"ResourceId": text, "TagsList": [{"Key": "k"}]},
    "list_tags": lambda text: {"ResourceIdList": [text]},
}
NOT_A_TRAIL = "CloudTrailARNInvalidException", "The ARN is not that of a trail."
REFERENCES = [
    ("mine", *NOT_A_TRAIL),
    ("arn:aws:cloudtrail:us-east-1:{account}", *NOT_A_TRAIL),
    (
        "arn:aws:cloudtrail:us-east-1:999999999999:trail/mine",
        "CloudTrailARNInvalidException",
        "You must specify an ARN that the caller account can access.",
    ),
    (
        "arn:aws:cloudtrail:eu-west-3:{account}:trail/mine",
        "CloudTrailARNInvalidException",
        "Region in ARN is wrong, you can only access resources in region us-east-1.",
    ),
    (
        "arn:aws:cloudtrail:us-east-1:{account}:trail/none",
        "ResourceNotFoundException",
        "Resource not found: arn:aws:cloudtrail:us-east-1:{account}:trail/none",
    ),
    (
        "arn:aws:cloudtrail:us-east-1:{account}:eventdatastore/mine",
        "ResourceTypeNotSupportedException",
        "Resources of type eventdatastore are not supported: only trails have tags here.",
    ),
]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(("text", "code", "message"), REFERENCES)
def test_resources_that_are_not_there(cloudtrail, trail, account, operation, text, code, message):
    parameters = OPERATIONS[operation](text.format(account=account))
    assert refused(getattr(cloudtrail, operation), **parameters) == (code, message.format(account=account))


def test_twenty_resources_at_a_time(cloudtrail, trail):
    assert len(listed(cloudtrail, *[trail] * 20)) == 20
    expected = ("CloudTrailARNInvalidException", "You can list the tags of at most 20 resources at a time.")
    assert refused(cloudtrail.list_tags, ResourceIdList=[trail] * 21) == expected


def test_the_paginator_finds_one_page(cloudtrail, trail, account, bucket):
    cloudtrail.create_trail(Name="other", S3BucketName=bucket)
    asked = [trail, arn(account, "other")]
    (page,) = cloudtrail.get_paginator("list_tags").paginate(ResourceIdList=asked)
    assert [each["ResourceId"] for each in page["ResourceTagList"]] == asked


def test_there_are_no_tokens(cloudtrail, trail):
    code, _ = refused(cloudtrail.list_tags, ResourceIdList=[trail], NextToken="x")
    assert code == "InvalidTokenException"
