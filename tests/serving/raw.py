"""Bytes on a socket, for requests that no client library would send."""

import json
import socket
from typing import Any
from urllib.parse import urlsplit

from tests.serving.client import TARGET


def connect(url: str, timeout: float = 10) -> socket.socket:
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=timeout)


def head(operation: str, *more: str) -> bytes:
    lines = ["POST / HTTP/1.1", "Host: x", f"X-Amz-Target: {TARGET}.{operation}", *more]
    return "\r\n".join([*lines, "", ""]).encode()


def request(operation: str, parameters: Any = None, *more: str) -> bytes:
    body = json.dumps(parameters or {}).encode()
    return head(operation, f"Content-Length: {len(body)}", *more) + body


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def answers(connection: socket.socket, count: int) -> list[tuple[int, Any]]:
    """The next answers on a connection, each with a content length or in chunks."""
    with connection.makefile("rb") as stream:
        return [_answer(stream) for _ in range(count)]


def _answer(stream: Any) -> tuple[int, Any]:
    status = int(stream.readline().split()[1])
    headers = {}
    while (line := stream.readline().strip()) != b"":
        name, _, value = line.partition(b":")
        headers[name.lower()] = value.strip()
    if b"content-length" in headers:
        body = stream.read(int(headers[b"content-length"]))
    else:
        body = b""
        while size := int(stream.readline(), 16):
            body += stream.read(size)
            stream.readline()
        stream.readline()
    return status, json.loads(body) if body else None
