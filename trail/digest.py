"""A digest: the signed list of the log files that one trail got in one region in one period.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
Pure functions: what a digest says follows from the files, the period and the digest before it alone.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from trail.destination import Metadata
from trail.times import iso

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ALGORITHM", "DigestFile", "Header", "Previous", "compose", "pack", "signed_text", "tells"]

ALGORITHM = "SHA256withRSA"
_HASH = "SHA-256"
_LEVEL = 6


@dataclass(frozen=True, slots=True)
class Header:
    """Whose digest it is, of which period (ms, whole seconds), where it goes and which key signs it."""

    account: str
    start: int
    end: int
    bucket: str
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Previous:
    """The digest before in the same chain: where it lies, the hash of its uncompressed bytes, its signature in hex."""

    bucket: str
    key: str
    hash: str
    signature: str


@dataclass(frozen=True, slots=True)
class DigestFile:
    """A log file as a digest lists it; ``hash`` is of its uncompressed bytes, the times of its events are in ms."""

    bucket: str
    key: str
    hash: str
    oldest: int
    newest: int


def compose(header: Header, files: Sequence[DigestFile], previous: Previous | None) -> bytes:
    """The digest's uncompressed bytes: its members in AWS's order; those of the first in a chain name no other."""
    return orjson.dumps(
        {
            "awsAccountId": header.account,
            "digestStartTime": iso(header.start),
            "digestEndTime": iso(header.end),
            "digestS3Bucket": header.bucket,
            "digestS3Object": header.key,
            "digestPublicKeyFingerprint": header.fingerprint,
            "digestSignatureAlgorithm": ALGORITHM,
            "newestEventTime": iso(max(file.newest for file in files)) if files else None,
            "oldestEventTime": iso(min(file.oldest for file in files)) if files else None,
            "previousDigestS3Bucket": previous and previous.bucket,
            "previousDigestS3Object": previous and previous.key,
            "previousDigestHashValue": previous and previous.hash,
            "previousDigestHashAlgorithm": previous and _HASH,
            "previousDigestSignature": previous and previous.signature,
            "logFiles": [_listed(file) for file in files],
        }
    )


def _listed(file: DigestFile) -> dict[str, str]:
    return {
        "s3Bucket": file.bucket,
        "s3Object": file.key,
        "hashValue": file.hash,
        "hashAlgorithm": _HASH,
        "newestEventTime": iso(file.newest),
        "oldestEventTime": iso(file.oldest),
    }


def signed_text(end: str, bucket: str, key: str, body_hash: str, previous_signature: str | None) -> bytes:
    """What is signed, four lines; a starting digest has the word ``null`` for the signature before."""
    return f"{end}\n{bucket}/{key}\n{body_hash}\n{previous_signature or 'null'}".encode()


def pack(body: bytes) -> tuple[bytes, str]:
    """The bytes as they are stored, gzip without a time, and the hash of what went in."""
    gzip = zlib.compressobj(_LEVEL, zlib.DEFLATED, 31)
    return gzip.compress(body) + gzip.flush(), hashlib.sha256(body).hexdigest()


def tells(signature: str) -> Metadata:
    """What S3 knows of a digest: that of a log file, and the signature."""
    return Metadata("application/json", "gzip", {"signature": signature, "signature-algorithm": ALGORITHM})
