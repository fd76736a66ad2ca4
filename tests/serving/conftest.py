"""Servers for the tests: one in this process for what only calls it, processes for what ends them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import emulator
from tests.serving.client import Client
from tests.serving.process import Server


@pytest.fixture(scope="module")
def running() -> Iterator[emulator.Emulator]:
    with emulator.Emulator() as started:
        yield started


@pytest.fixture
def client(running: emulator.Emulator) -> Iterator[Client]:
    with Client(running.url) as connected:
        yield connected


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers that are ended with the test; ``serve(flag, …)`` waits until it answers."""
    started: list[Server] = []

    def start(*flags: str, wait: bool = True, **options: object) -> Server:
        server = Server(tmp_path / str(len(started)), *flags, **options)  # type: ignore[arg-type]
        started.append(server)
        return server.ready() if wait else server

    yield start
    for server in started:
        server.__exit__(None, None, None)
