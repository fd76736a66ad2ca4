"""What ``aws cloudtrail validate-logs`` checks, written anew from its steps: no code and no arithmetic of ours.

Listing by marker and prefix, the newest digest first, then along the chain; RSA by modular powers.
"""

import base64
import hashlib
import json
import re
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from trail.destination import DestinationError

REQUIRED = (
    "digestPublicKeyFingerprint",
    "digestS3Bucket",
    "digestS3Object",
    "previousDigestSignature",
    "digestEndTime",
    "digestStartTime",
)
SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")


@dataclass
class Verdict:
    """The keys of valid digests and files, what is wrong, and between which digests a chain ends."""

    digests: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    gaps: int = 0


class InvalidError(Exception):
    """A digest is not valid."""


def parse(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def stamp_of(key):
    return key[-24:-8]


def integers(der):
    """The two integers of a PKCS#1 RSAPublicKey."""
    position, found = 0, []

    def header():
        nonlocal position
        length = der[position + 1]
        position += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(der[position : position + size], "big")
            position += size
        return length

    assert der[position] == 0x30
    assert header() == len(der) - position
    while position < len(der):
        assert der[position] == 0x02
        length = header()
        found.append(int.from_bytes(der[position : position + length], "big"))
        position += length
    return found


def verify(der, signature, text):
    modulus, exponent = integers(der)
    size = (modulus.bit_length() + 7) // 8
    hashed = SHA256_PREFIX + hashlib.sha256(text).digest()
    wanted = b"\x00\x01" + b"\xff" * (size - len(hashed) - 3) + b"\x00" + hashed
    return pow(int.from_bytes(signature, "big"), exponent, modulus).to_bytes(size, "big") == wanted


class Validator:
    """``validate-logs`` for one trail in one region, over the buckets themselves."""

    def __init__(self, buckets, keys, trail, region):
        self.buckets, self.keys, self.trail, self.region = buckets, keys, trail, region

    def run(self, start, end):
        """From ``start`` to ``end``, datetimes."""
        verdict = Verdict()
        public = {key.fingerprint: key for key in self.keys.between(self.region, millis(start), millis(end) + 7200_000)}
        assert public, "No public keys found"
        assert all(hashlib.md5(key.der).hexdigest() == key.fingerprint for key in public.values())
        listed = self.listed(start, end)
        bucket = self.trail.bucket
        key = listed.pop() if listed else None
        while key is not None:
            try:
                digest = self.load(bucket, key, public)
            except DestinationError as error:
                if error.code != "NoSuchKey":
                    raise
                verdict.wrong.append(f"{key}: not found")
                key = self.before(listed, key)
                continue
            except InvalidError as error:
                verdict.wrong.append(f"{key}: {error}")
                key = self.before(listed, key)
                continue
            verdict.digests.append(key)
            self.check_files(digest, verdict)
            if parse(digest["digestStartTime"]) < start:
                break
            if digest["previousDigestS3Bucket"] is None:
                key = self.before(listed, key)
                verdict.gaps += key is not None
            else:
                bucket, key = digest["previousDigestS3Bucket"], digest["previousDigestS3Object"]
        return verdict

    def listed(self, start, end):
        account, home, name = self.trail.home.account, self.trail.home.region, self.trail.name
        root = f"{self.trail.prefix}/" if self.trail.prefix else ""
        folder = f"{root}AWSLogs/{account}/CloudTrail-Digest/{self.region}"
        file = f"{account}_CloudTrail-Digest_{self.region}_{name}_{home}_"
        early = start - timedelta(minutes=1)
        marker = f"{folder}/{early:%Y/%m/%d}/{file}{early:%Y%m%dT%H%M%SZ}.json.gz"
        wanted = re.compile(rf"^{re.escape(folder)}/\d+/\d+/\d+/{re.escape(file)}.+\.json\.gz$")
        first, last = f"{start:%Y%m%dT%H%M%SZ}", f"{end + timedelta(hours=1):%Y%m%dT%H%M%SZ}"
        found = []
        for key in self.buckets.keys(self.trail.bucket, folder):
            if key.encode() <= marker.encode() or not wanted.match(key):
                continue
            if stamp_of(key) > last:
                break
            if stamp_of(key) >= first:
                found.append(key)
        return found

    def before(self, listed, key):
        while listed:
            other = listed.pop()
            if stamp_of(other) < stamp_of(key):
                return other
        return None

    def load(self, bucket, key, public):
        packed, told = self.buckets.get(bucket, key), self.metadata(bucket, key)
        try:
            body = zlib.decompress(packed, zlib.MAX_WBITS | 16)
            digest = json.loads(body)
        except (ValueError, zlib.error):
            raise InvalidError("invalid format") from None
        if not {"signature", "signature-algorithm"} <= told.keys():
            raise InvalidError("signature verification failed")
        if not all(member in digest for member in REQUIRED):
            raise InvalidError("invalid format")
        if (digest["digestS3Bucket"], digest["digestS3Object"]) != (bucket, key):
            raise InvalidError("has been moved from its original location")
        if digest["digestPublicKeyFingerprint"] not in public:
            raise InvalidError("public key not found")
        before = digest["previousDigestSignature"] or "null"
        text = f"{digest['digestEndTime']}\n{bucket}/{key}\n{hashlib.sha256(body).hexdigest()}\n{before}"
        value = base64.b64encode(public[digest["digestPublicKeyFingerprint"]].der)
        if not verify(base64.b64decode(value), bytes.fromhex(told["signature"]), text.encode()):
            raise InvalidError("signature verification failed")
        return digest

    def metadata(self, bucket, key):
        head = self.buckets.look(bucket, key)
        return dict(head.metadata.user)

    def check_files(self, digest, verdict):
        for file in digest["logFiles"]:
            key = file["s3Object"]
            try:
                body = zlib.decompress(self.buckets.get(file["s3Bucket"], key), zlib.MAX_WBITS | 16)
            except DestinationError:
                verdict.wrong.append(f"{key}: not found")
                continue
            except zlib.error:
                verdict.wrong.append(f"{key}: invalid format")
                continue
            if hashlib.sha256(body).hexdigest() == file["hashValue"]:
                verdict.files.append(key)
            else:
                verdict.wrong.append(f"{key}: hash value doesn't match")


def millis(moment):
    return round(moment.timestamp() * 1000)
