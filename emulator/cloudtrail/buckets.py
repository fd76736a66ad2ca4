"""The bucket of a trail, as CloudTrail checks and prepares it.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.cloudtrail import errors
from emulator.s3.policy import may_deliver
from trail.destination import DestinationError
from trail.layout import leave_markers

if TYPE_CHECKING:
    from emulator.call import Call
    from emulator.errors import ServiceError
    from trail.trails import Trail

__all__ = ["prepare"]


def prepare(call: Call, trail: Trail) -> None:
    """Leave the empty objects that mark the folders of a trail's files, and check that its bucket takes those.

    In this order: where CloudTrail may write but not look at the bucket's ACL, the trail is refused and its marks stay.
    """
    buckets, account, bucket = call.facilities.buckets, call.account, trail.bucket
    if not buckets.exists(bucket):
        raise errors.bucket_does_not_exist(bucket)
    try:
        leave_markers(buckets, trail)
    except DestinationError as error:
        raise _refused(trail, error) from error
    policy = buckets.settings(bucket).get("policy")
    if not may_deliver(policy, trail.arn, account, bucket, trail.prefix or ""):
        raise errors.insufficient_bucket_policy(bucket)


def _refused(trail: Trail, error: DestinationError) -> ServiceError:
    if error.code == "NoSuchBucket":
        return errors.bucket_does_not_exist(trail.bucket)
    if error.code in ("InvalidArgument", "KeyTooLongError"):
        return errors.invalid_prefix(f"The S3 prefix {trail.prefix} is not valid.")
    return errors.insufficient_bucket_policy(trail.bucket)
