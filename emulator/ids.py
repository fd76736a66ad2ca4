"""Randomness, as a value: identifiers, opaque suffixes and shuffles.

Below the gateway nothing reads randomness by itself; it arrives with the call. Random bytes are drawn in blocks, since
a call needs several ids and a system call costs more than the formatting.
"""

from __future__ import annotations

import array
import hashlib
import os
import random
from typing import Any

__all__ = ["Ids", "chance", "stable_base32"]

_BLOCK = 4096
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
_ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_VARIANT = "89ab"


def _letters(alphabet: str) -> bytes:
    """A table for ``bytes.translate``: each byte becomes a letter of the alphabet."""
    return bytes(ord(alphabet[byte % len(alphabet)]) for byte in range(256))


_TO_BASE32 = _letters(_BASE32)
_TO_ALNUM = _letters(_ALNUM)
_TO_UPPER = _letters(_ALNUM[:26] + _ALNUM[52:])


class Ids:
    """A source of identifiers in the forms AWS gives them."""

    def __init__(self) -> None:
        self._bytes = b""
        self._at = _BLOCK
        self._random = random.Random(os.urandom(32))
        self.sample = self._random.sample

    def take(self, count: int) -> bytes:
        """That many random bytes."""
        if self._at + count > len(self._bytes):
            self._bytes = os.urandom(_BLOCK)
            self._at = 0
        start = self._at
        self._at = start + count
        return self._bytes[start : self._at]

    def uuid(self) -> str:
        """A version 4 UUID, as request and event ids are."""
        raw = self.take(16)
        text = raw.hex()
        variant = _VARIANT[raw[8] & 3]
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"

    def base32(self, length: int) -> str:
        """Lower-case base32 characters, as in ``ns-ylexjili4cdxy3xm``."""
        return self.take(length).translate(_TO_BASE32).decode()

    def alphanumeric(self, length: int) -> str:
        """Letters of both cases and digits, as at the end of a log file's name."""
        return self.take(length).translate(_TO_ALNUM).decode()

    def upper(self, length: int) -> str:
        """Upper-case letters and digits, as in hosted zone ids and principal ids."""
        return self.take(length).translate(_TO_UPPER).decode()

    def shuffle(self, items: list[Any]) -> None:
        """Put a list into a random order, in place: Fisher and Yates, with all the randomness drawn at once.

        Twice as fast as ``random.shuffle``, which draws anew for every item; the bias is below one in 2**32 / n.
        """
        draws = array.array("I", self._random.randbytes(4 * len(items)))
        last = len(items)
        for draw in draws:
            other = draw * last >> 32
            last -= 1
            items[last], items[other] = items[other], items[last]


def chance(*parts: object) -> float:
    """A number from 0 to below 1 by chance, always the same for the same parts."""
    drawn = hashlib.blake2b(repr(parts).encode(), digest_size=8).digest()
    return (int.from_bytes(drawn, "big") >> 11) / (1 << 53)


def stable_base32(text: str, length: int) -> str:
    """Characters of ``[a-z2-7]`` that are always the same for the same text: AWS's hash of a locked resource."""
    return hashlib.blake2b(text.encode(), digest_size=length).digest().translate(_TO_BASE32).decode()
