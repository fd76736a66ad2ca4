"""Who may speak with S3: signatures and keys, where they are asked for, and their refusals in S3's words.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.auth.refusals import SKEW_MINUTES, SignatureError
from emulator.errors import ProtocolError
from emulator.s3.addressing import scope
from emulator.s3.errors import S3Error

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.call import Request

__all__ = ["Admission"]

_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)
_TOLD = {
    "mismatch": ("SignatureDoesNotMatch", _MISMATCH, 403),
    "unsigned": ("AccessDenied", "There were headers present in the request which were not signed", 403),
    "expired": ("AccessDenied", "Request has expired", 403),
    "payload": (
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        400,
    ),
    "unhashed": ("InvalidRequest", "Missing required header for this request: x-amz-content-sha256", 400),
    "skewed": (
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
        403,
    ),
    "date": ("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header", 403),
    "query": (
        "AuthorizationQueryParametersError",
        (
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
            "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
        ),
        400,
    ),
}


class Admission:
    """Lets in who may. ``identify`` finds the caller or refuses; ``known`` says whether an access key is anybody's."""

    def __init__(self, identify: Callable[[Request], object], known: Callable[[str], object]) -> None:
        self._identify = identify
        self._known = known

    def check(self, request: Request) -> None:
        """Refuse who may not. Raises :class:`S3Error`."""
        try:
            self._identify(request)
        except SignatureError as refused:
            raise _translated(refused) from None
        except ProtocolError as refused:
            raise self._nobody(request, refused) from None

    def _nobody(self, request: Request, refused: ProtocolError) -> S3Error:
        found = scope(request)
        if refused.code == "ExpiredTokenException":
            return S3Error("ExpiredToken", "The provided token has expired.", 400, {})
        if found is None or refused.code == "MissingAuthenticationTokenException":
            return S3Error("AccessDenied", "Access Denied", 403, {})
        if self._known(found[0]):
            return S3Error("InvalidToken", "The provided token is malformed or otherwise invalid.", 400, {})
        told = "The AWS Access Key Id you provided does not exist in our records."
        return S3Error("InvalidAccessKeyId", told, 403, {"AWSAccessKeyId": found[0]})


def _translated(refused: SignatureError) -> S3Error:
    if refused.kind == "header":
        told = f"The authorization header is malformed; {refused.message}"
        return S3Error("AuthorizationHeaderMalformed", told, 400, {})
    code, told, status = _TOLD[refused.kind]
    details = dict(refused.details)
    if refused.kind == "skewed":
        details["MaxAllowedSkewMilliseconds"] = str(SKEW_MINUTES * 60_000)
    return S3Error(code, told, status, details)
