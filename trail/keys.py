"""Signing keys: RSA-2048 pairs of a region, each good for 30 days.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PublicKey.html
A pair is two files in the folder of its region: ``<fingerprint>.json`` is public and stays, so that a digest verifies
for ever; ``<fingerprint>.pem`` is private and only its owner's to read. They are in no database: no snapshot carries a
private key, and a reset leaves them, since on AWS they are not the account's. A private key that is lost or cannot be
read is replaced by a new pair.
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

import orjson

from trail.times import DAY, SECOND

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

__all__ = ["VALIDITY", "Keys", "PublicKey", "Signer", "new_private_key", "verifies"]

VALIDITY = 30 * DAY
"""How long a pair signs, in ms."""

_BITS, _EXPONENT = 2048, 65537


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key as ListPublicKeys tells it; ``der`` is its PKCS#1 ``RSAPublicKey``, the times are in ms."""

    fingerprint: str
    der: bytes
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key, and the fingerprint under which its public half is found."""

    fingerprint: str
    key: RSAPrivateKey

    def sign(self, text: bytes) -> str:
        """The signature (PKCS#1 v1.5 over SHA-256) in lower-case hex; the same text always gives the same."""
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        return self.key.sign(text, PKCS1v15(), SHA256()).hex()


class Keys:
    """The pairs under a folder, which is made when it is needed. ``make`` makes a private key.

    ``OSError`` where the folder cannot be read or written.
    """

    def __init__(self, folder: Path, make: Callable[[], RSAPrivateKey] | None = None) -> None:
        self._folder = folder
        self._make = make or new_private_key
        self._loaded: dict[str, RSAPrivateKey] = {}

    def history(self, region: str) -> list[PublicKey]:
        """Every public key the region ever had, the oldest first."""
        found = [_read(file) for file in sorted((self._folder / region).glob("*.json"))]
        return sorted((key for key in found if key is not None), key=attrgetter("start", "fingerprint"))

    def between(self, region: str, start: int, end: int) -> list[PublicKey]:
        """Those that were valid at some moment from ``start`` to ``end``, in ms: ListPublicKeys."""
        return [key for key in self.history(region) if key.start <= end and key.end >= start]

    def ensure(self, region: str, now: int) -> None:
        """See to it that a key of the region is valid now, as on AWS, where no region is ever without."""
        self.signer(region, now - DAY, now)

    def signer(self, region: str, start: int, end: int) -> Signer:
        """The key for a digest of the period from ``start`` to ``end``; a new one if none is good, then from its start.

        So whoever asks for the keys of a period gets those of its digests, wherever the clock was when they were made.
        """
        for public in reversed(self.history(region)):
            if public.start <= end < public.end:
                private = self._private(region, public.fingerprint)
                if private is not None:
                    return Signer(public.fingerprint, private)
        return self._new(region, max(start, end - DAY))

    def _private(self, region: str, fingerprint: str) -> RSAPrivateKey | None:
        """The private half, unless it is lost: not there, not to be read, or another's."""
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        path = self._folder / region / f"{fingerprint}.pem"
        if not path.is_file():
            return None
        known = self._loaded.get(fingerprint)
        if known is None:
            try:
                loaded = load_pem_private_key(path.read_bytes(), None)
                if _fingerprint(_der(loaded)) != fingerprint:  # type: ignore[arg-type]
                    return None
            except (OSError, ValueError, TypeError):
                return None
            known = self._loaded[fingerprint] = loaded  # type: ignore[assignment]
        return known

    def _new(self, region: str, start: int) -> Signer:
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        private = self._make()
        der = _der(private)
        public = PublicKey(_fingerprint(der), der, start - start % SECOND, start - start % SECOND + VALIDITY)
        folder = self._folder / region
        folder.mkdir(parents=True, exist_ok=True)
        # The public half first: a signature that nobody could verify must not come about.
        _write(folder / f"{public.fingerprint}.json", _told(public), 0o644)
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        _write(folder / f"{public.fingerprint}.pem", pem, 0o600)
        self._loaded[public.fingerprint] = private
        return Signer(public.fingerprint, private)


def new_private_key() -> RSAPrivateKey:
    """A fresh RSA-2048 key, by OpenSSL's randomness."""
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    return generate_private_key(_EXPONENT, _BITS)


def verifies(public: PublicKey, signature: str, text: bytes) -> bool:
    """Whether a signature in hex is that of the text by the key."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(public.der)
        if not isinstance(key, RSAPublicKey):
            return False
        key.verify(bytes.fromhex(signature), text, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def _der(private: RSAPrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return private.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)


def _fingerprint(der: bytes) -> str:
    return hashlib.md5(der, usedforsecurity=False).hexdigest()


def _told(public: PublicKey) -> bytes:
    return orjson.dumps({"value": base64.b64encode(public.der).decode(), "start": public.start, "end": public.end})


def _read(file: Path) -> PublicKey | None:
    """The public key in a file; None if somebody has put something else there."""
    try:
        told = orjson.loads(file.read_bytes())
        key = PublicKey(file.stem, base64.b64decode(told["value"]), int(told["start"]), int(told["end"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return key if _fingerprint(key.der) == key.fingerprint else None


def _write(path: Path, body: bytes, mode: int) -> None:
    """Write a file whole or not at all, and so that it survives the death of the machine."""
    beside = path.with_name(f".{path.name}")
    beside.unlink(missing_ok=True)
    beside.touch(mode)
    with beside.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
