"""What the operations of STS ask of policies. Who they are, and sessions of their own, anybody may ask for.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.iam.context import Question
from emulator.sts import trust

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.call import Call
    from emulator.iam.patterns import Value

__all__ = ["asked", "questions"]

_KEYS = {
    "sts:externalid": "ExternalId",
    "sts:rolesessionname": "RoleSessionName",
    "sts:sourceidentity": "SourceIdentity",
    "sts:transitivetagkeys": "TransitiveTagKeys",
}


def asked(name: str, request: Mapping[str, Any], arn: Callable[[str], str]) -> list[tuple[str, str]]:
    """Actions and their resources; ``arn`` makes one of ``federated-user/<name>``."""
    if name == "AssumeRole":
        resource = request["RoleArn"]
        tagged, known = bool(request.get("Tags")), bool(request.get("SourceIdentity"))
        more = [("TagSession", resource)] * tagged + [("SetSourceIdentity", resource)] * known
        return [("AssumeRole", resource), *more]
    if name == "GetFederationToken":
        resource = arn(f"federated-user/{request['Name']}")
        return [(name, resource), *[("TagSession", resource)] * bool(request.get("Tags"))]
    return [(name, "*")] if name == "GetAccessKeyInfo" else []


def questions(call: Call, request: Mapping[str, Any]) -> list[Question]:
    """What is to be allowed before a call."""
    name, place = call.operation.name, call.place
    head = f"arn:{place.partition}:sts::{place.account}:"
    keys: dict[str, Value | Callable[[], Value]] = {
        key: request[member] for key, member in _KEYS.items() if member in request
    }
    tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", ())}
    parts = trust.parse(request["RoleArn"]) if name == "AssumeRole" else None
    granted = False
    if parts is not None:
        keys["aws:resourceaccount"] = parts.account
        granted = _trusted_by_name(call, request["RoleArn"], parts)
    return [
        Question(f"sts:{action}", resource, keys, tags, granted=granted)
        for action, resource in asked(name, request, head.__add__)
    ]


def _trusted_by_name(call: Call, arn: str, parts: trust.RoleArn) -> bool:
    """Whether a role of the caller's own account trusts the caller itself, not only its account: that is enough."""
    return parts.account == call.account and trust.trusts_by_name(call, arn, parts)
