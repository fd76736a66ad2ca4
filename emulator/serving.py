"""The server: uvicorn with httptools and uvloop, one process, the application called inline.

Why this one is in ``docs/decisions/``. A request is handed over when its body is complete, so that a stalled connection
costs a socket and nothing else. The calls that arrive in one turn of the loop share one transaction: their answers
leave when it is committed.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import io
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Generator, MutableMapping
from typing import TYPE_CHECKING, Any

import uvicorn
import uvloop

from emulator import __version__
from emulator.call import Response
from emulator.data import DataDirectory
from emulator.environment import Endpoint, render, variables
from emulator.machine import Machine
from emulator.settings import Settings, StartError
from emulator.web import GROUPED, create_app, log

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

__all__ = ["Bridge", "Server", "listen", "serve"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_BODY_LIMIT = 64 << 20
_BACKLOG = 2048
_KEEP_ALIVE = 75
_GRACE = 1
_MOST_TOGETHER = 64
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or Ctrl-C; what is pending is delivered before this returns 0. Raises ``StartError``."""
    directory = DataDirectory(settings)
    try:
        with contextlib.closing(listen(settings.host, settings.port)) as listener:
            machine = Machine(settings, directory)
            try:
                _run(machine, listener)
            finally:
                machine.close()
    finally:
        directory.close()
    return 0


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises ``StartError`` if the address cannot be had."""
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
    return listener


def address(listener: socket.socket) -> str:
    """The URL a listening socket is reached at."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _run(machine: Machine, listener: socket.socket) -> None:
    settings, url = machine.settings, address(listener)
    server = Server(machine)
    machine.start()
    machine.directory.announce(url, settings)
    if settings.port_file is not None:
        settings.port_file.write_text(f"{listener.getsockname()[1]}\n")
    settle_in()
    print(_banner(machine, url), flush=True)  # noqa: T201
    server.run(listener)


def _banner(machine: Machine, url: str) -> str:
    """What a newcomer needs next; ``Ready.`` alone on the last line is what tools wait for."""
    settings = machine.settings
    exports = render(variables(Endpoint(url, settings.region, settings.account)), "sh")
    lines = [
        f"Maptrail {__version__} at {url}",
        *(f"  {line}" for line in exports.splitlines()),
        f"Buckets:  {machine.directory.s3}",
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
    """Serves a machine on a listening socket, in this thread."""

    def __init__(self, machine: Machine) -> None:
        config = uvicorn.Config(
            Bridge(create_app(machine), machine),
            http="httptools",
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
        self._server = _Uvicorn(config)

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

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        with contextlib.suppress(ValueError):  # not the main thread: whoever embeds the server ends it
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, self.handle_exit)
        yield


class Bridge:
    """Calls a WSGI application inline for each complete ASGI request, and commits for all of one turn at once."""

    def __init__(self, app: WSGIApplication, machine: Machine) -> None:
        self._app = app
        self._machine = machine
        self._committed: asyncio.Future[Exception | None] | None = None
        self._waiting = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            body = await _read(receive)
        except ConnectionResetError:
            return
        if body is None:
            await _send(send, 413, [("content-type", "application/json")], b'{"error": "The body is too large."}')
            return
        environ = _environ(scope, body)
        status, headers, answer = self._call(environ)
        if self._machine.uncommitted:
            error = await self._commit()
            response = environ[GROUPED]
            if error is not None:
                response = self._machine.unrecorded(environ.get("CONTENT_TYPE", ""))
                status, headers, answer = response.status, response.headers, response.body
                headers.append(("Content-Length", str(len(answer))))
            elif isinstance(response, Response):
                log(self._machine, response)
        await _send(send, status, headers, answer)

    def _call(self, environ: WSGIEnvironment) -> tuple[int, list[tuple[str, str]], bytes]:
        begun: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> Callable[[bytes], object]:
            begun[:] = [int(status[:3]), headers]
            return body.append

        body: list[bytes] = []
        answer = self._app(environ, start_response)
        try:
            body.extend(answer)
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()
        return begun[0], begun[1], b"".join(body)

    def _commit(self) -> asyncio.Future[Exception | None]:
        """Done when the transaction that the waiting calls share is committed; an error if it could not be."""
        if self._committed is None:
            self._committed = asyncio.get_running_loop().create_future()
            self._committed.get_loop().call_soon(self._commit_when_quiet, self._committed, 0)
        self._waiting += 1
        return self._committed

    def _commit_when_quiet(self, committed: asyncio.Future[Exception | None], seen: int) -> None:
        """Commit as soon as a turn of the loop has brought no further call: each more makes all cheaper."""
        if seen < self._waiting < _MOST_TOGETHER:
            committed.get_loop().call_soon(self._commit_when_quiet, committed, self._waiting)
            return
        self._committed, self._waiting = None, 0
        error: Exception | None = None
        try:
            self._machine.commit()
        except Exception as refused:  # noqa: BLE001 -- whatever it is, somebody waits for an answer
            error = refused
        committed.set_result(error)


async def _read(receive: Receive) -> bytes | None:
    """The whole body; None if it is larger than anything that is taken here.

    Raises ``ConnectionResetError`` if the caller left before all of it was there: that is no call.
    """
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        _check_there(message)
        return body
    parts, length = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        _check_there(message)
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        if length > _BODY_LIMIT:
            return None
    return b"".join(parts)


def _check_there(message: Message) -> None:
    if message["type"] == "http.disconnect":
        raise ConnectionResetError


async def _send(send: Send, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def _environ(scope: Message, body: bytes) -> WSGIEnvironment:
    """The WSGI environment of a request, PEP 3333."""
    server, client = scope.get("server") or ("", 0), scope.get("client") or ("", 0)
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"],
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        GROUPED: None,
    }
    for name, value in scope["headers"]:
        key = _KEYS.get(name) or _key(name)
        environ[key] = f"{environ[key]},{value.decode('latin-1')}" if key in environ else value.decode("latin-1")
    environ["CONTENT_LENGTH"] = str(len(body))
    return environ


_KEYS: dict[bytes, str] = {}
_MOST_KEYS = 1000


def _key(name: bytes) -> str:
    """A header's name in the WSGI environment; those seen are remembered."""
    key = name.decode("latin-1").upper().replace("-", "_")
    key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
    if len(_KEYS) < _MOST_KEYS:
        _KEYS[name] = key
    return key
