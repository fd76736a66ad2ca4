"""Objects: put, found, got in part, on conditions, copied, removed; and what is held against their sums."""

import base64
import hashlib
import io
import os
import zlib
from datetime import UTC, datetime, timedelta
from urllib.request import urlopen

import pytest

from tests.sdk import refusal, refused


def md5(data: bytes) -> str:
    return f'"{hashlib.md5(data).hexdigest()}"'


def test_an_object_is_what_was_put(s3, bucket, s3_server):
    said = {
        "ContentType": "application/json",
        "ContentEncoding": "gzip",
        "CacheControl": "no-cache",
        "ContentDisposition": "attachment",
        "ContentLanguage": "de",
        "Metadata": {"signature": "00ff", "with_underscore": "1", "with-dash": "two words"},
    }
    put = s3.put_object(Bucket=bucket, Key="a/b.json.gz", Body=b"body", **said)
    assert put["ETag"] == md5(b"body")
    for operation in (s3.get_object, s3.head_object):
        got = operation(Bucket=bucket, Key="a/b.json.gz")
        assert {name: got[name] for name in said} == said
        assert (got["ContentLength"], got["ETag"], got["AcceptRanges"]) == (4, md5(b"body"), "bytes")
        assert abs((datetime.now(UTC) - got["LastModified"]).total_seconds()) < 60
        if operation is s3.get_object:
            assert got["Body"].read() == b"body"
    assert (s3_server.machine.buckets.root / bucket / "a/b.json.gz").read_bytes() == b"body"


def test_an_object_about_which_nothing_is_said(s3, bucket):
    s3.put_object(Bucket=bucket, Key="key")
    got = s3.get_object(Bucket=bucket, Key="key")
    assert (got["ContentType"], got["ContentLength"], got["Metadata"]) == ("binary/octet-stream", 0, {})
    assert "ContentEncoding" not in got


def test_a_page_among_the_objects_runs_no_script_beside_the_console(s3, bucket, s3_server):
    s3.put_object(Bucket=bucket, Key="page.html", Body=b"<script></script>", ContentType="text/html")
    link = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "page.html"})
    for url in (link, f"{s3_server.url}/{bucket}/page.html"):
        with urlopen(url) as answer:
            assert answer.headers["Content-Type"] == "text/html"
            assert answer.headers["Content-Security-Policy"] == "sandbox"
    got = s3.get_object(Bucket=bucket, Key="page.html")
    assert "content-security-policy" not in got["ResponseMetadata"]["HTTPHeaders"]


def test_a_file_put_into_the_folder_is_an_object(s3, bucket, s3_server):
    (s3_server.machine.buckets.root / bucket / "by-hand").write_bytes(b"x")
    assert s3.get_object(Bucket=bucket, Key="by-hand")["Body"].read() == b"x"
    assert s3.list_objects_v2(Bucket=bucket)["Contents"][0]["ETag"] == md5(b"x")


def test_a_file_changed_in_the_folder_is_read_as_it_is_now(s3, bucket, s3_server):
    s3.put_object(Bucket=bucket, Key="key", Body=b"before", ContentType="text/plain")
    (s3_server.machine.buckets.root / bucket / "key").write_bytes(b"after that")
    got = s3.get_object(Bucket=bucket, Key="key")
    assert (got["Body"].read(), got["ETag"], got["ContentType"]) == (b"after that", md5(b"after that"), "text/plain")


