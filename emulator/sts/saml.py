"""AssumeRoleWithSAML: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from emulator.caller import Caller
from emulator.sts import assertion, constraints, errors, issue, trust
from emulator.sts.registry import SAML_PROVIDER, operation
from trail.identity import saml_user

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.call import Call
    from emulator.operations import Result

__all__ = ["caller"]

_PROVIDER = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:saml-provider/[\w+=,.@/-]+", re.ASCII).fullmatch


@operation("AssumeRoleWithSAML")
def assume_role_with_saml(call: Call, request: Mapping[str, Any]) -> Result:
    """Credentials of a session of a role that trusts the SAML provider."""
    arn, provider = request["RoleArn"], request["PrincipalArn"]
    parts, said = _asked(request)
    _record(call, request, said)
    role = trust.role_of_provider(call, arn, parts, provider)
    asked = issue.Grant(
        role.account,
        issue.duration_of(request, role),
        constraints.session_tags(said.tags, said.transitive),
        constraints.policies(request),
    )
    assumption = issue.Assumption(role, parts, said.session_name, source_identity=said.source_identity)
    answer = issue.assume(call, asked, assumption)
    call.touch(SAML_PROVIDER, provider, provider.split(":")[4])
    told = {
        "Subject": said.subject,
        "SubjectType": said.subject_type,
        "Issuer": said.issuer,
        "Audience": said.audience,
        "NameQualifier": said.qualifier(provider),
    }
    return {**answer, **told}


def caller(request: Mapping[str, Any], region: str) -> Caller:
    """Who calls, by the assertion: a user of a provider, in the account of the role that is asked for."""
    parts, said = _asked(request)
    qualifier = said.qualifier(request["PrincipalArn"])
    identity = saml_user(f"{qualifier}:{said.subject}", said.subject, qualifier)
    return Caller(parts.account, region, said.subject, identity)


def _asked(request: Mapping[str, Any]) -> tuple[trust.RoleArn, assertion.Assertion]:
    arn, provider = request.get("RoleArn", ""), request.get("PrincipalArn", "")
    parts = trust.parse(arn)
    if parts is None or not _PROVIDER(provider):
        raise errors.validation_unrecorded(f"{arn if parts is None else provider} is invalid")
    return parts, assertion.read(request.get("SAMLAssertion", ""), arn, provider)


def _record(call: Call, request: Mapping[str, Any], said: assertion.Assertion) -> None:
    """The record has the assertion's id in place of the assertion, and what it says of the session."""
    more = {name: request[name] for name in ("PolicyArns", "Policy", "DurationSeconds") if name in request}
    call.parameters = {
        "sAMLAssertionID": said.id,
        "roleSessionName": said.session_name,
        **({"sourceIdentity": said.source_identity} if said.source_identity else {}),
        **({"principalTags": said.tags} if said.tags else {}),
        **({"transitiveTagKeys": said.transitive} if said.transitive else {}),
        "roleArn": request["RoleArn"],
        "principalArn": request["PrincipalArn"],
        **call.operation.cased_request(more),
    }
