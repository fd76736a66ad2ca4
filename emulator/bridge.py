"""Between the server and the WSGI application: complete requests in, answers out when they are committed.

The calls that arrive while the loop has something to do share one transaction, and so the cost of its commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import sqlite3
import sys
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from emulator.call import Response
from emulator.transfer import LIMIT, check_there, refuse, send_pieces, take
from emulator.transfer import send as send_whole
from emulator.web import GROUPED, HEADERS, STREAMED, is_upload, log, may_upload

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from _typeshed.wsgi import WSGIEnvironment
    from flask import Flask

    from emulator.faults import Fault
    from emulator.machine import Machine
    from emulator.transfer import Headers, Message, Receive, Send

__all__ = ["ABORT", "Bridge"]

ABORT = "maptrail.abort"
"""In the state of an ASGI scope: closes the connection at once."""

_BODY_LIMIT = 64 << 20
_MOST_TOGETHER = 64


class Bridge:
    """Calls a WSGI application inline for each complete ASGI request, and commits for all of one turn at once."""

    def __init__(self, app: Flask, machine: Machine) -> None:
        self._app = app
        self._machine = machine
        self._committed: asyncio.Future[Exception | None] | None = None
        self._waiting = 0
        self.connections: Collection[object] = ()
        """The server's open connections: when all of them wait, nobody else can join."""

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            if is_upload(scope["path"], scope["method"]):
                await self._upload(scope, receive, send)
                return
            body = await _read(receive)
        except ConnectionResetError:
            return
        if body is None:
            await refuse(send, 413, "The body is too large.")
            return
        environ = _environ(scope, body)
        status, headers, answer = self._call(environ)
        response = environ[GROUPED]
        error = await self._commit() if self._machine.uncommitted else None
        if error is not None:
            response = self._machine.unrecorded(environ.get("CONTENT_TYPE", ""))
            status, headers, answer = response.status, response.headers, response.body
            headers.append(("Content-Length", str(len(answer))))
        elif isinstance(response, Response):
            log(self._machine, response)
        if response is not None and response.fault is not None and await _lost(response.fault, scope, receive):
            return
        if environ[STREAMED] is None:
            await send_whole(send, status, headers, answer)
        else:
            await _stream(send, status, headers, environ[STREAMED])

    async def _upload(self, scope: Message, receive: Receive, send: Send) -> None:
        """Take a file that is too large for memory, from those who would be let in with it."""
        environ = _environ(scope, b"")
        if not may_upload(self._app, environ):
            status, headers, answer = self._call(environ)
            await send_whole(send, status, [*headers, ("Connection", "close")], answer)
            return
        try:
            with TemporaryFile(dir=self._machine.directory.path) as file:
                size = await take(receive, file)
                if size > LIMIT:
                    await refuse(send, 413, "The file is too large.")
                    return
                environ |= {"wsgi.input": file, "CONTENT_LENGTH": str(size)}
                status, headers, answer = self._call(environ)
        except ConnectionResetError:
            raise
        except OSError as error:
            await refuse(send, 507, f"The file cannot be kept ({error.strerror}).")
            return
        await send_whole(send, status, headers, answer)

    def _call(self, environ: WSGIEnvironment) -> tuple[int, Headers, bytes]:
        """The application's answer, but what is to be sent piece by piece: that stays unread in the environment."""
        begun: list[Any] = []

        def start_response(status: str, headers: Headers, _: Any = None) -> Callable[[bytes], object]:
            begun[:] = [int(status[:3]), headers]
            return body.append

        body: list[bytes] = []
        answer = self._app(environ, start_response)
        if environ[STREAMED]:
            environ[STREAMED] = answer
            return begun[0], begun[1], b""
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
        others = self._waiting != len(self.connections)
        if others and seen < self._waiting < _MOST_TOGETHER:
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
        check_there(message)
        return body
    parts, length = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        check_there(message)
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        if length > _BODY_LIMIT:
            return None
    return b"".join(parts)


async def _stream(send: Send, status: int, headers: Headers, pieces: Iterable[bytes]) -> None:
    try:
        await send_pieces(send, status, headers, pieces)
    except (OSError, sqlite3.Error) as error:
        await refuse(send, 500, f"The answer cannot be made ({error}).")


async def _lost(fault: Fault, scope: Message, receive: Receive) -> bool:
    """Keep an answer back as long as its fault says; whether it is lost: then its connection is closed.

    A server that ends waits for nobody: answers that were kept back leave at once.
    """
    if fault.delay:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(fault.delay)
    if fault.drop:
        scope["state"][ABORT]()
        await receive()
    return fault.drop


def _environ(scope: Message, body: bytes) -> WSGIEnvironment:
    """The WSGI environment of a request, PEP 3333."""
    server, client = scope.get("server") or ("", 0), scope.get("client") or ("", 0)
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": _path(scope),
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
        HEADERS: scope["headers"],
        STREAMED: None,
    }
    for name, value in scope["headers"]:
        key = _KEYS.get(name) or _key(name)
        environ[key] = f"{environ[key]},{value.decode('latin-1')}" if key in environ else value.decode("latin-1")
    environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def _path(scope: Message) -> str:
    """The path as WSGI wants it, byte for byte; what is no UTF-8 has been replaced in the scope's own."""
    path: str = scope["path"]
    raw = unquote_to_bytes(scope["raw_path"]) if "\ufffd" in path else path.encode()
    return raw.decode("latin-1")


_KEYS: dict[bytes, str] = {}
_MOST_KEYS = 1000


def _key(name: bytes) -> str:
    """A header's name in the WSGI environment; those seen are remembered."""
    key = name.decode("latin-1").upper().replace("-", "_")
    key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
    if len(_KEYS) < _MOST_KEYS:
        _KEYS[name] = key
    return key
