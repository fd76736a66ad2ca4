"""Buckets: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from emulator.s3.answers import document, iso_time, nothing
from emulator.s3.errors import error
from emulator.s3.markup import read
from emulator.s3.registry import S3Call, operation
from trail.place import is_region

if TYPE_CHECKING:
    from emulator.call import Response

_NAME = re.compile(r"(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]").fullmatch
_ADDRESS = re.compile(r"[0-9]+(\.[0-9]+){3}").fullmatch
_RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_EUROPE = "EU"  # the old name of eu-west-1
_CLASSIC = "us-east-1"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"


@operation("GET", "service")
def list_buckets(call: S3Call) -> Response:
    """All buckets, in order."""
    prefix = call.query.get("prefix", "")
    found = [
        (
            "Bucket",
            [
                ("Name", name),
                ("CreationDate", iso_time(_created(call, name))),
                ("BucketRegion", _region(call, name)),
            ],
        )
        for name in call.buckets.buckets()
        if name.startswith(prefix)
    ]
    return document("ListAllMyBucketsResult", [("Owner", [("ID", call.owner)]), ("Buckets", found)])


@operation("PUT", "bucket")
def create_bucket(call: S3Call) -> Response:
    """Make a bucket; it keeps the location that it was made with."""
    location = _asked_location(call)
    if not _NAME(call.bucket) or _ADDRESS(call.bucket) or call.bucket.endswith(_RESERVED_ENDS):
        raise error("InvalidBucketName", BucketName=call.bucket)
    if call.buckets.exists(call.bucket):
        if call.region != _CLASSIC:  # there, S3 has always taken it for a success
            raise error("BucketAlreadyOwnedByYou", BucketName=call.bucket)
    else:
        call.buckets.create(call.bucket)
        call.buckets.configure(call.bucket, location=location, created=call.now)
    return nothing(200, ("Location", f"/{call.bucket}"))


@operation("HEAD", "bucket")
def head_bucket(call: S3Call) -> Response:
    """Whether there is such a bucket, and where."""
    return nothing(200, ("x-amz-bucket-region", _region(call, call.bucket)), ("Content-Type", "application/xml"))


@operation("DELETE", "bucket")
def delete_bucket(call: S3Call) -> Response:
    """Remove an empty bucket."""
    call.buckets.remove(call.bucket)
    return nothing()


@operation("GET", "bucket", "location")
def get_bucket_location(call: S3Call) -> Response:
    """The location constraint; nothing where there is none, which is us-east-1."""
    location = _location(call, call.bucket)
    return document("LocationConstraint", "" if location == _CLASSIC else location)


@operation("GET", "bucket", "acl")
def get_bucket_acl(call: S3Call) -> Response:
    """The one grant there is: all to the owner."""
    call.buckets.settings(call.bucket)
    grantee = [("@xmlns:xsi", _XSI), ("@xsi:type", "CanonicalUser"), ("ID", call.owner)]
    grant = [("Grantee", grantee), ("Permission", "FULL_CONTROL")]
    return document("AccessControlPolicy", [("Owner", [("ID", call.owner)]), ("AccessControlList", [("Grant", grant)])])


def _asked_location(call: S3Call) -> str:
    asked = None
    if call.body:
        asked = read(call.body, "CreateBucketConfiguration").findtext("LocationConstraint") or None
    if asked is not None and (not (asked == _EUROPE or is_region(asked)) or asked == _CLASSIC):
        raise error("InvalidLocationConstraint", LocationConstraint=asked)
    signed = call.region or _CLASSIC
    if asked is None and signed != _CLASSIC:
        raise error("IllegalLocationConstraintException")
    if asked is not None and signed not in (_CLASSIC, "eu-west-1" if asked == _EUROPE else asked):
        raise error(
            "IllegalLocationConstraintException",
            f"The {asked} location constraint is incompatible for the region specific endpoint "
            "this request was sent to.",
        )
    return asked or _CLASSIC


def _location(call: S3Call, bucket: str) -> str:
    return str(call.buckets.settings(bucket).get("location") or call.home)


def _region(call: S3Call, bucket: str) -> str:
    location = _location(call, bucket)
    return "eu-west-1" if location == "EU" else location


def _created(call: S3Call, bucket: str) -> int:
    """When a bucket was made, in nanoseconds; of a folder made by hand, when it last changed."""
    created = call.buckets.settings(bucket).get("created")
    return created * 1_000_000 if created is not None else (call.buckets.root / bucket).stat().st_mtime_ns
