"""Signature Version 4, as arithmetic: canonical requests, strings to sign, signing keys.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "ALGORITHM",
    "TERMINATOR",
    "canonical_headers",
    "canonical_path",
    "canonical_query",
    "digest",
    "mac",
    "signing_key",
    "string_to_sign",
]

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"


def digest(data: bytes) -> str:
    """The hash of a body, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def mac(key: bytes, text: str) -> str:
    """A signature, in hexadecimal. Texts of headers are bytes read as Latin-1."""
    return hmac.digest(key, text.encode("latin-1"), "sha256").hex()


@lru_cache(1024)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The key of a day, a region and a service."""
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, TERMINATOR):
        key = hmac.digest(key, part.encode("latin-1"), "sha256")
    return key


def string_to_sign(time: str, scope: str, request: str) -> str:
    """What is signed: when, where, and the hash of the canonical request."""
    return f"{ALGORITHM}\n{time}\n{scope}\n{digest(request.encode('latin-1'))}"


def canonical_path(path: str, *, s3: bool) -> str:
    """A path as WSGI has it, encoded once for S3 and twice for every other service, which takes dots out, too."""
    if path == "/":
        return path
    encoded = _encoded(path.encode("latin-1"), "/~")
    return encoded if s3 else quote(_normalized(encoded), safe="/~")


def canonical_query(query: str) -> str:
    """Names and values, each encoded anew, in order; the signature of a presigned address is left out."""
    if not query:
        return ""
    pairs = []
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name != "X-Amz-Signature":
            pairs.append((_again(name), _again(value)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def canonical_headers(headers: Mapping[str, str], names: Sequence[str]) -> str | None:
    """The headers that are signed, a line each; None if one of them was not sent."""
    lines = []
    for name in names:
        value = headers.get(name)
        if value is None:
            return None
        lines.append(f"{name}:{' '.join(value.split())}\n")
    return "".join(lines)


def _again(text: str) -> str:
    if text.isalnum() and text.isascii():
        return text
    return _encoded(unquote_to_bytes(text.replace("+", " ").encode("latin-1")), "~")


@lru_cache(1024)
def _encoded(data: bytes, safe: str) -> str:
    return quote(data, safe=safe)


def _normalized(path: str) -> str:
    """Without empty parts, ``.`` and ``..``: RFC 3986 §6.2.2.3."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    end = "/" if parts and path.endswith("/") else ""
    return "/" + "/".join(parts) + end
