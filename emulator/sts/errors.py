"""Every error of STS, one function each. A modelled error goes by the name of its shape; the codec knows its code."""

from __future__ import annotations

from emulator.errors import ProtocolError, ServiceError

__all__ = [
    "bad_token",
    "denied",
    "invalid_parameter",
    "malformed_policy",
    "not_authorized",
    "not_trusted",
    "packed_policy_too_large",
    "session_credentials",
    "validation",
    "validation_unrecorded",
]


def validation(message: str) -> ServiceError:
    """A value that breaks a rule."""
    return ServiceError("ValidationException", message, status=400)


def validation_unrecorded(message: str) -> ProtocolError:
    """A value that breaks a rule, in a request of nobody: too little to be put on the record of an account."""
    return ProtocolError("ValidationException", message, status=400)


def invalid_parameter(message: str) -> ServiceError:
    """Session tags that do not go together."""
    return ServiceError("InvalidParameterValue", message, status=400)


def denied(message: str) -> ServiceError:
    """The caller may not do this, whatever its policies say."""
    return ServiceError("AccessDenied", message, status=403)


def session_credentials(operation: str) -> ServiceError:
    """Temporary credentials cannot do this."""
    return denied(f"Cannot call {operation} with session credentials")


def not_authorized(who: str, action: str, resource: str) -> ServiceError:
    """The role does not trust the caller, or there is no such role: AWS does not tell which."""
    return denied(f"User: {who} is not authorized to perform: sts:{action} on resource: {resource}")


def not_trusted(action: str) -> ServiceError:
    """The role does not trust the identity provider. The record says less than the answer does, as on AWS."""
    error = denied(f"Not authorized to perform sts:{action}")
    error.recorded_message = "An unknown error occurred"
    error.keeps_parameters = True
    return error


def malformed_policy(message: str) -> ServiceError:
    """A session policy that is no policy."""
    return ServiceError("MalformedPolicyDocumentException", message)


def packed_policy_too_large(percent: int) -> ServiceError:
    """Session policies and tags that are too long together."""
    message = f"Packed policy consumes {percent}% of allotted space, please use smaller policy."
    return ServiceError("PackedPolicyTooLargeException", message)


def bad_token(message: str) -> ProtocolError:
    """A token or an assertion that cannot be read: nobody has called, so nobody's record says so."""
    return ProtocolError("InvalidIdentityTokenException", message)
