"""Posting to somebody's URL, one request after the other over one connection."""

from __future__ import annotations

from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PostError", "Poster", "is_url"]

CONNECT, ANSWER = 1.0, 5.0
"""How long to wait for a connection and for an answer, in seconds."""


class PostError(Exception):
    """Nobody took it; ``status`` is the HTTP status if there was an answer. ``final``: it would not help to repeat."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status

    @property
    def final(self) -> bool:
        """Whether the request itself was refused: 4xx, but not for want of time or for too many."""
        return self.status is not None and 400 <= self.status < 500 and self.status not in (408, 409, 425, 429)


class Poster:
    """Posts to one URL, by one thread; any other may :meth:`abort`. ``patience`` is how long it waits, in seconds."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._host, self._port = parts.hostname or "", parts.port
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._connection: HTTPConnection | None = None
        self._aborted = False
        self.patience = ANSWER

    def post(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Send one request; :class:`PostError` unless it is answered with 2xx. Redirections are not followed."""
        reused = self._connection is not None
        try:
            status = self._send(body, headers)
        except (OSError, HTTPException) as error:
            self.close()
            if not reused or self._aborted or isinstance(error, TimeoutError):
                raise PostError(str(error) or type(error).__name__) from error
            # A server may have closed a connection that was idle.
            try:
                status = self._send(body, headers)
            except (OSError, HTTPException) as again:
                self.close()
                raise PostError(str(again) or type(again).__name__) from again
        if not 200 <= status < 300:
            raise PostError(f"answered with {status}", status)

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def revive(self) -> None:
        """Take back an abort."""
        self._aborted = False

    def abort(self) -> None:
        """Let a request that is under way fail now, and later ones at once."""
        self._aborted = True
        connection = self._connection
        if connection is not None and connection.sock is not None:
            with suppress(OSError):
                connection.sock.shutdown(2)

    def _send(self, body: bytes, headers: Mapping[str, str]) -> int:
        if self._aborted:
            raise ConnectionAbortedError("given up")
        if self._connection is None:
            self._connection = self._kind(self._host, self._port, timeout=min(CONNECT, self.patience))
            self._connection.connect()
        self._connection.sock.settimeout(self.patience)
        self._connection.request("POST", self._target, body, dict(headers))
        response = self._connection.getresponse()
        response.read()
        if response.will_close:
            self.close()
        return response.status


def is_url(text: str) -> bool:
    """Whether it is an address that can be posted to."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
