"""AssumeRole: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.sts import constraints, errors, issue, trust
from emulator.sts.registry import operation
from trail.identity import aws_account

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.call import Call
    from emulator.operations import Result

__all__ = ["has_mfa"]

_HOUR = 3600
_CHAINED = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
_ROOT = "Roles may not be assumed by root accounts."
_HALF_MFA = "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."


@operation("AssumeRole")
def assume_role(call: Call, request: Mapping[str, Any]) -> Result:
    """Credentials of a session of a role that trusts the caller."""
    arn = request["RoleArn"]
    parts = trust.parse(arn)
    if parts is None:
        raise errors.validation(f"{arn} is invalid")
    if call.caller.kind == "Root":
        raise errors.denied(_ROOT)
    chained = call.caller.kind == "AssumedRole"
    if chained and request.get("DurationSeconds", 0) > _HOUR:
        raise errors.validation(_CHAINED)
    tags = constraints.tags(request, call.caller.session)
    _record(call, request, tags)
    role = trust.role_for(call, arn, parts, request)
    asked = issue.Grant(role.account, issue.duration_of(request, role), tags, constraints.policies(request))
    assumption = issue.Assumption(
        role=role,
        parts=parts,
        session_name=request["RoleSessionName"],
        mfa=has_mfa(request),
        source_identity=_source_identity(call, request, arn),
    )
    answer = issue.assume(call, asked, assumption)
    _share(call, role.account, answer)
    return answer


def has_mfa(request: Mapping[str, Any]) -> bool:
    """Whether the caller has shown a device; which, and what it says, is not looked at."""
    serial, code = "SerialNumber" in request, "TokenCode" in request
    if serial != code:
        raise errors.denied(_HALF_MFA)
    return serial


def _source_identity(call: Call, request: Mapping[str, Any], arn: str) -> str | None:
    """The source identity of the new session: that of the one before, which cannot be changed."""
    before = call.caller.session.source_identity if call.caller.session else None
    asked: str | None = request.get("SourceIdentity")
    if before is not None and asked not in (None, before):
        raise errors.not_authorized(call.caller.arn, "SetSourceIdentity", arn)
    return before or asked


def _share(call: Call, account: str, answer: Mapping[str, Any]) -> None:
    """Two accounts have a record of it, the caller's and the role's; of a service's call, what is told is less."""
    if call.caller.kind == "AWSService":
        call.share(account, call.caller.identity)
        call.told = {"Credentials": answer["Credentials"]}
    elif account != call.account:
        call.share(account, aws_account(call.caller.principal_id, call.account))


def _record(call: Call, request: Mapping[str, Any], tags: constraints.Tags) -> None:
    """The record has the tags that came from the session before, and no one time pass code."""
    incoming = {"incomingTransitiveTags": tags.incoming} if tags.incoming else {}
    shown = {name: value for name, value in request.items() if name != "TokenCode"}
    call.parameters = {**incoming, **call.operation.cased_request(shown)}
