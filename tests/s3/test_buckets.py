"""Buckets: made, listed, found, described, removed."""

import re
from datetime import UTC, datetime

import pytest

from tests.sdk import answer, refusal, refused


def test_a_bucket_is_made_found_listed_and_removed(s3, s3_server):
    made = s3.create_bucket(Bucket="come-and-go")
    assert made["Location"] == "/come-and-go"
    assert s3.head_bucket(Bucket="come-and-go")["BucketRegion"] == "us-east-1"
    assert (s3_server.machine.buckets.root / "come-and-go").is_dir()
    listed = s3.list_buckets()
    [found] = [each for each in listed["Buckets"] if each["Name"] == "come-and-go"]
    assert abs((datetime.now(UTC) - found["CreationDate"]).total_seconds()) < 60
    assert re.fullmatch(r"[0-9a-f]{64}", listed["Owner"]["ID"])
    s3.delete_bucket(Bucket="come-and-go")
    assert not (s3_server.machine.buckets.root / "come-and-go").exists()
    assert refusal(s3.head_bucket, Bucket="come-and-go")["Error"]["Code"] == "404"


def test_every_answer_has_ids_in_its_headers_and_an_error_in_its_body_too(s3, raw):
    headers = s3.list_buckets()["ResponseMetadata"]["HTTPHeaders"]
    assert re.fullmatch("[0-9A-Z]{16}", headers["x-amz-request-id"])
    assert len(headers["x-amz-id-2"]) == 64
    answer = raw.get("/no-such-bucket")
    assert (answer.status, answer.headers["content-type"]) == (404, "application/xml")
    assert answer.body.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchBucket</Code>'
        "<Message>The specified bucket does not exist</Message><BucketName>no-such-bucket</BucketName>"
        f"<RequestId>{answer.headers['x-amz-request-id']}</RequestId><HostId>{answer.headers['x-amz-id-2']}</HostId>"
        "</Error>"
    )


def test_an_answer_to_head_has_no_body(raw):
    answer = raw.request("HEAD", "/no-such-bucket/key")
    assert (answer.status, answer.body) == (404, b"")


def test_buckets_are_listed_in_order_and_by_prefix(s3):
    for name in ("order-c", "order-a", "order-b"):
        s3.create_bucket(Bucket=name)
    names = [each["Name"] for each in s3.list_buckets(Prefix="order-")["Buckets"]]
    assert names == ["order-a", "order-b", "order-c"]


@pytest.mark.parametrize(
    "operation",
    ["delete_bucket", "get_bucket_location", "get_bucket_acl", "get_bucket_policy", "delete_bucket_policy"],
)
def test_a_bucket_that_is_not_there(s3, operation):
    error = refusal(getattr(s3, operation), Bucket="no-such-bucket")["Error"]
    assert error == {
        "Code": "NoSuchBucket",
        "Message": "The specified bucket does not exist",
        "BucketName": "no-such-bucket",
    }


def test_a_bucket_is_removed_only_when_it_is_empty(s3, bucket, fill):
    fill("key")
    assert refused(s3.delete_bucket, Bucket=bucket) == ("BucketNotEmpty", "The bucket you tried to delete is not empty")
    s3.delete_object(Bucket=bucket, Key="key")
    fill("..")
    assert refused(s3.delete_bucket, Bucket=bucket)[0] == "BucketNotEmpty"
    s3.delete_object(Bucket=bucket, Key="..")
    s3.delete_bucket(Bucket=bucket)


def test_a_bucket_that_there_is_already_is_yours(s3, s3_client):
    s3.create_bucket(Bucket="already-there")
    s3.create_bucket(Bucket="already-there")  # in us-east-1 a success, as ever
    west = s3_client("eu-west-1")
    error = refused(
        west.create_bucket,
        Bucket="already-there",
        CreateBucketConfiguration={"LocationConstraint": "eu-west-1"},
    )
    assert error == (
        "BucketAlreadyOwnedByYou",
        "Your previous request to create the named bucket succeeded and you already own it.",
    )


@pytest.mark.parametrize(
    "name",
    [
        *("UPPER", "ab", "x" * 64, "under_score", "-begins", "ends-", "two..dots", "192.168.5.4", "xn--name"),
        *("sthree-name", "name-s3alias", "name--ol-s3", "ends."),
    ],
)
def test_a_name_that_no_bucket_has(raw, name):
    answer = raw.request("PUT", f"/{name}")
    assert answer.status == 400
    assert b"<Code>InvalidBucketName</Code><Message>The specified bucket is not valid.</Message>" in answer.body


