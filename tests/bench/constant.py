"""A server that answers each operation with the same bytes: what any server costs a client at the least."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from pathlib import Path

_EMPTY = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: 2\r\n\r\n{}"


class Constant(asyncio.Protocol):
    """Answers a request when its last byte is there; the operation is found by its name in the request's head."""

    def __init__(self, answers: dict[bytes, bytes]) -> None:
        self._answers = answers
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer what is complete."""
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if separator and len(body) >= _length(head):
            self._buffer = b""
            name = next((each for each in self._answers if each in head), b"")
            self._transport.write(self._answers.get(name, _EMPTY))


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line[:15].lower() == b"content-length:":
            return int(line[15:])
    return 0


async def _serve(port_file: Path, answers: dict[bytes, bytes]) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Constant(answers), "127.0.0.1", 0)
    port_file.write_text(str(server.sockets[0].getsockname()[1]))
    await server.serve_forever()


def main(port_file: str, answers_file: str = "") -> None:
    """Serve until ended; the answers file maps a mark in the head to an answer in base64."""
    known = json.loads(Path(answers_file).read_text()) if answers_file else {}
    answers = {mark.encode(): base64.b64decode(answer) for mark, answer in known.items()}
    asyncio.run(_serve(Path(port_file), answers))


if __name__ == "__main__":
    main(*sys.argv[1:])
