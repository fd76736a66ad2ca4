"""The clock's page: what time it is here, and the orders that its form can give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.console.view import RefusedError
from emulator.recording import iso_date

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.console.view import View

__all__ = ["clock", "lasting", "order"]

_UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
_SIZES = {"d": 86400, "h": 3600, "min": 60, "s": 1}
_RUNNING = "SELECT count(*), min(completes) FROM operation WHERE running"
_CHANGING = "SELECT count(*), min(health_due) FROM instance WHERE health_due > ?"


def clock(view: View) -> dict[str, Any]:
    """The time, how it runs, and what waits for a later one."""
    machine = view.machine
    machine.finish()
    now, offset = machine.clock.now(), machine.clock.offset
    with machine.database.reading() as connection:
        operations, completes = connection.execute(_RUNNING).fetchone()
        health, due = connection.execute(_CHANGING, (now,)).fetchone()
    return {
        "now": iso_date(now),
        "frozen": machine.clock.frozen,
        "offset": offset / 1000,
        "moved": lasting(abs(offset) // 1000),
        "units": list(_UNITS),
        "pending": [
            {"what": what, "count": count, "next": iso_date(at)}
            for what, count, at in (
                ("operations that are running", operations, completes),
                ("changes of custom health", health, due),
            )
            if count
        ],
    }


def lasting(seconds: int) -> str | None:
    """A span of time in its two largest units, such as ``1 h 30 min``; None for less than a second."""
    said = []
    for unit, size in _SIZES.items():
        count, seconds = divmod(seconds, size)
        if count:
            said.append(f"{count:,} {unit}")
    return " ".join(said[:2]) or None


def order(form: Mapping[str, str]) -> dict[str, Any]:
    """What the form asks of the clock, in the words of the admin endpoint. Raises :class:`RefusedError`."""
    match form.get("do"):
        case "advance":
            return {"advance": _amount(form)}
        case "freeze":
            at = form.get("at", "").strip()
            return {"freeze": at or True}
        case "run":
            return {"reset": True}
        case other:
            raise RefusedError(f"do is {other!r}: it takes advance, freeze or run.")


def _amount(form: Mapping[str, str]) -> float:
    text, unit = form.get("amount", "").strip(), form.get("unit", "seconds")
    if unit not in _UNITS:
        raise RefusedError(f"unit is {unit!r}: it takes {', '.join(_UNITS)}.")
    try:
        return float(text) * _UNITS[unit]
    except ValueError:
        raise RefusedError(f"amount is {text!r}: it takes a number.") from None
