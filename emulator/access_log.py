"""One line a call, its request id equal to the record's ``requestID``.

The lines are written by a thread of their own: a reader that does not drain the pipe must not hold up a call, and what
it does not take is dropped after a while, with a word about how many lines that were.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from typing import TYPE_CHECKING, NamedTuple, TextIO

import orjson

from trail.times import iso

if TYPE_CHECKING:
    from emulator.call import Call

__all__ = ["AccessLog", "Entry"]

_WAITING = 10_000
_PAUSE = 0.05


class Entry(NamedTuple):
    """What a line says. ``started`` and ``ended`` are nanoseconds of a clock of no particular beginning."""

    time: int
    call: Call
    status: int
    error_code: str | None
    started: int
    ended: int


class AccessLog:
    """Writes a line for each entry, as text or as JSON."""

    def __init__(self, form: str, stream: TextIO | None = None) -> None:
        self._format = _as_json if form == "json" else _as_text
        self._stream = sys.stdout if stream is None else stream
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
                self._stream.write("\n".join(lines) + "\n")
                self._stream.flush()
        except (OSError, ValueError):
            self._waiting.clear()


def _stamp(milliseconds: int) -> str:
    return f"{iso(milliseconds)[:-1]}.{milliseconds % 1000:03}Z"


def _as_text(entry: Entry) -> str:
    call = entry.call
    took = (entry.ended - entry.started) / 1e6
    outcome = f"{entry.status} {entry.error_code}" if entry.error_code else str(entry.status)
    return (
        f"{_stamp(entry.time)} {call.operation.service.endpoint_prefix}.{call.operation.name} => {outcome}"
        f" {took:.2f}ms {call.account} {call.region} {call.caller.name} {call.request_id}"
    )


def _as_json(entry: Entry) -> str:
    call = entry.call
    line = {
        "time": _stamp(entry.time),
        "service": call.operation.service.endpoint_prefix,
        "operation": call.operation.name,
        "status": entry.status,
        "errorCode": entry.error_code,
        "milliseconds": round((entry.ended - entry.started) / 1e6, 3),
        "account": call.account,
        "region": call.region,
        "caller": call.caller.name,
        "requestID": call.request_id,
    }
    return orjson.dumps(line).decode()
