"""One line a call, its request id equal to the record's ``requestID``.

The lines are written by a thread of their own: a reader that does not drain the pipe must not hold up a call, and what
it does not take is dropped after a while, with a word about how many lines that were. They go to the descriptor,
past Python's buffer, whose lock a write that waits would hold against the end of the process.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

import orjson

from trail.times import iso

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.call import Call, Response
    from emulator.errors import ServiceError
    from emulator.machine import Machine

__all__ = ["AccessLog", "Entry", "ended", "log", "refused"]

_WAITING = 10_000
_PAUSE = 0.05
_NONE = "-"


class Entry(NamedTuple):
    """What a line says. ``started`` and ``ended`` are nanoseconds of a clock of no particular beginning.

    ``fault`` is what befell the call on purpose, such as ``drop``: an answer that was lost has a status all the same.
    """

    time: int
    service: str
    operation: str
    status: int
    error_code: str | None
    account: str
    region: str
    caller: str
    request_id: str
    started: int
    ended: int
    fault: str | None = None

    @property
    def reached(self) -> bool:
        """Whether the request reached an operation, and so is on the record."""
        return self.operation != _NONE


def log(machine: Machine, response: Response) -> None:
    """Count the call and write its line, now that it is committed."""
    if response.entry is None:
        return
    machine.metrics.count(response.entry)
    if machine.access_log is not None:
        machine.access_log.write(response.entry)


def ended(call: Call, status: int, error: ServiceError | None, started: int, now: int) -> Entry:
    """The line of a call that reached its operation."""
    service, code = call.operation.service.endpoint_prefix, None if error is None else error.code
    who, where = call.caller.name, call.place
    name, request_id = call.operation.name, call.request_id
    fault = None if call.fault is None else call.fault.effects
    return Entry(
        call.now, service, name, status, code, where.account, where.region, who, request_id, started, now, fault
    )


def refused(time: int, status: int, error: ServiceError, request_id: str, started: int, now: int) -> Entry:
    """The line of a request that reached none: it leaves no record, so this is all there is to find it by."""
    return Entry(time, _NONE, _NONE, status, error.code, _NONE, _NONE, _NONE, request_id, started, now)


class AccessLog:
    """Writes a line for each entry to standard output, as text or as JSON."""

    def __init__(self, form: str) -> None:
        self._format = _as_json if form == "json" else _as_text
        self._out = _standard_output()
        self._waiting: deque[Entry] = deque()
        self._dropped = 0
        self._some = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="access log", daemon=True)
        self._thread.start()

    def write(self, entry: Entry) -> None:
        """Have a line written soon."""
        if len(self._waiting) >= _WAITING:
            self._dropped += 1
            return
        self._waiting.append(entry)
        if not self._some.is_set():
            self._some.set()

    def close(self, timeout: float = 0.5) -> None:
        """Write what is waiting, if the stream takes it in time."""
        self._closing.set()
        self._some.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        while not self._closing.wait(_PAUSE):
            self._some.wait()
            self._some.clear()
            self._drain()
        self._drain()

    def _drain(self) -> None:
        try:
            while self._waiting:
                lines = [self._format(self._waiting.popleft()) for _ in range(min(len(self._waiting), 500))]
                if self._dropped:
                    lines.append(f"{self._dropped} lines were dropped: the log was not read fast enough.")
                    self._dropped = 0
                self._out("\n".join(lines) + "\n")
        except (OSError, ValueError):
            self._waiting.clear()


def _standard_output() -> Callable[[str], object]:
    """What writes to it: to its descriptor, or, where a program has put something without one in its place, to that."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):
        return sys.stdout.write
    except AttributeError:  # it was closed before the start
        return len

    def write(text: str) -> None:
        left = memoryview(text.encode())
        while left:
            left = left[os.write(descriptor, left) :]

    return write


def _stamp(milliseconds: int) -> str:
    return f"{iso(milliseconds)[:-1]}.{milliseconds % 1000:03}Z"


def _as_text(entry: Entry) -> str:
    outcome = f"{entry.status} {entry.error_code}" if entry.error_code else str(entry.status)
    outcome += f" fault:{entry.fault}" if entry.fault else ""
    return (
        f"{_stamp(entry.time)} {entry.service}.{entry.operation} => {outcome} {_took(entry):.2f}ms"
        f" {entry.account} {entry.region} {entry.caller} {entry.request_id}"
    )


def _as_json(entry: Entry) -> str:
    line = {
        "time": _stamp(entry.time),
        "service": entry.service,
        "operation": entry.operation,
        "status": entry.status,
        "errorCode": entry.error_code,
        "milliseconds": round(_took(entry), 3),
        "account": entry.account,
        "region": entry.region,
        "caller": entry.caller,
        "requestID": entry.request_id,
    }
    return orjson.dumps(line | {"fault": entry.fault} if entry.fault else line).decode()


def _took(entry: Entry) -> float:
    """How long the call took, in milliseconds."""
    return (entry.ended - entry.started) / 1e6
