"""What a bucket may be set to on AWS and none is here: reads tell so, as of a bucket where nobody has set it.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
Those who look a bucket over (audits, infrastructure as code) ask for all of it and expect these very answers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from emulator.s3.answers import document
from emulator.s3.errors import error
from emulator.s3.registry import operation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.call import Response
    from emulator.s3.registry import S3Call

    Handler = Callable[[S3Call], Response]

__all__: list[str] = []

_EMPTY: Mapping[str, tuple[str, list[tuple[str, str]]]] = {
    "accelerate": ("AccelerateConfiguration", []),
    "logging": ("BucketLoggingStatus", []),
    "notification": ("NotificationConfiguration", []),
    "requestPayment": ("RequestPaymentConfiguration", [("Payer", "BucketOwner")]),
    "versioning": ("VersioningConfiguration", []),
}
_ABSENT: Mapping[str, str] = {
    "cors": "NoSuchCORSConfiguration",
    "encryption": "ServerSideEncryptionConfigurationNotFoundError",
    "lifecycle": "NoSuchLifecycleConfiguration",
    "object-lock": "ObjectLockConfigurationNotFoundError",
    "ownershipControls": "OwnershipControlsNotFoundError",
    "publicAccessBlock": "NoSuchPublicAccessBlockConfiguration",
    "replication": "ReplicationConfigurationNotFoundError",
    "tagging": "NoSuchTagSet",
    "website": "NoSuchWebsiteConfiguration",
}


def _empty(name: str, members: list[tuple[str, str]]) -> Handler:
    def get(call: S3Call) -> Response:
        """That it is off, or as it is where nobody says otherwise."""
        call.buckets.settings(call.bucket)
        return document(name, members)

    return get


def _absent(code: str) -> Handler:
    def get(call: S3Call) -> Response:
        """That there is none."""
        call.buckets.settings(call.bucket)
        raise error(code, BucketName=call.bucket)

    return get


for _part, _handler in (
    *((part, _empty(*told)) for part, told in _EMPTY.items()),
    *((part, _absent(code)) for part, code in _ABSENT.items()),
):
    _handler.__name__ = "get_" + re.sub("(?=[A-Z])", "_", _part).lower().replace("-", "_")
    operation("GET", "bucket", _part)(_handler)
