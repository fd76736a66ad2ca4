"""Uploads in parts, as boto3's transfers and the AWS CLI make of large files."""

import hashlib
import io
import os

import pytest

from tests.sdk import refused

SMALLEST = 5 << 20


@pytest.fixture
def upload(s3, bucket):
    said = {"Bucket": bucket, "Key": "big/file"}
    begun = s3.create_multipart_upload(**said, ContentType="text/plain", Metadata={"a_b": "1"})
    assert (begun["Bucket"], begun["Key"]) == (bucket, "big/file")
    return said | {"UploadId": begun["UploadId"]}


def complete(s3, upload, *parts):
    listed = [{"PartNumber": number, "ETag": etag} for number, etag in parts]
    return s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": listed})


def test_a_large_file_goes_in_parts(s3, bucket, s3_server):
    body = os.urandom((17 << 20) + 3)
    s3.upload_fileobj(io.BytesIO(body), bucket, "big", ExtraArgs={"ContentType": "text/plain"})
    got = s3.get_object(Bucket=bucket, Key="big")
    digests = [hashlib.md5(body[at : at + (8 << 20)]).digest() for at in range(0, len(body), 8 << 20)]
    assert got["ETag"] == f'"{hashlib.md5(b"".join(digests)).hexdigest()}-3"'
    assert got["ContentType"] == "text/plain"
    assert got["Body"].read() == body
    found = io.BytesIO()
    s3.download_fileobj(bucket, "big", found)
    assert found.getvalue() == body
    assert list((s3_server.machine.buckets.uploads / bucket).iterdir()) == []


def test_parts_are_put_together_in_their_order(s3, bucket, upload):
    parts = {7: b"b" * SMALLEST, 2: b"a" * SMALLEST, 10_000: b"c"}
    etags = {number: s3.upload_part(**upload, PartNumber=number, Body=body)["ETag"] for number, body in parts.items()}
    assert etags[10_000] == f'"{hashlib.md5(b"c").hexdigest()}"'
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    answer = complete(s3, upload, *sorted(etags.items()))
    assert answer["ETag"].endswith('-3"')
    got = s3.get_object(Bucket=bucket, Key="big/file")
    assert got["Body"].read() == b"a" * SMALLEST + b"b" * SMALLEST + b"c"
    assert (got["ETag"], got["ContentType"], got["Metadata"]) == (answer["ETag"], "text/plain", {"a_b": "1"})
    [listed] = s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert listed["ETag"] == answer["ETag"]


def test_a_part_is_replaced_by_another_of_its_number(s3, bucket, upload):
    old = s3.upload_part(**upload, PartNumber=1, Body=b"old")["ETag"]
    new = s3.upload_part(**upload, PartNumber=1, Body=b"new")["ETag"]
    error = refused(s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": old}]})
    assert error[0] == "InvalidPart"
    complete(s3, upload, (1, new))
    assert s3.get_object(Bucket=bucket, Key="big/file")["Body"].read() == b"new"


def test_parts_that_do_not_make_an_object(s3, upload):
    one = s3.upload_part(**upload, PartNumber=1, Body=b"1")["ETag"]
    two = s3.upload_part(**upload, PartNumber=2, Body=b"2")["ETag"]

    def listed(*parts):
        return {"Parts": [{"PartNumber": number, "ETag": etag} for number, etag in parts]}

    for parts, code in (
        (listed((1, one), (2, two)), "EntityTooSmall"),
        (listed((2, two), (1, one)), "InvalidPartOrder"),
        (listed((1, two)), "InvalidPart"),
        (listed((3, one)), "InvalidPart"),
        (listed(), "MalformedXML"),
    ):
        assert refused(s3.complete_multipart_upload, **upload, MultipartUpload=parts)[0] == code
    assert refused(s3.upload_part, **upload, PartNumber=10_001, Body=b"")[0] == "InvalidArgument"


def test_an_upload_that_was_given_up(s3, bucket, upload, s3_server):
    s3.upload_part(**upload, PartNumber=1, Body=b"1")
    s3.abort_multipart_upload(**upload)
    assert list((s3_server.machine.buckets.uploads / bucket).iterdir()) == []
    assert refused(s3.upload_part, **upload, PartNumber=1, Body=b"1")[0] == "NoSuchUpload"
    assert refused(s3.abort_multipart_upload, **upload)[0] == "NoSuchUpload"


@pytest.mark.parametrize("change", [{"UploadId": "../../x"}, {"UploadId": "x" * 32}, {"Key": "another"}])
def test_an_upload_that_is_none(s3, upload, change):
    assert refused(s3.upload_part, **(upload | change), PartNumber=1, Body=b"1")[0] == "NoSuchUpload"


def test_a_bucket_goes_with_the_uploads_that_were_begun(s3, bucket, upload, s3_server):
    s3.delete_bucket(Bucket=bucket)
    assert not (s3_server.machine.buckets.uploads / bucket).exists()
    assert refused(s3.upload_part, **upload, PartNumber=1, Body=b"1")[0] == "NoSuchBucket"
    assert refused(s3.create_multipart_upload, Bucket=bucket, Key="key")[0] == "NoSuchBucket"


def test_a_large_object_is_copied_in_parts(s3, bucket):
    body = os.urandom((17 << 20) + 3)
    s3.upload_fileobj(io.BytesIO(body), bucket, "big", ExtraArgs={"Metadata": {"a": "1"}})
    s3.copy({"Bucket": bucket, "Key": "big"}, bucket, "copied big")
    got = s3.get_object(Bucket=bucket, Key="copied big")
    assert got["ETag"].endswith('-3"')
    assert got["Body"].read() == body


def test_a_part_is_copied_whole_or_of_a_range(s3, bucket, upload):
    s3.put_object(Bucket=bucket, Key="source", Body=b"0123456789")
    source = {"Bucket": bucket, "Key": "source"}
    part = s3.upload_part_copy(**upload, PartNumber=1, CopySource=source, CopySourceRange="bytes=2-4")
    assert part["CopyPartResult"]["ETag"] == f'"{hashlib.md5(b"234").hexdigest()}"'
    part = s3.upload_part_copy(**upload, PartNumber=1, CopySource=source)
    complete(s3, upload, (1, part["CopyPartResult"]["ETag"]))
    assert s3.get_object(Bucket=bucket, Key="big/file")["Body"].read() == b"0123456789"


@pytest.mark.parametrize("span", ["bytes=5-10", "bytes=5-", "bytes=-5", "bytes=5-4", "5-6"])
def test_a_range_that_is_not_in_the_source_is_refused(s3, bucket, upload, span):
    s3.put_object(Bucket=bucket, Key="source", Body=b"0123456789")
    source = {"Bucket": bucket, "Key": "source"}
    code, _ = refused(s3.upload_part_copy, **upload, PartNumber=1, CopySource=source, CopySourceRange=span)
    assert code == "InvalidArgument"


def test_a_part_that_is_copied_from_nowhere_is_refused(s3, bucket, upload):
    source = {"Bucket": bucket, "Key": "nowhere"}
    assert refused(s3.upload_part_copy, **upload, PartNumber=1, CopySource=source)[0] == "NoSuchKey"
