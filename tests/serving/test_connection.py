"""Calls that are answered as soon as they are there, beside requests that go the longer way, on one connection."""

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator

import pytest

import emulator
from emulator import serving
from tests.serving import raw
from tests.serving.client import Client, authorization, instance, service
from tests.serving.process import Server, until

LISTING = {"Namespaces": []}
CALL = raw.request("ListNamespaces")
HEALTH = b"GET /_maptrail/health HTTP/1.1\r\nHost: x\r\n\r\n"
#: The same call, in ways that an SDK does not use: each is read by the server's own protocol.
LONGER = {
    "chunked": raw.head("ListNamespaces", "Transfer-Encoding: chunked") + raw.chunk(b"{}") + b"0\r\n\r\n",
    "with a query": CALL.replace(b"POST / ", b"POST /?x=1 "),
    "with an escape": CALL.replace(b"POST / ", b"POST /%61 "),
    "of an absolute address": CALL.replace(b"POST / ", b"POST http://x/ "),
    "with room to spare": raw.head("ListNamespaces", "Content-Length: 100002") + b" " * 100_000 + b"{}",
    "in HTTP/1.0": CALL.replace(b"HTTP/1.1", b"HTTP/1.0"),
}


@pytest.fixture
def beside(running: emulator.Emulator) -> Iterator[socket.socket]:
    """An open connection that says nothing: with it there is always somebody who may still call."""
    with raw.connect(running.url) as connection:
        yield connection


def _recorded(running: emulator.Emulator) -> int:
    with running.machine.database.reading() as connection:
        return connection.execute("SELECT count(*) FROM event").fetchone()[0]


def _received(connection: socket.socket) -> bytes:
    with connection.makefile("rb") as stream:
        return stream.read()


def _head(connection: socket.socket) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """Status line and headers of the next answer, names in lower case."""
    with connection.makefile("rb") as stream:
        status, *lines = iter(lambda: stream.readline().strip(), b"")
    headers = [line.split(b": ", 1) for line in lines]
    return status, [(name.lower(), value) for name, value in headers]


@pytest.mark.parametrize("sent", LONGER.values(), ids=LONGER)
def test_there_is_one_answer_whichever_way_it_goes(running: emulator.Emulator, sent: bytes):
    with raw.connect(running.url) as short, raw.connect(running.url) as long:
        short.sendall(CALL)
        long.sendall(sent)
        (status, told), (same, again) = _head(short), _head(long)
    assert status == same == b"HTTP/1.1 200 OK"
    assert sorted(name for name, _ in told) == [b"content-length", b"content-type", b"date", b"x-amzn-requestid"]
    differing = (b"x-amzn-requestid", b"date", b"connection")
    assert [line for line in told if line[0] not in differing] == [line for line in again if line[0] not in differing]


@pytest.mark.usefixtures("beside")
@pytest.mark.parametrize("order", ["call health call", "health call health", "call call call", "health call call"])
def test_what_comes_together_is_answered_in_order(running: emulator.Emulator, order: str):
    sent = {"call": CALL, "health": HEALTH}
    with raw.connect(running.url) as connection:
        connection.sendall(b"".join(sent[name] for name in order.split()))
        found = raw.answers(connection, len(order.split()))
    assert ["call" if answer == LISTING else "health" for _, answer in found] == order.split()
    assert {status for status, _ in found} == {200}


def test_bodies_that_come_byte_by_byte(running: emulator.Emulator):
    with raw.connect(running.url) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(2):
            for number in range(len(CALL)):
                connection.sendall(CALL[number : number + 1])
            assert raw.answers(connection, 1) == [(200, LISTING)]


@pytest.mark.usefixtures("beside")
def test_a_caller_that_will_send_no_more_is_answered(running: emulator.Emulator):
    with raw.connect(running.url) as connection:
        connection.sendall(CALL)
        connection.shutdown(socket.SHUT_WR)
        assert _received(connection).endswith(json.dumps(LISTING, separators=(",", ":")).encode())


@pytest.mark.usefixtures("beside")
def test_a_caller_that_is_gone_harms_nobody(running: emulator.Emulator, client: Client):
    for _ in range(20):
        with raw.connect(running.url) as connection:
            connection.sendall(CALL)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, not an end
    assert client.ok("ListNamespaces") == LISTING


def test_answers_that_are_not_read_do_not_pile_up(running: emulator.Emulator):
    """Requests one by one, each answer as large as all that is in a service: after some of them no more are read."""
    with Client(running.url, "666666666666") as client:
        named = instance(service(client))
        named["Attributes"] |= dict.fromkeys("abcd", "y" * 1000)
        for number in range(100):
            client.ok("RegisterInstance", {**named, "InstanceId": f"i-{number}"})
    signed = f"Authorization: {authorization('666666666666', 'us-east-1')}"
    call = raw.request("ListInstances", {"ServiceId": named["ServiceId"]}, signed)
    before = _recorded(running)
    with raw.connect(running.url) as connection:
        for _ in range(100):
            connection.sendall(call)
            time.sleep(0.006)
        with Client(running.url) as client:
            client.ok("ListNamespaces")
        assert 1 < _recorded(running) - before < 50
        assert all(len(answer["Instances"]) == 100 for _, answer in raw.answers(connection, 100))


def test_rules_that_come_while_a_body_is_on_its_way(running: emulator.Emulator, client: Client):
    with raw.connect(running.url) as connection:
        connection.sendall(raw.head("ListNamespaces", "Content-Length: 2") + b"{")
        client.request("PUT", "/_maptrail/faults", [{"operation": "ListNamespaces", "latency_ms": 200}])
        connection.sendall(b"}")
        started = time.monotonic()
        assert raw.answers(connection, 1) == [(200, LISTING)]
    client.request("DELETE", "/_maptrail/faults")
    assert time.monotonic() - started > 0.19


def test_a_body_may_be_completed_while_the_server_ends(serve: Callable[..., Server]):
    server = serve()
    with raw.connect(server.url) as connection:
        connection.sendall(raw.head("ListNamespaces", "Content-Length: 2") + b"{")
        with server.client() as client:
            client.ok("ListServices")
        os.kill(server.pid, signal.SIGTERM)
        until(lambda: not _listens(server))
        connection.sendall(b"}")
        assert _received(connection).startswith(b"HTTP/1.1 200 OK")
    assert server.process.wait(5) == 0


def _listens(server: Server) -> bool:
    try:
        raw.connect(server.url).close()
    except ConnectionRefusedError:
        return False
    return True


def test_a_connection_that_is_silent_after_a_call_is_closed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(serving, "_KEEP_ALIVE", 1)
    with emulator.Emulator() as running, raw.connect(running.url) as connection:
        connection.sendall(CALL)
        started = time.monotonic()
        assert _received(connection).startswith(b"HTTP/1.1 200 OK")
        assert 0.9 < time.monotonic() - started < 5
