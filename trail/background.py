"""What happens behind the calls: one thread with chores, each done every so many seconds."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Background", "Chore"]

logger = logging.getLogger(__name__)
_TICK = 1.0


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to do every so many seconds (real ones, whatever the product's clock says)."""

    every: float
    run: Callable[[], object]


class Background:
    """A daemon thread that does chores in turn.

    A chore that fails is done again when it is due; it is logged once as long as it fails alike.
    """

    def __init__(self, chores: Iterable[Chore], *, name: str = "maptrail-background") -> None:
        self._chores = list(chores)
        self._failures: dict[int, str] = {}
        self._turn = threading.RLock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin; the first round comes after the shortest interval."""
        self._thread.start()

    def stop(self) -> None:
        """Let the chore at hand end, and do no more. What is due then is the caller's to do."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def paused(self) -> threading.RLock:
        """A lock to hold while what the chores work on is cleared or replaced: none is under way meanwhile."""
        return self._turn

    def _run(self) -> None:
        tick = min([_TICK, *(chore.every for chore in self._chores)])
        waited = [0.0] * len(self._chores)
        while not self._stopping.wait(tick):
            for number, chore in enumerate(self._chores):
                waited[number] += tick
                if waited[number] + tick / 2 > chore.every and not self._stopping.is_set():
                    waited[number] = 0.0
                    with self._turn:
                        self._do(number, chore)

    def _do(self, number: int, chore: Chore) -> None:
        try:
            chore.run()
        except Exception as error:
            if self._failures.get(number) != repr(error):
                self._failures[number] = repr(error)
                logger.exception("A chore failed, and is tried again: %s", chore.run)
        else:
            if self._failures.pop(number, None) is not None:
                logger.info("A chore that had failed is done: %s", chore.run)
