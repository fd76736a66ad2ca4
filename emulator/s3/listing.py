"""Lists of objects: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html and its elder."""

from __future__ import annotations

import base64
import binascii
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from emulator.s3.answers import document, iso_time, quoted
from emulator.s3.errors import error
from emulator.s3.registry import S3Call, operation
from trail.destination import DestinationError
from trail.walk import after

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.call import Response
    from trail.walk import Walk

__all__ = ["Page", "first_after", "page"]

_MOST = 1000
_LARGEST = 2**31 - 1


class Page(NamedTuple):
    """Keys and common prefixes, whether there are more, and the last of either."""

    keys: list[bytes]
    prefixes: list[bytes]
    truncated: bool
    last: bytes


def page(walk: Walk, prefix: bytes, delimiter: bytes, limit: int) -> Page:
    """At most ``limit`` keys and common prefixes together; what lies under a common prefix is not looked at."""
    keys: list[bytes] = []
    prefixes: list[bytes] = []
    last = b""
    if limit == 0:
        return Page(keys, prefixes, False, last)
    for key in walk:
        if len(keys) + len(prefixes) == limit:
            return Page(keys, prefixes, True, last)
        common = _common_prefix(key, prefix, delimiter)
        if common is None:
            keys.append(last := key)
        else:
            prefixes.append(last := common)
            walk.start = after(common)
    return Page(keys, prefixes, False, last)


def first_after(marker: bytes, prefix: bytes, delimiter: bytes) -> bytes:
    """The first key that a list may begin with after a marker; one that is a common prefix stands for all under it."""
    if marker and marker.startswith(prefix) and _common_prefix(marker, prefix, delimiter) == marker:
        return after(marker)
    return marker + b"\0" if marker else b""


def _common_prefix(key: bytes, prefix: bytes, delimiter: bytes) -> bytes | None:
    at = key.find(delimiter, len(prefix)) if delimiter else -1
    return None if at < 0 else key[: at + len(delimiter)]


@operation("GET", "bucket")
def list_objects(call: S3Call) -> Response:
    """Objects after a marker: version 1, which the AWS CLI validates log files with."""
    said, asked = _encoding(call), _Asked(call, call.query.get("marker", ""))
    found = asked.page(call)
    members: list[tuple[str, Any]] = [
        ("Name", call.bucket),
        ("Prefix", said(asked.prefix)),
        ("Marker", said(call.query.get("marker", ""))),
    ]
    if found.truncated and asked.delimiter:
        members.append(("NextMarker", said(found.last.decode())))
    members += asked.members(said, found)
    owner = ("Owner", [("ID", call.owner)])
    return document("ListBucketResult", members + _contents(call, said, found, owner))


@operation("GET", "bucket", "list-type")
def list_objects_v2(call: S3Call) -> Response:
    """Objects after a key or where another list ended: version 2."""
    if call.query["list-type"] != "2":
        raise error("InvalidArgument")
    token, start_after = call.query.get("continuation-token"), call.query.get("start-after", "")
    said, asked = _encoding(call), _Asked(call, start_after if token is None else _untoken(token))
    found = asked.page(call)
    members: list[tuple[str, Any]] = [("Name", call.bucket), ("Prefix", said(asked.prefix))]
    if start_after:
        members.append(("StartAfter", said(start_after)))
    if token is not None:
        members.append(("ContinuationToken", token))
    if found.truncated:
        members.append(("NextContinuationToken", base64.urlsafe_b64encode(found.last).decode()))
    members += [("KeyCount", len(found.keys) + len(found.prefixes)), *asked.members(said, found)]
    owner = ("Owner", [("ID", call.owner)] if call.query.get("fetch-owner") == "true" else None)
    return document("ListBucketResult", members + _contents(call, said, found, owner))


class _Asked:
    """What both versions ask for in the same words."""

    def __init__(self, call: S3Call, marker: str) -> None:
        self.prefix = call.query.get("prefix", "")
        self.delimiter = call.query.get("delimiter", "")
        self.most = _most(call.query.get("max-keys", str(_MOST)))
        self._marker = marker
        self._encoded = "encoding-type" in call.query

    def page(self, call: S3Call) -> Page:
        prefix, delimiter = self.prefix.encode(), self.delimiter.encode()
        start = first_after(self._marker.encode(), prefix, delimiter)
        return page(call.buckets.walk(call.bucket, prefix, start), prefix, delimiter, self.most)

    def members(self, said: Callable[[str], str], found: Page) -> list[tuple[str, Any]]:
        members: list[tuple[str, Any]] = [("MaxKeys", self.most)]
        if self.delimiter:
            members.append(("Delimiter", said(self.delimiter)))
        if self._encoded:
            members.append(("EncodingType", "url"))
        return [*members, ("IsTruncated", found.truncated)]


def _contents(call: S3Call, said: Callable[[str], str], found: Page, owner: tuple[str, Any]) -> list[tuple[str, Any]]:
    contents: list[tuple[str, Any]] = []
    for key in found.keys:
        with suppress(DestinationError):  # it has gone meanwhile
            stored = call.buckets.look(call.bucket, key.decode())
            members = [
                ("Key", said(stored.key)),
                ("LastModified", iso_time(stored.modified)),
                ("ETag", quoted(stored.etag)),
                ("Size", stored.size),
                owner,
                ("StorageClass", "STANDARD"),
            ]
            contents.append(("Contents", members))
    return contents + [("CommonPrefixes", [("Prefix", said(prefix.decode()))]) for prefix in found.prefixes]


def _encoding(call: S3Call) -> Callable[[str], str]:
    """How keys are written: as they are, or with everything that XML might not hold encoded."""
    kind = call.query.get("encoding-type")
    if kind not in (None, "url"):
        raise error("InvalidArgument", "Invalid Encoding Method specified in Request")
    return str if kind is None else _quoted


def _quoted(text: str) -> str:
    return quote(text, safe="/-_.*")


def _most(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise error("InvalidArgument", "Provided max-keys not an integer or within integer range")
    if int(text) > _LARGEST:
        raise error("InvalidArgument", f"Argument maxKeys must be an integer between 0 and {_LARGEST}")
    return min(int(text), _MOST)


def _untoken(token: str) -> str:
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise error("InvalidArgument", "The continuation token provided is incorrect") from None
