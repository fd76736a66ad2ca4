"""Reading a request by its shape: types, then every constraint, all violations in one message in AWS's words.

AWS Cloud Map reports shape violations as ``InvalidInput`` with the text
``<n> validation error(s) detected: Value '…' at 'path' failed to satisfy constraint: …``. A value of the wrong JSON
type is a ``SerializationException`` instead: such a body can't be read at all. What comes out holds the model's members
only, in the model's order, nulls left out; CloudTrail writes request parameters in that order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from emulator.model import Shape, compile_shapes, lower_first

__all__ = ["Read", "UnreadableError", "Violation", "reader", "violations_message"]


class Violation(NamedTuple):
    """A value that breaks a constraint of its shape, and where it stands."""

    value: Any
    path: str
    rule: str

    def __str__(self) -> str:
        shown = "null" if self.value is None else f"'{_echo(self.value)}'"
        return f"Value {shown} at '{self.path}' failed to satisfy constraint: {self.rule}"


Read = Callable[[Any, str, list[Violation]], Any]
"""``read(value, path, violations)``: the value as its shape has it; what breaks a constraint is added to the list."""

_NOT_NULL = "Member must not be null"
_HIDDEN = "***"
# Python has no such classes. Where AWS's patterns allow letters and numbers, they allow the underscore, too.
_CATEGORIES = {
    r"\p{L}": r"\w",
    r"\p{N}": r"\w",
    r"\p{Z}": r" \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
}
_TRIED = 4096
_INTEGER_BITS = {"integer": 31, "long": 63}
_JSON_NAMES: dict[type, str] = {str: "STRING_VALUE", bool: "BOOLEAN_VALUE", int: "NUMBER_VALUE", float: "NUMBER_VALUE"}
_JAVA_NAMES = {"string": "String", "integer": "Integer", "long": "Long", "boolean": "Boolean", "double": "Double"}


class UnreadableError(Exception):
    """The body is not what the shape says: AWS answers ``SerializationException`` and records nothing."""


def violations_message(violations: Sequence[Violation]) -> str:
    """All violations as AWS words them: ``2 validation errors detected: …; …``."""
    plural = "error" if len(violations) == 1 else "errors"
    return f"{len(violations)} validation {plural} detected: {'; '.join(map(str, violations))}"


def _echo(value: Any) -> str:
    """A value the way Java prints it; AWS shows every character outside ASCII as a question mark."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_echo(key)}={_echo(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_echo, value)) + "]"
    if value is None:
        return "null"
    return str(value).encode("ascii", "replace").decode()


def _wrong_type(value: Any, wanted: str) -> UnreadableError:
    if isinstance(value, dict | list):
        return UnreadableError("Start of structure or map found where not expected.")
    found, name = _JSON_NAMES.get(type(value), "VALUE"), _JAVA_NAMES.get(wanted, wanted)
    return UnreadableError(f"{found} cannot be converted to {name}")


def _build(shape: Shape, recurse: Callable[[Shape], Read]) -> Read:
    if shape.type not in _KINDS:
        raise NotImplementedError(f"shape {shape.name} is a {shape.type}, which no request of these services has")
    return _KINDS[shape.type](shape, recurse)


def _structure(shape: Shape, recurse: Callable[[Shape], Read]) -> Read:
    members = [
        (member.name, lower_first(member.name), recurse(member.shape), member.name in shape.required)
        for member in shape.members
    ]

    def read(value: Any, path: str, violations: list[Violation]) -> dict[str, Any]:
        if type(value) is not dict:
            raise UnreadableError("Unexpected field type")
        prefix = path + "." if path else ""
        found = {}
        for name, lower, read_member, required in members:
            item = value.get(name)
            if item is not None:
                found[name] = read_member(item, prefix + lower, violations)
            elif required:
                violations.append(Violation(None, prefix + lower, _NOT_NULL))
        return found

    return read


def _list(shape: Shape, recurse: Callable[[Shape], Read]) -> Read:
    assert shape.item is not None
    item = shape.item
    low, high = _bounds(shape)
    constraints = f"Member must satisfy constraint: [{', '.join(_constraints(item))}]"
    simple = _test_of_all(item) if item.type == "string" else None
    read_item = recurse(item)

    def read(value: Any, path: str, violations: list[Violation]) -> list[Any]:
        if type(value) is not list:
            raise UnreadableError("Unexpected field type") if isinstance(value, dict) else _wrong_type(value, "List")
        if not low <= len(value) <= high:
            violations.extend(Violation(value, path, rule) for rule in _length_rules(len(value), shape))
        if simple is not None:
            if not simple(value):
                violations.append(Violation(value, path, constraints))
            return value
        return [read_item(each, f"{path}.{number}.member", violations) for number, each in enumerate(value, 1)]

    return read


def _map(shape: Shape) -> Read:
    assert shape.key is not None
    assert shape.item is not None
    if (shape.key.type, shape.item.type) != ("string", "string"):
        raise NotImplementedError(f"map {shape.name} is not one of strings")
    good_keys, good_values = _test_of_all(shape.key), _test_of_all(shape.item)
    low, high = _bounds(shape)
    key_rule = f"Map keys must satisfy constraint: [{', '.join(_constraints(shape.key))}]"
    value_rule = f"Map value must satisfy constraint: [{', '.join(_constraints(shape.item))}]"

    def read(value: Any, path: str, violations: list[Violation]) -> dict[str, Any]:
        if type(value) is not dict:
            raise UnreadableError("Unexpected field type")
        if not low <= len(value) <= high:
            violations.extend(Violation(value, path, rule) for rule in _length_rules(len(value), shape))
        if not good_keys(value):
            violations.append(Violation(value, path, key_rule))
        if not good_values(value.values()):
            violations.append(Violation(value, path, value_rule))
        return value

    return read


