"""Sessions of users and roots: GetSessionToken, GetFederationToken.

https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.sts import constraints, errors, issue, sessions
from emulator.sts.registry import operation
from emulator.sts.roles import has_mfa
from trail import identity as shapes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.call import Call
    from emulator.operations import Result

_HALF_A_DAY = 43_200
_LONGEST_OF_ROOT = 3_600


@operation("GetSessionToken")
def get_session_token(call: Call, request: Mapping[str, Any]) -> Result:
    """Temporary credentials of the user or root that calls."""
    _refuse_sessions(call)
    mfa = has_mfa(request)
    shown = {name: value for name, value in request.items() if name != "TokenCode"}
    call.parameters = call.operation.cased_request(shown)
    fresh = sessions.credentials(call.ids, call.account)
    identity = _with_context(call.caller.identity, fresh.access_key, shapes.session(call.now, mfa=mfa))
    return issue.grant(call, _asked(call, request), fresh, identity)


@operation("GetFederationToken")
def get_federation_token(call: Call, request: Mapping[str, Any]) -> Result:
    """Temporary credentials of a federated user, for whom the user or root that calls speaks."""
    _refuse_sessions(call)
    name, partition = request["Name"], call.place.partition
    fresh = sessions.credentials(call.ids, call.account)
    context = shapes.session(call.now, issuer=_issuer(call))
    identity = shapes.federated_user(call.account, name, fresh.access_key, context, partition=partition)
    user = {"FederatedUserId": identity["principalId"], "Arn": identity["arn"]}
    return {**issue.grant(call, _asked(call, request), fresh, identity), "FederatedUser": user}


def _refuse_sessions(call: Call) -> None:
    if call.caller.session is not None or call.caller.kind not in ("IAMUser", "Root"):
        raise errors.session_credentials(call.operation.name)


def _asked(call: Call, request: Mapping[str, Any]) -> issue.Grant:
    """For how long, and what with. Root's sessions last an hour at most, whatever is asked for."""
    seconds = request.get("DurationSeconds", _HALF_A_DAY)
    if call.caller.kind == "Root":
        seconds = min(seconds, _LONGEST_OF_ROOT)
    return issue.Grant(call.account, seconds, constraints.tags(request, None), constraints.policies(request))


def _issuer(call: Call) -> shapes.Identity:
    caller = call.caller
    if caller.kind == "Root":
        return shapes.issuer_root(caller.account, partition=call.place.partition)
    return shapes.issuer_user(caller.arn, caller.principal_id)


def _with_context(identity: Mapping[str, Any], access_key: str, context: shapes.Identity) -> shapes.Identity:
    """The caller's own identity, with the new key and the session."""
    return {**identity, "accessKeyId": access_key, "sessionContext": context}
