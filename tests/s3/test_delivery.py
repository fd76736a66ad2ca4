"""CloudTrail and the policy of its bucket: files wait while it forbids them, and none is lost."""

import json

import boto3
import pytest

import emulator
from tests.s3.test_policy import ACCOUNT, policy
from tests.sdk import refused
from tests.serving.client import Client


@pytest.fixture
def running():
    with emulator.Emulator(default_trail=False, delivery_interval=0) as started:
        yield started


@pytest.fixture
def clients(running):
    made = [
        boto3.client(
            name,
            endpoint_url=running.url,
            region_name="us-east-1",
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="secret",
        )
        for name in ("s3", "cloudtrail")
    ]
    yield made
    for each in made:
        each.close()


def test_a_trail_wants_a_bucket_whose_policy_lets_it_write(clients):
    s3, cloudtrail = clients
    s3.create_bucket(Bucket="logs")
    s3.put_bucket_policy(Bucket="logs", Policy=policy(acl={"Action": "s3:ListBucket"}))
    wanted = {"Name": "mine", "S3BucketName": "logs"}
    assert refused(cloudtrail.create_trail, **wanted)[0] == "InsufficientS3BucketPolicyException"
    s3.put_bucket_policy(Bucket="logs", Policy=policy())
    cloudtrail.create_trail(**wanted)
    prefixed = refused(cloudtrail.update_trail, Name="mine", S3KeyPrefix="elsewhere")
    assert prefixed == (
        "InsufficientS3BucketPolicyException",
        "Incorrect S3 bucket policy is detected for bucket: logs",
    )


def test_what_the_policy_forbids_waits_and_the_trail_says_why(clients, running):
    s3, cloudtrail = clients
    s3.create_bucket(Bucket="logs")
    cloudtrail.create_trail(Name="mine", S3BucketName="logs")
    cloudtrail.start_logging(Name="mine")
    s3.put_bucket_policy(Bucket="logs", Policy=policy(write={"Effect": "Deny"}))
    with Client(running.url, key=ACCOUNT) as client:
        client.ok("ListNamespaces")
    assert cloudtrail.get_trail_status(Name="mine")["LatestDeliveryError"] == "AccessDenied"
    with Client(running.url) as client:
        assert client.flush() == []
    s3.put_bucket_policy(Bucket="logs", Policy=policy())
    with Client(running.url) as client:
        keys = client.flush()
    bodies = [s3.get_object(Bucket="logs", Key=key.removeprefix("logs/"))["Body"].read() for key in keys]
    assert keys
    assert all(body.startswith(b"\x1f\x8b") for body in bodies)
    status = cloudtrail.get_trail_status(Name="mine")
    assert "LatestDeliveryError" not in status


def test_the_policy_is_kept_with_the_bucket_on_disk(clients, running):
    s3, _ = clients
    s3.create_bucket(Bucket="logs")
    s3.put_bucket_policy(Bucket="logs", Policy=policy())
    kept = json.loads((running.machine.buckets.root / ".buckets/logs.json").read_text())
    assert kept["policy"] == policy()
