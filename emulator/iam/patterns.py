"""Texts of policies as regular expressions: ``*`` and ``?``, the parts of ARNs, variables.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Protocol

__all__ = ["Keys", "Matcher", "Value", "arn_matcher", "equal_matcher", "like", "matcher"]

Value = str | Sequence[str] | None
"""What a condition key stands for in a request: one text, several, or nothing."""

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_DEFAULTED = re.compile(r"\s*([^,\s]+)\s*(?:,\s*'([^']*)'\s*)?").fullmatch
_WILD = {"*": ".*", "?": "."}
_WILD_IN_PART = {"*": "[^:]*", "?": "[^:]"}
_COLONS = 5


class Keys(Protocol):
    """The condition keys of a request, by lower-case name; a mapping is one."""

    def get(self, key: str, /) -> Value:
        """The value of a key, or None."""


Matcher = Callable[[str, Keys], bool]
"""``matches(text, keys)``: whether a text of the request is what the policy says, its variables filled in."""

_Translate = Callable[[str], str]


def like(pattern: str, text: str) -> bool:
    """Whether a text is what a pattern without variables says."""
    return _compiled(_translated(pattern)).fullmatch(text) is not None


def matcher(pattern: str, *, variables: bool) -> Matcher:
    """Matches with ``*`` and ``?`` anywhere."""
    if pattern == "*":
        return lambda _text, _keys: True
    return _matcher(pattern, _translated, 0, variables=variables)


def equal_matcher(text: str, *, variables: bool, folded: bool = False) -> Matcher:
    """Matches the text as it is; ``folded`` whatever the case of its letters."""
    return _matcher(text, re.escape, re.IGNORECASE if folded else 0, variables=variables)


def arn_matcher(pattern: str, *, variables: bool) -> Matcher:
    """Matches ARNs: each of the six parts by itself."""
    return _matcher(pattern, _translated_arn, 0, variables=variables)


def _matcher(text: str, translate: _Translate, flags: int, *, variables: bool) -> Matcher:
    if not variables or "${" not in text:
        fullmatch = _compiled(translate(text), flags).fullmatch
        return lambda actual, _keys: fullmatch(actual) is not None

    def matches(actual: str, keys: Keys) -> bool:
        filled = _filled(text, keys, translate)
        return filled is not None and _compiled(filled, flags).fullmatch(actual) is not None

    return matches


def _filled(text: str, keys: Keys, translate: _Translate) -> str | None:
    """The regular expression with the values of the variables; None if one of them has no value.

    The marks that stand for what the variables are worth go through the translation unchanged.
    """
    values: list[str] = []
    for variable in _VARIABLE.findall(text):
        value = _value(variable, keys)
        if value is None:
            return None
        values.append(re.escape(value))
    translated = translate(_VARIABLE.sub("\0", text)).split(re.escape("\0"))
    return "".join(part for pair in zip(translated, [*values, ""], strict=True) for part in pair)


def _value(variable: str, keys: Keys) -> str | None:
    if variable in ("*", "?", "$"):
        return variable
    said = _DEFAULTED(variable)
    if said is None:
        return None
    found = keys.get(said[1].lower())
    return found if isinstance(found, str) else said[2]


def _translated(pattern: str) -> str:
    return "".join(_WILD.get(letter) or re.escape(letter) for letter in pattern)


def _translated_arn(pattern: str) -> str:
    parts = pattern.split(":", _COLONS)
    head = ("".join(_WILD_IN_PART.get(letter) or re.escape(letter) for letter in part) for part in parts[:_COLONS])
    return ":".join([*head, *map(_translated, parts[_COLONS:])])


@lru_cache(4096)
def _compiled(expression: str, flags: int = 0) -> re.Pattern[str]:
    return re.compile(expression, re.DOTALL | flags)
