"""CreateTrail, UpdateTrail, DeleteTrail, GetTrail, DescribeTrails, ListTrails."""

import pytest

from tests.cloudtrail.world import MANAGEMENT, arn
from tests.sdk import answer, refused

CREATED = [
    "Name", "S3BucketName", "IncludeGlobalServiceEvents", "IsMultiRegionTrail", "TrailARN", "LogFileValidationEnabled",
    "IsOrganizationTrail", "RecursiveLogging",
]  # fmt: skip
ALL_CREATED = [
    "Name", "S3BucketName", "S3KeyPrefix", "SnsTopicName", "SnsTopicARN", "IncludeGlobalServiceEvents",
    "IsMultiRegionTrail", "TrailARN", "LogFileValidationEnabled", "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn",
    "KmsKeyId", "IsOrganizationTrail", "RecursiveLogging",
]  # fmt: skip
ALL_DESCRIBED = [
    "Name", "S3BucketName", "S3KeyPrefix", "SnsTopicName", "SnsTopicARN", "IncludeGlobalServiceEvents",
    "IsMultiRegionTrail", "HomeRegion", "TrailARN", "LogFileValidationEnabled", "CloudWatchLogsLogGroupArn",
    "CloudWatchLogsRoleArn", "KmsKeyId", "HasCustomEventSelectors", "HasInsightSelectors", "IsOrganizationTrail",
    "RecursiveLogging",
]  # fmt: skip
GROUP = "arn:aws:logs:us-east-1:111122223333:log-group:trail:*"
ROLE = "arn:aws:iam::111122223333:role/service-role/trail"
KEY = "arn:aws:kms:us-east-1:111122223333:key/12345678-1234-1234-1234-123456789012"
EVERYTHING = {
    "S3KeyPrefix": "audit/east",
    "SnsTopicName": "deliveries",
    "IncludeGlobalServiceEvents": True,
    "IsMultiRegionTrail": True,
    "EnableLogFileValidation": True,
    "CloudWatchLogsLogGroupArn": GROUP,
    "CloudWatchLogsRoleArn": ROLE,
    "KmsKeyId": KEY,
    "IsOrganizationTrail": False,
}


def test_the_defaults_of_a_trail_in_their_order(raw, bucket, account):
    made = raw.ok("CreateTrail", {"Name": "mine", "S3BucketName": bucket})
    assert list(made) == CREATED
    assert made == {
        "Name": "mine",
        "S3BucketName": bucket,
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": False,
        "TrailARN": arn(account),
        "LogFileValidationEnabled": False,
        "IsOrganizationTrail": False,
        "RecursiveLogging": True,
    }


def test_a_described_trail_in_its_order(raw, bucket, account):
    made = raw.ok("CreateTrail", {"Name": "mine", "S3BucketName": bucket})
    described = raw.ok("GetTrail", {"Name": "mine"})["Trail"]
    assert described == made | {
        "HomeRegion": "us-east-1",
        "HasCustomEventSelectors": False,
        "HasInsightSelectors": False,
    }
    assert list(described) == [name for name in ALL_DESCRIBED if name in described]
    assert raw.ok("DescribeTrails") == {"trailList": [described]}


def test_everything_that_can_be_set(raw, bucket, account):
    made = raw.ok("CreateTrail", {"Name": "mine", "S3BucketName": bucket, **EVERYTHING})
    assert list(made) == ALL_CREATED
    assert made["SnsTopicARN"] == f"arn:aws:sns:us-east-1:{account}:deliveries"
    assert made["LogFileValidationEnabled"] is True
    same = ("S3KeyPrefix", "SnsTopicName", "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn", "KmsKeyId")
    assert {name: made[name] for name in same} == {name: EVERYTHING[name] for name in same}
    described = raw.ok("GetTrail", {"Name": "mine"})["Trail"]
    assert list(described) == ALL_DESCRIBED
    assert {name: value for name, value in described.items() if name in made} == made


def test_recursive_logging_is_kept(raw, bucket):
    raw.ok("CreateTrail", {"Name": "mine", "S3BucketName": bucket, "RecursiveLogging": False})
    told = raw.ok("GetTrail", {"Name": "mine"})["Trail"]["RecursiveLogging"]
    # Botocore's model has had this request member since 2026.
    assert told is ("RecursiveLogging" not in _request_members())


def _request_members():
    from emulator.model import cloudtrail

    return {member.name for member in cloudtrail().operations["CreateTrail"].input.members}


