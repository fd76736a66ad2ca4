"""Reading the rules of faults: a list of objects, every member checked, what is off told in one sentence."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from emulator.errors import ServiceError, internal_failure, throttled
from emulator.nearest import nearest
from emulator.services import SERVICES
from trail.place import REGION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.operations import Operation

__all__ = ["FaultsError", "Rule", "read_rules"]

_LONGEST = 3_600_000
_ROOM = 80
_EFFECTS = ("error", "throttle", "latency_ms", "jitter_ms", "drop", "operation_failure")
_REFUSALS = {status.value for status in HTTPStatus if status >= 400}
_MESSAGES = {
    **dict.fromkeys(("RequestLimitExceeded", "Throttling", "ThrottlingException"), "Rate exceeded"),
    "InternalFailure": internal_failure().message,
    "ServiceUnavailable": "The request has failed due to a temporary failure of the server.",
}
_STATUSES = {"InternalFailure": 500, "InternalServerError": 500, "ServiceUnavailable": 503}


class FaultsError(ValueError):
    """A document is not a list of rules; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Which calls are met, and what befalls them. ``document`` is the rule as it was put."""

    document: dict[str, Any]
    service: str | None = None
    operation: str | None = None
    region: str | None = None
    account: str | None = None
    principal: str | None = None
    probability: float = 1.0
    times: int | None = None
    error: Mapping[str, Any] | None = None
    throttle: bool = False
    operation_failure: Mapping[str, str] | None = None
    latency_ms: float = 0
    jitter_ms: float = 0
    drop: bool = False

    def service_error(self, operation: Operation) -> ServiceError | None:
        """The error to answer a call of an operation with, made anew for each call."""
        if self.throttle:
            return throttled(operation.model.errors)
        if self.error is None:
            return None
        code = self.error["code"]
        message = self.error.get("message", _MESSAGES.get(code))
        return ServiceError(code, message, status=self.error.get("statusCode", _STATUSES.get(code)))

    @property
    def failure(self) -> tuple[str, str] | None:
        """The code and message that an asynchronous operation is to end in."""
        told = self.operation_failure
        return None if told is None else (told["ErrorCode"], told.get("ErrorMessage", ""))


def read_rules(document: Any) -> list[Rule]:
    """The rules of a document. Raises ``FaultsError``."""
    if not isinstance(document, list):
        raise FaultsError('The body must be a list of rules, such as [{"latency_ms": 100}].')
    return [_rule(f"rules[{number}]", entry) for number, entry in enumerate(document)]


def _rule(path: str, entry: Any) -> Rule:
    _check(path, entry, _MEMBERS)
    rule = Rule(document=entry, **entry)
    if not any(getattr(rule, effect) for effect in _EFFECTS):
        raise FaultsError(f"{path} has no effect: give it {', '.join(_EFFECTS[:-1])} or {_EFFECTS[-1]}.")
    refused = [name for name in ("error", "throttle") if getattr(rule, name)]
    if len(refused) > 1:
        raise FaultsError(f"{path} has error and throttle: a call is refused for one reason.")
    if refused and rule.operation_failure:
        raise FaultsError(
            f"{path} has {refused[0]} and operation_failure: a refused call leaves no operation that could fail."
        )
    _check_operation(path, rule)
    return rule


def _check_operation(path: str, rule: Rule) -> None:
    services = SERVICES.values() if rule.service is None else [SERVICES[rule.service]]
    known = {name: operation for operations in services for name, operation in operations.items()}
    if rule.operation is None:
        return
    if rule.operation not in known:
        there = f" of {rule.service}" if rule.service else ""
        raise FaultsError(
            f"{path}.operation is {rule.operation!r}, not an operation{there}{nearest(rule.operation, known)}"
        )
    if rule.operation_failure and not known[rule.operation].asynchronous:
        raise FaultsError(f"{path} has operation_failure: {rule.operation} starts no asynchronous operation.")


def _check(path: str, entry: Any, members: Mapping[str, tuple[Callable[[Any], bool], str]]) -> None:
    """Refuse what is no object, has unknown members, or members of other values than they take."""
    if not isinstance(entry, dict):
        raise FaultsError(f"{path} is {_shown(entry)}: it takes an object.")
    for name, value in entry.items():
        if name not in members:
            raise FaultsError(f"{path}.{name} is unknown" + nearest(name, members))
        takes, expected = members[name]
        if not takes(value):
            raise FaultsError(f"{path}.{name} is {_shown(value)}: it takes {expected}.")
    for name, inner, required in _NESTED:
        if name in entry and members is _MEMBERS:
            _check(f"{path}.{name}", entry[name], inner)
            if required not in entry[name]:
                raise FaultsError(f"{path}.{name} lacks {required}.")


def _shown(value: Any) -> str:
    """A value as its author wrote it, as far as a sentence has room."""
    text = repr(value) if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _ROOM else f"{text[:_ROOM]}..."


def _text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 1024


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _pattern(pattern: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value, re.ASCII) is not None


_MILLISECONDS = (lambda value: _number(value) and 0 <= value <= _LONGEST, f"milliseconds, from 0 to {_LONGEST}")
_SWITCH = (lambda value: isinstance(value, bool), "true or false")
_MEMBERS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "service": (lambda value: isinstance(value, str) and value in SERVICES, " or ".join(SERVICES)),
    "operation": (_text, "the name of an operation"),
    "region": (_pattern(REGION), "a region, such as us-east-1"),
    "account": (_pattern(r"[0-9]{12}"), "12 digits"),
    "principal": (_text, "the name of a caller, its ARN or its access key id"),
    "probability": (lambda value: _number(value) and 0 <= value <= 1, "a number from 0 to 1"),
    "times": (lambda value: _whole(value) and value >= 0, "a whole number, 0 or more"),
    "error": (lambda value: isinstance(value, dict), "an object with code, message and statusCode"),
    "latency_ms": _MILLISECONDS,
    "jitter_ms": _MILLISECONDS,
    "throttle": _SWITCH,
    "drop": _SWITCH,
    "operation_failure": (lambda value: isinstance(value, dict), "an object with ErrorCode and ErrorMessage"),
}
_ERROR = {
    "code": (_pattern(r"[A-Za-z][A-Za-z0-9.]{0,127}"), "the code of an error, such as ThrottlingException"),
    "message": (_text, "text of at most 1024 characters"),
    "statusCode": (lambda value: _whole(value) and value in _REFUSALS, "a status of HTTP from 400 on, such as 503"),
}
_FAILURE = {
    "ErrorCode": (_text, "the code of an error, such as ACCESS_DENIED"),
    "ErrorMessage": (_text, "text of at most 1024 characters"),
}
_NESTED = (("error", _ERROR, "code"), ("operation_failure", _FAILURE, "ErrorCode"))
