"""The operations of S3, each found by method, level and what the query names; and what a call is to one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from emulator.s3.errors import error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.call import Response
    from emulator.ids import Ids
    from trail.destination import LocalBuckets

__all__ = ["Level", "S3Call", "find", "operation"]

Level = Literal["service", "bucket", "object"]
Handler = "Callable[[S3Call], Response]"

# Parts of a bucket or an object that S3 knows: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html.
_PARTS = re.compile(
    "abac|accelerate|acl|analytics|annotation|attributes|cors|delete|encryption|intelligent-tiering|inventory|legal-hold"
    "|lifecycle|list-type|location|logging|metadataConfiguration|metadataTable|metrics|notification|object-lock"
    "|ownershipControls|partNumber|policy|policyStatus|publicAccessBlock|renameObject|replication|requestPayment"
    "|restore|retention|select|session|tagging|torrent|uploadId|uploads|versionId|versioning|versions|website"
).fullmatch


@dataclass(slots=True)
class S3Call:
    """One call: which bucket and key, what was sent, and everything it may use. ``now`` in milliseconds.

    ``region`` is the one the call is signed for; ``home`` the one of buckets that were never told theirs.
    """

    buckets: LocalBuckets
    bucket: str
    key: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    region: str | None
    home: str
    owner: str
    now: int
    ids: Ids

    def header(self, name: str) -> str:
        """A header's value, empty if it was not sent."""
        value: str = self.headers.get(name, "")
        return value


_OPERATIONS: dict[tuple[str, Level, frozenset[str]], Callable[[S3Call], Response]] = {}


def operation(
    method: str, level: Level, *parts: str
) -> Callable[[Callable[[S3Call], Response]], Callable[[S3Call], Response]]:
    """Marks the function that answers a method at a level when the query names just these parts."""

    def mark(function: Callable[[S3Call], Response]) -> Callable[[S3Call], Response]:
        _OPERATIONS[method, level, frozenset(parts)] = function
        return function

    return mark


def find(method: str, level: Level, query: Mapping[str, str]) -> Callable[[S3Call], Response]:
    """The operation a request asks for; ``NotImplemented`` or ``MethodNotAllowed`` if it is none of those here."""
    parts = frozenset(name for name in query if _PARTS(name))
    function = _OPERATIONS.get((method, level, parts))
    if function is None:
        raise error("NotImplemented" if parts else "MethodNotAllowed")
    return function
