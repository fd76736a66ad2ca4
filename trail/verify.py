"""Verifying: whether digests and the log files that they list are what was delivered, by what lies in the buckets.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-cli.html
The checks, their order and their words are those of ``aws cloudtrail validate-logs``, and one more: a digest must have
the hash that its successor says. No database is read, so a server may run meanwhile.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from trail.destination import DestinationError
from trail.digest import ALGORITHM, signed_text
from trail.keys import verifies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trail.destination import LocalBuckets
    from trail.keys import Keys, PublicKey

__all__ = ["DIGEST", "LOG", "Finding", "Scope", "verify"]

DIGEST, LOG = "Digest file", "Log file"

_KEY = re.compile(
    r"(?:.+/)?AWSLogs/(?:o-[a-z0-9]+/)?(?P<account>\d{12})/CloudTrail-Digest/(?P<region>[a-z0-9-]+)/\d+/\d+/\d+/"
    r"(?P=account)_CloudTrail-Digest_(?P=region)_(?P<name>.+)_(?P<home>[a-z0-9-]+)_\d{8}T\d{6}Z(?:_backfill)?\.json\.gz"
)
_ARN = re.compile(r"arn:[^:]+:cloudtrail:(?P<home>[^:]+):(?P<account>\d{12}):trail/(?P<name>.+)")
_MEMBERS = (
    "digestPublicKeyFingerprint", "digestS3Bucket", "digestS3Object", "previousDigestSignature", "digestEndTime",
    "digestStartTime",
)  # fmt: skip

NOT_FOUND = "not found"
MOVED = "has been moved from its original location"
INVALID_FORMAT = "invalid format"
BAD_SIGNATURE = "signature verification failed"
NO_KEY = "public key not found in region {region} for fingerprint {fingerprint}"
BAD_HASH = "hash value doesn't match"
TRAILING = "unexpected data after end of compressed stream"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found out about one object; ``problem`` is None if it is valid."""

    kind: str
    bucket: str
    key: str
    problem: str | None = None

    def __str__(self) -> str:
        """The line of ``validate-logs --verbose``."""
        state = "valid" if self.problem is None else f"INVALID: {self.problem}"
        return f"{self.kind}\ts3://{self.bucket}/{self.key}\t{state}"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which digests are looked at; None asks nothing. ``region`` is the one that was logged.

    ``ValueError`` if ``arn`` is not the ARN of a trail.
    """

    bucket: str | None = None
    arn: str | None = None
    region: str | None = None

    def __post_init__(self) -> None:
        if self.arn is not None and not _ARN.fullmatch(self.arn):
            raise ValueError(self.arn)

    def holds(self, key: re.Match[str]) -> bool:
        """Whether a digest of this key is meant."""
        arn = _ARN.fullmatch(self.arn) if self.arn else None
        if arn and any(arn[part] != key[part] for part in ("account", "home", "name")):
            return False
        return self.region in (None, key["region"])


class _Broken(Exception):  # noqa: N818 -- a finding on its way
    """An object is not what it should be; the message is the problem."""


def verify(buckets: LocalBuckets, keys: Keys, scope: Scope) -> Iterator[Finding]:
    """What is found out about each digest in the scope and each log file that a valid one lists.

    A digest that is not there is found by its successor: of the newest of a chain nothing tells that it is missing.
    """
    named: set[tuple[str, str]] = set()
    for bucket in [scope.bucket] if scope.bucket else buckets.buckets():
        for key in buckets.keys(bucket):
            name = _KEY.fullmatch(key)
            if name is None or not scope.holds(name):
                continue
            for finding in _check(buckets, keys.history(name["region"]), (bucket, key), name["region"]):
                # What is wrong with a digest may be found twice: by itself, and by its successor.
                where = (finding.bucket, finding.key)
                if finding.kind == LOG or finding.problem is None or where not in named:
                    yield finding
                if finding.kind == DIGEST and finding.problem is not None:
                    named.add(where)


def _check(buckets: LocalBuckets, public: list[PublicKey], where: tuple[str, str], region: str) -> Iterator[Finding]:
    try:
        digest = _digest(buckets, {key.fingerprint: key for key in public}, *where, region)
    except _Broken as broken:
        yield Finding(DIGEST, *where, str(broken))
        return
    yield Finding(DIGEST, *where)
    problem = _previous_problem(buckets, digest)
    if problem is not None:
        yield Finding(DIGEST, digest["previousDigestS3Bucket"], digest["previousDigestS3Object"], problem)
    for file in digest["logFiles"]:
        yield Finding(LOG, file["s3Bucket"], file["s3Object"], _file_problem(buckets, file))


def _digest(buckets: LocalBuckets, public: dict[str, PublicKey], bucket: str, key: str, region: str) -> dict[str, Any]:
    """A valid digest."""
    try:
        stored, packed = buckets.read(bucket, key)
        body = zlib.decompress(packed, 31)
        digest: dict[str, Any] = orjson.loads(body)
        if not all(member in digest for member in _MEMBERS):
            raise _Broken(INVALID_FORMAT)
    except DestinationError:
        raise _Broken(NOT_FOUND) from None
    except (zlib.error, ValueError, TypeError):
        raise _Broken(INVALID_FORMAT) from None
    told = stored.metadata.user
    if told.get("signature-algorithm") != ALGORITHM or "signature" not in told:
        raise _Broken(BAD_SIGNATURE)
    if (digest["digestS3Bucket"], digest["digestS3Object"]) != (bucket, key):
        raise _Broken(MOVED)
    fingerprint = digest["digestPublicKeyFingerprint"]
    if fingerprint not in public:
        raise _Broken(NO_KEY.format(region=region, fingerprint=fingerprint))
    hashed = hashlib.sha256(body).hexdigest()
    text = signed_text(digest["digestEndTime"], bucket, key, hashed, digest["previousDigestSignature"])
    if not verifies(public[fingerprint], told["signature"], text):
        raise _Broken(BAD_SIGNATURE)
    return digest


def _previous_problem(buckets: LocalBuckets, digest: dict[str, Any]) -> str | None:
    """What a digest tells of the one before: that it is gone, or is another."""
    bucket, key = digest["previousDigestS3Bucket"], digest["previousDigestS3Object"]
    if bucket is None:
        return None
    try:
        hashed = hashlib.sha256(zlib.decompress(buckets.get(bucket, key), 31)).hexdigest()
    except DestinationError:
        return NOT_FOUND
    except zlib.error:
        return INVALID_FORMAT
    return None if hashed == digest["previousDigestHashValue"] else BAD_HASH


def _file_problem(buckets: LocalBuckets, file: dict[str, str]) -> str | None:
    try:
        inflater = zlib.decompressobj(31)
        hashed = hashlib.sha256(inflater.decompress(buckets.get(file["s3Bucket"], file["s3Object"])))
        hashed.update(inflater.flush())
    except DestinationError:
        return NOT_FOUND
    except zlib.error:
        return INVALID_FORMAT
    if inflater.unused_data:
        return TRAILING
    return None if hashed.hexdigest() == file["hashValue"] else BAD_HASH
