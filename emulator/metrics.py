"""Metrics in the text format of Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/.

What is counted at a call is two additions. A label takes its values from the service model, so that the number of
series is bounded whatever callers send.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator import __version__
from emulator.errors import COMMON_ERRORS
from emulator.services import SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from emulator.access_log import Entry
    from emulator.machine import Machine

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_Sample = tuple[str, float]
_Key = tuple[str, str, str | None]


class Metrics:
    """Counts the calls since the start, by operation and how they ended, and how long they took."""

    def __init__(self) -> None:
        self._calls: dict[_Key, list[int]] = {}

    def count(self, entry: Entry) -> None:
        """Count a call that was committed; a request that reached no operation is none."""
        key = (entry.service, entry.operation, entry.error_code)
        counted = self._calls.get(key)
        if counted is None:
            if entry.service not in SERVICES:
                return
            key = (*key[:2], _outcome(*key))
            counted = self._calls.setdefault(key, [0, 0])
        counted[0] += 1
        counted[1] += entry.ended - entry.started

    def text(self, machine: Machine) -> str:
        """Everything there is to say of a machine now."""
        return "".join(line + "\n" for line in self._lines(machine))

    def _lines(self, machine: Machine) -> Iterator[str]:
        yield from _family("info", "gauge", "The version that runs.", [(f'{{version="{__version__}"}}', 1)])
        recording = [("", float(machine.unwell is None))]
        yield from _family("recording", "gauge", "1 while calls can be recorded.", recording)
        calls = [(_labels(*key), float(counted[0])) for key, counted in self._calls.items()]
        yield from _family("calls_total", "counter", "Calls answered, by how they ended.", calls)
        seconds = [(_labels(*key), counted[1] / 1e9) for key, counted in self._calls.items()]
        yield from _family("call_seconds_total", "counter", "Time that calls took, without their commit.", seconds)
        faults = [("", float(machine.faults.struck))]
        yield from _family("faults_total", "counter", "Calls that met a fault.", faults)
        delivered = [("", float(machine.delivery.delivered))]
        yield from _family("delivered_files_total", "counter", "Log files delivered.", delivered)
        pending = [("", float(machine.delivery.waiting()))]
        yield from _family("pending_events", "gauge", "Recorded events that are in no log file yet.", pending)
        size = [("", float(machine.database.size))]
        yield from _family("database_bytes", "gauge", "Size of the database and its log.", size)


def _outcome(service: str, operation: str, code: str | None) -> str | None:
    """The error code if it is one of the operation's or a common one; faults may have any."""
    known = SERVICES[service].get(operation)
    return code if code is None or code in COMMON_ERRORS or (known and code in known.model.errors) else "other"


def _labels(service: str, operation: str, code: str | None) -> str:
    return f'{{service="{service}",operation="{operation}",outcome="{code or "ok"}"}}'


def _family(name: str, kind: str, told: str, samples: Iterable[_Sample]) -> Iterator[str]:
    yield f"# HELP maptrail_{name} {told}"
    yield f"# TYPE maptrail_{name} {kind}"
    for labels, value in samples:
        yield (
            f"maptrail_{name}{labels} {value:g}"
            if value % 1 == 0 and value < 1e6
            else f"maptrail_{name}{labels} {value!r}"
        )
