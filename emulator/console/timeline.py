"""The timeline: calls over time, a lane for each caller, refused calls apart; drawn on the server as SVG."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from emulator.console.rows import parsed, who
from emulator.console.view import RefusedError
from trail.feed import Filter, read
from trail.times import DAY, HOUR, MINUTE, SECOND, iso

if TYPE_CHECKING:
    from emulator.console.view import View

__all__ = ["SPANS", "timeline"]

SPANS = {"5m": 5 * MINUTE, "1h": HOUR, "24h": DAY, "7d": 7 * DAY, "90d": 90 * DAY}
"""The spans of time to look at, by the word for each."""

_BARS = 60
_LANES = 12
_EXAMINED = 10_000
_OTHERS = "everybody else"

# The drawing, in units of the SVG.
_LEFT, _WIDTH, _TOP = 160, 1050, 8
_LANE, _HEIGHT, _GAP, _AXIS = 56, 38, 2, 26


@dataclass(slots=True)
class _Lane:
    """A caller's calls: answered and refused ones for each bar."""

    name: str
    answered: list[int] = field(default_factory=lambda: [0] * _BARS)
    refused: list[int] = field(default_factory=lambda: [0] * _BARS)
    errors: dict[str, int] = field(default_factory=dict)

    @property
    def calls(self) -> int:
        return sum(self.answered) + sum(self.refused)

    def add(self, bar: int, error: str | None) -> None:
        if error is None:
            self.answered[bar] += 1
        else:
            self.refused[bar] += 1
            self.errors[error] = self.errors.get(error, 0) + 1

    def take(self, other: _Lane) -> None:
        self.answered = [mine + its for mine, its in zip(self.answered, other.answered, strict=True)]
        self.refused = [mine + its for mine, its in zip(self.refused, other.refused, strict=True)]
        for error, count in other.errors.items():
            self.errors[error] = self.errors.get(error, 0) + count


def timeline(view: View) -> dict[str, Any]:
    """The lanes of a span of time that ends now, their drawing, and the same in numbers."""
    word = view.text("span") or "1h"
    if word not in SPANS:
        raise RefusedError(f"span is {word!r}: it takes {', '.join(SPANS)}.")
    until = view.machine.clock.now()
    since = until - SPANS[word]
    lanes, examined = _read(view, since, until)
    return {
        "span": word,
        "spans": list(SPANS),
        "since": iso(since),
        "until": iso(until),
        "bar_seconds": SPANS[word] // _BARS / SECOND,
        "examined": examined,
        "truncated": examined >= _EXAMINED,
        "callers": [
            {
                "name": lane.name,
                "is_one": lane.name != _OTHERS,
                "calls": lane.calls,
                "answered": lane.answered,
                "refused": lane.refused,
                "errors": dict(sorted(lane.errors.items(), key=lambda each: -each[1])),
            }
            for lane in lanes
        ],
        "drawing": _drawing(lanes, since, SPANS[word]),
    }


def _read(view: View, since: int, until: int) -> tuple[list[_Lane], int]:
    """The lanes of the latest calls, the busiest first, and how many calls were looked at."""
    selection, machine = view.selection, view.machine
    wanted = Filter(account=selection.account, region=selection.region, since=since, until=until)
    lanes: dict[str, _Lane] = {}
    before, examined = None, 0
    machine.finish()
    with machine.database.reading() as connection:
        while examined < _EXAMINED:
            page = read(connection, wanted, after=before, limit=_EXAMINED - examined, newest=True)
            for record in page.records:
                _count(lanes, parsed(record), since, until)
            before, examined = page.cursor, examined + len(page.records)
            if not page.more or not page.records:
                break
    busiest = sorted(lanes.values(), key=lambda lane: (-lane.calls, lane.name))
    if len(busiest) > _LANES:
        rest = _Lane(_OTHERS)
        for lane in busiest[_LANES - 1 :]:
            rest.take(lane)
        busiest[_LANES - 1 :] = [rest]
    return busiest, examined


def _count(lanes: dict[str, _Lane], record: dict[str, Any], since: int, until: int) -> None:
    name = who(record)
    at = _milliseconds(record["eventTime"])
    bar = max(0, min(_BARS - 1, (at - since) * _BARS // (until - since)))
    lanes.setdefault(name, _Lane(name)).add(bar, record.get("errorCode"))


def _milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def _drawing(lanes: list[_Lane], since: int, span: int) -> dict[str, Any]:
    """What the SVG is made of: bars and ticks with their places, in units of the view box."""
    most = max((a + r for lane in lanes for a, r in zip(lane.answered, lane.refused, strict=True)), default=1) or 1
    height = _TOP + _LANE * len(lanes) + _AXIS
    return {
        "width": _LEFT + _WIDTH + 10,
        "height": height,
        "left": _LEFT,
        "right": _LEFT + _WIDTH,
        "most": most,
        "lanes": [_lane(lane, number, most, since, span) for number, lane in enumerate(lanes)],
        "ticks": [_tick(since, span, number) for number in range(7)],
        "axis": height - _AXIS,
    }


def _lane(lane: _Lane, number: int, most: int, since: int, span: int) -> dict[str, Any]:
    base = _TOP + _LANE * number + _HEIGHT + 10
    wide = _WIDTH / _BARS
    bars = []
    for bar, (answered, refused) in enumerate(zip(lane.answered, lane.refused, strict=True)):
        if answered + refused:
            tall = max(3.0, _HEIGHT * (answered + refused) / most)
            red = tall * refused / (answered + refused)
            at, to = since + span * bar // _BARS, since + span * (bar + 1) // _BARS
            bars.append(
                {
                    "x": round(_LEFT + bar * wide, 2),
                    "width": round(wide - _GAP, 2),
                    "answered": {"y": round(base - tall + red, 2), "height": round(tall - red, 2), "count": answered},
                    "refused": {"y": round(base - tall, 2), "height": round(red, 2), "count": refused},
                    "since": iso(at),
                    "until": iso(to),
                }
            )
    return {"name": lane.name, "calls": lane.calls, "base": base, "bars": bars, "is_one": lane.name != _OTHERS}


def _tick(since: int, span: int, number: int) -> dict[str, Any]:
    text = iso(since + span * number // 6)
    shown = text[11:19] if span < HOUR else text[11:16] if span <= DAY else text[5:10]
    return {
        "x": _LEFT + _WIDTH * number / 6,
        "text": shown,
        "anchor": ("start", "middle", "end")[(number > 0) + (number == 6)],
    }