def test_a_topic_may_be_given_by_its_arn(cloudtrail, bucket):
    topic = "arn:aws:sns:eu-west-1:999999999999:central"
    made = cloudtrail.create_trail(Name="mine", S3BucketName=bucket, SnsTopicName=topic)
    assert (made["SnsTopicName"], made["SnsTopicARN"]) == (topic, topic)


def test_a_new_trail_does_not_log(cloudtrail, trail):
    assert cloudtrail.get_trail_status(Name="mine")["IsLogging"] is False


def test_a_name_is_taken_once_in_a_region(cloudtrail, elsewhere, trail, bucket, account):
    expected = ("TrailAlreadyExistsException", f"Trail mine already exists for customer: {account}")
    assert refused(cloudtrail.create_trail, Name="mine", S3BucketName=bucket) == expected
    assert elsewhere.create_trail(Name="mine", S3BucketName=bucket)["TrailARN"] == arn(account, region="eu-west-3")


def test_the_bucket_must_exist(cloudtrail):
    expected = ("S3BucketDoesNotExistException", "S3 bucket nowhere does not exist!")
    assert refused(cloudtrail.create_trail, Name="mine", S3BucketName="nowhere") == expected
    assert cloudtrail.list_trails()["Trails"] == []


NOT_GOOD = [
    ({"S3BucketName": ""}, "InvalidS3BucketNameException", "Bucket name cannot be blank!"),
    ({"S3BucketName": "../etc"}, "InvalidS3BucketNameException", "The bucket name ../etc is not valid."),
    ({"S3BucketName": "Upper"}, "InvalidS3BucketNameException", "The bucket name Upper is not valid."),
    (
        {"S3KeyPrefix": "p" * 201},
        "InvalidS3PrefixException",
        "S3 prefix is too long. Maximum allowed length: 200 characters.",
    ),
    (
        {"SnsTopicName": "t" * 257},
        "InvalidSnsTopicNameException",
        "SNS topic is too long. Maximum allowed length: 256 characters.",
    ),
    ({"SnsTopicName": "no topic"}, "InvalidSnsTopicNameException", "The SNS topic no topic is not valid."),
    (
        {"IsMultiRegionTrail": True, "IncludeGlobalServiceEvents": False},
        "InvalidParameterCombinationException",
        "Multi-Region trail must include global service events.",
    ),
    ({"KmsKeyId": "my key"}, "InvalidKmsKeyIdException", "The KMS key ID my key is not valid."),
    (
        {"CloudWatchLogsLogGroupArn": "trail"},
        "InvalidCloudWatchLogsLogGroupArnException",
        "CloudTrail cannot validate the specified log group ARN.",
    ),
    (
        {"CloudWatchLogsLogGroupArn": GROUP},
        "InvalidCloudWatchLogsRoleArnException",
        "You must specify a role ARN as well as a log group.",
    ),
    (
        {"CloudWatchLogsRoleArn": ROLE},
        "InvalidCloudWatchLogsLogGroupArnException",
        "You must specify a log group ARN as well as a role.",
    ),
    (
        {"CloudWatchLogsLogGroupArn": GROUP, "CloudWatchLogsRoleArn": "admin"},
        "InvalidCloudWatchLogsRoleArnException",
        "The role ARN admin is not valid.",
    ),
    (
        {"IsOrganizationTrail": True},
        "OrganizationsNotInUseException",
        "The account {account} is not a member of an organization.",
    ),
    (
        {"TagsList": [{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}]},
        "InvalidTagParameterException",
        "Tag keys must be unique.",
    ),
    (
        {"TagsList": [{"Key": f"k{number}"} for number in range(51)]},
        "TagsLimitExceededException",
        "A trail can have at most 50 tags.",
    ),
]


@pytest.mark.parametrize(("settings", "code", "message"), NOT_GOOD)
def test_settings_that_are_refused(cloudtrail, bucket, account, settings, code, message):
    found = refused(cloudtrail.create_trail, **{"Name": "mine", "S3BucketName": bucket, **settings})
    assert found == (code, message.format(account=account))
    assert cloudtrail.list_trails()["Trails"] == []


@pytest.mark.parametrize(("settings", "code", "message"), NOT_GOOD[:-2])
def test_settings_that_no_update_may_have(cloudtrail, trail, account, settings, code, message):
    before = cloudtrail.get_trail(Name="mine")["Trail"]
    assert refused(cloudtrail.update_trail, Name="mine", **settings) == (code, message.format(account=account))
    assert cloudtrail.get_trail(Name="mine")["Trail"] == before


