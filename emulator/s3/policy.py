"""Bucket policies, as far as CloudTrail's right to write goes. Pure functions of a policy's text.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from emulator.iam.conditions import PolicyError, is_operator, listed
from emulator.iam.statements import compile_statement, with_variables

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PolicyError", "check", "may_deliver", "may_put"]

_CLOUDTRAIL = "cloudtrail.amazonaws.com"
_ACL = "bucket-owner-full-control"
_VERSIONS = ("2008-10-17", "2012-10-17")
_MEMBERS = {"Version", "Id", "Statement"}
_STATEMENT_MEMBERS = {
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"),
}


def may_deliver(
    policy: str | None, trail_arn: str, account: str, bucket: str, prefix: str = "", organization_id: str | None = None
) -> bool:
    """Whether CloudTrail may look at a bucket's ACL and write a trail's files to it. No policy: it may.

    The question that CreateTrail and UpdateTrail ask; ``prefix`` is the trail's ``S3KeyPrefix``.
    """
    if policy is None:
        return True
    partition = trail_arn.split(":")[1]
    context = _context(trail_arn, account, organization_id)
    if not _allows(policy, "s3:GetBucketAcl", f"arn:{partition}:s3:::{bucket}", context):
        return False
    above = f"{prefix}/" if prefix else ""
    owners = [account] if organization_id is None else [account, f"{organization_id}/{account}"]
    keys = [f"{above}AWSLogs/{owner}/CloudTrail/" for owner in owners]
    return all(may_put(policy, trail_arn, bucket, key, organization_id) for key in keys)


def may_put(policy: str | None, trail_arn: str, bucket: str, key: str, organization_id: str | None = None) -> bool:
    """Whether CloudTrail may write one object for a trail: the question of each delivery."""
    if policy is None:
        return True
    partition, account = trail_arn.split(":")[1:5:3]
    context = _context(trail_arn, account, organization_id) | {"s3:x-amz-acl": _ACL}
    return _allows(policy, "s3:PutObject", f"arn:{partition}:s3:::{bucket}/{key}", context)


def check(text: str, bucket: str) -> None:
    """Refuse what S3 would not take as the policy of this bucket: :class:`PolicyError`."""
    if not text.lstrip().startswith("{"):
        raise PolicyError("Policies must be valid JSON and the first byte must be '{'")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise PolicyError("This policy contains invalid Json") from None
    _know(document, _MEMBERS)
    if document.get("Version", _VERSIONS[0]) not in _VERSIONS:
        raise PolicyError("The policy must contain a valid version string")
    if "Statement" not in document:
        raise PolicyError("Missing required field Statement")
    statements = listed(document["Statement"])
    if not statements:
        raise PolicyError("Could not parse the policy: Statement is empty!")
    for statement in statements:
        if not isinstance(statement, dict):
            raise PolicyError("Invalid policy syntax.")
        _check_statement(statement, bucket)


def _check_statement(statement: dict[str, Any], bucket: str) -> None:
    _know(statement, _STATEMENT_MEMBERS)
    for name in ("Effect", "Principal", "Action", "Resource"):
        if not statement.get(name) and not (name != "Effect" and statement.get(f"Not{name}")):
            raise PolicyError(f"Missing required field {name}")
    if statement["Effect"] not in ("Allow", "Deny"):
        raise PolicyError(f"Invalid effect: {statement['Effect']}")
    principal = statement.get("Principal", statement.get("NotPrincipal"))
    kinds = ("AWS", "Service", "Federated", "CanonicalUser")
    if principal != "*" and not (isinstance(principal, dict) and all(kind in kinds for kind in principal)):
        raise PolicyError("Invalid principal in policy")
    for action in listed(statement.get("Action", statement.get("NotAction"))):
        if not isinstance(action, str) or not (action == "*" or action.lower().startswith("s3:")):
            raise PolicyError("Policy has invalid action")
    for resource in listed(statement.get("Resource", statement.get("NotResource"))):
        if not isinstance(resource, str) or not re.match(rf"arn:aws[a-z-]*:s3:::{re.escape(bucket)}(/|$)", resource):
            raise PolicyError("Policy has invalid resource")
    _check_conditions(statement.get("Condition", {}))


def _check_conditions(conditions: Any) -> None:
    if not isinstance(conditions, dict) or not all(isinstance(keys, dict) for keys in conditions.values()):
        raise PolicyError("Invalid policy syntax.")
    for operator in conditions:
        if not is_operator(operator):
            raise PolicyError(f"Invalid Condition type : {operator}")


def _know(members: Any, known: set[str]) -> None:
    for name in members:
        if name not in known:
            raise PolicyError(f"Unknown field {name}")


def _context(trail_arn: str, account: str, organization_id: str | None) -> dict[str, str]:
    """What is true of a request that CloudTrail makes for a trail, by the lower-case names of condition keys."""
    context = {
        "aws:sourcearn": trail_arn,
        "aws:sourceaccount": account,
        "aws:securetransport": "true",
        "aws:principalisawsservice": "true",
        "aws:principalservicename": _CLOUDTRAIL,
    }
    return context | ({} if organization_id is None else {"aws:sourceorgid": organization_id})


def _allows(policy: str, action: str, resource: str, context: Mapping[str, str]) -> bool:
    try:
        document = json.loads(policy)
        variables = with_variables(document)
        effects = {
            compiled.allows
            for statement in listed(document["Statement"])
            if _speaks_of_cloudtrail(statement)
            and (compiled := compile_statement(statement, variables=variables)).applies(action, resource, context)
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return False  # what cannot be read allows nothing
    return effects == {True}


def _is_cloudtrail(principal: Any) -> bool:
    if isinstance(principal, str):
        return principal == "*"
    return "*" in listed(principal.get("AWS", ())) or any(
        each in ("*", _CLOUDTRAIL) for each in listed(principal.get("Service", ()))
    )


def _speaks_of_cloudtrail(statement: Mapping[str, Any]) -> bool:
    if "Principal" in statement:
        return _is_cloudtrail(statement["Principal"])
    return "NotPrincipal" in statement and not _is_cloudtrail(statement["NotPrincipal"])
