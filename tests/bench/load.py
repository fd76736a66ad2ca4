"""Load on all servers in turns: A B C, B C A, … so that what disturbs the machine disturbs them alike."""

from __future__ import annotations

import statistics
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.bench.client import ClosedLoop, Expect, Slice
from tests.bench.room import Room
from tests.bench.wire import Members, Protocol, endless, once, template
from tests.bench.workloads import REGISTER, Workload

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.bench.servers import Server


@dataclass(frozen=True)
class Pace:
    """How long and how often."""

    rounds: int
    seconds: float
    warm: float
    connections: tuple[int, ...]
    main_connections: tuple[int, ...]
    #: Long slices of RegisterInstance, in which background work (delivery of log files) has its share.
    sustained_seconds: float
    starts: int
    growth_instances: int


FULL = Pace(3, 0.25, 0.08, (8, 32), (1, 8, 32), 3.0, 5, 50_000)
QUICK = Pace(2, 0.1, 0.03, (8,), (8, 32), 1.5, 2, 10_000)


@dataclass(frozen=True)
class Subject:
    """A server, and the protocol it is spoken to in."""

    server: Server
    protocol: Protocol

    @property
    def name(self) -> str:
        """The server's name, with the protocol where there is a choice."""
        name = self.server.product.name
        return name if self.protocol is Protocol.JSON else f"{name}+{self.protocol.value}"

    def takes(self, workload: Workload) -> bool:
        """A reference server stands beside RegisterInstance only."""
        return not self.server.product.reference or workload.operation == REGISTER.operation


@dataclass
class Cell:
    """One workload on one subject at one number of connections: all its slices."""

    workload: str
    subject: str
    connections: int
    slices: list[Slice] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second, the median of the rounds."""
        return statistics.median(each.rate for each in self.slices)

    @property
    def failures(self) -> int:
        """Answers that were not what they should be."""
        return sum(each.failures for each in self.slices)

    def percentile(self, share: float) -> float:
        """Latency in microseconds, over the samples of all rounds."""
        samples = array("q")
        for each in self.slices:
            samples.extend(each.latencies)
        return sorted(samples)[min(len(samples) - 1, int(len(samples) * share))] / 1e3 if samples else float("nan")

    def summary(self) -> dict[str, Any]:
        """The numbers for the report."""
        calls, seconds = sum(each.calls for each in self.slices), sum(each.seconds for each in self.slices)
        return {
            "workload": self.workload,
            "subject": self.subject,
            "connections": self.connections,
            "rate": round(self.rate, 1),
            "rates": [round(each.rate, 1) for each in self.slices],
            "p50_us": round(self.percentile(0.50), 1),
            "p99_us": round(self.percentile(0.99), 1),
            "server_cpu_us": round(sum(each.server_cpu for each in self.slices) / calls * 1e6, 1) if calls else None,
            "client_busy": round(sum(each.client_cpu for each in self.slices) / seconds, 2) if seconds else None,
            "samples": calls,
            "failures": self.failures,
            "first_failure": next((each.first_failure for each in self.slices if each.failures), ""),
        }


def measure(subjects: Sequence[Subject], workloads: Sequence[Workload], pace: Pace) -> Iterator[Cell]:
    """Every workload at every number of connections, a finished cell at a time."""
    for workload in workloads:
        taking = [subject for subject in subjects if subject.takes(workload)]
        for connections in pace.main_connections if workload.main else pace.connections:
            yield from _group(taking, workload, connections, pace, pace.seconds)


def sustained(subjects: Sequence[Subject], pace: Pace) -> Iterator[Cell]:
    """RegisterInstance at 8 connections for seconds on end."""
    taking = [subject for subject in subjects if subject.takes(REGISTER)]
    for cell in _group(taking, REGISTER, 8, pace, pace.sustained_seconds):
        cell.workload = f"{REGISTER.name}/sustained"
        yield cell


def _group(
    subjects: Sequence[Subject], workload: Workload, connections: int, pace: Pace, seconds: float
) -> Iterator[Cell]:
    cells = [Cell(workload.name, subject.name, connections) for subject in subjects]
    built: dict[str, Sequence[Members]] = {}
    for turn in range(pace.rounds):
        for step in range(len(subjects)):
            place = (turn + step) % len(subjects)
            server = subjects[place].server
            if workload.grows or server.product.name not in built:
                built[server.product.name] = prepare(server, workload)
            bodies = built[server.product.name]
            cells[place].slices.append(one_slice(subjects[place], workload, bodies, connections, seconds, pace.warm))
    yield from cells


def prepare(server: Server, workload: Workload) -> Sequence[Members]:
    """Clear the server and set it up; what the requests will say."""
    server.reset()
    bodies = workload.build(Room(server))
    server.settle()
    return bodies


def one_slice(
    subject: Subject, workload: Workload, bodies: Sequence[Members], connections: int, seconds: float, warm: float
) -> Slice:
    """One server's turn."""
    server = subject.server
    expect = Expect() if server.product.reference else workload.expect
    templates = [template(subject.protocol, workload.operation, each, server.port) for each in bodies]
    requests = once(templates) if workload.finite else endless(templates)
    result = ClosedLoop(server.port, requests, expect).run(connections, seconds, warm, probe=server.meter())
    server.settle()
    return result
