"""SIGTERM and Ctrl-C: calls in flight are answered, what is pending is delivered, exit 0 within two seconds."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from tests.serving import raw
from tests.serving.client import Client, instance, service
from tests.serving.files import request_ids
from tests.serving.process import Server, until
from tests.serving.test_stalled import KINDS

SIGNALS = [signal.SIGTERM, signal.SIGINT]
SOON = 2.0
Serve = Callable[..., Server]


@pytest.mark.parametrize("number", SIGNALS)
def test_what_is_pending_is_delivered(serve: Serve, number: int):
    server = serve("--delivery-interval", "300")
    with server.client() as client:
        answers = [client.call("ListNamespaces").request_id for _ in range(20)]
    assert request_ids(server.s3) == []
    status, seconds = server.end(number)
    assert (status, server.errors.read_text()) == (0, "")
    assert seconds < SOON
    assert request_ids(server.s3) == answers


@pytest.mark.parametrize("number", SIGNALS)
def test_stalled_connections_do_not_hold_it_up(serve: Serve, number: int):
    server = serve()
    connections = [raw.connect(server.url) for _ in range(5) for _ in KINDS]
    for connection, sent in zip(connections, [*KINDS.values()] * 5, strict=True):
        connection.sendall(sent)
    with server.client() as client:
        client.ok("ListNamespaces")
        status, seconds = server.end(number)
    for connection in connections:
        connection.close()
    assert status == 0
    assert seconds < SOON


def test_every_call_that_was_taken_is_answered(serve: Serve):
    """Under load, every connection ends between two calls: with an answer, or before anything was done."""
    server = serve("--delivery-interval", "300")
    with server.client() as client:
        named = instance(service(client))
        client.ok("RegisterInstance", named)
    acknowledged: list[str] = []

    def call() -> None:
        with server.client() as client:
            while True:
                try:
                    acknowledged.append(client.call("RegisterInstance", named).request_id)
                except (OSError, http.client.HTTPException):
                    return

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    until(lambda: len(acknowledged) > 200)
    status, seconds = server.end()
    for thread in threads:
        thread.join()
    assert status == 0
    assert seconds < SOON
    delivered = request_ids(server.s3)
    assert len(delivered) == len(set(delivered)) == len(acknowledged) + 4


def test_a_pipelined_burst_in_flight(serve: Serve):
    server = serve()
    with raw.connect(server.url) as connection:
        connection.sendall(raw.request("ListServices") * 50)
        assert connection.recv(1, socket.MSG_PEEK)
        assert server.end()[0] == 0


def test_twice_the_signal_does_no_harm(serve: Serve):
    server = serve()
    os.kill(server.pid, signal.SIGINT)
    status, seconds = server.end(signal.SIGINT)
    assert status == 0
    assert seconds < SOON


def test_the_port_is_free_at_once(serve: Serve):
    server = serve()
    port = server.port
    with server.client() as client:
        client.ok("ListNamespaces")
        server.end()
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))


def test_a_temporary_directory_goes_with_it(serve: Serve):
    server = serve("--ephemeral")
    folder = next(line for line in server.lines() if line.startswith("Buckets:")).split()[1]
    assert os.path.isdir(folder)  # noqa: PTH112
    server.end()
    assert not os.path.exists(folder)  # noqa: PTH110


def _namespaces() -> bool:
    command = ["unshare", "--pid", "--fork", "--mount-proc", "true"]
    return (
        shutil.which("unshare") is not None
        and subprocess.run(command, capture_output=True, check=False).returncode == 0
    )


@pytest.fixture
def pid_one(serve: Serve) -> Server:
    """A server that is process 1 of its own namespace; ``pid`` is its number out here."""
    if not _namespaces():
        pytest.skip("making a pid namespace needs unshare and root")
    server = serve("--delivery-interval", "300", prefix=["unshare", "--pid", "--fork", "--mount-proc"])
    (server.pid,) = map(int, subprocess.check_output(["pgrep", "-P", str(server.process.pid)]).split())
    return server


@pytest.mark.parametrize("number", SIGNALS)
def test_as_process_one(pid_one: Server, number: int):
    with pid_one.client() as client:
        answer = client.call("ListNamespaces").request_id
    status, seconds = pid_one.end(number)
    assert status == 0
    assert seconds < SOON
    assert request_ids(pid_one.s3) == [answer]


def test_a_program_that_embeds_it_keeps_its_own_signals():
    program = """
import emulator, os, signal, urllib.request
caught = []
signal.signal(signal.SIGTERM, lambda *_: caught.append(1))
with emulator.Emulator() as e:
    os.kill(os.getpid(), signal.SIGTERM)
    urllib.request.urlopen(e.url + "/_maptrail/health").read()
    assert caught == [1]
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_answers_are_whole_at_the_end(serve: Serve):
    server = serve()
    with Client(server.url) as client:
        answer = client.call("ListNamespaces")
    server.end()
    assert answer.json == {"Namespaces": []}
