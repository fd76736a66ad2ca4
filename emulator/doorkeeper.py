"""Who may come in by the doors that are not AWS's: with a token where one is set, from pages of allowed origins only.

A page in a browser can send requests anywhere; what it cannot do is lie about where it comes from. The ``Host`` of a
request proves nothing: a name that its owner lets resolve to this machine is as good as any other.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.exceptions import Forbidden, Unauthorized
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from emulator.settings import Settings

__all__ = ["Doorkeeper", "Proof", "secured", "warning"]

Proof = Callable[[Request, str], bool]
"""``proof(request, token)``: whether a request shows that whoever sent it knows the token."""

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # With no-referrer browsers say "Origin: null" even to the page's own server, and its forms would be refused.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
}
_READS = ("GET", "HEAD", "OPTIONS")


class Doorkeeper:
    """Lets requests in, or raises what they are refused with.

    ``proofs`` are the ways in which a request may show the token, ``open`` the paths that need none. Whoever has more
    of either (a browser's sign-in page) adds them.
    """

    def __init__(self, settings: Settings) -> None:
        self.token = settings.admin_token
        self.proofs: list[Proof] = [_bears]
        self.open = {"/_maptrail/health", "/_localstack/health"}
        self._origins = [origin.strip().lower() for origin in settings.allowed_origins.split(",")]

    def check(self, request: Request) -> None:
        """Let a request in. Raises ``Unauthorized`` without the token, ``Forbidden`` for a page of elsewhere."""
        origin = request.headers.get("Origin")
        if request.method not in _READS and origin is not None and not self._allows(origin):
            raise Forbidden(f"Pages of {origin} may not write here: see --allowed-origins.")
        if self.token is None or request.path in self.open:
            return
        if not any(proof(request, self.token) for proof in self.proofs):
            raise Unauthorized("This needs the admin token: send it as 'Authorization: Bearer TOKEN'.")

    def _allows(self, origin: str) -> bool:
        try:
            host = urlsplit(origin).hostname or ""
        except ValueError:
            return False
        return origin.lower() in self._origins or host in self._origins


def secured(response: Response) -> Response:
    """The response with what tells a browser to do nothing with it but show it."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if response.status_code == 401:
        response.headers.setdefault("WWW-Authenticate", "Bearer")
    return response


def warning(settings: Settings) -> str | None:
    """A sentence for whoever starts a server that anyone may reset, or None."""
    if settings.admin_token is not None or _is_loopback(settings.host):
        return None
    return (
        f"Anyone who reaches this server at {settings.host} can read, reset and replace everything here: "
        "set --admin-token, or listen on 127.0.0.1."
    )


def _bears(request: Request, token: str) -> bool:
    kind, _, shown = request.headers.get("Authorization", "").partition(" ")
    return kind.lower() == "bearer" and hmac.compare_digest(shown.strip().encode(), token.encode())


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
