"""The servers that are measured: how each is started, found ready, cleared and ended."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.bench import peers, process
from tests.bench.client import BenchError
from tests.bench.wire import Protocol, template

if TYPE_CHECKING:
    from types import TracebackType

START_PATIENCE = 30.0
_POLL = 0.002

#: Command line of a server, given its port (0: the server picks one and writes the port file) and its directory.
Command = Callable[[int, Path], list[str]]


@dataclass(frozen=True)
class Product:
    """One kind of server."""

    name: str
    command: Command
    environment: Callable[[int], dict[str, str]] = lambda port: {}
    picks_port: bool = False
    reset: str = ""
    settle: str = ""
    #: A reference server answers anything with a success; it holds no state.
    reference: bool = False


def _maptrail(port: int, directory: Path) -> list[str]:
    extra = os.environ.get("MAPTRAIL_BENCH_ARGS", "").split()
    serve = [sys.executable, "-m", "emulator", "serve", "--port", str(port), "--port-file", str(directory / "port")]
    return [*serve, "--ephemeral", "--quotas", "off", *extra]


def module(name: str, *arguments: str) -> Command:
    """A reference server among these modules; it is told its port file first."""
    return lambda port, directory: [sys.executable, "-m", f"tests.bench.{name}", str(directory / "port"), *arguments]


def _ministack_environment(port: int) -> dict[str, str]:
    return {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1"}


MAPTRAIL = Product("maptrail", _maptrail, picks_port=True, reset="/_maptrail/reset", settle="/_maptrail/flush")
MINISTACK = Product(
    "ministack", lambda port, _: [peers.program("ministack")], _ministack_environment, reset="/_ministack/reset"
)
MOTO = Product(
    "moto", lambda port, _: [peers.program("moto_server"), "-H", "127.0.0.1", "-p", str(port)], reset="/moto-api/reset"
)
#: An empty Flask POST route, served as Maptrail is.
FLASK = Product("flask", module("flask_route"), picks_port=True, reference=True)

PRODUCTS = {product.name: product for product in (MAPTRAIL, MINISTACK, MOTO, FLASK)}


@dataclass
class Server:
    """A running server; a context manager ends it and everything it started."""

    product: Product
    port: int = 0
    start_seconds: float = 0.0
    directory: Path = field(default_factory=Path)
    _process: subprocess.Popen[bytes] | None = None
    _scratch: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Self:
        self._scratch = tempfile.TemporaryDirectory(prefix=f"bench-{self.product.name}-")
        self.directory = Path(self._scratch.name)
        self.port = 0 if self.product.picks_port else _free_port()
        began = time.perf_counter()
        try:
            self._spawn()
            self._wait()
        except BaseException:
            self.stop()
            raise
        self.start_seconds = time.perf_counter() - began
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def pids(self) -> list[int]:
        """Every process of the server."""
        return process.descendants(self._process.pid) if self._process else []

    def meter(self) -> Callable[[], float]:
        """What tells the processor time used so far, in seconds."""
        pids = self.pids
        return lambda: process.processor_time(pids)

    def memory(self) -> float:
        """PSS of all its processes, in MB."""
        return process.proportional_memory(self.pids)

    def reset(self) -> None:
        """Forget every resource; a server without state has nothing to forget."""
        if self.product.reset:
            self._post(self.product.reset)

    def settle(self) -> None:
        """Let the server finish what it does in the background, so that it disturbs no other server's turn."""
        if self.product.settle:
            self._post(self.product.settle)

    def stop(self) -> None:
        """End the server's processes by their ids."""
        if self._process is not None:
            pids = self.pids
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                for pid in pids:
                    _kill(pid)
                self._process.wait(10)
            self._process = None
        if self._scratch is not None:
            self._scratch.cleanup()
            self._scratch = None

    def _spawn(self) -> None:
        own = {"TMPDIR": str(self.directory), **self.product.environment(self.port)}
        environment = {**os.environ, **own}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        with (self.directory / "log").open("wb") as log:
            command = self.product.command(self.port, self.directory)
            self._process = subprocess.Popen(
                command, cwd=peers.ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def _wait(self) -> None:
        until = time.perf_counter() + START_PATIENCE
        while not self._answers():
            if self._process is None or self._process.poll() is not None or time.perf_counter() > until:
                tail = (self.directory / "log").read_bytes()[-600:].decode(errors="replace")
                raise BenchError(f"{self.product.name} did not start:\n{tail}")
            time.sleep(_POLL)

    def _answers(self) -> bool:
        if not self.port:
            try:
                self.port = int((self.directory / "port").read_text())
            except (OSError, ValueError):
                return False
        request = template(Protocol.JSON, "ListNamespaces", {}, self.port).fill(0)
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
                connection.sendall(request)
                return connection.recv(65536)[9:12] == b"200"
        except OSError:
            return False

    def _post(self, path: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("POST", path, headers={"Content-Length": "0"})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        if answer.status != 200:
            raise BenchError(f"{self.product.name} answered {answer.status} to POST {path}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
