"""Large bodies between the server and the application: files that come in, answers that are made piece by piece.

Neither is ever held in memory as a whole. What makes the pieces may take its time: it has a thread of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import IO, TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LIMIT", "Headers", "Message", "Receive", "Send", "check_there", "refuse", "send", "send_pieces", "take"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[str, str]]

LIMIT = 8 << 30
"""The most bytes that a file that comes in may have."""


async def take(receive: Receive, file: IO[bytes]) -> int:
    """Write a request's body into a file and go back to its beginning; the number of bytes, or one over the limit.

    Raises ``ConnectionResetError`` if the caller left before all of it was there.
    """
    size, more = 0, True
    while more and size <= LIMIT:
        message = await receive()
        check_there(message)
        size += file.write(message.get("body", b""))
        more = message.get("more_body", False)
    file.seek(0)
    return size


async def send(to: Send, status: int, headers: Headers, body: bytes) -> None:
    """Send an answer that is whole."""
    await _begin(to, status, headers)
    await to({"type": "http.response.body", "body": body})


async def refuse(to: Send, status: int, sentence: str) -> None:
    """Answer that a request is refused, and let its connection go: part of its body may still be on its way."""
    headers = [("Content-Type", "application/json"), ("Connection", "close")]
    await send(to, status, headers, orjson.dumps({"error": sentence}))


async def send_pieces(to: Send, status: int, headers: Headers, answer: Iterable[bytes]) -> None:
    """Send an answer piece by piece, none of it before the first is made."""
    pieces = iter(answer)
    try:
        piece = await asyncio.to_thread(next, pieces, b"")
        await _begin(to, status, headers)
        while piece:
            await to({"type": "http.response.body", "body": piece, "more_body": True})
            piece = await asyncio.to_thread(next, pieces, b"")
        await to({"type": "http.response.body", "body": b""})
    finally:
        close = getattr(answer, "close", None)
        if close is not None:
            await asyncio.to_thread(close)


def check_there(message: Message) -> None:
    """Raise ``ConnectionResetError`` if the caller has left."""
    if message["type"] == "http.disconnect":
        raise ConnectionResetError


async def _begin(to: Send, status: int, headers: Headers) -> None:
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await to({"type": "http.response.start", "status": status, "headers": raw})
