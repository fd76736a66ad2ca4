"""How a signature is refused, in AWS's words. Every refusal is of a request that reaches no operation."""

from __future__ import annotations

import base64
import hashlib

from emulator.errors import ProtocolError

__all__ = [
    "SKEW_MINUTES",
    "SignatureError",
    "bad_date",
    "expired_address",
    "incomplete_header",
    "incomplete_query",
    "malformed_credential",
    "mismatch",
    "not_signed",
    "other_payload",
    "out_of_scope",
    "skewed",
    "unhashed",
]

SKEW_MINUTES = 15
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
_INVALID, _INCOMPLETE = "InvalidSignatureException", "IncompleteSignatureException"


class SignatureError(ProtocolError):
    """A signature is refused. ``kind`` says why, in one word, ``details`` what S3 tells beside the message."""

    def __init__(self, code: str, message: str, kind: str, **details: str) -> None:
        super().__init__(code, message)
        self.kind = kind
        self.details = details


def mismatch(**details: str) -> SignatureError:
    """The signature is not that of the request."""
    return SignatureError(_INVALID, _MISMATCH, "mismatch", **details)


def incomplete_header(authorization: str, missing: list[str], *, dated: bool) -> SignatureError:
    """The header lacks parts, or the request a date; the header itself is told as a hash."""
    told = [f"Authorization header requires '{name}' parameter." for name in missing]
    if not dated:
        told.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    hashed = base64.b64encode(hashlib.sha256(authorization.encode("latin-1")).digest()).decode()
    told.append(f"(Hashed with SHA-256 and encoded with Base64) Authorization={hashed}")
    return SignatureError(_INCOMPLETE, " ".join(told), "header")


def incomplete_query(missing: list[str]) -> SignatureError:
    """A presigned address lacks parameters."""
    told = [f"AWS query-string parameters must include '{name}'." for name in missing]
    return SignatureError(_INCOMPLETE, " ".join([*told, "Re-examine the query-string parameters."]), "query")


def malformed_credential(credential: str) -> SignatureError:
    """The credential has not its five parts."""
    told = "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got"
    return SignatureError(_INCOMPLETE, f"{told} '{credential}'", "header")


def bad_date(text: str) -> SignatureError:
    """The date is none."""
    told = f"Date must be in ISO-8601 'basic format'. Got '{text}'. See http://en.wikipedia.org/wiki/ISO_8601"
    return SignatureError(_INCOMPLETE, told, "date")


def out_of_scope(told: list[str]) -> SignatureError:
    """The credential is scoped to something else than the request."""
    return SignatureError(_INVALID, " ".join(told), "header")


def not_signed(header: str) -> SignatureError:
    """A header that has to be signed is not."""
    shown = "'Host' or ':authority'" if header == "host" else f"'{header.title()}'"
    return SignatureError(
        _INVALID, f"{shown} must be a 'SignedHeader' in the AWS Authorization.", "unsigned", HeadersNotSigned=header
    )


def skewed(time: str, now: str, bound: str, *, early: bool) -> SignatureError:
    """The request was signed too long ago, or is signed for a time to come."""
    if early:
        told = f"Signature not yet current: {time} is still later than {bound} ({now} + {SKEW_MINUTES} min.)"
    else:
        told = f"Signature expired: {time} is now earlier than {bound} ({now} - {SKEW_MINUTES} min.)"
    return SignatureError(_INVALID, told, "skewed", RequestTime=time, ServerTime=now)


def expired_address(expires: str, until: str, now: str) -> SignatureError:
    """The time of a presigned address is over."""
    details = {"X-Amz-Expires": expires, "Expires": until, "ServerTime": now}
    return SignatureError("RequestExpired", "Request has expired.", "expired", **details)


def unhashed() -> SignatureError:
    """S3 has to be told the hash of the body."""
    return SignatureError(_INCOMPLETE, "Missing required header for this request: x-amz-content-sha256", "unhashed")


def other_payload(told: str, found: str) -> SignatureError:
    """The body is not the one whose hash was signed."""
    details = {"ClientComputedContentSHA256": told, "S3ComputedContentSHA256": found}
    return SignatureError(_INVALID, _MISMATCH, "payload", **details)
