"""Bucket policies: which S3 takes, and which of them let CloudTrail deliver."""

import json

import pytest

from emulator.s3.policy import PolicyError, check, may_deliver, may_put
from tests.sdk import refused

ARN = "arn:aws:cloudtrail:us-east-1:111122223333:trail/mine"
ACCOUNT = "111122223333"
SOURCE = {"aws:SourceArn": ARN}


def statements(**changes):
    """The two statements of AWS's documentation, changed."""
    acl = {
        "Sid": "AWSCloudTrailAclCheck20150319",
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "s3:GetBucketAcl",
        "Resource": "arn:aws:s3:::logs",
        "Condition": {"StringEquals": SOURCE},
    }
    write = {
        "Sid": "AWSCloudTrailWrite20150319",
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::logs/AWSLogs/{ACCOUNT}/*",
        "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", **SOURCE}},
    }
    return [acl | changes.get("acl", {}), write | changes.get("write", {}), *changes.get("more", [])]


def policy(**changes):
    return json.dumps({"Version": "2012-10-17", "Statement": statements(**changes)})


def deliver(text, prefix="", **more):
    return may_deliver(text, more.pop("arn", ARN), ACCOUNT, "logs", prefix, **more)


def test_no_policy_forbids_nothing():
    assert deliver(None)
    assert may_put(None, ARN, "logs", "any/key")


def test_the_policy_of_the_documentation():
    assert deliver(policy())
    assert not deliver(policy(), "prefix")
    assert deliver(policy(write={"Resource": f"arn:aws:s3:::logs/prefix/AWSLogs/{ACCOUNT}/*"}), "prefix")
    assert may_put(policy(), ARN, "logs", f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/2026/file")
    assert not may_put(policy(), ARN, "logs", "AWSLogs/999999999999/CloudTrail/us-east-1/2026/file")


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"AWS:sourcearn": [ARN, "other"]}},
        {"StringEqualsIgnoreCase": {"aws:SourceArn": ARN.upper()}},
        {"StringLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:111122223333:trail/m?ne"}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:111122223333:trail/*"}},
        {"ArnEquals": {"aws:SourceArn": ARN}},
        {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        {"StringNotEquals": {"aws:SourceAccount": "999999999999"}},
        {"ArnNotLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:999999999999:trail/*"}},
        {"StringNotLike": {"aws:PrincipalArn": "*"}},
        {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}},
        {"ForAllValues:StringEquals": {"aws:TagKeys": "a"}},
        {"ForAnyValue:StringEquals": {"aws:SourceArn": ARN}},
        {"Bool": {"aws:SecureTransport": True}},
        {"Bool": {"aws:PrincipalIsAWSService": "true"}},
        {"Null": {"aws:SourceArn": "false"}},
        {"Null": {"aws:PrincipalArn": True}},
        {},
    ],
)
def test_conditions_that_hold(condition):
    assert deliver(policy(acl={"Condition": condition}, write={"Condition": condition}))


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:SourceArn": ARN + "x"}},
        {"StringEquals": {"aws:SourceArn": ARN, "aws:SourceAccount": "999999999999"}},
        {"StringEquals": {"aws:SourceArn": ARN}, "Bool": {"aws:SecureTransport": "false"}},
        {"StringEquals": {"aws:SourceArn": "arn:aws:cloudtrail:*:*:*"}},
        {"StringLike": {"aws:SourceArn": ARN.upper()}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*trail/mine"}},
        {"StringNotEquals": {"aws:SourceAccount": ["999999999999", ACCOUNT]}},
        {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
        {"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}},
        {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
        {"Null": {"aws:SourceArn": "true"}},
        {"Nonsense": {"aws:SourceArn": ARN}},
    ],
)
@pytest.mark.parametrize("which", ["acl", "write"])
def test_conditions_that_do_not_hold(condition, which):
    assert not deliver(policy(**{which: {"Condition": condition}}))


def test_the_acl_that_files_are_written_with():
    for acl in ("private", "public-read"):
        assert not deliver(policy(write={"Condition": {"StringEquals": {"s3:x-amz-acl": acl}}}))


@pytest.mark.parametrize(
    "change",
    [
        {"Principal": "*"},
        {"Principal": {"AWS": "*"}},
        {"Principal": {"Service": ["config.amazonaws.com", "cloudtrail.amazonaws.com"]}},
        {"Action": ["s3:putobject", "s3:GETBUCKETACL"]},
        {"Action": "s3:*"},
        {"Action": "*"},
        {"Resource": ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"]},
        {"Resource": "arn:aws:s3:::logs*"},
    ],
)
def test_other_words_for_the_same(change):
    assert deliver(policy(acl=change, write=change))


@pytest.mark.parametrize(
    "change",
    [
        {"Principal": {"Service": "config.amazonaws.com"}},
        {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}},
        {"Action": "s3:GetObject"},
        {"Resource": "arn:aws:s3:::other"},
        {"Effect": "Deny"},
    ],
)
@pytest.mark.parametrize("which", ["acl", "write"])
def test_what_is_missing(change, which):
    assert not deliver(policy(**{which: change}))


def test_what_is_denied_is_not_allowed():
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::logs/*"}
    assert not deliver(policy(more=[deny]))
    assert deliver(policy(more=[deny | {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}]))
    without = {name: value for name, value in deny.items() if name not in ("Principal", "Action", "Resource")}
    assert deliver(
        policy(
            more=[without | {"NotPrincipal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "*", "Resource": "*"}]
        )
    )
    assert not deliver(
        policy(more=[without | {"Principal": "*", "NotAction": "s3:GetObject", "NotResource": "arn:aws:s3:::x"}])
    )


def test_an_organization_and_another_partition():
    there = [f"arn:aws:s3:::logs/AWSLogs/{ACCOUNT}/*", "arn:aws:s3:::logs/AWSLogs/o-12345/*"]
    assert deliver(policy(write={"Resource": there}), organization_id="o-12345")
    assert not deliver(policy(), organization_id="o-12345")
    china = ARN.replace("aws", "aws-cn", 1)
    assert not deliver(policy(), arn=china)
    assert deliver(policy().replace("arn:aws:", "arn:aws-cn:"), arn=china)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"Statement": 1}', '{"Statement": [1]}', '{"Statement": [{}]}'])
def test_what_cannot_be_read_allows_nothing(text):
    assert not deliver(text)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda said: said.pop("Effect"), "Missing required field Effect"),
        (lambda said: said.pop("Principal"), "Missing required field Principal"),
        (lambda said: said.pop("Action"), "Missing required field Action"),
        (lambda said: said.pop("Resource"), "Missing required field Resource"),
        (lambda said: said.update(Effect="allow"), "Invalid effect: allow"),
        (lambda said: said.update(Principal="someone"), "Invalid principal in policy"),
        (lambda said: said.update(Principal={"Somebody": "x"}), "Invalid principal in policy"),
        (lambda said: said.update(Action="ec2:Run"), "Policy has invalid action"),
        (lambda said: said.update(Resource="arn:aws:s3:::other/*"), "Policy has invalid resource"),
        (lambda said: said.update(Resource="arn:aws:s3:::logs-and-more/*"), "Policy has invalid resource"),
        (lambda said: said.update(Condition={"Equals": {"a": "b"}}), "Invalid Condition type : Equals"),
        (lambda said: said.update(Condition=[]), "Invalid policy syntax."),
        (lambda said: said.update(Extra=1), "Unknown field Extra"),
    ],
)
def test_a_statement_that_s3_does_not_take(change, message):
    [_, said] = statements()
    change(said)
    with pytest.raises(PolicyError) as caught:
        check(json.dumps({"Statement": said}), "logs")
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "Policies must be valid JSON and the first byte must be '{'"),
        ("{", "This policy contains invalid Json"),
        ('{"a":' * 100_000, "This policy contains invalid Json"),
        ("{}", "Missing required field Statement"),
        ('{"Statement": []}', "Could not parse the policy: Statement is empty!"),
        ('{"Statement": ["x"]}', "Invalid policy syntax."),
        ('{"Statement": [], "Version": "2020-01-01"}', "The policy must contain a valid version string"),
        ('{"Statement": [], "Other": 1}', "Unknown field Other"),
    ],
)
def test_a_text_that_is_no_policy(text, message):
    with pytest.raises(PolicyError) as caught:
        check(text, "logs")
    assert str(caught.value) == message


def test_the_policies_that_are_good_are_taken():
    check(policy(), "logs")
    check(policy(acl={"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}), "logs")
    check(policy(acl={"Condition": {"ForAnyValue:ArnNotLikeIfExists": {"aws:SourceArn": "*"}}}), "logs")


def test_a_policy_is_kept_as_it_was_written(s3, bucket):
    assert refused(s3.get_bucket_policy, Bucket=bucket) == ("NoSuchBucketPolicy", "The bucket policy does not exist")
    text = policy().replace("logs", bucket).replace(", ", ",\n  ")
    s3.put_bucket_policy(Bucket=bucket, Policy=text)
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == text
    assert refused(s3.put_bucket_policy, Bucket=bucket, Policy="[]")[0] == "MalformedPolicy"
    assert refused(s3.put_bucket_policy, Bucket=bucket, Policy=text + " " * 20_480)[0] == "MalformedPolicy"
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == text
    s3.delete_bucket_policy(Bucket=bucket)
    s3.delete_bucket_policy(Bucket=bucket)
    assert refused(s3.get_bucket_policy, Bucket=bucket)[0] == "NoSuchBucketPolicy"
    assert refused(s3.put_bucket_policy, Bucket="no-such-bucket", Policy=text)[0] == "NoSuchBucket"


def test_a_policy_that_is_no_text(raw, bucket):
    answer = raw.request("PUT", f"/{bucket}?policy", b"\xff")
    assert (answer.status, b"<Code>MalformedPolicy</Code>" in answer.body) == (400, True)
