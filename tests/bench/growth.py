"""What a call costs when much else is stored, against what it costs when little is: two servers, in turns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.bench.load import Cell, Pace, Subject, one_slice
from tests.bench.room import Room
from tests.bench.servers import Product, Server
from tests.bench.wire import Protocol
from tests.bench.workloads import DISCOVER, GET, REGISTER, Workload

if TYPE_CHECKING:
    from collections.abc import Iterator

FEW = 100
_CONNECTIONS = 8
_A_SERVICE = 1000


@dataclass(frozen=True)
class Side:
    """One of the two servers."""

    subject: Subject
    elsewhere: int


def measure(product: Product, pace: Pace) -> Iterator[tuple[int, Cell]]:
    """For each workload: the instances elsewhere, and the cell."""
    with Server(product) as small, Server(product) as large:
        sides = [
            Side(Subject(small, Protocol.JSON), FEW),
            Side(Subject(large, Protocol.JSON), pace.growth_instances),
        ]
        _fill(sides[1])
        for workload in (GET, DISCOVER, REGISTER):
            yield from _compare(sides, workload, pace)


def _fill(side: Side) -> None:
    room = Room(side.subject.server)
    namespace = room.namespace("elsewhere")
    for number, start in enumerate(range(0, side.elsewhere, _A_SERVICE)):
        service = room.service(namespace, f"elsewhere-{number}")["Id"]
        room.register(service, min(_A_SERVICE, side.elsewhere - start))
    side.subject.server.settle()


def _compare(sides: list[Side], workload: Workload, pace: Pace) -> Iterator[tuple[int, Cell]]:
    cells = [Cell(workload.name, side.subject.name, _CONNECTIONS) for side in sides]
    for turn in range(pace.rounds + 2):
        for place in (0, 1) if turn % 2 else (1, 0):
            side = sides[place]
            if side.elsewhere == FEW:
                side.subject.server.reset()
                _fill(side)
            room = Room(side.subject.server, f"-{workload.operation.lower()}-{turn}")
            bodies = workload.build(room)
            result = one_slice(side.subject, workload, bodies, _CONNECTIONS, pace.seconds, pace.warm)
            cells[place].slices.append(result)
    yield from ((side.elsewhere, cell) for side, cell in zip(sides, cells, strict=True))
