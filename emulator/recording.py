"""Requests and answers as CloudTrail writes them down.

Each member's name gets its first letter lower-cased and nothing else (``resourceARN``, ``tTL``), at every level of
structure; map keys are data and stay as sent. Members stand in the model's order; what the model calls sensitive is
left out.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from emulator.model import Shape, compile_shapes, lower_first

__all__ = ["Cased", "request_casing", "response_casing"]

Cased = Callable[[Any], Any]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def java_date(milliseconds: int) -> str:
    """A time as services on newer Java runtimes write it into their records: ``Jul 3, 2023, 11:42:38 AM``, UTC."""
    at = time.gmtime(milliseconds // 1000)
    hour = at.tm_hour % 12 or 12
    half = "AM" if at.tm_hour < 12 else "PM"
    month = _MONTHS[at.tm_mon - 1]
    return f"{month} {at.tm_mday}, {at.tm_year}, {hour}:{at.tm_min:02}:{at.tm_sec:02} {half}"


def iso_date(milliseconds: int) -> str:
    """A time as CloudTrail's own records have it in their parameters: the fraction dropped."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(milliseconds // 1000))


def _casing(timestamp: Cased) -> Callable[[Shape], Cased]:
    def build(shape: Shape, recurse: Callable[[Shape], Cased]) -> Cased:
        if shape.type == "timestamp":
            return timestamp
        if shape.type == "structure":
            shown = [member for member in shape.members if not member.shape.sensitive]
            members = [(m.name, lower_first(m.name), _plain_or(m.shape, recurse)) for m in shown]
            return _structure(members)
        if shape.type == "list" and shape.item is not None and shape.item.type in ("structure", "timestamp"):
            each = recurse(shape.item)
            return lambda values: [each(value) for value in values]
        return _same

    return compile_shapes(build)


request_casing = _casing(iso_date)
response_casing = _casing(java_date)


def _plain_or(shape: Shape, recurse: Callable[[Shape], Cased]) -> Cased | None:
    """None for members that are written as they are: nothing is called for them."""
    cased = recurse(shape)
    return None if cased is _same else cased


def _same(value: Any) -> Any:
    return value


def _structure(members: list[tuple[str, str, Cased | None]]) -> Cased:
    def cased(value: dict[str, Any]) -> dict[str, Any]:
        return {
            lower: (value[name] if each is None else each(value[name]))
            for name, lower, each in members
            if name in value
        }

    return cased
