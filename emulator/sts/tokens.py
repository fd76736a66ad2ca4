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


class _Token(NamedTuple):
    issuer: str
    subject: str
    audience: str

    def provider(self, partition: str, account: str) -> str:
        host = self.issuer.removeprefix("https://")
        return host if host in _BUILT_IN else f"arn:{partition}:iam::{account}:oidc-provider/{host}"


@operation("AssumeRoleWithWebIdentity")
def assume_role_with_web_identity(call: Call, request: Mapping[str, Any]) -> Result:
    """Credentials of a session of a role that trusts the token's issuer."""
    arn, token, parts = _asked(request)
    provider = token.provider(parts.partition, parts.account)
    call.parameters = call.operation.cased_request(request)
    role = trust.role_of_provider(call, arn, parts, provider)
    asked = issue.Grant(
        role.account,
        issue.duration_of(request, role),
        constraints.tags({}, None),
        constraints.policies(request),
    )
    federation = {"federatedProvider": provider, "attributes": {}}
    answer = issue.assume(
        call, asked, issue.Assumption(role, parts, request["RoleSessionName"], web_identity=federation)
    )
    told = {"SubjectFromWebIdentityToken": token.subject, "Provider": provider, "Audience": token.audience}
    return {**answer, **told}


def caller(request: Mapping[str, Any], region: str) -> Caller:
    """Who calls, by the token: a user of a provider, in the account of the role that is asked for."""
    _, token, parts = _asked(request)
    provider = token.provider(parts.partition, parts.account)
    identity = web_identity_user(f"{provider}:{token.audience}:{token.subject}", token.subject, provider)
    return Caller(parts.account, region, token.subject, identity)


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
    return _Token(_claim("iss", claims.get("iss")), _claim("sub", claims.get("sub")), _claim("aud", audience))


def _claim(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise errors.bad_token(f"Missing a required claim: {name}")
    return value
