"""Conditions of policies, compiled: operators, ``…IfExists``, ``ForAnyValue:`` and ``ForAllValues:``.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import operator as compare
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any

from emulator.iam.patterns import Keys, Matcher, Value, arn_matcher, equal_matcher, matcher

__all__ = ["Condition", "PolicyError", "compile_conditions", "is_operator", "listed"]

Condition = Callable[[Keys], bool]
_ANY, _ALL = "ForAnyValue", "ForAllValues"
_Build = Callable[[str, bool], Matcher]


class PolicyError(ValueError):
    """A document is no policy; the message says why."""


def listed(said: Any) -> list[Any]:
    """What a policy says, as a list: one thing may stand by itself."""
    return list(said) if isinstance(said, list | tuple) else [said]


def is_operator(name: str) -> bool:
    """Whether there is a condition operator of that name, with all that may stand around it."""
    quantifier, _, rest = name.rpartition(":")
    return quantifier in ("", _ANY, _ALL) and _base(rest.removesuffix("IfExists")) is not None


def compile_conditions(block: Any, *, variables: bool) -> tuple[Condition, ...]:
    """The conditions of a statement, all of which have to hold. Raises :class:`PolicyError`."""
    if not isinstance(block, Mapping) or not all(isinstance(keys, Mapping) for keys in block.values()):
        raise PolicyError("Condition is no map of operators to keys.")
    return tuple(
        _condition(name, key, listed(values), variables=variables)
        for name, keys in block.items()
        for key, values in keys.items()
    )


def _condition(name: str, key: str, values: list[Any], *, variables: bool) -> Condition:
    quantifier, _, rest = name.rpartition(":")
    base = _base(rest.removesuffix("IfExists"))
    if quantifier not in ("", _ANY, _ALL) or base is None:
        raise PolicyError(f"Invalid Condition type : {name}")
    said = [str(value).lower() if isinstance(value, bool) else str(value) for value in values]
    key = key.lower()
    if base == "Null":
        wanted = [value.lower() == "true" for value in said]
        return lambda keys: _absent(keys.get(key)) in wanted
    negated = base not in (rest, rest.removesuffix("IfExists"))
    try:
        tests = [_OPERATORS[base](value, variables) for value in said]
    except ValueError:
        raise PolicyError(f"Invalid value for {name}: {', '.join(said)}") from None
    missing = quantifier == _ALL or rest.endswith("IfExists") or (negated and quantifier != _ANY)
    each = any if quantifier == _ANY else all if quantifier == _ALL or negated else any

    def holds(keys: Keys) -> bool:
        actual = keys.get(key)
        if actual is None or _absent(actual):
            return missing
        texts = (actual,) if isinstance(actual, str) else actual
        return each(any(test(text, keys) for test in tests) != negated for text in texts)

    return holds


def _absent(value: Value) -> bool:
    return value is None or (not isinstance(value, str) and not value)


def _base(name: str) -> str | None:
    """The operator without its ``Not``; None if there is none such."""
    if name in _OPERATORS or name == "Null":
        return name
    positive = name.replace("Not", "", 1)
    return positive if positive != name and positive in _NEGATABLE else None


def _comparison(read: Callable[[str], float], holds: Callable[[float, float], bool]) -> _Build:
    def build(said: str, _variables: bool) -> Matcher:
        value = read(said)
        return lambda actual, _keys: _compared(actual, value)

    def _compared(actual: str, value: float) -> bool:
        try:
            return holds(read(actual), value)
        except ValueError:
            return False

    return build


def _network(said: str, _variables: bool) -> Matcher:
    network = ip_network(said, strict=False)

    def contains(actual: str, _keys: Keys) -> bool:
        try:
            address = ip_address(actual)
        except ValueError:
            return False
        return address.version == network.version and address in network

    return contains


def _seconds(text: str) -> float:
    """A date of ISO 8601, or seconds since the epoch."""
    if re.fullmatch(r"[0-9]{5,}", text):
        return float(text)
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


_ORDERS: Mapping[str, Callable[[float, float], bool]] = {
    "Equals": compare.eq,
    "LessThan": compare.lt,
    "LessThanEquals": compare.le,
    "GreaterThan": compare.gt,
    "GreaterThanEquals": compare.ge,
}
_OPERATORS: dict[str, _Build] = {
    "StringEquals": lambda said, variables: equal_matcher(said, variables=variables),
    "StringEqualsIgnoreCase": lambda said, variables: equal_matcher(said, variables=variables, folded=True),
    "StringLike": lambda said, variables: matcher(said, variables=variables),
    "ArnEquals": lambda said, variables: arn_matcher(said, variables=variables),
    "ArnLike": lambda said, variables: arn_matcher(said, variables=variables),
    "Bool": lambda said, variables: equal_matcher(said, variables=variables, folded=True),
    "BinaryEquals": lambda said, _: equal_matcher(said, variables=False),
    "IpAddress": _network,
    **{f"Numeric{name}": _comparison(float, holds) for name, holds in _ORDERS.items()},
    **{f"Date{name}": _comparison(_seconds, holds) for name, holds in _ORDERS.items()},
}
_NEGATABLE = {
    *("StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "IpAddress"),
    *("NumericEquals", "DateEquals"),
}