def test_members_that_are_missing(unchecked, bucket):
    code, message = refused(unchecked.create_trail, S3BucketName=bucket)
    assert code == "InvalidTrailNameException"
    assert message == (
        "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null"
    )
    assert refused(unchecked.create_trail, Name="mine")[0] == "InvalidS3BucketNameException"
    for operation in (unchecked.get_trail, unchecked.update_trail, unchecked.delete_trail, unchecked.start_logging):
        assert refused(operation)[0] == "InvalidTrailNameException"


def test_an_update_changes_what_it_names(raw, bucket):
    made = raw.ok("CreateTrail", {"Name": "mine", "S3BucketName": bucket, **EVERYTHING})
    updated = raw.ok("UpdateTrail", {"Name": "mine", "EnableLogFileValidation": False})
    assert updated == made | {"LogFileValidationEnabled": False}
    assert list(updated) == ALL_CREATED
    assert raw.ok("UpdateTrail", {"Name": made["TrailARN"]}) == updated


def test_empty_texts_take_settings_away(raw, bucket):
    raw.ok("CreateTrail", {"Name": "mine", "S3BucketName": bucket, **EVERYTHING})
    cleared = ("S3KeyPrefix", "SnsTopicName", "CloudWatchLogsLogGroupArn", "KmsKeyId")
    updated = raw.ok("UpdateTrail", {"Name": "mine", **dict.fromkeys(cleared, "")})
    assert list(updated) == CREATED


def test_one_update_may_end_both_all_regions_and_global_events(cloudtrail, bucket):
    cloudtrail.create_trail(Name="mine", S3BucketName=bucket, IsMultiRegionTrail=True)
    updated = cloudtrail.update_trail(Name="mine", IsMultiRegionTrail=False, IncludeGlobalServiceEvents=False)
    assert (updated["IsMultiRegionTrail"], updated["IncludeGlobalServiceEvents"]) == (False, False)


def test_any_update_checks_the_bucket(server, cloudtrail, trail, bucket):
    server.machine.buckets.delete(bucket, f"AWSLogs/{trail.split(':')[4]}/CloudTrail/")
    server.machine.buckets.remove(bucket)
    expected = ("S3BucketDoesNotExistException", f"S3 bucket {bucket} does not exist!")
    assert refused(cloudtrail.update_trail, Name="mine") == expected


@pytest.mark.parametrize("validation", [False, True])
def test_a_trail_leaves_marks_in_its_bucket(server, cloudtrail, bucket, account, validation):
    cloudtrail.create_trail(Name="mine", S3BucketName=bucket, S3KeyPrefix="p", EnableLogFileValidation=validation)
    marks = [f"p/AWSLogs/{account}/CloudTrail/"] + [f"p/AWSLogs/{account}/CloudTrail-Digest/"] * validation
    assert sorted(server.machine.buckets.keys(bucket)) == sorted(marks)
    for key in marks:
        stored, body = server.machine.buckets.read(bucket, key)
        assert (stored.metadata.content_type, stored.metadata.content_encoding) == ("application/json", "gzip")
        assert body == b""
    cloudtrail.delete_trail(Name="mine")
    assert sorted(server.machine.buckets.keys(bucket)) == sorted(marks)


def test_an_update_leaves_marks_too(server, cloudtrail, trail, bucket, account):
    cloudtrail.update_trail(Name="mine", S3KeyPrefix="later", EnableLogFileValidation=True)
    assert server.machine.buckets.keys(bucket, "later/") == [
        f"later/AWSLogs/{account}/CloudTrail-Digest/",
        f"later/AWSLogs/{account}/CloudTrail/",
    ]


def test_a_deleted_trail_is_gone_and_its_name_is_free(cloudtrail, trail, bucket, account):
    cloudtrail.start_logging(Name="mine")
    assert answer(cloudtrail.delete_trail(Name="mine")) == {}
    assert cloudtrail.describe_trails()["trailList"] == []
    expected = ("TrailNotFoundException", f"Unknown trail: mine for the user: {account}")
    assert refused(cloudtrail.get_trail, Name="mine") == expected
    assert refused(cloudtrail.get_trail, Name=trail) == expected
    assert cloudtrail.create_trail(Name="mine", S3BucketName=bucket)["TrailARN"] == trail


def test_custom_selectors_are_told_once_they_differ(cloudtrail, trail):
    def told():
        return cloudtrail.get_trail(Name="mine")["Trail"]["HasCustomEventSelectors"]

    cloudtrail.put_event_selectors(TrailName="mine", EventSelectors=[{"ReadWriteType": "All"}])
    assert told() is False
    cloudtrail.put_event_selectors(TrailName="mine", AdvancedEventSelectors=[MANAGEMENT])
    assert told() is True
