"""Connections that send nothing, or not all, or too slowly, cost a socket and delay nobody."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

import emulator
from tests.serving import raw
from tests.serving.client import Client, instance, service

KINDS = {
    "idle": b"",
    "half a head": b"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Tar",
    "half a body": raw.head("ListNamespaces", "Content-Length: 1000") + b'{"Max',
    "half a chunk": raw.head("ListNamespaces", "Transfer-Encoding: chunked") + b"ff\r\n{",
}
MANY = 50
AT_ONCE = 1.0


@pytest.fixture(params=KINDS.values(), ids=KINDS)
def stalled(request: pytest.FixtureRequest, running: emulator.Emulator) -> Iterator[list[socket.socket]]:
    connections = [raw.connect(running.url) for _ in range(MANY)]
    for connection in connections:
        connection.sendall(request.param)
    yield connections
    for connection in connections:
        connection.close()


@pytest.fixture
def trickling(running: emulator.Emulator) -> Iterator[None]:
    connections = [raw.connect(running.url) for _ in range(MANY)]
    for connection in connections:
        connection.sendall(raw.head("ListNamespaces", "Content-Length: 100000"))
    over = threading.Event()

    def trickle() -> None:
        while not over.wait(0.05):
            for connection in connections:
                connection.sendall(b" ")

    thread = threading.Thread(target=trickle)
    thread.start()
    yield
    over.set()
    thread.join()
    for connection in connections:
        connection.close()


def _slowest_call(url: str, key: str) -> float:
    """Of some writes and reads, each on a new connection."""
    with Client(url, key) as first:
        named = instance(service(first))
    slowest = 0.0
    for _ in range(10):
        started = time.monotonic()
        with Client(url, key) as client:
            client.ok("RegisterInstance", named)
            client.ok("ListNamespaces")
        slowest = max(slowest, time.monotonic() - started)
    return slowest


@pytest.mark.usefixtures("stalled")
def test_stalled_connections_delay_nobody(running: emulator.Emulator, request: pytest.FixtureRequest):
    account = f"{abs(hash(request.node.name)) % 10**12:012}"
    assert _slowest_call(running.url, account) < AT_ONCE


@pytest.mark.usefixtures("trickling")
def test_slow_senders_delay_nobody(running: emulator.Emulator):
    assert _slowest_call(running.url, "777777777777") < AT_ONCE


def test_a_stalled_call_is_answered_when_it_goes_on(running: emulator.Emulator):
    with raw.connect(running.url) as connection:
        connection.sendall(raw.head("ListServices", "Content-Length: 2") + b"{")
        with Client(running.url) as client:
            client.ok("ListNamespaces")
        connection.sendall(b"}")
        assert raw.answers(connection, 1) == [(200, {"Services": []})]


def test_a_caller_that_does_not_read_delays_nobody(running: emulator.Emulator):
    with raw.connect(running.url) as connection:
        connection.sendall(raw.request("ListServices") * 500)
        assert _slowest_call(running.url, "888888888888") < AT_ONCE
