"""Giving out a session: its credentials, its row, and the part of the answer that tells of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from emulator.sts import constraints, errors, sessions
from emulator.sts.registry import ROLE
from trail import identity as shapes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.call import Call
    from emulator.identities.known import Role
    from emulator.sts.trust import RoleArn

__all__ = ["Assumption", "Grant", "assume", "duration_of", "grant"]

_HOUR = 3600
_EC2, _METADATA = "ec2.amazonaws.com", "2.0"  # EC2 hands the credentials on by its metadata service, version 2
_TOO_LONG = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."


class Grant(NamedTuple):
    """What a session is for: whose account, for how many seconds, and what comes with it."""

    account: str
    seconds: int
    tags: constraints.Tags
    policies: constraints.Policies


def grant(call: Call, asked: Grant, credentials: sessions.Credentials, identity: Mapping[str, Any]) -> dict[str, Any]:
    """Keep a session; answers with ``Credentials`` and, if there is anything to pack, ``PackedPolicySize``."""
    packed = constraints.packed_size(asked.policies, [*asked.tags.all, *asked.tags.all.values()])
    expires = (call.now // 1000 + asked.seconds) * 1000
    session = sessions.Session(
        credentials=credentials,
        account=asked.account,
        expires=expires,
        identity=identity,
        tags=asked.tags.all,
        transitive=asked.tags.transitive,
        policy=asked.policies.document,
        policy_arns=asked.policies.arns,
    )
    sessions.keep(call.connection, call.place.id, session, call.now)
    told = {
        "AccessKeyId": credentials.access_key,
        "SecretAccessKey": credentials.secret,
        "SessionToken": credentials.token,
        "Expiration": expires,
    }
    return {"Credentials": told, **packed}


class Assumption(NamedTuple):
    """A role that is assumed: under which name, after which sign-in."""

    role: Role
    parts: RoleArn
    session_name: str
    mfa: bool = False
    source_identity: str | None = None
    web_identity: dict[str, Any] | None = None


def assume(call: Call, asked: Grant, assumption: Assumption) -> dict[str, Any]:
    """Keep a session of a role; answers with its credentials and the ``AssumedRoleUser``."""
    role, name, partition = assumption.role, assumption.session_name, assumption.parts.partition
    call.touch(ROLE, role.arn(partition), role.account)
    credentials = sessions.credentials(call.ids, role.account)
    context = shapes.session(
        call.now,
        issuer=shapes.issuer_role(role.arn(partition), role.principal_id),
        mfa=assumption.mfa,
        web_identity=assumption.web_identity,
        source_identity=assumption.source_identity,
        ec2_delivery=_METADATA if call.caller.service == _EC2 else None,
    )
    identity = shapes.assumed_role(context, name, credentials.access_key)
    user = {"AssumedRoleId": identity["principalId"], "Arn": identity["arn"]}
    source = {"SourceIdentity": assumption.source_identity} if assumption.source_identity else {}
    return {**grant(call, asked, credentials, identity), "AssumedRoleUser": user, **source}


def duration_of(request: Mapping[str, Any], role: Role) -> int:
    """The seconds that a session of a role is to last."""
    seconds = int(request.get("DurationSeconds", _HOUR))
    if seconds > role.max_session_duration:
        raise errors.validation(_TOO_LONG)
    return seconds
