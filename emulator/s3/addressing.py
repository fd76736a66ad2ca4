"""Which bucket and key a request is about: by its path, or by a host that begins with the bucket's name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.call import Request

__all__ = ["Address", "address", "scope"]

_METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")
_SCOPE = re.compile(r"Credential=([^/,\s]+)/[0-9]+/([a-z0-9-]+)/s3/aws4_request").search
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]").fullmatch
_OTHER_DOORS = ("/_", "/moto-api/reset")


class Address(NamedTuple):
    """A bucket and a key, as bytes of UTF-8; neither: the service itself."""

    bucket: str
    key: bytes


def scope(request: Request) -> tuple[str, str] | None:
    """Access key and region of a request that is signed for S3, in its header or as a presigned address."""
    authorization = request.headers.get("authorization", "")
    if not authorization and "X-Amz-Credential=" in request.query:
        authorization = "Credential=" + parse_qs(request.query).get("X-Amz-Credential", [""])[0]
    found = _SCOPE(authorization)
    return (found[1], found[2]) if found else None


def address(request: Request, exists: Callable[[str], bool]) -> Address | None:
    """What a request that is no other API's call is about; None if it is not for S3 at all."""
    if request.method not in _METHODS:
        return None
    signed = scope(request) is not None
    path = request.path
    if not signed and path.startswith(_OTHER_DOORS):
        return None
    bucket = _of_host(request.headers.get("host", ""), exists)
    if bucket is not None:
        return Address(bucket, path[1:].encode("latin-1"))
    if path in ("", "/"):
        return Address("", b"") if signed else None
    bucket, _, key = path[1:].partition("/")
    return Address(bucket, key.encode("latin-1"))


def _of_host(host: str, exists: Callable[[str], bool]) -> str | None:
    """The bucket a host is named after: ``<bucket>.s3.<anything>``, or ``<bucket>.localhost`` if there is such."""
    name = re.sub(r":[0-9]*$", "", host).lower()
    if name == "localhost" or "." not in name:
        return None
    at = name.rfind(".")
    while at > 0:
        bucket, rest = name[:at], name[at + 1 :]
        if _BUCKET(bucket):
            if rest.startswith(("s3.", "s3-")):
                return bucket
            if (rest == "localhost" or rest.startswith("localhost.")) and exists(bucket):
                return bucket
        at = name.rfind(".", 0, at)
    return None
