"""Conditional requests and ranges: https://www.rfc-editor.org/rfc/rfc9110#name-conditional-requests. Pure functions."""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from emulator.s3.answers import http_date, quoted
from emulator.s3.errors import error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trail.objects import Stored

__all__ = ["check", "copied", "span"]

_SPAN = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})").fullmatch


def check(headers: Mapping[str, str], stored: Stored, *, source: bool = False) -> None:
    """Refuse what is not to be had under the conditions: ``PreconditionFailed``, or 304 that it has not changed.

    With ``source`` the conditions are those on the source of a copy, which has no 304.
    """
    before = "x-amz-copy-source-" if source else ""
    if_match, if_none = headers.get(f"{before}if-match"), headers.get(f"{before}if-none-match")
    unmodified = _seconds(headers.get(f"{before}if-unmodified-since"))
    modified = _seconds(headers.get(f"{before}if-modified-since"))
    at = stored.modified // 10**9
    if if_match is not None and not _names(if_match, stored.etag):
        raise error("PreconditionFailed", Condition="If-Match")
    if if_match is None and unmodified is not None and at > unmodified:
        raise error("PreconditionFailed", Condition="If-Unmodified-Since")
    same = if_none is not None and _names(if_none, stored.etag)
    if same or (if_none is None and modified is not None and at <= modified):
        if source:
            raise error("PreconditionFailed", Condition="If-None-Match" if same else "If-Modified-Since")
        raise error("NotModified", **{"ETag": quoted(stored.etag), "Last-Modified": http_date(stored.modified)})


def span(header: str | None, size: int) -> tuple[int, int] | None:
    """First and last byte of a range, or None for all; a header that is no single range asks for all.

    ``InvalidRange`` if no byte lies in it.
    """
    found = _SPAN(header) if header else None
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        first, last = max(size - int(found[2]), 0), size - 1
    else:
        first, last = int(found[1]), min(int(found[2] or size), size - 1)
        if found[2] and int(found[2]) < first:
            return None
    if first > last:
        raise error("InvalidRange", RangeRequested=header or "", ActualObjectSize=str(size))
    return first, last


def copied(header: str | None, body: bytes) -> bytes:
    """What a part copies of an object: all, or ``bytes=first-last``, which has to lie within it."""
    if header is None:
        return body
    found = _SPAN(header)
    if found is None or not (found[1] and found[2] and int(found[1]) <= int(found[2])):
        raise error(
            "InvalidArgument",
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
            "zero-based offsets of the first and last bytes to copy",
        )
    if int(found[2]) >= len(body):
        raise error("InvalidArgument", f"Range specified is not valid for source object of size: {len(body)}")
    return body[int(found[1]) : int(found[2]) + 1]


def _names(header: str, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/").strip('"') for tag in header.split(",")]
    return "*" in tags or etag in tags


def _seconds(date: str | None) -> float | None:
    if date is None:
        return None
    try:
        at = parsedate_to_datetime(date)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
