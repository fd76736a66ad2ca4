"""What is sent as an object: taken out of ``aws-chunked``, and held against the sums that came with it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import zlib
from typing import TYPE_CHECKING

from emulator.auth.chunks import split
from emulator.s3.errors import error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["CHECKSUM", "Body", "read"]

CHECKSUM = "x-amz-checksum-"
_ALGORITHMS: dict[str, Callable[[bytes], bytes]] = {
    "crc32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False).digest(),
    "sha1": lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    "sha256": lambda data: hashlib.sha256(data).digest(),
    "sha512": lambda data: hashlib.sha512(data).digest(),
}
# Taken as they are said and given back: computing these in Python would hold up every other call.
_UNCHECKED = ("crc32c", "crc64nvme", "xxhash3", "xxhash64", "xxhash128")
_HEXADECIMAL = re.compile(r"[0-9a-f]{64}").fullmatch


class Body:
    """The bytes of an object, and the checksums that were sent with them, by header."""

    def __init__(self, data: bytes, checksums: dict[str, str]) -> None:
        self.data = data
        self.checksums = checksums


def read(headers: Mapping[str, str], sent: bytes) -> Body:
    """The body of a request, checked. Raises ``BadDigest`` and its like where a sum is another."""
    said = headers.get("x-amz-content-sha256", "")
    trailers: dict[str, str] = {}
    data = sent
    if said.startswith("STREAMING-") or "aws-chunked" in headers.get("content-encoding", ""):
        body = split(sent)
        if body is None:
            raise error("IncompleteBody")
        data, trailers = body.data, body.trailers
        length = headers.get("x-amz-decoded-content-length")
        if length is not None and length != str(len(data)):
            raise error("IncompleteBody")
    elif _HEXADECIMAL(said) and hashlib.sha256(data).hexdigest() != said:
        raise error("XAmzContentSHA256Mismatch")
    _check_md5(headers.get("content-md5"), data)
    checksums = {}
    for name in (*_ALGORITHMS, *_UNCHECKED):
        value = headers.get(CHECKSUM + name) or trailers.get(CHECKSUM + name)
        if value:
            _check(name, value, data)
            checksums[CHECKSUM + name] = value
    return Body(data, checksums)


def _check_md5(said: str | None, data: bytes) -> None:
    if said is None:
        return
    try:
        digest = base64.b64decode(said, validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if len(digest) != 16:
        raise error("InvalidDigest")
    if digest != _ALGORITHMS["md5"](data):
        raise error("BadDigest")


def _check(name: str, said: str, data: bytes) -> None:
    compute = _ALGORITHMS.get(name)
    if compute is not None and base64.b64encode(compute(data)).decode() != said:
        raise error("BadDigest", f"The {name.upper()} you specified did not match the calculated checksum.")
