"""Who made a call: the shapes of ``userIdentity``, their members in the order in which CloudTrail writes them.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trail.times import iso

__all__ = [
    "Identity",
    "assumed_role",
    "aws_account",
    "aws_service",
    "federated_user",
    "iam_user",
    "issuer_role",
    "issuer_root",
    "issuer_user",
    "root",
    "saml_user",
    "service_linked",
    "session",
    "user_name",
    "web_identity_user",
]

Identity = dict[str, Any]


def root(
    account: str,
    *,
    access_key: str | None = None,
    alias: str | None = None,
    context: Identity | None = None,
    partition: str = "aws",
) -> Identity:
    """The account's root user; ``alias`` is the account's alias, if it has one."""
    arn = f"arn:{partition}:iam::{account}:root"
    return _members(
        type="Root",
        principalId=account,
        arn=arn,
        accountId=account,
        accessKeyId=access_key,
        userName=alias,
        sessionContext=context,
    )


def iam_user(
    account: str,
    name: str,
    principal_id: str,
    access_key: str | None,
    *,
    path: str = "/",
    context: Identity | None = None,
    invoked_by: str | None = None,
    partition: str = "aws",
) -> Identity:
    """An IAM user; with ``context`` for GetSessionToken credentials, ``invoked_by`` if a service forwards them."""
    return _members(
        type="IAMUser",
        principalId=principal_id,
        arn=f"arn:{partition}:iam::{account}:user{path}{name}",
        accountId=account,
        accessKeyId=access_key,
        userName=name,
        sessionContext=context,
        invokedBy=invoked_by,
    )


def assumed_role(
    account: str,
    role: str,
    role_id: str,
    session_name: str,
    access_key: str | None,
    context: Identity,
    *,
    invoked_by: str | None = None,
    partition: str = "aws",
) -> Identity:
    """A session of a role. It has no ``userName``; readers need ``sessionContext.sessionIssuer.arn``."""
    return _members(
        type="AssumedRole",
        principalId=f"{role_id}:{session_name}",
        arn=f"arn:{partition}:sts::{account}:assumed-role/{role}/{session_name}",
        accountId=account,
        accessKeyId=access_key,
        sessionContext=context,
        invokedBy=invoked_by,
    )


def service_linked(
    account: str,
    role: str,
    role_id: str,
    session_name: str,
    service: str,
    created: int,
    *,
    partition: str = "aws",
) -> Identity:
    """A service acting through its service-linked role: no access key; ``created`` in ms since the epoch."""
    issuer = issuer_role(account, role, role_id, path=f"/aws-service-role/{service}/", partition=partition)
    context = session(created, issuer=issuer)
    return assumed_role(account, role, role_id, session_name, None, context, invoked_by=service, partition=partition)


def federated_user(
    account: str, name: str, access_key: str | None, context: Identity, *, partition: str = "aws"
) -> Identity:
    """GetFederationToken credentials; the context's issuer is the IAM user or root that asked for them."""
    return _members(
        type="FederatedUser",
        principalId=f"{account}:{name}",
        arn=f"arn:{partition}:sts::{account}:federated-user/{name}",
        accountId=account,
        accessKeyId=access_key,
        sessionContext=context,
    )


def aws_account(principal_id: str, account: str) -> Identity:
    """A caller from another account, whose details are withheld."""
    return {"type": "AWSAccount", "principalId": principal_id, "accountId": account}


def aws_service(invoked_by: str) -> Identity:
    """An AWS service (``ecs.amazonaws.com``) on its own behalf."""
    return {"type": "AWSService", "invokedBy": invoked_by}


def saml_user(principal_id: str, name: str, provider: str) -> Identity:
    """The caller of AssumeRoleWithSAML."""
    return _external("SAMLUser", principal_id, name, provider)


def web_identity_user(principal_id: str, name: str, provider: str) -> Identity:
    """The caller of AssumeRoleWithWebIdentity."""
    return _external("WebIdentityUser", principal_id, name, provider)


def session(
    created: int,
    *,
    issuer: Identity | None = None,
    mfa: bool = False,
    web_identity: Identity | None = None,
    source_identity: str | None = None,
) -> Identity:
    """A ``sessionContext``; ``created`` in ms since the epoch. ``mfaAuthenticated`` is a string in every record."""
    attributes = {"creationDate": iso(created), "mfaAuthenticated": "true" if mfa else "false"}
    return _members(
        sessionIssuer=issuer,
        webIdFederationData=web_identity,
        attributes=attributes,
        sourceIdentity=source_identity,
    )


def issuer_role(account: str, role: str, role_id: str, *, path: str = "/", partition: str = "aws") -> Identity:
    """The ``sessionIssuer`` of an assumed role."""
    return _issuer("Role", role_id, f"arn:{partition}:iam::{account}:role{path}{role}", account, role)


def issuer_user(account: str, name: str, principal_id: str, *, path: str = "/", partition: str = "aws") -> Identity:
    """The ``sessionIssuer`` of credentials an IAM user asked for."""
    return _issuer("IAMUser", principal_id, f"arn:{partition}:iam::{account}:user{path}{name}", account, name)


def issuer_root(account: str, *, partition: str = "aws") -> Identity:
    """The ``sessionIssuer`` of credentials the root user asked for."""
    return _issuer("Root", account, f"arn:{partition}:iam::{account}:root", account, None)


def user_name(identity: Mapping[str, Any]) -> str | None:
    """What LookupEvents calls ``Username``: the user, ``root``, the session of a role, the name of a service."""
    kind = identity.get("type")
    if kind == "Root":
        return "root"
    if kind in ("AssumedRole", "FederatedUser"):
        return str(identity["principalId"]).partition(":")[2] or None
    name = identity.get("userName") or (identity.get("invokedBy") if kind == "AWSService" else None)
    return str(name) if name else None


def _external(kind: str, principal_id: str, name: str, provider: str) -> Identity:
    return {"type": kind, "principalId": principal_id, "userName": name, "identityProvider": provider}


def _issuer(kind: str, principal_id: str, arn: str, account: str, name: str | None) -> Identity:
    return _members(type=kind, principalId=principal_id, arn=arn, accountId=account, userName=name)


def _members(**members: Any) -> Identity:
    """The members that are there: records never carry an empty optional one."""
    return {name: value for name, value in members.items() if value not in (None, "", {})}