def _string(shape: Shape) -> Read:
    good = _simple_test(shape)

    def read(value: Any, path: str, violations: list[Violation]) -> str:
        if not good(value):
            shown = _HIDDEN if shape.sensitive else value
            violations.extend(Violation(shown, path, rule) for rule in _broken_rules(value, shape))
        return value  # type: ignore[no-any-return]

    return read


def _integer(shape: Shape) -> Read:
    low, high = _bounds(shape)
    limit = 1 << _INTEGER_BITS[shape.type]

    def read(value: Any, path: str, violations: list[Violation]) -> int:
        if type(value) is not int or not -limit <= value < limit:
            raise _wrong_type(value, shape.type)
        if value > high:
            rule = f"Member must have value less than or equal to {shape.maximum}"
            violations.append(Violation(value, path, rule))
        elif value < low:
            rule = f"Member must have value greater than or equal to {shape.minimum}"
            violations.append(Violation(value, path, rule))
        return value

    return read


def _timestamp(value: Any, _path: str, _violations: list[Violation]) -> int:
    """Epoch seconds, whole or not, as milliseconds."""
    if type(value) not in (int, float) or not abs(value) < 1e12:
        raise _wrong_type(value, "Timestamp")
    return round(float(value) * 1000)


def _boolean(value: Any, _path: str, _violations: list[Violation]) -> bool:
    if type(value) is not bool:
        raise _wrong_type(value, "boolean")
    return value


def _simple_test(shape: Shape) -> Callable[[Any], bool]:
    """A test of one string against all its constraints at once."""
    (low, high), allowed = _bounds(shape), frozenset(shape.enum)
    matches = _pattern(shape.pattern).fullmatch if shape.pattern else None

    def good(value: Any) -> bool:
        if type(value) is not str:
            if value is None:
                return False
            raise _wrong_type(value, "string")
        return (
            low <= len(value) <= high
            and (matches is None or matches(value) is not None)
            and (not allowed or value in allowed)
        )

    return good


def _test_of_all(shape: Shape) -> Callable[[Collection[Any]], bool]:
    """A test of many strings: length and pattern in one expression, so that none costs a step of Python."""
    each = _simple_test(shape)
    if shape.enum:
        return lambda values: all(map(each, values))
    length = f"{shape.minimum or 0},{'' if shape.maximum is None else shape.maximum}"
    pattern = shape.pattern or r"[\s\S]*"
    matches = _pattern(f"(?=[\\s\\S]{{{length}}}\\Z)(?:{pattern})").fullmatch

    def good(values: Collection[Any]) -> bool:
        try:
            return all(map(matches, values))
        except TypeError:  # not all of them are strings
            return all(map(each, values))

    return good


def _broken_rules(value: str, shape: Shape) -> list[str]:
    rules = _length_rules(len(value), shape)
    if shape.enum and value not in shape.enum:
        rules.append(_enum_rule(shape))
    # A pattern is not tried on a text of any length: that is what the length limit is for.
    if shape.pattern and not _pattern(shape.pattern).fullmatch(value[:_TRIED]):
        rules.append(_pattern_rule(shape))
    return rules


def _constraints(shape: Shape) -> list[str]:
    """Every constraint of a string shape, as listed for members of maps and lists."""
    rules = []
    if shape.maximum is not None:
        rules.append(_max_rule(shape))
        rules.append(f"Member must have length greater than or equal to {shape.minimum or 0}")
    if shape.enum:
        rules.append(_enum_rule(shape))
    if shape.pattern:
        rules.append(_pattern_rule(shape))
    return [*rules, _NOT_NULL]


def _length_rules(length: int, shape: Shape) -> list[str]:
    if shape.maximum is not None and length > shape.maximum:
        return [_max_rule(shape)]
    if shape.minimum is not None and length < shape.minimum:
        return [f"Member must have length greater than or equal to {shape.minimum}"]
    return []


def _max_rule(shape: Shape) -> str:
    return f"Member must have length less than or equal to {shape.maximum}"


def _enum_rule(shape: Shape) -> str:
    return f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"


def _pattern(java: str) -> re.Pattern[str]:
    """A pattern of the model, compiled; `re` remembers those it has compiled."""
    for category, members in _CATEGORIES.items():
        java = java.replace(category, members)
    return re.compile(java)


def _pattern_rule(shape: Shape) -> str:
    return f"Member must satisfy regular expression pattern: {shape.pattern}"


def _bounds(shape: Shape) -> tuple[float, float]:
    low = float("-inf") if shape.minimum is None else shape.minimum
    high = float("inf") if shape.maximum is None else shape.maximum
    return low, high


_KINDS: dict[str, Callable[[Shape, Callable[[Shape], Read]], Read]] = {
    "structure": _structure,
    "list": _list,
    "map": lambda shape, _: _map(shape),
    "string": lambda shape, _: _string(shape),
    "integer": lambda shape, _: _integer(shape),
    "long": lambda shape, _: _integer(shape),
    "timestamp": lambda _, __: _timestamp,
    "boolean": lambda _, __: _boolean,
}
reader = compile_shapes(_build)
"""The reader of a shape, compiled once."""
