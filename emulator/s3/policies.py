"""Bucket policies: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.call import Response
from emulator.s3.answers import nothing
from emulator.s3.errors import error
from emulator.s3.policy import PolicyError, check
from emulator.s3.registry import S3Call, operation

if TYPE_CHECKING:
    from typing import Any

_LIMIT = 20 * 1024


@operation("PUT", "bucket", "policy")
def put_bucket_policy(call: S3Call) -> Response:
    """Keep a policy, as it was written."""
    call.buckets.settings(call.bucket)
    if len(call.body) > _LIMIT:
        raise error("MalformedPolicy", "Bucket policy exceeds the maximum allowed document size.")
    try:
        text = call.body.decode()
        check(text, call.bucket)
    except UnicodeDecodeError:
        raise error("MalformedPolicy") from None
    except PolicyError as refused:
        raise error("MalformedPolicy", str(refused)) from None
    call.buckets.configure(call.bucket, policy=text)
    return nothing()


@operation("GET", "bucket", "policy")
def get_bucket_policy(call: S3Call) -> Response:
    """The policy, as it was written."""
    policy: Any = call.buckets.settings(call.bucket).get("policy")
    if policy is None:
        raise error("NoSuchBucketPolicy", BucketName=call.bucket)
    return Response(200, [("Content-Type", "application/json")], policy.encode())


@operation("DELETE", "bucket", "policy")
def delete_bucket_policy(call: S3Call) -> Response:
    """Forget the policy, if there is one."""
    call.buckets.configure(call.bucket, policy=None)
    return nothing()
