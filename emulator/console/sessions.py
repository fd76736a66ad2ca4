"""Who is signed in: sessions of browsers whose users have shown the admin token, kept in memory only."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LIFETIME", "Sessions", "cookie_name"]

LIFETIME = 12 * 3_600_000
"""How long a session lasts, in milliseconds, if the browser is not closed before."""

_MOST = 1_000
_PORT = re.compile(r":([0-9]{1,5})$").search


class Sessions:
    """The sessions that were begun. A cookie holds a session's name, by chance, and nothing of the token.

    ``now`` is the machine's time in milliseconds, ``draw`` makes that many random bytes. Only hashes of names are kept,
    so that comparing them tells nothing of them.
    """

    def __init__(self, now: Callable[[], int], draw: Callable[[int], bytes]) -> None:
        self._now, self._draw = now, draw
        self._ends: dict[bytes, int] = {}

    def begin(self) -> str:
        """A new session's name. The oldest ends when there are very many."""
        self._forget()
        while len(self._ends) >= _MOST:
            del self._ends[next(iter(self._ends))]
        name = self._draw(32).hex()
        self._ends[_hash(name)] = self._now() + LIFETIME
        return name

    def end(self, request: Any) -> None:
        """End the session that a request is of, if any."""
        self._ends.pop(_hash(_named(request)), None)

    def holds(self, request: Any) -> bool:
        """Whether a request is of a session that goes on."""
        return self._now() < self._ends.get(_hash(_named(request)), 0)

    def _forget(self) -> None:
        now = self._now()
        self._ends = {name: end for name, end in self._ends.items() if now < end}


def cookie_name(host: str) -> str:
    """The cookie's name for the ``Host`` of a request: cookies know no ports, and there may be a server on each."""
    port = _PORT(host)
    return f"maptrail_{port[1]}" if port else "maptrail"


def _named(request: Any) -> str:
    name: str = request.cookies.get(cookie_name(request.host), "")
    return name


def _hash(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()
