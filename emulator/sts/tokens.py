"""AssumeRoleWithWebIdentity: whose token it is. The token is read, not verified.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from emulator.caller import Caller
from emulator.sts import constraints, errors, issue, trust
from emulator.sts.registry import operation
from trail.identity import web_identity_user

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.call import Call
    from emulator.operations import Result

__all__ = ["caller"]

# Providers that AWS knows by itself; every other is one of the account's IAM OIDC providers.
_BUILT_IN = ("accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com")
_NO_JWT = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
_TAGS, _SOURCE_IDENTITY = "https://aws.amazon.com/tags", "https://aws.amazon.com/source_identity"
_BAD_TAGS = f"Invalid claim: {_TAGS} takes principal_tags, a map of lists of one text, and transitive_tag_keys, a list"


class _Token(NamedTuple):
    issuer: str
    subject: str
    audience: str
    source_identity: str | None
    tags: dict[str, str]
    transitive: list[str]

    def provider(self, partition: str, account: str) -> str:
        host = self.issuer.removeprefix("https://")
        return host if host in _BUILT_IN else f"arn:{partition}:iam::{account}:oidc-provider/{host}"


@operation("AssumeRoleWithWebIdentity")
def assume_role_with_web_identity(call: Call, request: Mapping[str, Any]) -> Result:
    """Credentials of a session of a role that trusts the token's issuer."""
    arn, token, parts = _asked(request)
    provider = token.provider(parts.partition, parts.account)
    _record(call, request, token)
    role = trust.role_of_provider(call, arn, parts, provider)
    asked = issue.Grant(
        role.account,
        issue.duration_of(request, role),
        constraints.session_tags(token.tags, token.transitive),
        constraints.policies(request),
    )
    federation = {"federatedProvider": provider, "attributes": {}}
    assumption = issue.Assumption(
        role=role,
        parts=parts,
        session_name=request["RoleSessionName"],
        source_identity=token.source_identity,
        web_identity=federation,
    )
    answer = issue.assume(call, asked, assumption)
    if provider not in _BUILT_IN:
        call.additional = {**(call.additional or {}), "identityProviderConnectionVerificationMethod": "IAMTrustStore"}
    told = {"SubjectFromWebIdentityToken": token.subject, "Provider": provider, "Audience": token.audience}
    return {**answer, **told}


def caller(request: Mapping[str, Any], region: str) -> Caller:
    """Who calls, by the token: a user of a provider, in the account of the role that is asked for."""
    _, token, parts = _asked(request)
    provider = token.provider(parts.partition, parts.account)
    identity = web_identity_user(f"{provider}:{token.audience}:{token.subject}", token.subject, provider)
    return Caller(parts.account, region, token.subject, identity)


def _record(call: Call, request: Mapping[str, Any], token: _Token) -> None:
    """The record has what the token says of the session in place of the token."""
    who = {name: request[name] for name in ("RoleArn", "RoleSessionName")}
    more = {name: value for name, value in request.items() if name not in who}
    call.parameters = {
        **call.operation.cased_request(who),
        **({"sourceIdentity": token.source_identity} if token.source_identity else {}),
        **call.operation.cased_request(more),
        **({"principalTags": token.tags} if token.tags else {}),
        **({"transitiveTagKeys": token.transitive} if token.transitive else {}),
    }


def _asked(request: Mapping[str, Any]) -> tuple[str, _Token, trust.RoleArn]:
    arn = request.get("RoleArn", "")
    parts = trust.parse(arn)
    if parts is None:
        raise errors.validation_unrecorded(f"{arn} is invalid")
    return arn, _read(request.get("WebIdentityToken", "")), parts


def _read(token: str) -> _Token:
    """The claims of a JSON Web Token that a session is made of."""
    try:
        part = token.split(".")[1]
        claims = orjson.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError, binascii.Error):
        raise errors.bad_token(_NO_JWT) from None
    if token.count(".") != 2 or not isinstance(claims, dict):
        raise errors.bad_token(_NO_JWT)
    audience = claims.get("aud")
    if isinstance(audience, list) and audience:
        audience = audience[0]
    tags, transitive = _tags(claims.get(_TAGS, {}))
    return _Token(
        issuer=_claim("iss", claims.get("iss")),
        subject=_claim("sub", claims.get("sub")),
        audience=_claim("aud", audience),
        source_identity=_claim(_SOURCE_IDENTITY, claims[_SOURCE_IDENTITY]) if _SOURCE_IDENTITY in claims else None,
        tags=tags,
        transitive=transitive,
    )


def _tags(claim: Any) -> tuple[dict[str, str], list[str]]:
    """The session tags of a token, and the keys of those that go on. Each value is a list of one text."""
    if not isinstance(claim, dict):
        raise errors.bad_token(_BAD_TAGS)
    tags, transitive = claim.get("principal_tags", {}), claim.get("transitive_tag_keys", [])
    if not isinstance(tags, dict) or not all(map(_texts, (*tags.values(), transitive))):
        raise errors.bad_token(_BAD_TAGS)
    if any(len(values) != 1 for values in tags.values()):
        raise errors.bad_token(_BAD_TAGS)
    return {key: value for key, (value,) in tags.items()}, transitive


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _claim(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise errors.bad_token(f"Missing a required claim: {name}")
    return value
