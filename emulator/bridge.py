"""Between the server and the WSGI application: complete requests in, answers out when they are committed."""

from __future__ import annotations

import asyncio
import contextlib
import io
import sqlite3
import sys
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from emulator.call import Request
from emulator.fields import fields
from emulator.group_commit import GroupCommit
from emulator.transfer import LIMIT, check_there, refuse, send_pieces, take
from emulator.transfer import send as send_whole
from emulator.web import DOOR, HEADERS, STREAMED, is_upload, may_upload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed.wsgi import WSGIEnvironment
    from flask import Flask

    from emulator.faults import Fault
    from emulator.machine import Machine
    from emulator.transfer import Headers, Message, Receive, Send

__all__ = ["ABORT", "Bridge"]

ABORT = "maptrail.abort"
"""In the state of an ASGI scope: closes the connection at once."""

_BODY_LIMIT = 64 << 20


class Bridge:
    """Answers complete ASGI requests inline: calls of the API together, anything else by the WSGI application."""

    def __init__(self, app: Flask, machine: Machine) -> None:
        self._app = app
        self._machine = machine
        self.calls = GroupCommit(app.extensions.get(DOOR), machine)

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
        request = _request(scope, body)
        if self.calls.takes(request):
            await self._answer(request, scope, receive, send)
        else:
            await self._pass_on(request, scope, send)

    async def _answer(self, request: Request, scope: Message, receive: Receive, send: Send) -> None:
        response = await self.calls.answered(request)
        if response.fault is None or not await _lost(response.fault, scope, receive):
            length = ("Content-Length", str(len(response.body)))
            await send_whole(send, response.status, [*response.headers, length], response.body)

    async def _pass_on(self, request: Request, scope: Message, send: Send) -> None:
        """Have the application answer; what it read may not be committed yet, or it may have ended a transaction."""
        environ = _environ(scope, request.body)
        status, headers, answer = self._call(environ)
        error = await self.calls.committed() if self._machine.uncommitted else None
        if error is not None:
            response = self._machine.unrecorded(environ.get("CONTENT_TYPE", ""))
            length = ("Content-Length", str(len(response.body)))
            await send_whole(send, response.status, [*response.headers, length], response.body)
        elif environ[STREAMED] is None:
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


def _request(scope: Message, body: bytes) -> Request:
    return Request(
        method=scope["method"],
        path=_path(scope),
        query=scope["query_string"].decode("latin-1"),
        headers=fields(scope["headers"]),
        body=body,
        remote=(scope.get("client") or ("",))[0],
    )


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
