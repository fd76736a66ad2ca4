"""The bucket of a trail, as CloudTrail checks and prepares it.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.cloudtrail import errors
from trail.destination import DestinationError
from trail.layout import leave_markers

if TYPE_CHECKING:
    from emulator.call import Call
    from emulator.errors import ServiceError
    from trail.trails import Trail

__all__ = ["check_delivery_rights", "prepare"]


def prepare(call: Call, trail: Trail) -> None:
    """Check that the trail's bucket takes its files, and leave the empty objects that mark their folders."""
    check_delivery_rights(call, trail)
    try:
        leave_markers(call.facilities.buckets, trail)
    except DestinationError as error:
        raise _refused(trail, error) from error


def check_delivery_rights(call: Call, trail: Trail) -> None:
    """Raise what a trail is refused with whose files its bucket would not take. A bucket takes everyone's."""
    if not call.facilities.buckets.exists(trail.bucket):
        raise errors.bucket_does_not_exist(trail.bucket)


def _refused(trail: Trail, error: DestinationError) -> ServiceError:
    if error.code == "NoSuchBucket":
        return errors.bucket_does_not_exist(trail.bucket)
    if error.code in ("InvalidArgument", "KeyTooLongError"):
        return errors.invalid_prefix(f"The S3 prefix {trail.prefix} is not valid.")
    return errors.insufficient_bucket_policy(trail.bucket)
