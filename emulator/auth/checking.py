"""Who called, proven: the caller whose secret the request is signed with.

The skew of a signature is measured by the machine's clock, which does not move with the product's.
"""

from __future__ import annotations

from hmac import compare_digest
from typing import TYPE_CHECKING

from emulator.auth import chunks, refusals, sigv4
from emulator.auth.signed import Signed, basic, read
from emulator.errors import invalid_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.call import Request
    from emulator.caller import Caller

__all__ = ["Signatures"]

_SKEW = refusals.SKEW_MINUTES * 60
_UNSIGNED = "UNSIGNED-PAYLOAD"


class Signatures:
    """Checks signatures; the callers' secrets are those of the identities file and of sessions."""

    def __init__(self, identify: Callable[[Request], Caller], now: Callable[[], float]) -> None:
        self._identify = identify
        self._now = now

    def caller(self, request: Request, service: str) -> Caller:
        """The caller of a request to a service. Raises :class:`ProtocolError`."""
        signed = read(request, service)
        caller = self._identify(request)
        if caller.secret is None or caller.access_key != signed.access_key or caller.region != signed.region:
            raise invalid_token()
        self._check_time(signed)
        _check_headers(signed, request)
        self._check_signature(signed, request, caller.secret)
        return caller

    def _check_time(self, signed: Signed) -> None:
        now = self._now()
        if signed.at > now + _SKEW:
            raise refusals.skewed(signed.time, basic(now), basic(now + _SKEW), early=True)
        if signed.expires is not None:
            if now > signed.at + signed.expires:
                raise refusals.expired_address(str(signed.expires), basic(signed.at + signed.expires), basic(now))
        elif signed.at < now - _SKEW:
            raise refusals.skewed(signed.time, basic(now), basic(now - _SKEW), early=False)

    def _check_signature(self, signed: Signed, request: Request, secret: str) -> None:
        headers = sigv4.canonical_headers(request.headers, signed.headers)
        if headers is None:
            raise refusals.mismatch(AWSAccessKeyId=signed.access_key)
        s3, payload = signed.service == "s3", _payload(signed, request)
        canonical = "\n".join(
            (
                request.method,
                sigv4.canonical_path(request.path, s3=s3),
                sigv4.canonical_query(request.query),
                headers,
                ";".join(signed.headers),
                payload,
            )
        )
        text = sigv4.string_to_sign(signed.time, signed.scope, canonical)
        key = sigv4.signing_key(secret, signed.date, signed.region, signed.service)
        if not compare_digest(sigv4.mac(key, text).encode(), signed.signature.encode("latin-1", "replace")):
            raise refusals.mismatch(
                AWSAccessKeyId=signed.access_key,
                StringToSign=text,
                SignatureProvided=signed.signature,
                CanonicalRequest=canonical,
            )
        if s3:
            _check_payload(request, payload, chunks.Seed(key, signed.time, signed.scope, signed.signature))


def _check_headers(signed: Signed, request: Request) -> None:
    """The host and every header of AWS's own have to be signed."""
    if "host" not in signed.headers:
        raise refusals.not_signed("host")
    for name in request.headers:
        if name.startswith("x-amz-") and name not in signed.headers:
            raise refusals.not_signed(name)


def _payload(signed: Signed, request: Request) -> str:
    """The hash of the body; S3 takes the one that the request tells, and holds it against the body afterwards."""
    if signed.service != "s3":
        return sigv4.digest(b"" if request.method == "GET" else request.body)
    told: str | None = request.headers.get("x-amz-content-sha256")
    if told is None and signed.expires is None:
        raise refusals.unhashed()
    return told or _UNSIGNED


def _check_payload(request: Request, told: str, seed: chunks.Seed) -> None:
    """Chunks have signatures of their own; what is unsigned has sums."""
    if told in (chunks.SIGNED, chunks.TRAILED):
        body = chunks.split(request.body)  # one that is not whole is refused as such by whoever reads it
        if body is not None and not chunks.are_signed(body, seed, trailed=told == chunks.TRAILED):
            raise refusals.mismatch()
    elif told != _UNSIGNED and not told.startswith("STREAMING-") and told != sigv4.digest(request.body):
        raise refusals.other_payload(told, sigv4.digest(request.body))
