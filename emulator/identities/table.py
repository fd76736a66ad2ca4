"""The members that the tables of an identities file have, and what each takes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TABLES", "Member"]

_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII).fullmatch
_PATH = re.compile(r"/([\x21-\x7e]+/)?").fullmatch
_ACCOUNT = re.compile(r"[0-9]{12}").fullmatch
_ACCESS_KEY = re.compile(r"(?!ASIA)[\w+=,.@-]{1,128}", re.ASCII).fullmatch
_PRINCIPAL_ID = re.compile(r"\w{1,128}", re.ASCII).fullmatch
_ALIAS = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?").fullmatch
_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?").fullmatch
_SESSION = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII).fullmatch
_EXTERNAL = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII).fullmatch
_TRUSTED = re.compile(
    r"\*|[0-9]{12}|[a-z0-9-]+(\.[a-z0-9-]+)+|arn:aws(-[a-z]+)*:(iam|sts)::[0-9]{12}:"
    r"(root|(user|role|assumed-role|federated-user|saml-provider|oidc-provider)/\S+)"
).fullmatch


@dataclass(frozen=True, slots=True)
class Member:
    """One member: what it takes, in words and as a test. ``hidden``: no message shows its value."""

    expects: str
    accepts: Callable[[Any], object]
    required: bool = False
    hidden: bool = False


def _text(test: Callable[[str], object]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and bool(test(value))


def _texts(test: Callable[[str], object]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(map(_text(test), value))


def _tags(value: Any) -> bool:
    return isinstance(value, dict) and len(value) <= 50 and all(map(_tag, value, value.values()))


def _tag(key: str, value: Any) -> bool:
    return isinstance(value, str) and 1 <= len(key) <= 128 and len(value) <= 256


def _duration(value: Any) -> bool:
    return type(value) is int and 3600 <= value <= 43200


_REQUIRED_NAME = Member("1 to 64 letters, digits or any of +=,.@_-", _text(_NAME), required=True)
_OWNER = Member("12 digits, in quotes", _text(_ACCOUNT), required=True)
_PRINCIPAL = Member("up to 128 letters and digits", _text(_PRINCIPAL_ID))
_FOLDER = Member("a path that begins and ends with a slash", _text(_PATH))
_BOUNDARY = Member("the name of a file", _text(bool))
_TAGS = Member('at most 50 tags, such as { team = "red" }', _tags)
_POLICIES = Member("a list of names of files", _texts(bool))
_KEYS = {
    "access_key": Member(
        "an access key id that does not begin with ASIA, as those of sessions do",
        _text(_ACCESS_KEY),
        required=True,
        hidden=True,
    ),
    "secret_key": Member("a secret, in quotes", _text(bool), required=True, hidden=True),
}

TABLES: dict[str, dict[str, Member]] = {
    "user": {
        "name": _REQUIRED_NAME,
        "account": _OWNER,
        **_KEYS,
        "principal_id": _PRINCIPAL,
        "path": _FOLDER,
        "policies": _POLICIES,
        "boundary": _BOUNDARY,
        "tags": _TAGS,
    },
    "root": {
        "account": _OWNER,
        **_KEYS,
        "alias": Member("an account alias: small letters, digits and hyphens", _text(_ALIAS)),
    },
    "role": {
        "name": _REQUIRED_NAME,
        "account": _OWNER,
        "trust": Member(
            "a list of ARNs, accounts, services such as ecs.amazonaws.com or identity providers",
            _texts(_TRUSTED),
            required=True,
        ),
        "external_id": Member(
            "what ExternalId has to be: 2 to 1224 letters, digits or any of +=,.@:/_-", _text(_EXTERNAL)
        ),
        "mfa": Member("true or false", lambda value: isinstance(value, bool)),
        "principal_id": _PRINCIPAL,
        "path": _FOLDER,
        "max_session_duration": Member("a whole number of seconds from 3600 to 43200", _duration),
        "policies": _POLICIES,
        "boundary": _BOUNDARY,
        "tags": _TAGS,
    },
    "service": {
        "invoked_by": Member("the DNS name of a service, such as ecs.amazonaws.com", _text(_SERVICE), required=True),
        "account": _OWNER,
        **_KEYS,
        "role": Member("the name of a role", _text(_NAME)),
        "user": Member("the name of a [[user]] of the account, for whom it calls; not with a role", _text(_NAME)),
        "session_name": Member("2 to 64 letters, digits or any of +=,.@_-", _text(_SESSION)),
    },
}
"""For each table of the file, its members by name."""
