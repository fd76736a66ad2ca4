"""Statements of policies, compiled: whom they let do what with which resources."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.iam.conditions import Condition, PolicyError, compile_conditions, listed
from emulator.iam.patterns import Keys, like, matcher

__all__ = ["Statement", "compile_policy", "compile_statement", "with_variables"]

_VARIABLES_SINCE = "2012-10-17"
_VERSIONS = ("2008-10-17", _VARIABLES_SINCE)
_OF_POLICY = ("Version", "Id", "Statement")
_OF_STATEMENT = ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition")
_COLONS = 5
_ACTION = re.compile(r"\*|[\w*?-]+:[\w*?-]+", re.ASCII).fullmatch


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: whether it allows or denies, and when it applies."""

    allows: bool
    names_action: Callable[[str], bool]
    names_resource: Callable[[str, Keys], bool]
    conditions: tuple[Condition, ...]

    def applies(self, action: str, resource: str, keys: Keys) -> bool:
        """Whether the statement speaks of this."""
        return self.names_action(action) and self.applies_to(resource, keys)

    def applies_to(self, resource: str, keys: Keys) -> bool:
        """Whether it speaks of this, the action being one of its own."""
        return self.names_resource(resource, keys) and all(holds(keys) for holds in self.conditions)


def compile_policy(document: Any) -> tuple[Statement, ...]:
    """The statements of an identity's policy. Raises :class:`PolicyError`, with a reason in one sentence."""
    if not isinstance(document, Mapping) or not isinstance(document.get("Statement"), Mapping | list):
        raise PolicyError("it has no Statement.")
    if document.get("Version", _VERSIONS[0]) not in _VERSIONS:
        raise PolicyError(f"its Version is {document['Version']!r}: it takes {' or '.join(_VERSIONS)}.")
    _refuse_unknown(document, _OF_POLICY)
    variables, found = with_variables(document), []
    for number, statement in enumerate(listed(document["Statement"]), 1):
        try:
            found.append(compile_statement(statement, variables=variables))
            _check(statement)
        except PolicyError as error:
            raise PolicyError(f"of its statement {number}, {error}") from None
    return tuple(found)


def _check(statement: Mapping[str, Any]) -> None:
    """What policies of identities keep to besides; a misspelt ``Condition`` that is passed over would let all in."""
    _refuse_unknown(statement, _OF_STATEMENT)
    for member, good, form in (("Action", _ACTION, "service:Action"), ("Resource", _is_resource, "an ARN or *")):
        for text in _texts(statement, member)[0]:
            if not good(text):
                raise PolicyError(f"{member} {text!r} is not of the form {form}.")


def _refuse_unknown(said: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for name in said:
        if name not in known:
            raise PolicyError(f"it has no member {name}: it takes {', '.join(known)}.")


def _is_resource(text: str) -> bool:
    return text == "*" or text.startswith("arn:")


def with_variables(document: Mapping[str, Any]) -> bool:
    """Whether ``${…}`` stands for something: before the version that brought them it is text."""
    return document.get("Version") == _VARIABLES_SINCE


def compile_statement(statement: Any, *, variables: bool) -> Statement:
    """One statement, without its principals. Raises :class:`PolicyError`."""
    if not isinstance(statement, Mapping):
        raise PolicyError("it is no map.")
    effect = statement.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise PolicyError(f"Effect is {effect!r}: it takes Allow or Deny.")
    actions, but_actions = _texts(statement, "Action")
    resources, but_resources = _texts(statement, "Resource")
    patterns = [action.lower() for action in actions]
    matchers = [matcher(_whole(resource), variables=variables) for resource in resources]
    return Statement(
        allows=effect == "Allow",
        names_action=lambda action: any(like(each, action.lower()) for each in patterns) != but_actions,
        names_resource=lambda resource, keys: any(each(resource, keys) for each in matchers) != but_resources,
        conditions=compile_conditions(statement.get("Condition", {}), variables=variables),
    )


def _whole(resource: str) -> str:
    """An ARN whose last parts are left out has any in their place."""
    return resource + ":*" * (_COLONS - resource.count(":")) if resource.startswith("arn:") else resource


def _texts(statement: Mapping[str, Any], member: str) -> tuple[list[str], bool]:
    """The texts of ``Action`` or ``NotAction``, and whether it is the latter."""
    negated = f"Not{member}" in statement
    if negated == (member in statement):
        raise PolicyError(f"there is to be one of {member} and Not{member}.")
    name = f"Not{member}" if negated else member
    found = listed(statement[name])
    if not found or not all(isinstance(text, str) for text in found):
        raise PolicyError(f"{name} is to be a text or a list of texts.")
    return found, negated