def test_an_object_that_is_not_there(s3, bucket):
    error = refusal(s3.get_object, Bucket=bucket, Key="a/b")["Error"]
    assert error == {"Code": "NoSuchKey", "Message": "The specified key does not exist.", "Key": "a/b"}
    assert refusal(s3.head_object, Bucket=bucket, Key="a/b")["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert refused(s3.get_object, Bucket="no-such-bucket", Key="a")[0] == "NoSuchBucket"
    assert refused(s3.put_object, Bucket="no-such-bucket", Key="a")[0] == "NoSuchBucket"
    assert s3.delete_object(Bucket=bucket, Key="a/b")["ResponseMetadata"]["HTTPStatusCode"] == 204


@pytest.mark.parametrize(
    ("asked", "body", "said"),
    [
        ("bytes=0-3", b"0123", "bytes 0-3/10"),
        ("bytes=3-", b"3456789", "bytes 3-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=-30", b"0123456789", "bytes 0-9/10"),
        ("bytes=8-100", b"89", "bytes 8-9/10"),
        ("bytes=5-2", b"0123456789", None),
        ("bytes=0-1,3-4", b"0123456789", None),
        ("letters=0-1", b"0123456789", None),
        ("bytes=-", b"0123456789", None),
    ],
)
def test_a_part_of_an_object(s3, bucket, asked, body, said):
    s3.put_object(Bucket=bucket, Key="key", Body=b"0123456789")
    got = s3.get_object(Bucket=bucket, Key="key", Range=asked)
    assert (got["Body"].read(), got.get("ContentRange"), got["ContentLength"]) == (body, said, len(body))
    assert got["ResponseMetadata"]["HTTPStatusCode"] == (206 if said else 200)
    head = s3.head_object(Bucket=bucket, Key="key", Range=asked)
    assert head["ContentLength"] == len(body)


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=10-20", "bytes=-0"])
def test_a_part_that_no_byte_lies_in(s3, bucket, asked):
    s3.put_object(Bucket=bucket, Key="key", Body=b"0123456789")
    error = refusal(s3.get_object, Bucket=bucket, Key="key", Range=asked)
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 416
    assert error["Error"]["Code"] == "InvalidRange"
    assert (error["Error"]["ActualObjectSize"], error["Error"]["RangeRequested"]) == ("10", asked)


def test_conditions(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="key", Body=b"x")["ETag"]
    key = {"Bucket": bucket, "Key": "key"}
    now = datetime.now(UTC)
    before, later = now - timedelta(days=1), now + timedelta(days=1)
    for operation in (s3.get_object, s3.head_object):
        for good in (
            {"IfMatch": etag},
            {"IfMatch": "*"},
            {"IfNoneMatch": '"other"'},
            {"IfModifiedSince": before},
            {"IfUnmodifiedSince": later},
            {"IfMatch": etag, "IfUnmodifiedSince": before},
            {"IfNoneMatch": '"other"', "IfModifiedSince": later},
        ):
            operation(**key, **good)
        for same in ({"IfNoneMatch": etag}, {"IfModifiedSince": later}):
            answer = refusal(operation, **key, **same)["ResponseMetadata"]
            assert (answer["HTTPStatusCode"], answer["HTTPHeaders"]["etag"]) == (304, etag)
        for bad in ({"IfMatch": '"other"'}, {"IfUnmodifiedSince": before}):
            assert refusal(operation, **key, **bad)["ResponseMetadata"]["HTTPStatusCode"] == 412


def test_a_condition_with_a_date_that_is_none_is_passed_over(raw, s3, bucket):
    s3.put_object(Bucket=bucket, Key="key", Body=b"x")
    assert raw.request("GET", f"/{bucket}/key", If_Modified_Since="yesterday").status == 200


def test_an_object_is_put_on_conditions(s3, bucket):
    key = {"Bucket": bucket, "Key": "key"}
    etag = s3.put_object(**key, Body=b"1", IfNoneMatch="*")["ETag"]
    assert refused(s3.put_object, **key, Body=b"2", IfNoneMatch="*")[0] == "PreconditionFailed"
    assert refused(s3.put_object, **key, Body=b"2", IfMatch='"other"')[0] == "PreconditionFailed"
    s3.put_object(**key, Body=b"2", IfMatch=etag)
    assert refused(s3.put_object, Bucket=bucket, Key="none", IfMatch=etag)[0] == "NoSuchKey"
    assert s3.get_object(**key)["Body"].read() == b"2"


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
@pytest.mark.parametrize("streamed", [False, True])
def test_a_checksum_is_held_against_the_body_kept_and_given_back(s3, bucket, algorithm, streamed):
    body = os.urandom(200_000)
    sent = io.BytesIO(body) if streamed else body
    put = s3.put_object(Bucket=bucket, Key="key", Body=sent, ChecksumAlgorithm=algorithm)
    got = s3.get_object(Bucket=bucket, Key="key", ChecksumMode="ENABLED")
    name = f"Checksum{algorithm}"
    assert got[name] == put[name]
    assert got["Body"].read() == body
    assert "ContentEncoding" not in got
    assert name not in s3.head_object(Bucket=bucket, Key="key")


def test_the_sum_of_an_object_that_was_changed_since_is_not_given(s3, bucket, s3_server):
    s3.put_object(Bucket=bucket, Key="key", Body=b"before", ChecksumAlgorithm="SHA256")
    (s3_server.machine.buckets.root / bucket / "key").write_bytes(b"after!")
    got = s3.get_object(Bucket=bucket, Key="key", ChecksumMode="ENABLED")
    assert "ChecksumSHA256" not in got
    assert got["Body"].read() == b"after!"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Content_MD5": b64(hashlib.md5(b"other").digest())}, "BadDigest"),
        ({"Content_MD5": "no digest"}, "InvalidDigest"),
        ({"Content_MD5": b64(b"short")}, "InvalidDigest"),
        ({"x_amz_checksum_crc32": b64(zlib.crc32(b"other").to_bytes(4, "big"))}, "BadDigest"),
        ({"x_amz_checksum_sha256": b64(hashlib.sha256(b"other").digest())}, "BadDigest"),
        ({"x_amz_content_sha256": hashlib.sha256(b"other").hexdigest()}, "XAmzContentSHA256Mismatch"),
    ],
)
def test_a_body_that_is_not_what_its_sum_says_is_not_stored(raw, s3, bucket, headers, code):
    answer = raw.request("PUT", f"/{bucket}/key", b"body", **headers)
    assert (answer.status, f"<Code>{code}</Code>".encode() in answer.body) == (400, True)
    assert refused(s3.get_object, Bucket=bucket, Key="key")[0] == "NoSuchKey"


