"""The public keys that digests are verified with.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from emulator.cloudtrail import errors
from emulator.cloudtrail.registry import operation

if TYPE_CHECKING:
    from emulator.call import Call
    from emulator.operations import Result


@operation("ListPublicKeys")
def list_public_keys(call: Call, request: Any) -> Result:
    """The region's keys that were valid within a span of time, now unless it is said; a token counts for nothing."""
    start, end = request.get("StartTime", call.now), request.get("EndTime", call.now)
    if start > end:
        raise errors.invalid_time_range("The start time must not be after the end time.")
    keys = call.facilities.keys.between(call.region, start, end)
    return {
        "PublicKeyList": [
            {
                "Value": base64.b64encode(key.der).decode(),
                "ValidityStartTime": key.start,
                "ValidityEndTime": key.end,
                "Fingerprint": key.fingerprint,
            }
            for key in keys
        ]
    }
