"""The least policy: what IAM has to allow for the calls that are on the record, and nothing else."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emulator.cloudmap import access as cloudmap
from emulator.cloudtrail import access as cloudtrail
from emulator.sts import access as sts
from trail.place import partition_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Principal", "least_policy"]

_VERSION = "2012-10-17"


@dataclass(frozen=True, slots=True)
class Principal:
    """A user or a role of an account, by name."""

    kind: str
    name: str
    account: str

    def made(self, record: Mapping[str, Any]) -> bool:
        """Whether it is who the record says has called, itself or through a session."""
        identity = record["userIdentity"]
        if identity.get("accountId") != self.account:
            return False
        if self.kind == "user":
            return bool(identity["type"] == "IAMUser" and identity.get("userName") == self.name)
        issuer = identity.get("sessionContext", {}).get("sessionIssuer", {})
        return bool(identity["type"] == "AssumedRole" and issuer.get("userName") == self.name)


def least_policy(records: Iterable[Mapping[str, Any]], principal: Principal) -> dict[str, Any] | None:
    """The policy of a principal that allows its calls that succeeded; None if there are none that need to be allowed.

    Actions on the same resources stand together. The order is that of the actions' names.
    """
    touched: dict[str, set[str]] = defaultdict(set)
    for record in records:
        if principal.made(record) and "errorCode" not in record:
            for action, resource in _asked(record):
                touched[action].add(resource)
    actions: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for action in sorted(touched):
        actions[tuple(sorted(touched[action]))].append(action)
    statements = [
        {"Effect": "Allow", "Action": _one_or_all(names), "Resource": _one_or_all(found)}
        for found, names in actions.items()
    ]
    return {"Version": _VERSION, "Statement": statements} if statements else None


def _one_or_all(texts: Iterable[str]) -> str | list[str]:
    found = list(texts)
    return found[0] if len(found) == 1 else found


def _asked(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Actions and resources that the call asked policies for."""
    service, name, region = record["eventSource"].partition(".")[0], record["eventName"], record["awsRegion"]
    place = "" if service == "sts" else region
    head = f"arn:{partition_of(region)}:{service}:{place}:{record['userIdentity']['accountId']}:"
    said = _Members(record["requestParameters"] or {})
    if service == "sts":
        return [(f"sts:{action}", resource) for action, resource in sts.asked(name, said, head.__add__)]
    if service == "cloudtrail":
        return cloudtrail.asked(name, said, head.__add__)
    if name.startswith("Discover"):
        found = [each["ARN"] for each in record["resources"]]
    elif name == "GetOperation":
        found = [head + "namespace/*"]  # which one it was, no record says
    else:
        found = cloudmap.resources(name, said, head.__add__)
    return cloudmap.asked(name, said, found)


class _Members(dict[str, Any]):
    """The members of a request by the names of the model, as the record has them."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        super().__init__({name[:1].upper() + name[1:]: value for name, value in said.items()})
