"""The tables of a run, and its JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tests.bench.targets import TIMES, Loads, Row, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_HEADINGS = ("subject", "conns", "req/s", "µs/call", "p50 µs", "p99 µs", "CPU µs", "client", "× MiniStack", "× moto")
_BUSY = 0.9


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as they must be; the first is aligned left, the others right."""
    lines = [list(headings), *(list(row) for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(headings))]

    def write(line: Sequence[str]) -> str:
        first = line[0].ljust(widths[0])
        return "  ".join([first, *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))])

    return "\n".join(
        [write(lines[0]), "  ".join("-" * width for width in widths), *(write(line) for line in lines[1:])]
    )


def load_table(rows: list[Row]) -> str:
    """One line a workload, subject and number of connections."""
    loads = Loads(rows)
    return table(("workload", *_HEADINGS), [_load_line(loads, row) for row in rows])


def _load_line(loads: Loads, row: Row) -> list[str]:
    name = [row["workload"], row["subject"], str(row["connections"])]
    if row["failures"] or not row["samples"]:
        return [*name, "failed", *[""] * (len(_HEADINGS) - 3)]
    ratios = [loads.ratio(row["workload"], row["subject"], peer, row["connections"]) for peer in TIMES]
    busy = row["client_busy"]
    return [
        *name,
        f"{row['rate']:,.0f}",
        f"{1e6 / row['rate']:,.0f}",
        f"{row['p50_us']:,.0f}",
        f"{row['p99_us']:,.0f}",
        f"{row['server_cpu_us']:,.0f}",
        f"{busy:.0%}{'!' if busy > _BUSY else ''}",
        *(f"{ratio:.1f}" if ratio else "" for ratio in ratios),
    ]


def failures(rows: list[Row]) -> str:
    """What went wrong, a line each."""
    return "\n".join(
        f"{row['workload']} on {row['subject']} at {row['connections']}: {row['failures']} failed:"
        f" {row['first_failure']}"
        for row in rows
        if row["failures"]
    )


def verdict_table(verdicts: Sequence[Verdict]) -> str:
    """One line a target."""
    rows = [
        [each.target, f"{each.value:.2f}", f"{'≥' if each.at_least else '≤'} {each.limit:g}", _word(each), each.detail]
        for each in verdicts
    ]
    return table(("target", "measured", "wanted", "", "detail"), rows)


def _word(verdict: Verdict) -> str:
    return "met" if verdict.met else "NOT MET"


def write(path: Path, result: dict[str, Any], verdicts: Sequence[Verdict]) -> None:
    """The whole run as JSON."""
    result = {**result, "targets": [{**asdict(each), "met": each.met} for each in verdicts]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n")
