"""Which role is asked for, and whether it trusts the caller."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from emulator.identities.known import Role, principal_id
from emulator.sts import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.call import Call
    from emulator.caller import Caller

__all__ = ["RoleArn", "parse", "role_for", "role_of_provider", "trusts_by_name"]

_ROLE_ARN = re.compile(r"arn:(aws[a-z-]*):iam::([0-9]{12}):role(/(?:[\x21-\x7e]+/)?)([\w+=,.@-]{1,64})", re.ASCII)
_LONGEST = 43_200


class RoleArn(NamedTuple):
    """The parts of a role's ARN."""

    partition: str
    account: str
    path: str
    name: str


def parse(arn: str) -> RoleArn | None:
    """The parts of a role's ARN, or None if it is none."""
    found = _ROLE_ARN.fullmatch(arn)
    return RoleArn(*found.groups()) if found else None


def role_for(call: Call, arn: str, parts: RoleArn, request: Mapping[str, Any]) -> Role:
    """The role that the caller of AssumeRole may have. Raises ``AccessDenied``.

    Federated users assume none. Without an identities file there is every role, and each trusts everybody.
    """
    if call.caller.kind == "FederatedUser":
        raise errors.not_authorized(call.caller.arn, "AssumeRole", arn)
    if call.facilities.directory.current is None:
        return _anybodys(parts)
    role = _listed(call, arn, parts)
    trusted = role is not None and not role.trust.isdisjoint(_names(call.caller, parts.partition))
    if role is None or not trusted or not _meets_conditions(role, call.caller, request):
        raise errors.not_authorized(call.caller.arn, "AssumeRole", arn)
    return role


def _meets_conditions(role: Role, caller: Caller, request: Mapping[str, Any]) -> bool:
    """Whether the caller knows the external id, and has shown a device with this call or with that for its session."""
    attributes = caller.identity.get("sessionContext", {}).get("attributes", {})
    has_mfa = "SerialNumber" in request or attributes.get("mfaAuthenticated") == "true"
    return role.external_id in (None, request.get("ExternalId")) and (has_mfa or not role.mfa)


def role_of_provider(call: Call, arn: str, parts: RoleArn, provider: str) -> Role:
    """The role that users of an identity provider may have. Raises ``AccessDenied``."""
    if call.facilities.directory.current is None:
        return _anybodys(parts)
    role = _listed(call, arn, parts)
    if role is None or provider not in role.trust:
        raise errors.not_trusted(call.operation.name)
    return role


def trusts_by_name(call: Call, arn: str, parts: RoleArn) -> bool:
    """Whether the role's trust names the caller, or the role that it is a session of."""
    role = _listed(call, arn, parts)
    issuer = call.caller.identity.get("sessionContext", {}).get("sessionIssuer")
    named = {call.caller.arn} | ({issuer["arn"]} if issuer and issuer["type"] == "Role" else set())
    return role is not None and not role.trust.isdisjoint(named)


def _listed(call: Call, arn: str, parts: RoleArn) -> Role | None:
    identities = call.facilities.directory.current
    role = identities.role(parts.account, parts.name) if identities is not None else None
    return role if role is not None and role.arn(call.place.partition) == arn else None


def _anybodys(parts: RoleArn) -> Role:
    identifier = principal_id("AROA", parts.account, parts.name)
    return Role(parts.account, parts.name, identifier, path=parts.path, max_session_duration=_LONGEST)


def _names(caller: Caller, partition: str) -> set[str]:
    """Everything in a role's trust that means the caller; a service is meant by its own name only."""
    names = {caller.service} if caller.service else set()
    if caller.kind != "AWSService":
        names |= {"*", caller.account, f"arn:{partition}:iam::{caller.account}:root", caller.arn}
    issuer = caller.identity.get("sessionContext", {}).get("sessionIssuer")
    return names | {issuer["arn"]} if issuer and issuer["type"] == "Role" else names
