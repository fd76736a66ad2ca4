"""Opaque page tokens that survive concurrent change and cannot be forged.

A token holds the last key of the page before, so that what is added or removed meanwhile moves nothing, and a mark that
binds it to the operation, its parameters and the place: a token of another list is refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Any

import orjson

__all__ = ["ForgedTokenError", "Tokens"]

_MARK = 12


class ForgedTokenError(Exception):
    """Not a token that was given out for this list."""


class Tokens:
    """Makes and reads page tokens with one secret key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def make(self, scope: object, last: object) -> str:
        """A token for the page after ``last`` of the list that ``scope`` describes (both plain JSON values)."""
        payload = orjson.dumps(last)
        return base64.urlsafe_b64encode(self._mark(scope, payload) + payload).decode().rstrip("=")

    def read(self, scope: object, token: str) -> Any:
        """The last key a token holds. Raises :class:`ForgedTokenError`."""
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (binascii.Error, ValueError) as error:
            raise ForgedTokenError from error
        mark, payload = raw[:_MARK], raw[_MARK:]
        if not hmac.compare_digest(mark, self._mark(scope, payload)):
            raise ForgedTokenError
        return orjson.loads(payload)

    def _mark(self, scope: object, payload: bytes) -> bytes:
        text = orjson.dumps(scope) + b"\0" + payload
        return hashlib.blake2b(text, key=self._key, digest_size=_MARK).digest()
