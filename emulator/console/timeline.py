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

# The drawing of a lane: a bar is one unit wide, so that it can be as wide as the window has room.
_HEIGHT, _LEAST, _TICKS = 44, 3.0, 6


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
    """What the drawings of the lanes are made of: bars with their places, and the times below them."""
    most = max((a + r for lane in lanes for a, r in zip(lane.answered, lane.refused, strict=True)), default=1) or 1
    return {
        "bars": _BARS,
        "height": _HEIGHT,
        "most": most,
        "lanes": [_bars(lane, most, since, span) for lane in lanes],
        "ticks": [_tick(since, span, number) for number in range(_TICKS + 1)],
        "grid": [_BARS * number // _TICKS for number in range(_TICKS + 1)],
    }


def _bars(lane: _Lane, most: int, since: int, span: int) -> list[dict[str, Any]]:
    """The bars of a lane, refused calls above answered ones."""
    bars = []
    for bar, (answered, refused) in enumerate(zip(lane.answered, lane.refused, strict=True)):
        if answered + refused:
            tall = max(_LEAST, _HEIGHT * (answered + refused) / most)
            above = tall * refused / (answered + refused)
            at, to = since + span * bar // _BARS, since + span * (bar + 1) // _BARS
            bars.append(
                {
                    "x": bar,
                    "answered": {
                        "y": _round(_HEIGHT - tall + above),
                        "height": _round(tall - above),
                        "count": answered,
                    },
                    "refused": {"y": _round(_HEIGHT - tall), "height": _round(above), "count": refused},
                    "since": iso(at),
                    "until": iso(to - 1),
                }
            )
    return bars


def _round(units: float) -> float:
    return round(units, 2)


def _tick(since: int, span: int, number: int) -> str:
    text = iso(since + span * number // _TICKS)
    return text[11:19] if span < HOUR else text[11:16] if span <= DAY else text[5:10]
