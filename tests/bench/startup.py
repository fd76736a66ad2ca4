"""From the spawning of a process to its first successful answer; and what it weighs in memory."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

from tests.bench.room import Room
from tests.bench.servers import Product, Server

if TYPE_CHECKING:
    from collections.abc import Sequence

INSTANCES = 5000
#: After its start a server is given this long to come to rest.
_REST = 1.0


def starts(products: Sequence[Product], times: int) -> dict[str, list[float]]:
    """Seconds to the first answer, the servers in turns; an unmeasured start of each comes first."""
    found: dict[str, list[float]] = {product.name: [] for product in products}
    for turn in range(times + 1):
        for product in products:
            with Server(product) as server:
                if turn:
                    found[product.name].append(server.start_seconds)
    return found


def median_starts(products: Sequence[Product], times: int) -> dict[str, float]:
    """The median of :func:`starts`."""
    return {name: round(statistics.median(each), 3) for name, each in starts(products, times).items()}


def memory(product: Product) -> dict[str, float]:
    """PSS in MB of a fresh server, idle and with instances."""
    with Server(product) as server:
        time.sleep(_REST)
        idle = server.memory()
        room = Room(server)
        room.register(room.service(room.namespace())["Id"], INSTANCES)
        time.sleep(_REST)
        server.settle()
        return {"idle": round(idle, 1), "instances": round(server.memory(), 1)}