def test_a_body_that_is_what_its_sums_say(raw, bucket):
    headers = {
        "Content_MD5": b64(hashlib.md5(b"body").digest()),
        "x_amz_content_sha256": hashlib.sha256(b"body").hexdigest(),
        "x_amz_checksum_crc32c": "taken/as/it/is==",
    }
    answer = raw.request("PUT", f"/{bucket}/key", b"body", **headers)
    assert (answer.status, answer.headers["x-amz-checksum-crc32c"]) == (200, "taken/as/it/is==")


STREAMED = {
    "x_amz_content_sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    "x_amz_decoded_content_length": "8",
    "Content_Encoding": "aws-chunked,gzip",
    "x_amz_trailer": "x-amz-checksum-crc32",
}
SUM = b64(zlib.crc32(b"12345678").to_bytes(4, "big")).encode()


def test_chunks_that_are_signed_one_by_one_with_a_sum_behind(raw, s3, bucket):
    chunk = b";chunk-signature=" + b"0" * 64 + b"\r\n"
    body = b"5" + chunk + b"12345\r\n3" + chunk + b"678\r\n0" + chunk
    body += b"x-amz-checksum-crc32:" + SUM + b"\r\nx-amz-trailer-signature:00\r\n\r\n"
    assert raw.request("PUT", f"/{bucket}/key", body, **STREAMED).status == 200
    got = s3.get_object(Bucket=bucket, Key="key")
    assert (got["Body"].read(), got["ContentEncoding"], got["ChecksumCRC32"]) == (b"12345678", "gzip", SUM.decode())


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "IncompleteBody"),
        (b"8\r\n1234", "IncompleteBody"),
        (b"8\r\n12345678", "IncompleteBody"),
        (b"8\r\n12345678\r\n", "IncompleteBody"),
        (b"4\r\n1234\r\n0\r\n\r\n", "IncompleteBody"),
        (b"no chunks", "IncompleteBody"),
        (b"ffffffffffffffff\r\n12345678\r\n0\r\n\r\n", "IncompleteBody"),
        (b"8\r\n12345679\r\n0\r\nx-amz-checksum-crc32:" + SUM + b"\r\n\r\n", "BadDigest"),
    ],
)
def test_chunks_that_are_not_whole(raw, bucket, body, code):
    answer = raw.request("PUT", f"/{bucket}/key", body, **STREAMED)
    assert (answer.status, f"<Code>{code}</Code>".encode() in answer.body) == (400, True)


