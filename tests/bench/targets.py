"""The targets of the project, and whether a run met them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Row = dict[str, Any]
LARGE = "DiscoverInstances/1000"
SUSTAINED = "RegisterInstance/sustained"
#: How many times as fast as each peer: everything else, and discovery of 1,000 instances.
TIMES = {"ministack": (3.0, 8.0), "moto": (12.0, 16.0)}
_P99_SHARE = 3.0


@dataclass(frozen=True)
class Verdict:
    """One target: what was measured, what was wanted."""

    target: str
    value: float
    limit: float
    at_least: bool
    detail: str = ""

    @property
    def met(self) -> bool:
        """Whether the value is on the right side of the limit."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit


class Loads:
    """The rows of the load part, looked up by workload, subject and connections."""

    def __init__(self, rows: list[Row]) -> None:
        self._rows = {(row["workload"], row["subject"], row["connections"]): row for row in rows}

    def value(self, workload: str, subject: str, connections: int, column: str = "rate") -> float | None:
        """A number of a row without failures."""
        row = self._rows.get((workload, subject, connections))
        return float(row[column]) if row and not row["failures"] and row["samples"] else None

    def ratio(self, workload: str, subject: str, other: str, connections: int) -> float | None:
        """How many times the rate of *other* the subject's is."""
        one, two = (self.value(workload, each, connections) for each in (subject, other))
        return one / two if one and two else None

    def keys(self, subject: str) -> list[tuple[str, int]]:
        """Workloads and connections measured for a subject."""
        return [(workload, connections) for workload, name, connections in self._rows if name == subject]


def judge(result: dict[str, Any]) -> list[Verdict]:
    """Every target for which the run has numbers."""
    loads = Loads(result.get("load", []))
    verdicts: list[Verdict] = []
    for subject in ("maptrail", "maptrail+cbor"):
        verdicts.extend(_against_peers(loads, subject))
        verdicts.extend(_tail(loads, subject))
    verdicts.extend(_single(loads))
    verdicts.extend(_weights(result))
    return verdicts


def _against_peers(loads: Loads, subject: str) -> Iterator[Verdict]:
    for peer, (small, large) in TIMES.items():
        ratios = {key: loads.ratio(key[0], subject, peer, key[1]) for key in loads.keys(subject) if key[1] in (8, 32)}
        known = {key: ratio for key, ratio in ratios.items() if ratio}
        for label, limit, of_large in (("every other operation", small, False), (LARGE, large, True)):
            chosen = {key: ratio for key, ratio in known.items() if (key[0] == LARGE) is of_large}
            if chosen:
                worst = min(chosen, key=lambda key: chosen[key])
                below = sorted(f"{name}@{at}" for (name, at), ratio in chosen.items() if ratio < limit)
                detail = f"least: {worst[0]}@{worst[1]}" + (f"; below: {', '.join(below)}" if below else "")
                yield Verdict(f"{subject}: {label}, times {peer}", chosen[worst], limit, True, detail)


def _tail(loads: Loads, subject: str) -> Iterator[Verdict]:
    shares: dict[str, float] = {}
    for workload, connections in loads.keys(subject):
        p50, p99 = (loads.value(workload, subject, connections, column) for column in ("p50_us", "p99_us"))
        if connections == 32 and p50 and p99:
            shares[workload] = p99 / p50
    if shares:
        worst = max(shares, key=lambda name: shares[name])
        yield Verdict(
            f"{subject}: p99 at 32 connections, times p50", shares[worst], _P99_SHARE, False, f"most: {worst}"
        )


def _single(loads: Loads) -> Iterator[Verdict]:
    own, peer = (loads.value("RegisterInstance", name, 1, "p50_us") for name in ("maptrail", "ministack"))
    if own and peer:
        detail = f"{own:.0f} µs, MiniStack {peer:.0f} µs"
        yield Verdict("RegisterInstance p50 at 1 connection, share of MiniStack's", own / peer, 1.0, False, detail)
    for workload in ("RegisterInstance", SUSTAINED):
        share = loads.ratio(workload, "maptrail", "flask", 8)
        if share:
            yield Verdict(f"{workload} at 8 connections, share of an empty Flask route", share, 0.5, True)


def _weights(result: dict[str, Any]) -> Iterator[Verdict]:
    for name, ratio in result.get("sdk", {}).items():
        yield Verdict(f"one boto3 client, {name}, share of a constant answer", ratio, 0.8, True)
    start = result.get("startup", {}).get("maptrail")
    if start is not None:
        yield Verdict("start to first answer, s", start, 0.5, False)
    weight = result.get("memory", {}).get("maptrail")
    if weight:
        yield Verdict("memory idle, MB", weight["idle"], 60, False)
        yield Verdict("memory with 5,000 instances, MB", weight["instances"], 80, False)
    for name, cost in result.get("growth", {}).items():
        yield Verdict(f"growth: {name}, cost beside 100 instances to cost beside many", cost["times"], 1.2, False)
