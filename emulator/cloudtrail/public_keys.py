"""The keys that digests are signed with.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.cloudtrail import errors
from emulator.cloudtrail.registry import operation

if TYPE_CHECKING:
    from emulator.call import Call
    from emulator.operations import Result


@operation("ListPublicKeys")
def list_public_keys(call: Call, request: Any) -> Result:
    """The public keys of this region that were valid at some moment of a span; without one, now.

    There is always one that is valid now, before the first digest, too: readers take an empty list for an error. They
    are all on one page, so a token names no further one and is ignored, as AWS ignores one it cannot read.
    """
    start, end = request.get("StartTime", call.now), request.get("EndTime", call.now)
    if start > end:
        raise errors.invalid_time_range("The start time must not be after the end time.")
    keys = call.facilities.keys
    if start <= call.now <= end:
        keys.ensure(call.region, call.now)
    return {
        "PublicKeyList": [
            {
                "Value": key.der,
                "ValidityStartTime": key.start,
                "ValidityEndTime": key.end,
                "Fingerprint": key.fingerprint,
            }
            for key in keys.between(call.region, start, end)
        ]
    }
