"""``Emulator()`` inside a program: several at once, and nothing left of any."""

import asyncio
import gc
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import emulator
from emulator.data import DataDirectory
from emulator.settings import Settings, SettingsError, StartError
from tests.serving.client import Client
from tests.serving.files import request_ids
from tests.serving.test_stalled import KINDS

ROOT = Path(__file__).resolve().parents[2]


def _alone(function: Callable[[], object], folder: Path) -> None:
    """Run a function of this module in a process of its own: in this one, other servers open and close files."""
    program = f"from tests.serving import test_embedded; test_embedded.{function.__name__}()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _open_files() -> int:
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


def _threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def test_it_is_there_and_gone():
    with emulator.Emulator() as running:
        url = running.url
        with Client(url) as client:
            assert client.ok("ListNamespaces") == {"Namespaces": []}
    with pytest.raises(ConnectionRefusedError), Client(url, timeout=2) as client:
        client.call("ListNamespaces")


def test_several_at_once_know_nothing_of_each_other():
    with emulator.Emulator() as one, emulator.Emulator() as two, Client(one.url) as first, Client(two.url) as second:
        first.ok("CreateHttpNamespace", {"Name": "a.example"})
        assert second.ok("ListNamespaces") == {"Namespaces": []}
        assert len(first.ok("ListNamespaces")["Namespaces"]) == 1


def test_twenty_leave_nothing(tmp_path: Path):
    _alone(twenty, tmp_path)
    assert list(tmp_path.iterdir()) == []


def twenty() -> None:
    with emulator.Emulator():
        pass  # what is imported and made on first use stays
    files, threads = _open_files(), _threads()
    for _ in range(20):
        with emulator.Emulator() as running, Client(running.url) as client:
            client.ok("ListNamespaces")
    assert (_open_files(), _threads()) == (files, threads)


def test_what_others_put_beside_it_does_not_hold_up_its_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    theirs = tmp_path / "maptrail-ephemeral-theirs"
    theirs.mkdir()
    os.mkfifo(theirs / "maptrail.lock")  # who opens it waits until somebody writes
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    starting = threading.Thread(target=lambda: DataDirectory(Settings(ephemeral=True)).close(), daemon=True)
    starting.start()
    starting.join(5)
    assert not starting.is_alive()
    assert list(tmp_path.iterdir()) == [theirs]


def test_stalled_connections_do_not_hold_up_its_end():
    with emulator.Emulator() as running:
        host, port = running.url.removeprefix("http://").split(":")
        connections = [socket.create_connection((host, int(port))) for _ in KINDS]
        for connection, sent in zip(connections, KINDS.values(), strict=True):
            connection.sendall(sent)
        started = time.monotonic()
    assert time.monotonic() - started < 3
    for connection in connections:
        connection.close()


def test_beside_an_event_loop_of_the_program():
    async def program() -> list[object]:
        with emulator.Emulator() as running:
            return await asyncio.gather(*(asyncio.to_thread(_call, running.url) for _ in range(5)))

    assert asyncio.run(program()) == [{"Namespaces": []}] * 5


def test_in_a_thread_while_a_loop_runs_in_the_main_one():
    async def program() -> list[object]:
        return await asyncio.gather(*(asyncio.to_thread(_whole) for _ in range(3)))

    assert asyncio.run(program()) == [{"Namespaces": []}] * 3


def _call(url: str) -> object:
    with Client(url) as client:
        return client.ok("ListNamespaces")


def _whole() -> object:
    with emulator.Emulator() as running:
        return _call(running.url)


def test_a_data_directory_is_kept(tmp_path: Path):
    with emulator.Emulator(data=tmp_path) as running, Client(running.url) as client:
        client.ok("CreateHttpNamespace", {"Name": "a.example"})
    with emulator.Emulator(data=tmp_path) as running, Client(running.url) as client:
        assert len(client.ok("ListNamespaces")["Namespaces"]) == 1


def test_what_is_pending_is_delivered_at_the_end(tmp_path: Path):
    with emulator.Emulator(data=tmp_path, delivery_interval=300) as running, Client(running.url) as client:
        answer = client.call("ListNamespaces")
    assert request_ids(tmp_path / "s3") == [answer.request_id]


def test_two_on_one_directory_are_refused(tmp_path: Path):
    with emulator.Emulator(data=tmp_path), pytest.raises(StartError, match="Another Maptrail"):
        emulator.Emulator(data=tmp_path)


def test_a_start_that_fails_lets_go_of_all(tmp_path: Path):
    _alone(a_start_that_fails, tmp_path)


def a_start_that_fails() -> None:
    folder = Path(tempfile.mkdtemp())
    (folder / "maptrail.db").write_text("This is a letter, not a database. " * 100)
    files = _open_files()
    with pytest.raises(StartError, match="cannot be used"):
        emulator.Emulator(data=folder)
    assert _open_files() == files
    (folder / "maptrail.db").unlink()
    with emulator.Emulator(data=folder):
        pass


def test_an_option_that_is_off():
    with pytest.raises(SettingsError, match="delivery_interval"):
        emulator.Emulator(delivery_interval=-1)


def test_one_that_never_started_can_be_stopped(tmp_path: Path):
    emulator.Emulator(data=tmp_path).stop()
    with emulator.Emulator(data=tmp_path):
        pass


def test_a_second_stop_does_nothing():
    running = emulator.Emulator().start()
    running.stop()
    running.stop()


def test_what_the_program_raises_is_not_swallowed():
    with pytest.raises(ZeroDivisionError), emulator.Emulator():
        raise ZeroDivisionError
