"""What an identities file lists: users, roots, roles, services, found by access key and by name.

Secrets have no form as text: nothing that prints one of these shows them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from emulator.ids import stable_base32

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["Identities", "Key", "Policy", "Principal", "Role", "Root", "Service", "User", "principal_id"]

_HOUR = 3600
_SERVICE_ROLES = "/aws-service-role/"


@dataclass(frozen=True, slots=True)
class Policy:
    """An IAM policy, as its file has it."""

    file: Path
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Key:
    """A long-lived access key."""

    id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class User:
    """An IAM user."""

    account: str
    name: str
    key: Key
    principal_id: str
    path: str = "/"
    policies: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def arn(self, partition: str) -> str:
        """The user's ARN, with its path."""
        return f"arn:{partition}:iam::{self.account}:user{self.path}{self.name}"


@dataclass(frozen=True, slots=True)
class Root:
    """The root user of an account."""

    account: str
    key: Key
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Role:
    """A role, and whom it trusts: ARNs, accounts, DNS names of services, identity providers.

    Who assumes it has to know ``external_id``, if there is one, and with ``mfa`` to have shown a device.
    """

    account: str
    name: str
    principal_id: str
    trust: frozenset[str] = frozenset()
    path: str = "/"
    max_session_duration: int = _HOUR
    external_id: str | None = None
    mfa: bool = False
    policies: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def service_linked(self) -> bool:
        """Whether it is a service's own, which nobody else may have."""
        return self.path.startswith(_SERVICE_ROLES)

    def arn(self, partition: str) -> str:
        """The role's ARN, with its path."""
        return f"arn:{partition}:iam::{self.account}:role{self.path}{self.name}"


@dataclass(frozen=True, slots=True)
class Service:
    """An AWS service that calls: by itself, with a role through it, or with a user for that user."""

    account: str
    invoked_by: str
    key: Key
    role: Role | None = None
    session_name: str = ""
    user: User | None = None


Principal = User | Root | Service


class Identities:
    """All that one file lists. Never changes: a file that is read again makes another."""

    def __init__(self, principals: Iterable[Principal] = (), roles: Iterable[Role] = ()) -> None:
        self.principals = tuple(principals)
        self.roles = tuple(roles)
        self._keys = {principal.key.id: principal for principal in self.principals}
        self._roles = {(role.account, role.name): role for role in self.roles}
        self._users = {(user.account, user.name): user for user in self.principals if isinstance(user, User)}

    def holder(self, access_key: str) -> Principal | None:
        """Whose access key it is, or None."""
        return self._keys.get(access_key)

    def role(self, account: str, name: str) -> Role | None:
        """The role of that name, without its path, in an account."""
        return self._roles.get((account, name))

    def policy(self, name: str) -> Policy | None:
        """The policy whose file has that name, whatever its ending."""
        holders = [each for each in (*self.principals, *self.roles) if isinstance(each, User | Role)]
        return next((each for holder in holders for each in holder.policies if each.file.stem == name), None)

    def user(self, account: str, name: str) -> User | None:
        """The user of that name, without its path, in an account."""
        return self._users.get((account, name))


def principal_id(prefix: str, account: str, name: str) -> str:
    """The id of a user (``AIDA``) or role (``AROA``) that says none itself: always the same for the same name."""
    text = f"{account}/{name}" if prefix == "AIDA" else f"{account}/{prefix}/{name}"
    return prefix + stable_base32(text, 17).upper()
