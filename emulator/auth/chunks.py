"""Bodies in chunks (``aws-chunked``), and the signatures of those that are signed one by one.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
Each signature covers the one before it, the first that of the request; so no chunk can be changed, moved or left out.
"""

from __future__ import annotations

import re
from hmac import compare_digest
from typing import NamedTuple

from emulator.auth.sigv4 import ALGORITHM, digest, mac

__all__ = ["SIGNED", "TRAILED", "Chunked", "Seed", "are_signed", "split"]

SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
"""What ``x-amz-content-sha256`` says of a body in signed chunks."""

TRAILED = f"{SIGNED}-TRAILER"
"""What it says if signed trailers come behind them."""

_HEAD = re.compile(rb"([0-9a-fA-F]{1,16})(?:;([^\r\n]*))?\r\n").match
_SIGNATURE = b"chunk-signature="
_TRAILER_SIGNATURE = "x-amz-trailer-signature"
_NOTHING = digest(b"")


class Chunked(NamedTuple):
    """A body taken apart: the chunks with their signatures, the empty last one too, and the trailers by name."""

    chunks: list[tuple[bytes, str]]
    trailers: dict[str, str]

    @property
    def data(self) -> bytes:
        """What was sent."""
        return b"".join(data for data, _ in self.chunks)


class Seed(NamedTuple):
    """What the signatures of chunks begin with: the signing key, time and scope of the request, and its signature."""

    key: bytes
    time: str
    scope: str
    signature: str


def split(body: bytes) -> Chunked | None:
    """A body in chunks of ``size[;chunk-signature=…]``, taken apart; None if it is not whole."""
    chunks: list[tuple[bytes, str]] = []
    at, size = 0, -1
    while size != 0:
        head = _HEAD(body, at)
        if head is None:
            return None
        size, at = int(head[1], 16), head.end()
        told = head[2] or b""
        signature = told.removeprefix(_SIGNATURE).decode("latin-1") if told.startswith(_SIGNATURE) else ""
        chunks.append((body[at : at + size], signature))
        if size and body[at + size : at + size + 2] != b"\r\n":
            return None
        at += size + 2 if size else 0
    lines = (line.decode("latin-1").partition(":") for line in body[at:].splitlines())
    return Chunked(chunks, {name.strip().lower(): value.strip() for name, colon, value in lines if colon})


def are_signed(body: Chunked, seed: Seed, *, trailed: bool) -> bool:
    """Whether every chunk has its signature, and the trailers, where there are to be some, have theirs."""
    before = seed.signature
    for data, signature in body.chunks:
        text = f"{ALGORITHM}-PAYLOAD\n{seed.time}\n{seed.scope}\n{before}\n{_NOTHING}\n{digest(data)}"
        if not _same(mac(seed.key, text), signature):
            return False
        before = signature
    if not trailed:
        return True
    told = "".join(f"{name}:{value}\n" for name, value in body.trailers.items() if name != _TRAILER_SIGNATURE)
    text = f"{ALGORITHM}-TRAILER\n{seed.time}\n{seed.scope}\n{before}\n{digest(told.encode('latin-1'))}"
    return _same(mac(seed.key, text), body.trailers.get(_TRAILER_SIGNATURE, ""))


def _same(wanted: str, told: str) -> bool:
    return compare_digest(wanted.encode(), told.encode("latin-1"))
