"""A connection of the server: calls of the API are answered as soon as their last byte is there.

Everything that can be asked over HTTP goes uvicorn's way, through a task and the messages of ASGI; that costs more than
most calls do. A call as SDKs send it needs none of this. It is answered in the parser's callback, and to the connection
it is a request in progress like any other: one that comes behind it waits for its turn.
"""

from __future__ import annotations

import asyncio
import http
from functools import partial
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from emulator.bridge import ABORT
from emulator.call import Request
from emulator.fields import fields

if TYPE_CHECKING:
    from emulator.call import Response
    from emulator.group_commit import GroupCommit

__all__ = ["Connection"]

_STATUS = {status.value: b"HTTP/1.1 %d %b\r\n" % (status, status.phrase.encode()) for status in http.HTTPStatus}
_DIGITS = 5  # of the length of a body that is taken here; a larger one may have to be refused before it is read
_COPIED = 1 << 14  # bytes of a body that are sooner copied behind its head than sent as a piece of their own


class _Call:
    """A call in progress, with what uvicorn asks of the request that a connection is busy with."""

    __slots__ = ("disconnected", "keep_alive", "request", "response_complete", "whole")

    message_event = asyncio.Event()  # nobody waits for it

    def __init__(self, request: Request, *, keep_alive: bool) -> None:
        self.request = request
        self.keep_alive = keep_alive
        self.whole = self.response_complete = self.disconnected = False


class Connection(HttpToolsProtocol):
    """A connection whose calls go to a :class:`GroupCommit`; whoever answers on it may close it without an answer."""

    def __init__(self, calls: GroupCommit, **given: Any) -> None:
        super().__init__(**given)
        self._calls = calls
        self._call: _Call | None = None
        self._url = b""
        self._fields: list[tuple[bytes, bytes]] = []

    def connection_made(self, transport: Any) -> None:
        """Let whoever answers on the connection close it at once."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, ABORT: transport.abort}

    def eof_received(self) -> bool:  # type: ignore[override]
        """A caller that has sent its call and will send no more still reads the answer."""
        cycle: Any = self.cycle
        if not isinstance(cycle, _Call) or cycle.response_complete or not cycle.whole:
            return False
        cycle.keep_alive = False
        return True

    def on_message_begin(self) -> None:
        """A request begins."""
        self._url = b""
        self._fields = []

    def on_url(self, url: bytes) -> None:
        """Part of its address."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One of its headers."""
        self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        """Its head is there: it is a call to be answered here, or goes uvicorn's way."""
        call: Any = self._begun()
        if call is None:
            self._hand_over()
        else:
            self.cycle = self._call = call

    def on_body(self, body: bytes) -> None:
        """Part of its body."""
        if self._call is None:
            super().on_body(body)
        else:
            self._call.request.body += body

    def on_message_complete(self) -> None:
        """All of it is there. With fault rules its answer may have to wait: that is for a task."""
        if self._call is not None and self._calls.faulty:
            self._give_back(self._call)
        call, self._call = self._call, None
        if call is None:
            super().on_message_complete()
        else:
            call.whole = True
            self._calls.answer(call.request, partial(self._leave, call))

    def shutdown(self) -> None:
        """Begin to end; for a call that is half here uvicorn waits a moment, as for any request."""
        if self._call is not None:
            self._give_back(self._call)
        super().shutdown()

    def _begun(self) -> _Call | None:
        """The call whose head is there, if it is one to be answered here."""
        parser, url, before = self.parser, self._url, self.cycle
        if self.flow.write_paused or not getattr(before, "response_complete", True):
            return None
        if parser.get_method() != b"POST" or parser.get_http_version() != "1.1" or parser.should_upgrade():
            return None
        headers = fields(self._fields)
        if len(headers.get("content-length", "")) > _DIGITS or "transfer-encoding" in headers or "expect" in headers:
            return None
        if url != b"/" and (not url.startswith(b"/") or b"%" in url or b"?" in url):
            return None
        remote = self.client[0] if self.client else ""
        request = Request("POST", url.decode("latin-1"), "", headers, b"", remote)
        return _Call(request, keep_alive=parser.should_keep_alive()) if self._calls.takes(request) else None

    def _hand_over(self) -> None:
        """Let uvicorn have the request, from its beginning."""
        super().on_message_begin()
        super().on_url(self._url)
        for name, value in self._fields:
            super().on_header(name, value)
        super().on_headers_complete()

    def _give_back(self, call: _Call) -> None:
        """Let uvicorn have a call after all, with what is there of its body."""
        self._call = None
        call.response_complete = True
        self._hand_over()
        super().on_body(call.request.body)

    def _leave(self, call: _Call, response: Response) -> None:
        call.response_complete = True
        if not self.transport.is_closing():
            head = self._head(response, keep_alive=call.keep_alive)
            if len(response.body) < _COPIED:
                self.transport.write(head + response.body)
            else:
                self.transport.writelines((head, response.body))
            if not call.keep_alive:
                self.transport.close()
        self.on_response_complete()

    def _head(self, response: Response, *, keep_alive: bool) -> bytes:
        given = b"".join([b"%b: %b\r\n" % each for each in self.server_state.default_headers])
        own = "".join([f"{name}: {value}\r\n" for name, value in response.headers])
        end = "\r\n" if keep_alive else "Connection: close\r\n\r\n"
        text = f"{own}Content-Length: {len(response.body)}\r\n{end}"
        return _STATUS[response.status] + given + text.encode("latin-1")
