"""JSON for people: pretty text in pieces that can be coloured."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["lines", "pretty"]

_DEEPEST = 9
_PIECE = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*")(?=:)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<word>\b(?:true|false|null)\b|-?\d[\d.eE+-]*)'
)


def pretty(value: Any) -> str:
    """A value as JSON of two blanks a level."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def lines(value: Any) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """The lines of a value's text: how deep each is, and its pieces."""
    for line in pretty(value).split("\n"):
        yield min(_DEEPEST, (len(line) - len(line.lstrip(" "))) // 2), list(_pieces(line))


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """A line in pieces: what each is (``key``, ``text``, ``word`` or nothing), and its text."""
    at = 0
    for found in _PIECE.finditer(text):
        if found.start() > at:
            yield "", text[at : found.start()]
        yield found.lastgroup or "", found.group()
        at = found.end()
    yield "", text[at:]
