"""The server: uvicorn with httptools and uvloop, one process, one thread that calls are answered in.

Why this one is in ``docs/decisions/``. A request is handed over when its body is complete, so that a stalled connection
costs a socket and nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import signal
import socket
import sys
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import uvicorn
import uvloop

from emulator import __version__
from emulator.bridge import Bridge
from emulator.connection import Connection
from emulator.data import DataDirectory
from emulator.doorkeeper import warning
from emulator.environment import Endpoint, render, variables
from emulator.machine import Machine
from emulator.settings import Settings, StartError
from emulator.web import create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

__all__ = ["Server", "address", "listen", "serve"]

_BACKLOG = 2048
_KEEP_ALIVE = 75
_GRACE: Any = 0.5  # seconds for a body that is half here; uvicorn waits for fractions too, but does not say so
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or Ctrl-C; what is pending is delivered before this returns 0. Raises ``StartError``."""
    directory = DataDirectory(settings)
    try:
        with contextlib.closing(listen(settings)) as listener:
            machine = Machine(settings, directory)
            try:
                _run(machine, listener)
            finally:
                machine.close()
    finally:
        directory.close()
    return 0


def listen(settings: Settings) -> socket.socket:
    """A listening socket. Raises ``StartError`` if the address cannot be had, or is to be delivered to."""
    host, port = settings.host, settings.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        raise StartError(f"Cannot listen on {host} port {port} ({reason}): choose another with --port.") from error
    listener.setblocking(False)
    if settings.s3_endpoint_url is not None and _is_here(settings.s3_endpoint_url, listener):
        listener.close()
        raise StartError(
            "--s3-endpoint-url is the address of this server, which would wait for itself: leave it away, and files "
            "are delivered to the buckets here."
        )
    return listener


def _is_here(url: str, listener: socket.socket) -> bool:
    """Whether a URL leads to a listening socket, as far as can be told without asking for names."""
    own, port = listener.getsockname()[:2]
    parts = urlsplit(url)
    host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname or ""
    try:
        same_port = port == (parts.port or {"http": 80, "https": 443}[parts.scheme])
        there, here = ip_address(host), ip_address(own)
    except ValueError:
        return False
    return same_port and (there == here or (there.is_loopback and (here.is_loopback or here.is_unspecified)))


def address(listener: socket.socket) -> str:
    """The URL a listening socket is reached at."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _run(machine: Machine, listener: socket.socket) -> None:
    settings, url = machine.settings, address(listener)
    reload = machine.identities.reload if settings.identities is not None else None
    server = Server(Bridge(create_app(machine), machine), reload)
    machine.start()
    machine.directory.announce(url, settings)
    _write_port(settings.port_file, listener.getsockname()[1])
    settle_in()
    told = warning(settings)
    if told is not None:
        print(f"maptrail: {told}", file=sys.stderr, flush=True)  # noqa: T201
    print(_banner(machine, url), flush=True)  # noqa: T201
    server.run(listener)


def _write_port(file: Path | None, port: int) -> None:
    if file is None:
        return
    try:
        file.write_text(f"{port}\n")
    except OSError as error:
        raise StartError(
            f"The port file {file} cannot be written ({error.strerror}): choose another with --port-file."
        ) from error


def _banner(machine: Machine, url: str) -> str:
    """What a newcomer needs next; ``Ready.`` alone on the last line is what tools wait for."""
    settings = machine.settings
    exports = render(variables(Endpoint(url, settings.region, settings.account)), "sh")
    lines = [
        f"Maptrail {__version__} at {url}",
        *(f"  {line}" for line in exports.splitlines()),
        f"Buckets:  {machine.directory.s3}",
        f"Console:  {url}/_maptrail/",
        *([f"Chaos:    some calls fail, by --fault-seed {settings.fault_seed}"] if settings.chaos else []),
        "Ready.",
    ]
    return "\n".join(lines)


def settle_in() -> None:
    """What is alive now stays: neither the collector nor the allocator need go over it again and again.

    Answers of hundreds of kilobytes come and go; glibc would give their pages back each time and fault them in anew.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    with contextlib.suppress(AttributeError, OSError):  # another C library
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, 32 << 20)
        mallopt(_M_TRIM_THRESHOLD, 64 << 20)


class Server:
    """Serves an application on a listening socket, in this thread; on SIGHUP it calls ``hung_up``, if there is one."""

    def __init__(self, bridge: Bridge, hung_up: Callable[[], object] | None = None) -> None:
        connect: Any = partial(Connection, bridge.calls)
        config = uvicorn.Config(
            bridge,
            http=connect,
            loop="uvloop",
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=_BACKLOG,
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=_GRACE,
        )
        self._server = _Uvicorn(config, hung_up)
        bridge.calls.connections = self._server.server_state.connections

    def run(self, listener: socket.socket) -> None:
        """Serve until :meth:`stop`, or a signal if this is the main thread."""
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._server.serve(sockets=[listener]))

    def stop(self) -> None:
        """Have :meth:`run` answer what is in flight and return; may be called from another thread."""
        self._server.should_exit = True

    @property
    def started(self) -> bool:
        """Whether requests are taken."""
        return self._server.started


class _Uvicorn(uvicorn.Server):
    """Uvicorn that ends with status 0 on SIGTERM and Ctrl-C: it raises the signal again when it is done."""

    def __init__(self, config: uvicorn.Config, hung_up: Callable[[], object] | None) -> None:
        super().__init__(config)
        self._hung_up = hung_up

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        with contextlib.suppress(ValueError):  # not the main thread: whoever embeds the server ends it
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, self.handle_exit)
            if self._hung_up is not None:
                asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._hung_up)
        yield
