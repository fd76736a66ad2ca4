"""The faults' page: the rules in words, and the lists of rules that its forms make of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from emulator.console.view import RefusedError
from emulator.fault_rules import FaultsError
from emulator.faults import CHAOS
from emulator.services import SERVICES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.console.view import View
    from emulator.faults import Faults

__all__ = ["EFFECTS", "change", "faults", "words"]

EFFECTS = {
    "throttle": "is throttled",
    "error": "is refused with an error",
    "operation_failure": "starts an operation that fails",
    "drop": "gets no answer",
    "late": "is answered late",
}
"""What a rule of the form can do to a call, by the word for each."""

_CODES = ("InternalFailure", "ServiceUnavailable", "AccessDeniedException", "InvalidInput", "ResourceLimitExceeded")
_FAILURES = (
    "ACCESS_DENIED", "CANNOT_CREATE_HOSTED_ZONE", "EXPIRED_TOKEN", "HOSTED_ZONE_NOT_FOUND", "INTERNAL_FAILURE",
    "INVALID_CHANGE_BATCH", "THROTTLED_REQUEST",
)  # fmt: skip
_SERVICES = {"servicediscovery": "Cloud Map", "cloudtrail": "CloudTrail", "sts": "STS"}
_LONGEST = 15  # digits of a whole number; what has more is out of any range, and need not be exact
_TEXTS = ("service", "operation", "region", "account", "principal")


def faults(view: View) -> dict[str, Any]:
    """The rules in their order with their words, how often one has struck, and what a form can choose from."""
    found = view.machine.faults
    return {
        "rules": [
            {"rule": rule, "key": _key(rule), "struck": armed.struck} | words(rule)
            for rule, armed in zip(found.told(), found.rules, strict=True)
        ],
        "struck": found.struck,
        "effects": EFFECTS,
        "codes": _CODES,
        "failures": _FAILURES,
        "services": {name: _SERVICES.get(name, name) for name in SERVICES},
        "operations": sorted({name for operations in SERVICES.values() for name in operations}),
    }


def words(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule in words: which calls it meets, what befalls them, how often."""
    service = rule.get("service")
    return {
        "operation": rule.get("operation") or "Any call",
        "of": _SERVICES.get(service, service) if service else None,
        "by": rule.get("principal"),
        "where": " · ".join(filter(None, (rule.get("account"), rule.get("region")))) or None,
        "effects": _effects(rule),
        "chance": f"{rule.get('probability', 1) * 100:.10g} %",
        "left": rule.get("times"),
    }


def change(found: Faults, form: Mapping[str, str]) -> None:
    """Do what a form asks. Raises :class:`RefusedError` with what is wrong with it; then nothing has changed."""
    rules = found.told()
    match form.get("do"):
        case "add":
            rules.append(_rule(form))
        case "remove":
            _remove(rules, form)
        case "clear":
            rules = []
        case "chaos":
            rules = CHAOS
        case other:
            raise RefusedError(f"do is {other!r}: it takes add, remove, clear or chaos.")
    try:
        found.put(rules, found.seed)
    except FaultsError as error:
        sentence = str(error).removeprefix(f"rules[{len(rules) - 1}]")
        raise RefusedError(sentence[1:] if sentence.startswith(".") else f"The rule{sentence}") from None


def _key(rule: Mapping[str, Any]) -> str:
    """What tells a rule from others: its members, but not how many times are left."""
    return json.dumps({name: value for name, value in rule.items() if name != "times"}, sort_keys=True)


def _remove(rules: list[dict[str, Any]], form: Mapping[str, str]) -> None:
    number = form.get("number", "")
    if number not in map(str, range(len(rules))):
        raise RefusedError("That rule is not there any more.")
    if _key(rules[int(number)]) != form.get("key"):
        raise RefusedError("The rules have changed meanwhile: nothing was removed.")
    del rules[int(number)]


def _rule(form: Mapping[str, str]) -> dict[str, Any]:
    """The rule that a form describes, for the reader of rules to check."""
    said = {name: text.strip() for name, text in form.items() if text.strip()}
    rule: dict[str, Any] = {name: said[name] for name in _TEXTS if name in said}
    chance = _number(said, "probability")
    if chance is not None and chance != 100:
        rule["probability"] = chance / 100
    if "times" in said:
        rule["times"] = _number(said, "times")
    effect = said.get("effect", "")
    if effect not in EFFECTS:
        raise RefusedError(f"effect is {effect!r}: it takes {', '.join(EFFECTS)}.")
    rule |= _effect(effect, said)
    return rule | {name: _number(said, name) for name in ("latency_ms", "jitter_ms") if name in said}


def _effect(effect: str, said: Mapping[str, str]) -> dict[str, Any]:
    match effect:
        case "error":
            error: dict[str, Any] = {name: said[name] for name in ("code", "message") if name in said}
            return {"error": error | ({"statusCode": _number(said, "statusCode")} if "statusCode" in said else {})}
        case "operation_failure":
            return {"operation_failure": {name: said[name] for name in ("ErrorCode", "ErrorMessage") if name in said}}
        case "late":
            return {}
        case _:
            return {effect: True}


def _number(said: Mapping[str, str], name: str) -> int | float | None:
    text = said.get(name)
    if text is None:
        return None
    try:
        return int(text) if text.lstrip("-").isdecimal() and len(text) <= _LONGEST else float(text)
    except ValueError:
        raise RefusedError(f"{name} is {text!r}: it takes a number.") from None


def _effects(rule: Mapping[str, Any]) -> list[str]:
    """What befalls a call, in phrases that go on from its name."""
    found = []
    if rule.get("throttle"):
        found.append("is throttled")
    if "error" in rule:
        status = f" ({rule['error']['statusCode']})" if "statusCode" in rule["error"] else ""
        found.append(f"is refused with {rule['error']['code']}{status}{_told(rule['error'].get('message'))}")
    if "operation_failure" in rule:
        failure = rule["operation_failure"]
        found.append(f"starts an operation that ends in {failure['ErrorCode']}{_told(failure.get('ErrorMessage'))}")
    low, more = rule.get("latency_ms", 0), rule.get("jitter_ms", 0)
    if low or more:
        found.append(f"is answered {low:,} to {low + more:,} ms late" if more else f"is answered {low:,} ms late")
    if rule.get("drop"):
        found.append("gets no answer: its connection is closed")
    return found


def _told(message: str | None) -> str:
    return f": “{message}”" if message else ""
