"""The errors that any operation may end in, and how an error travels.

An operation raises :class:`ServiceError`; the codec writes it, the record takes its code. What AWS answers before a
call reaches an operation (no such operation, an unreadable body) is a :class:`ProtocolError` and leaves no record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = [
    "COMMON_ERRORS",
    "ProtocolError",
    "ServiceError",
    "body_too_large",
    "expired_token",
    "internal_failure",
    "invalid_region",
    "invalid_token",
    "missing_token",
    "serialization",
    "throttled",
    "unknown_action",
    "unknown_operation",
]


_RECORDED_CODES = {"AccessDeniedException": "AccessDenied"}
_WITHOUT_PARAMETERS = ("AccessDenied", "RequestLimitExceeded", "ThrottlingException")


COMMON_ERRORS = frozenset(
    (
        *("AccessDenied", "AccessDeniedException", "InternalFailure"),
        *("InvalidInput", "InvalidParameterValue", "ThrottlingException", "ValidationException"),
    )
)
"""Errors that an operation may end in though its model does not declare them."""


class ServiceError(Exception):
    """An error of the service's model, or one common to all services.

    ``members`` are the extra members of the error's shape, beside its message. ``status`` overrides the status that the
    protocol gives; the model's own is used otherwise. ``recorded_message`` and ``recorded_code`` are
    what the record says; ``keeps_parameters`` is whether it says what was asked for.
    """

    def __init__(
        self, code: str, message: str | None, members: Mapping[str, str] | None = None, status: int | None = None
    ) -> None:
        super().__init__(message or code)
        self.code = code
        self.message = message
        self.members = dict(members or {})
        self.status = status
        self.recorded_message = message
        self.recorded_code = _RECORDED_CODES.get(code, code)
        self.keeps_parameters = self.recorded_code not in _WITHOUT_PARAMETERS


class ProtocolError(ServiceError):
    """A request that reaches no operation: answered, never recorded."""


def unknown_operation() -> ProtocolError:
    """No such operation, or no way to tell which; AWS sends no message with it."""
    return ProtocolError("UnknownOperationException", None)


def unknown_action(action: str, version: str) -> ProtocolError:
    """No such action in that version of the API; a form that lacks either is refused alike."""
    told = f"Could not find operation {action or 'null'} for version {version or 'NO_VERSION_SPECIFIED'}"
    return ProtocolError("InvalidAction", told)


def serialization(message: str) -> ProtocolError:
    """The body is not what the operation's shapes can hold."""
    return ProtocolError("SerializationException", message)


def body_too_large(limit: int) -> ProtocolError:
    """The body is larger than any request of the service can be."""
    return ProtocolError(
        "RequestEntityTooLargeException", f"Request size exceeds the limit of {limit} bytes.", status=413
    )


def invalid_region() -> ProtocolError:
    """The request is signed for something that is no region."""
    return ProtocolError("InvalidSignatureException", "Credential should be scoped to a valid region.")


def invalid_token() -> ProtocolError:
    """The access key id is nobody's, or the session token is not that of the key."""
    return ProtocolError("UnrecognizedClientException", "The security token included in the request is invalid.")


def expired_token() -> ProtocolError:
    """The session's time is over."""
    return ProtocolError("ExpiredTokenException", "The security token included in the request is expired")


def missing_token() -> ProtocolError:
    """The request is signed by nobody, where only known keys are let in."""
    return ProtocolError("MissingAuthenticationTokenException", "Request is missing Authentication Token")


def throttled(declared: Collection[str]) -> ServiceError:
    """Too many requests: the code that the operation declares for it, else the one common to all."""
    code = "RequestLimitExceeded" if "RequestLimitExceeded" in declared else "ThrottlingException"
    return ServiceError(code, "Rate exceeded")


def internal_failure(reason: str | None = None) -> ServiceError:
    """Something broke here; the reason is given when the caller can do something about it (a full disk)."""
    message = reason or "The request processing has failed because of an unknown error, exception or failure."
    return ServiceError("InternalFailure", message, status=500)
