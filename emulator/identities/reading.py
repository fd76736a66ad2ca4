"""Reading an identities file: TOML, every member checked, policies parsed from the files it names."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import orjson

from emulator.iam.conditions import PolicyError
from emulator.iam.statements import compile_policy
from emulator.identities.known import Identities, Key, Policy, Role, Root, Service, User, principal_id
from emulator.identities.table import TABLES
from emulator.nearest import nearest
from emulator.settings import StartError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["IdentitiesError", "read"]


_HOLDER = re.compile(
    r"arn:(?P<partition>[\w-]+):iam::(?P<account>[0-9]{12}):(?P<kind>user|role)/(.*/)?(?P<name>[^/]+)"
).fullmatch
Held = TypeVar("Held", User, Role)
_Named = dict[tuple[str, str], Held]


class IdentitiesError(StartError):
    """The identities file cannot be taken; the message is one sentence that names the file and the member."""


class _Entry(NamedTuple):
    """One table of the file, such as the second ``[[user]]``."""

    file: Path
    kind: str
    number: int
    members: dict[str, Any]

    def error(self, member: str, told: str) -> IdentitiesError:
        return IdentitiesError(f"{member} of [[{self.kind}]] {self.number} in {self.file} {told}")

    @property
    def account(self) -> str:
        return str(self.members["account"])

    @property
    def key(self) -> Key:
        return Key(self.members["access_key"], self.members["secret_key"])

    def given(self, *names: str) -> dict[str, Any]:
        return {name: self.members[name] for name in names if name in self.members}


def read(file: Path) -> Identities:
    """What a file lists. Raises :class:`IdentitiesError`."""
    entries = list(_entries(file, _document(file)))
    for entry in entries:
        _check(entry)
    roles = [_role(entry) for entry in entries if entry.kind == "role"]
    listed = {(role.account, role.name): role for role in roles}
    owners = [_owner(entry) for entry in entries if entry.kind in ("user", "root")]
    users = {(user.account, user.name): user for user in owners if isinstance(user, User)}
    principals = [*owners, *(_service(entry, listed, users) for entry in entries if entry.kind == "service")]
    for what, members in _UNIQUE.items():
        _check_unique(entries, what, members)
    for entry in entries:
        _check_trust(entry, {"user": users, "role": listed})
    return Identities(principals, roles)


def _document(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise IdentitiesError(f"Cannot read {file}: {error.strerror}; --identities takes a TOML file.") from None
    except ValueError as error:
        raise IdentitiesError(f"{file} is not TOML: {error}.") from None


def _entries(file: Path, document: dict[str, Any]) -> Iterator[_Entry]:
    for kind, tables in document.items():
        if kind not in TABLES:
            raise IdentitiesError(f"Unknown table {kind} in {file}" + nearest(kind, TABLES))
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise IdentitiesError(f"{kind} in {file} is no list of tables: write [[{kind}]].")
        for number, table in enumerate(tables, 1):
            yield _Entry(file, kind, number, table)


def _check(entry: _Entry) -> None:
    known = TABLES[entry.kind]
    for name, value in entry.members.items():
        if name not in known:
            told = f"Unknown key {name} of [[{entry.kind}]] {entry.number} in {entry.file}"
            raise IdentitiesError(told + nearest(name, known))
        member = known[name]
        if not member.accepts(value):
            shown = "is off" if member.hidden else f"is {value!r}"
            raise entry.error(name, f"{shown}: it takes {member.expects}.")
    for name, member in known.items():
        if member.required and name not in entry.members:
            raise entry.error(name, f"is missing: it takes {member.expects}.")


_UNIQUE = {"access_key": ("access_key",), "name": ("account", "name"), "principal_id": ("principal_id",)}


def _check_unique(entries: list[_Entry], what: str, members: tuple[str, ...]) -> None:
    """Access keys and principal ids are one's own in the whole file, names in an account among users or roles."""
    seen: dict[tuple[Any, ...], _Entry] = {}
    for entry in entries:
        if what not in entry.members:
            continue
        key = tuple(entry.members[member] for member in members) + ((entry.kind,) if what == "name" else ())
        before = seen.setdefault(key, entry)
        if before is not entry:
            raise entry.error(what, f"is that of [[{before.kind}]] {before.number}, too: each needs its own.")


def _check_trust(entry: _Entry, holders: Mapping[str, Mapping[tuple[str, str], User | Role]]) -> None:
    """A name is one's own in an account, so an ARN of it with another path is a slip, and would trust nobody."""
    for text in entry.members.get("trust", ()):
        said = _HOLDER(text)
        holder = holders[said["kind"]].get((said["account"], said["name"])) if said else None
        if said and holder is not None and holder.arn(said["partition"]) != text:
            raise entry.error("trust", f"names {text}, which is {holder.arn(said['partition'])} by its path.")


def _owner(entry: _Entry) -> User | Root:
    if entry.kind == "user":
        name = entry.members["name"]
        return User(
            account=entry.account,
            name=name,
            key=entry.key,
            principal_id=entry.members.get("principal_id") or principal_id("AIDA", entry.account, name),
            policies=_policies(entry),
            boundary=_boundary(entry),
            **entry.given("path", "tags"),
        )
    return Root(entry.account, entry.key, **entry.given("alias"))


def _role(entry: _Entry) -> Role:
    name = entry.members["name"]
    return Role(
        account=entry.account,
        name=name,
        principal_id=entry.members.get("principal_id") or principal_id("AROA", entry.account, name),
        trust=frozenset(entry.members["trust"]),
        policies=_policies(entry),
        boundary=_boundary(entry),
        **entry.given("path", "tags", "max_session_duration", "external_id", "mfa"),
    )


def _service(entry: _Entry, roles: _Named[Role], users: _Named[User]) -> Service:
    """A service; a role that no ``[[role]]`` lists is its service-linked one, a user has to be listed."""
    invoked_by, name, called_for = entry.members["invoked_by"], entry.members.get("role"), entry.members.get("user")
    if called_for and name:
        raise entry.error("user", "stands beside a role: a service calls through a role or for a user.")
    user = users.get((entry.account, called_for)) if called_for else None
    if called_for and user is None:
        raise entry.error("user", f"is {called_for!r}: there is no [[user]] of that name in {entry.account}.")
    role = roles.get((entry.account, name)) if name else None
    if name and role is None:
        path = f"/aws-service-role/{invoked_by}/"
        role = Role(entry.account, name, principal_id("AROA", entry.account, name), frozenset({invoked_by}), path)
    session_name = entry.members.get("session_name") or invoked_by.partition(".")[0]
    return Service(entry.account, invoked_by, entry.key, role, session_name, user)


def _policies(entry: _Entry) -> tuple[Policy, ...]:
    names = entry.members.get("policies", ())
    return tuple(_policy(entry, entry.file.parent / name, "policies") for name in names)


def _boundary(entry: _Entry) -> Policy | None:
    name = entry.members.get("boundary")
    return None if name is None else _policy(entry, entry.file.parent / name, "boundary")


def _policy(entry: _Entry, file: Path, member: str) -> Policy:
    try:
        document = orjson.loads(file.read_bytes())
    except OSError as error:
        raise entry.error(member, f"names {file}, which cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise entry.error(member, f"names {file}, which is not JSON: {error}.") from None
    try:
        compile_policy(document)
    except PolicyError as error:
        raise entry.error(member, f"names {file}, which is no IAM policy: {error}") from None
    return Policy(file, document)
