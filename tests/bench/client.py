"""A closed-loop load generator: one thread, one epoll, keep-alive sockets, every answer checked.

Each connection sends its next request when its answer has been read and checked. A server that closes the connection
after an answer (HTTP/1.0) gets a new one for the next request, and the connecting is part of that request's latency.
"""

from __future__ import annotations

import gc
import select
import socket
import time
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 20.0
_CHUNK = 1 << 18


class BenchError(Exception):
    """The run cannot go on; the message says why."""


@dataclass(frozen=True)
class Expect:
    """What an answer must hold besides status 200: a marker, so many times."""

    marker: bytes = b""
    times: int = 1

    def holds(self, head: bytes, body: bytes) -> bool:
        """Whether the answer is a success and holds what it should."""
        if head[9:12] != b"200":
            return False
        if self.times == 1:
            return self.marker in body
        return body.count(self.marker) == self.times


@dataclass
class Slice:
    """What one uninterrupted stretch of load showed."""

    calls: int = 0
    seconds: float = 0.0
    latencies: array[int] = field(default_factory=lambda: array("q"))
    failures: int = 0
    first_failure: str = ""
    server_cpu: float = 0.0
    client_cpu: float = 0.0
    bodies: list[bytes] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.calls / self.seconds if self.seconds else 0.0


class Connection:
    """One connection and the answer it is reading."""

    __slots__ = ("body_at", "buffer", "sent_at", "size", "socket")

    def __init__(self) -> None:
        self.socket: socket.socket | None = None
        self.sent_at = 0
        self.buffer = bytearray()
        self.body_at = 0
        self.size = 0

    def feed(self, data: memoryview) -> bool:
        """Take what was read; true when the answer is complete."""
        self.buffer += data
        if not self.body_at:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return False
            self.body_at = end + 4
            self.size = self.body_at + content_length(bytes(self.buffer[:end]))
        return len(self.buffer) >= self.size

    def take(self) -> tuple[bytes, bytes]:
        """Head and body of the complete answer."""
        head, body = bytes(self.buffer[: self.body_at]), bytes(self.buffer[self.body_at :])
        self.buffer.clear()
        self.body_at = 0
        return head, body


def content_length(head: bytes) -> int:
    """How long the body is; every server measured here says so."""
    for line in head.split(b"\r\n"):
        if line[:15].lower() == b"content-length:":
            return int(line[15:])
    raise BenchError(f"an answer without Content-Length: {head[:200]!r}")


def closes(head: bytes) -> bool:
    """Whether the server ends the connection after this answer."""
    return head.startswith(b"HTTP/1.0") or b"connection: close" in head.lower()


class ClosedLoop:
    """Load on one port of 127.0.0.1."""

    def __init__(self, port: int, requests: Iterator[bytes], expect: Expect, keep: bool = False) -> None:
        self._address = ("127.0.0.1", port)
        self._requests = requests
        self._expect = expect
        self._keep = keep
        self._chunk = memoryview(bytearray(_CHUNK))
        self._poll = select.epoll()
        self._connections: dict[int, Connection] = {}
        self._slice = Slice()
        self._began = self._ended = self._last = 0
        self._warm_until = self._stop_at = self._cap = 0
        self._probe: Callable[[], float] = lambda: 0.0

    def run(
        self,
        connections: int,
        seconds: float,
        warm: float = 0.0,
        cap: int = 1 << 30,
        probe: Callable[[], float] = lambda: 0.0,
    ) -> Slice:
        """Load for *seconds* after *warm*, at most *cap* calls; *probe* is the server's processor time."""
        self._probe, self._cap = probe, cap
        now = time.perf_counter_ns()
        self._warm_until = now + int(warm * 1e9)
        self._stop_at = self._warm_until + int(seconds * 1e9)
        collecting = gc.isenabled()
        gc.disable()
        try:
            if not warm:
                self._start()
            for _ in range(connections):
                self._send(Connection())
            self._work()
        finally:
            if collecting:
                gc.enable()
            self._close()
        return self._slice

    def _work(self) -> None:
        while self._connections:
            events = self._poll.poll(PATIENCE)
            if not events:
                raise BenchError(f"no answer from port {self._address[1]} in {PATIENCE:.0f} s")
            for descriptor, _ in events:
                self._read(descriptor)
        if not self._ended:
            self._finish()

    def _read(self, descriptor: int) -> None:
        connection = self._connections[descriptor]
        assert connection.socket is not None
        size = connection.socket.recv_into(self._chunk)
        if not size:
            raise BenchError(f"port {self._address[1]} closed a connection before its answer was whole")
        if connection.feed(self._chunk[:size]):
            self._answered(descriptor, connection)

    def _answered(self, descriptor: int, connection: Connection) -> None:
        now = time.perf_counter_ns()
        head, body = connection.take()
        self._check(head, body)
        if self._began:
            self._slice.latencies.append(now - connection.sent_at)
            if not self._ended:
                self._slice.calls += 1
                self._last = now
                if now >= self._stop_at or self._slice.calls >= self._cap:
                    self._finish()
        elif now >= self._warm_until:
            self._start()
        if closes(head):
            self._drop(descriptor)
            connection.socket = None
        if not self._ended:
            self._send(connection)
        elif connection.socket is not None:
            self._drop(descriptor)

    def _check(self, head: bytes, body: bytes) -> None:
        if not self._expect.holds(head, body):
            self._slice.failures += 1
            if not self._slice.first_failure:
                self._slice.first_failure = repr(head[:15] + b" " + body[:300])
        elif self._keep:
            self._slice.bodies.append(body)

    def _send(self, connection: Connection) -> None:
        request = next(self._requests, None)
        if request is None:
            if not self._ended:
                self._finish()
            if connection.socket is not None:
                self._drop(connection.socket.fileno())
            return
        connection.sent_at = time.perf_counter_ns()
        if connection.socket is None:
            self._connect(connection)
        assert connection.socket is not None
        connection.socket.sendall(request)

    def _connect(self, connection: Connection) -> None:
        connection.socket = socket.create_connection(self._address, PATIENCE)
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        descriptor = connection.socket.fileno()
        self._connections[descriptor] = connection
        self._poll.register(descriptor, select.EPOLLIN)

    def _drop(self, descriptor: int) -> None:
        connection = self._connections.pop(descriptor)
        self._poll.unregister(descriptor)
        assert connection.socket is not None
        connection.socket.close()

    def _start(self) -> None:
        self._slice.server_cpu = -self._probe()
        self._slice.client_cpu = -time.process_time()
        self._began = self._last = time.perf_counter_ns()

    def _finish(self) -> None:
        self._ended = self._last or time.perf_counter_ns()
        self._slice.seconds = (self._ended - self._began) / 1e9 if self._began else 0.0
        self._slice.server_cpu += self._probe()
        self._slice.client_cpu += time.process_time()

    def _close(self) -> None:
        for descriptor in list(self._connections):
            self._drop(descriptor)
        self._poll.close()
