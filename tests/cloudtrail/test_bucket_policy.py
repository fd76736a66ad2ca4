"""Whether CloudTrail may write to a bucket: asked on CreateTrail and on every UpdateTrail."""

import json

import pytest

from tests.cloudtrail.world import arn
from tests.sdk import refused


def statement(action, resource, trail, **conditions):
    return {
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": action,
        "Resource": resource,
        "Condition": {"StringEquals": {"aws:SourceArn": trail, **conditions}},
    }


@pytest.fixture
def grant(server, bucket, account):
    """Gives the bucket the policy of AWS's guide for a trail, or what a test makes of its two statements."""

    def grant(change=lambda acl, put: [acl, put], prefix=""):
        trail = arn(account)
        acl = statement("s3:GetBucketAcl", f"arn:aws:s3:::{bucket}", trail)
        keys = f"arn:aws:s3:::{bucket}/{prefix}AWSLogs/{account}/*"
        put = statement("s3:PutObject", keys, trail, **{"s3:x-amz-acl": "bucket-owner-full-control"})
        policy = json.dumps({"Version": "2012-10-17", "Statement": change(acl, put)})
        server.machine.buckets.configure(bucket, policy=policy)

    return grant


def test_the_policy_of_the_guide_is_enough(cloudtrail, bucket, grant):
    grant()
    cloudtrail.create_trail(Name="mine", S3BucketName=bucket, EnableLogFileValidation=True)
    cloudtrail.update_trail(Name="mine")


def test_the_prefix_belongs_to_the_policy(cloudtrail, bucket, grant):
    grant(prefix="audit/")
    refusal = ("InsufficientS3BucketPolicyException", f"Incorrect S3 bucket policy is detected for bucket: {bucket}")
    assert refused(cloudtrail.create_trail, Name="mine", S3BucketName=bucket) == refusal
    cloudtrail.create_trail(Name="mine", S3BucketName=bucket, S3KeyPrefix="audit")


ANOTHER = {"Condition": {"StringEquals": {"aws:SourceArn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/other"}}}
MISSING = {
    "the right to look at the ACL": (lambda acl, put: [put], True),
    "the right to write": (lambda acl, put: [acl], False),
    "a right of this trail": (lambda acl, put: [acl, put | ANOTHER], False),
    "nothing but permission": (lambda acl, put: [acl, put, put | {"Effect": "Deny"}], False),
}  # fmt: skip


@pytest.mark.parametrize("what", MISSING)
def test_what_is_missing_is_refused_and_marks_stay_where_they_could_be_left(
    server, cloudtrail, bucket, account, grant, what
):
    change, marked = MISSING[what]
    grant(change)
    refusal = ("InsufficientS3BucketPolicyException", f"Incorrect S3 bucket policy is detected for bucket: {bucket}")
    assert refused(cloudtrail.create_trail, Name="mine", S3BucketName=bucket) == refusal
    assert cloudtrail.list_trails()["Trails"] == []
    assert server.machine.buckets.keys(bucket) == [f"AWSLogs/{account}/CloudTrail/"] * marked


def test_an_update_that_changes_nothing_asks_again(cloudtrail, bucket, trail, grant):
    grant(lambda acl, put: [put])
    assert refused(cloudtrail.update_trail, Name="mine")[0] == "InsufficientS3BucketPolicyException"
    grant()
    cloudtrail.update_trail(Name="mine")
