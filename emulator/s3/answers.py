"""Forms that answers share: XML documents, times, ETags."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any

from emulator.call import Response
from emulator.s3.markup import write

__all__ = ["document", "http_date", "iso_time", "nothing", "quoted"]


def document(name: str, content: Any, *, headers: list[tuple[str, str]] | None = None) -> Response:
    """An answer of XML."""
    return Response(200, [("Content-Type", "application/xml"), *(headers or [])], write(name, content))


def nothing(status: int = 204, *headers: tuple[str, str]) -> Response:
    """An answer without a body."""
    return Response(status, list(headers), b"")


def iso_time(nanoseconds: int) -> str:
    """As in lists: ``2026-11-22T16:35:00.000Z``."""
    return f"{datetime.fromtimestamp(nanoseconds // 10**9, UTC):%Y-%m-%dT%H:%M:%S}.000Z"


def http_date(nanoseconds: int) -> str:
    """As in headers: ``Sun, 22 Nov 2026 16:35:00 GMT``."""
    return formatdate(nanoseconds // 10**9, usegmt=True)


def quoted(etag: str) -> str:
    """An ETag as it is sent."""
    return f'"{etag}"'
