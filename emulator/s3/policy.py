"""Bucket policies, as far as CloudTrail's right to write goes. Pure functions of a policy's text.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["PolicyError", "check", "may_deliver", "may_put"]

_CLOUDTRAIL = "cloudtrail.amazonaws.com"
_ACL = "bucket-owner-full-control"
_VERSIONS = ("2008-10-17", "2012-10-17")
_MEMBERS = {"Version", "Id", "Statement"}
_STATEMENT_MEMBERS = {
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"),
}


class PolicyError(Exception):
    """A text is no bucket policy; the message says why, in AWS's words."""


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
    statements = _listed(document["Statement"])
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
    for action in _listed(statement.get("Action", statement.get("NotAction"))):
        if not isinstance(action, str) or not (action == "*" or action.lower().startswith("s3:")):
            raise PolicyError("Policy has invalid action")
    for resource in _listed(statement.get("Resource", statement.get("NotResource"))):
        if not isinstance(resource, str) or not re.match(rf"arn:aws[a-z-]*:s3:::{re.escape(bucket)}(/|$)", resource):
            raise PolicyError("Policy has invalid resource")
    _check_conditions(statement.get("Condition", {}))


def _check_conditions(conditions: Any) -> None:
    if not isinstance(conditions, dict) or not all(isinstance(keys, dict) for keys in conditions.values()):
        raise PolicyError("Invalid policy syntax.")
    for operator in conditions:
        name = operator.rpartition(":")[2].removesuffix("IfExists")
        if name.replace("Not", "", 1) not in _OPERATORS and not re.fullmatch(
            r"(Numeric|Date)\w+|BinaryEquals|(Not)?IpAddress|Null", name
        ):
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
        statements = _listed(json.loads(policy)["Statement"])
        effects = {each["Effect"] for each in statements if _applies(each, action, resource, context)}
    except (ValueError, KeyError, TypeError, AttributeError):
        return False  # what cannot be read allows nothing
    return effects == {"Allow"}


def _applies(statement: Mapping[str, Any], action: str, resource: str, context: Mapping[str, str]) -> bool:
    return (
        _names(statement, "Principal", _is_cloudtrail)
        and _names(statement, "Action", lambda said: any(_like(each.lower(), action.lower()) for each in _listed(said)))
        and _names(statement, "Resource", lambda said: any(_like(each, resource) for each in _listed(said)))
        and all(
            _holds(operator, context.get(key.lower()), _listed(values))
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _names(statement: Mapping[str, Any], member: str, matches: Callable[[Any], bool]) -> bool:
    if member in statement:
        return matches(statement[member])
    return f"Not{member}" in statement and not matches(statement[f"Not{member}"])


def _is_cloudtrail(principal: Any) -> bool:
    if isinstance(principal, str):
        return principal == "*"
    return "*" in _listed(principal.get("AWS", ())) or any(
        each in ("*", _CLOUDTRAIL) for each in _listed(principal.get("Service", ()))
    )


def _holds(operator: str, actual: str | None, values: list[Any]) -> bool:
    """Whether a condition holds: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html."""
    quantifier, _, name = operator.rpartition(":")
    said = [str(value).lower() if isinstance(value, bool) else str(value) for value in values]
    if name == "Null":
        return (actual is None) == (said == ["true"])
    if actual is None and (name.endswith("IfExists") or quantifier == "ForAllValues"):
        return True
    name = name.removesuffix("IfExists")
    positive = name.replace("Not", "", 1)
    compare = _OPERATORS.get(positive)
    found = compare is not None and actual is not None and any(compare(value, actual) for value in said)
    return found == (name == positive)


def _like(pattern: str, text: str) -> bool:
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    wild = {"*": ".*", "?": "."}
    return re.compile("".join(wild.get(letter) or re.escape(letter) for letter in pattern), re.DOTALL)


def _arn_like(pattern: str, text: str) -> bool:
    """The six parts of an ARN, each by itself."""
    patterns, parts = pattern.split(":", 5), text.split(":", 5)
    return len(patterns) == len(parts) and all(map(_like, patterns, parts))


_EQUAL: Callable[[str, str], bool] = lambda value, actual: value == actual  # noqa: E731
_FOLDED: Callable[[str, str], bool] = lambda value, actual: value.lower() == actual.lower()  # noqa: E731
_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": _EQUAL,
    "StringEqualsIgnoreCase": _FOLDED,
    "StringLike": _like,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": _FOLDED,
}


def _listed(said: Any) -> list[Any]:
    return list(said) if isinstance(said, list | tuple) else [said]
