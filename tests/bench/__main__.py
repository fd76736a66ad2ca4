"""Run the benchmarks: ``python -m tests.bench [--quick] [--parts …] [--subjects …] [--only …]``.

A part measures one kind of thing and adds its numbers to the result under its name; to add one, write a function that
takes the :class:`Run` and put it into :data:`PARTS`, with its targets in ``targets.py``.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench import growth, load, peers, process, report, sdk, startup
from tests.bench.client import BenchError
from tests.bench.load import FULL, QUICK, Pace, Subject
from tests.bench.servers import PRODUCTS, Product, Server
from tests.bench.targets import judge
from tests.bench.wire import Protocol
from tests.bench.workloads import WORKLOADS, Workload

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass
class Run:
    """What was asked for."""

    pace: Pace
    products: list[Product]
    workloads: list[Workload]

    @property
    def emulators(self) -> list[Product]:
        """The products that hold state; the others are there for reference."""
        return [product for product in self.products if not product.reference]

    @property
    def own(self) -> Product | None:
        """Maptrail, if it takes part."""
        return next((product for product in self.products if product.name == "maptrail"), None)


def _load(run: Run) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    with ExitStack() as stack:
        subjects: list[Subject] = []
        for product in run.products:
            server = stack.enter_context(Server(product))
            subjects.append(Subject(server, Protocol.JSON))
            if product is run.own:
                subjects.append(Subject(server, Protocol.CBOR))
        for cell in load.measure(subjects, run.workloads, run.pace):
            rows.append(cell.summary())
            _progress(f"{cell.workload} {cell.subject} {cell.connections}: {cell.rate:,.0f}/s")
        if any(workload.operation == "RegisterInstance" for workload in run.workloads):
            rows.extend(cell.summary() for cell in load.sustained(subjects, run.pace))
    return rows


def _startup(run: Run) -> dict[str, float]:
    return startup.median_starts(run.emulators, run.pace.starts)


def _memory(run: Run) -> dict[str, dict[str, float]]:
    return {product.name: startup.memory(product) for product in run.emulators}


def _growth(run: Run) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    if run.own:
        for elsewhere, cell in growth.measure(run.own, run.pace):
            found.setdefault(cell.workload, {})[str(elsewhere)] = round(1e6 / cell.rate, 1)
    for costs in found.values():
        few, many = costs.values()
        costs["times"] = round(many / few, 3)
    return found


def _sdk(run: Run) -> dict[str, float]:
    return sdk.measure(run.own, run.pace) if run.own else {}


PARTS: dict[str, Callable[[Run], Any]] = {
    "startup": _startup,
    "memory": _memory,
    "load": _load,
    "growth": _growth,
    "sdk": _sdk,
}


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Maptrail beside its peers.")
    parser.add_argument("--quick", action="store_true", help="a shorter run, for a first look")
    parser.add_argument("--parts", default=",".join(PARTS), help="which parts, of %(default)s")
    parser.add_argument("--subjects", default=",".join(PRODUCTS), help="which servers, of %(default)s")
    parser.add_argument("--only", default="", help="only workloads whose name holds one of these, comma-separated")
    parser.add_argument("--pin", action="store_true", help="servers on processor 0, the load on processor 1")
    parser.add_argument("--json", type=Path, default=peers.CACHE / "result.json", help="where the numbers go")
    return parser.parse_args(words)


def _chosen(asked: argparse.Namespace) -> Run:
    products = [PRODUCTS[name] for name in asked.subjects.split(",")]
    words = [word for word in asked.only.split(",") if word]
    workloads = [each for each in WORKLOADS if not words or any(word in each.name for word in words)]
    return Run(QUICK if asked.quick else FULL, products, workloads)


def _environment() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "load_average": process.load_average(),
        "peers": peers.versions(),
    }


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print the tables, write the JSON."""
    asked = _arguments(words)
    run = _chosen(asked)
    peers.cache()
    if {"moto", "ministack"} & {product.name for product in run.products}:
        peers.install()
    result: dict[str, Any] = {"environment": _environment(), "quick": asked.quick}
    began = time.perf_counter()
    try:
        for part in asked.parts.split(","):
            _progress(part)
            result[part] = PARTS[part](run)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    result["seconds"] = round(time.perf_counter() - began, 1)
    _show(result, asked.json)
    return 0


def _show(result: dict[str, Any], path: Path) -> None:
    verdicts = judge(result)
    _progress("")
    if "load" in result:
        print(report.load_table(result["load"]), report.failures(result["load"]), sep="\n")
    for part in ("startup", "memory", "growth", "sdk"):
        if result.get(part):
            print(f"{part}: " + "; ".join(f"{name} {value}" for name, value in result[part].items()))
    if verdicts:
        print(report.verdict_table(verdicts))
    report.write(path, result, verdicts)
    print(f"{result['seconds']} s; the numbers are in {path}")


if __name__ == "__main__":
    sys.exit(main())
