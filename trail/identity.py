"""Who made a call: the shapes of ``userIdentity``, their members in the order in which CloudTrail writes them.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trail.times import iso

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Identity",
    "assumed_role",
    "aws_account",
    "aws_service",
    "caller_name",
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
    arn: str,
    principal_id: str,
    access_key: str | None,
    *,
    context: Identity | None = None,
    invoked_by: str | None = None,
) -> Identity:
    """An IAM user; with ``context`` for GetSessionToken credentials, ``invoked_by`` if a service forwards them."""
    account, name = _owner(arn)
    return _members(
        type="IAMUser",
        principalId=principal_id,
        arn=arn,
        accountId=account,
        accessKeyId=access_key,
        userName=name,
        sessionContext=context,
        invokedBy=invoked_by,
    )


def assumed_role(
    context: Identity, session_name: str, access_key: str | None, *, invoked_by: str | None = None
) -> Identity:
    """A session of the role that is the context's issuer. It has no ``userName``."""
    issuer = context["sessionIssuer"]
    partition, account, role = issuer["arn"].split(":")[1], issuer["accountId"], issuer["userName"]
    return _members(
        type="AssumedRole",
        principalId=f"{issuer['principalId']}:{session_name}",
        arn=f"arn:{partition}:sts::{account}:assumed-role/{role}/{session_name}",
        accountId=account,
        accessKeyId=access_key,
        sessionContext=context,
        invokedBy=invoked_by,
    )


def service_linked(role_arn: str, role_id: str, session_name: str, service: str, created: int) -> Identity:
    """A service acting through its service-linked role: no access key; ``created`` in ms since the epoch."""
    context = session(created, issuer=issuer_role(role_arn, role_id))
    return assumed_role(context, session_name, None, invoked_by=service)


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
    ec2_delivery: str | None = None,
) -> Identity:
    """A ``sessionContext``; ``created`` in ms since the epoch. ``mfaAuthenticated`` is a string in every record.

    ``ec2_delivery`` is the version of the metadata service that gave an instance its credentials.
    """
    attributes = {"creationDate": iso(created), "mfaAuthenticated": "true" if mfa else "false"}
    return _members(
        sessionIssuer=issuer,
        webIdFederationData=web_identity,
        attributes=attributes,
        sourceIdentity=source_identity,
        ec2RoleDelivery=ec2_delivery,
    )


def issuer_role(arn: str, role_id: str) -> Identity:
    """The ``sessionIssuer`` of an assumed role: the role's ARN with its path, and its ``AROA…`` id."""
    return _issuer("Role", role_id, arn)


def issuer_user(arn: str, principal_id: str) -> Identity:
    """The ``sessionIssuer`` of credentials an IAM user asked for."""
    return _issuer("IAMUser", principal_id, arn)


def issuer_root(account: str, *, partition: str = "aws") -> Identity:
    """The ``sessionIssuer`` of credentials the root user asked for."""
    return {"type": "Root", "principalId": account, "arn": f"arn:{partition}:iam::{account}:root", "accountId": account}


def user_name(identity: Mapping[str, Any]) -> str | None:
    """What LookupEvents calls ``Username``: the user, ``root``, the session of a role; a service has none."""
    kind = identity.get("type")
    if kind == "Root":
        return "root"
    if kind in ("AssumedRole", "FederatedUser"):
        return str(identity["principalId"]).partition(":")[2] or None
    name = identity.get("userName")
    return str(name) if name else None


def caller_name(identity: Mapping[str, Any]) -> str:
    """The caller in one word, for people: the ``Username``, or else the name of the service, or what kind it is."""
    return user_name(identity) or str(identity.get("invokedBy") or identity.get("type", ""))


def _external(kind: str, principal_id: str, name: str, provider: str) -> Identity:
    return {"type": kind, "principalId": principal_id, "userName": name, "identityProvider": provider}


def _issuer(kind: str, principal_id: str, arn: str) -> Identity:
    account, name = _owner(arn)
    return {"type": kind, "principalId": principal_id, "arn": arn, "accountId": account, "userName": name}


def _owner(arn: str) -> tuple[str, str]:
    """Account and plain name of ``arn:aws:iam::<account>:user/<path>/<name>``."""
    account, _, resource = arn.split(":", 4)[4].partition(":")
    return account, resource.rpartition("/")[2]


def _members(**members: Any) -> Identity:
    """The members that are there: records never carry an empty optional one."""
    return {name: value for name, value in members.items() if value not in (None, "", {})}