def test_a_copy(s3, bucket, s3_server):
    s3.put_object(Bucket=bucket, Key="from é+ here", Body=b"x", ContentType="text/plain", Metadata={"a": "1"})
    source = {"Bucket": bucket, "Key": "from é+ here"}
    copied = s3.copy_object(Bucket=bucket, Key="to", CopySource=source)
    assert copied["CopyObjectResult"]["ETag"] == md5(b"x")
    got = s3.get_object(Bucket=bucket, Key="to")
    assert (got["Body"].read(), got["ContentType"], got["Metadata"]) == (b"x", "text/plain", {"a": "1"})
    s3.copy_object(Bucket=bucket, Key="to", CopySource=source, MetadataDirective="REPLACE", Metadata={"b": "2"})
    assert s3.head_object(Bucket=bucket, Key="to")["Metadata"] == {"b": "2"}
    assert refused(s3.copy_object, Bucket=bucket, Key="from é+ here", CopySource=source)[0] == "InvalidRequest"
    assert refused(s3.copy_object, Bucket=bucket, Key="to", CopySource=f"{bucket}/none")[0] == "NoSuchKey"
    assert refused(s3.copy_object, Bucket=bucket, Key="to", CopySource=bucket)[0] == "InvalidArgument"
    stale = {"CopySource": source, "CopySourceIfNoneMatch": copied["CopyObjectResult"]["ETag"]}
    assert refused(s3.copy_object, Bucket=bucket, Key="to", **stale)[0] == "PreconditionFailed"


def test_many_are_removed_at_once(s3, bucket, fill):
    fill("a", "b", "c", "<&>", "\u2028\x01")
    answer = s3.delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": key} for key in ("a", "b", "none", "<&>", "x" * 1025)]}
    )
    assert [each["Key"] for each in answer["Deleted"]] == ["a", "b", "none", "<&>"]
    assert [(each["Key"], each["Code"]) for each in answer["Errors"]] == [("x" * 1025, "KeyTooLongError")]
    quiet = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "c"}], "Quiet": True})
    assert "Deleted" not in quiet
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["\u2028\x01"]


def test_removing_many_needs_a_sum_some_keys_and_a_bucket(raw, s3, bucket):
    body = b"<Delete><Object><Key>a</Key></Object></Delete>"
    assert b"<Code>InvalidRequest</Code>" in raw.request("POST", f"/{bucket}?delete", body).body
    for none in (b"<Delete/>", b"<Delete><Object/></Delete>", b"<Delete>" + b"<Object><Key>a</Key></Object>" * 1001):
        whole = none if none.endswith(b"/>") else none.removesuffix(b"</Delete>") + b"</Delete>"
        answer = raw.request("POST", f"/{bucket}?delete", whole, Content_MD5=b64(hashlib.md5(whole).digest()))
        assert b"<Code>MalformedXML</Code>" in answer.body
    assert refused(s3.delete_objects, Bucket="no-such-bucket", Delete={"Objects": [{"Key": "a"}]})[0] == "NoSuchBucket"


def test_more_metadata_than_s3_takes(s3, bucket):
    s3.put_object(Bucket=bucket, Key="key", Metadata={"a": "x" * 2047})
    assert refused(s3.put_object, Bucket=bucket, Key="key", Metadata={"a": "x" * 2048})[0] == "MetadataTooLarge"