def test_a_bucket_keeps_its_location(s3, s3_client):
    where = {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
    s3_client("eu-west-1").create_bucket(Bucket="in-ireland", **where)
    s3.create_bucket(Bucket="in-old-ireland", CreateBucketConfiguration={"LocationConstraint": "EU"})
    s3.create_bucket(Bucket="in-virginia")
    locations = {"in-ireland": "eu-west-1", "in-old-ireland": "EU", "in-virginia": None}
    for name, location in locations.items():
        assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] == location
    regions = {each["Name"]: each["BucketRegion"] for each in s3.list_buckets(Prefix="in-")["Buckets"]}
    assert regions == {"in-ireland": "eu-west-1", "in-old-ireland": "eu-west-1", "in-virginia": "us-east-1"}
    assert s3.head_bucket(Bucket="in-old-ireland")["BucketRegion"] == "eu-west-1"


@pytest.mark.parametrize(
    ("region", "location", "code"),
    [
        ("eu-west-1", None, "IllegalLocationConstraintException"),
        ("eu-west-1", "eu-west-2", "IllegalLocationConstraintException"),
        ("us-east-1", "us-east-1", "InvalidLocationConstraint"),
        ("us-east-1", "nowhere", "InvalidLocationConstraint"),
    ],
)
def test_a_location_has_to_fit_the_region_asked(s3_client, region, location, code):
    more = {"CreateBucketConfiguration": {"LocationConstraint": location}} if location else {}
    assert refused(s3_client(region).create_bucket, Bucket="misplaced", **more)[0] == code


@pytest.mark.parametrize(
    "body",
    [
        b"<CreateBucketConfiguration>",
        b"<Other/>",
        b"\xff",
        b'<!DOCTYPE a [<!ENTITY b "EU">]><CreateBucketConfiguration>&b;</CreateBucketConfiguration>',
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY b "c">]><CreateBucketConfiguration/>'.encode(
            "utf-16"
        ),
    ],
)
def test_xml_that_cannot_be_read_or_declares_entities(raw, body):
    answer = raw.request("PUT", "/malformed", body)
    assert answer.status == 400
    assert b"<Code>MalformedXML</Code>" in answer.body


def test_the_acl_grants_all_to_the_owner(s3, bucket):
    answer = s3.get_bucket_acl(Bucket=bucket)
    [grant] = answer["Grants"]
    assert grant == {
        "Grantee": {"ID": answer["Owner"]["ID"], "Type": "CanonicalUser"},
        "Permission": "FULL_CONTROL",
    }


def test_a_folder_made_by_hand_is_a_bucket(s3, s3_server):
    (s3_server.machine.buckets.root / "by-hand").mkdir()
    assert "by-hand" in [each["Name"] for each in s3.list_buckets()["Buckets"]]
    assert s3.get_bucket_location(Bucket="by-hand")["LocationConstraint"] is None


@pytest.mark.parametrize(
    "operation", ["get_bucket_policy_status", "list_bucket_metrics_configurations", "list_object_versions"]
)
def test_what_is_not_built_says_so(s3, bucket, operation):
    code, message = refused(getattr(s3, operation), Bucket=bucket)
    assert code == "NotImplemented"
    assert message == "A header you provided implies functionality that is not implemented"


def test_what_nothing_takes_is_refused(raw, bucket):
    answer = raw.request("POST", f"/{bucket}", b"")
    assert (answer.status, b"<Code>MethodNotAllowed</Code>" in answer.body) == (405, True)


def test_no_call_of_s3_leaves_a_record(s3, s3_server, bucket, fill):
    fill("key")
    with s3_server.machine.database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM event").fetchone() == (0,)


OFF = {
    "get_bucket_accelerate_configuration": {},
    "get_bucket_logging": {},
    "get_bucket_notification_configuration": {},
    "get_bucket_request_payment": {"Payer": "BucketOwner"},
    "get_bucket_versioning": {},
}
NOT_SET = {
    "get_bucket_cors": "NoSuchCORSConfiguration",
    "get_bucket_encryption": "ServerSideEncryptionConfigurationNotFoundError",
    "get_bucket_lifecycle_configuration": "NoSuchLifecycleConfiguration",
    "get_bucket_ownership_controls": "OwnershipControlsNotFoundError",
    "get_bucket_replication": "ReplicationConfigurationNotFoundError",
    "get_bucket_tagging": "NoSuchTagSet",
    "get_bucket_website": "NoSuchWebsiteConfiguration",
    "get_object_lock_configuration": "ObjectLockConfigurationNotFoundError",
    "get_public_access_block": "NoSuchPublicAccessBlockConfiguration",
}


@pytest.mark.parametrize("name", OFF)
def test_what_is_off_is_told(s3, bucket, name):
    assert answer(getattr(s3, name)(Bucket=bucket)) == OFF[name]


@pytest.mark.parametrize("name", NOT_SET)
def test_what_nobody_has_set_is_not_there(s3, bucket, name):
    assert refused(getattr(s3, name), Bucket=bucket)[0] == NOT_SET[name]


@pytest.mark.parametrize("name", [*OFF, *NOT_SET])
def test_of_no_bucket_nothing_is_told(s3, name):
    assert refused(getattr(s3, name), Bucket="no-such-bucket")[0] == "NoSuchBucket"
