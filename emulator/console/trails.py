"""Trails: how they are set and where they stand, the files they delivered, and what is in these."""

from __future__ import annotations

import hashlib
import zlib
from typing import TYPE_CHECKING, Any

import orjson

from emulator.console.rows import row
from emulator.console.view import PAGE, AbsentError, RefusedError, page_number, pages
from trail.destination import DestinationError

if TYPE_CHECKING:
    import sqlite3
    from contextlib import AbstractContextManager

    from emulator.console.view import View
    from trail.trails import Trail

__all__ = ["file", "one_trail", "reading", "trail_of", "trails"]

_ACCOUNTS = """
SELECT DISTINCT account FROM place WHERE account = coalesce(?, account) ORDER BY account LIMIT ? OFFSET ?
"""
_FILES = """
SELECT p.region, f.bucket, f.key, f.planned, f.delivered, f.size, f.events, f.oldest, f.newest
FROM place AS p JOIN file AS f ON f.place_id = p.id
WHERE f.trail_id = :trail AND p.region = coalesce(:region, p.region)
ORDER BY f.first DESC LIMIT :limit OFFSET :offset
"""
_FILE = "SELECT bucket, hash FROM file WHERE trail_id = ? AND key = ?"
_FILE_MEMBERS = ("region", "bucket", "key", "planned", "delivered", "size", "events", "oldest", "newest")
_LARGEST = 64 << 20
_GZIP = 31


def trails(view: View) -> dict[str, Any]:
    """The trails of the selected accounts, so many accounts a page; with a region, those that cover it."""
    selection, number = view.selection, page_number(view)
    with reading(view) as connection:
        window = (selection.account, PAGE + 1, (number - 1) * PAGE)
        accounts = [account for (account,) in connection.execute(_ACCOUNTS, window)]
        paging = pages(accounts, number)
        found = [
            _summary(view, connection, trail)
            for account in accounts
            for trail in view.machine.trails.list(connection, account, selection.region)
        ]
    return {"trails": found, "pages": paging}


def one_trail(view: View) -> dict[str, Any]:
    """A trail's settings, status and files, the latest first."""
    number = page_number(view)
    with reading(view) as connection:
        trail = trail_of(view, connection)
        window = {"limit": PAGE + 1, "offset": (number - 1) * PAGE}
        wanted = {"trail": trail.id, "region": view.selection.region}
        rows = connection.execute(_FILES, wanted | window).fetchall()
        return {
            "trail": _summary(view, connection, trail),
            "selectors": trail.selectors,
            "tags": view.machine.trails.tags(connection, trail),
            "pages": pages(rows, number),
            "files": [dict(zip(_FILE_MEMBERS, each, strict=True)) for each in rows],
        }


def file(view: View) -> dict[str, Any]:
    """What is in a delivered file: a page of its records."""
    number, key = page_number(view), view.text("key") or ""
    with reading(view) as connection:
        trail = trail_of(view, connection)
        found = connection.execute(_FILE, (trail.id, key)).fetchone()
    if found is None:
        raise AbsentError(f"The trail {trail.name} has delivered no file {key}.")
    bucket, delivered = found
    try:
        data = view.machine.buckets.get(bucket, key)
    except DestinationError as error:
        raise AbsentError(f"The file cannot be read from the bucket {bucket}: {error}") from error
    content = _unpacked(data)
    records = _records(content)
    window = records[(number - 1) * PAGE : number * PAGE + 1]
    return {
        "trail": {"name": trail.name, "arn": trail.arn},
        "bucket": bucket,
        "key": key,
        "path": str(view.machine.buckets.root / bucket / key),
        "compressed": len(data),
        "as_delivered": hashlib.sha256(content).hexdigest() == delivered,
        "count": len(records),
        "pages": pages(window, number),
        "events": [row(record) for record in window],
    }


def _unpacked(data: bytes) -> bytes:
    """What was packed, as far as it is not larger than any log file; nothing if nothing was packed."""
    try:
        return zlib.decompressobj(_GZIP).decompress(data, _LARGEST)
    except zlib.error:
        return b""


def _records(content: bytes) -> list[dict[str, Any]]:
    """The records of a log file. Raises :class:`AbsentError` if it is none any more."""
    try:
        records = orjson.loads(content)["Records"]
    except (ValueError, KeyError, TypeError):
        records = None
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise AbsentError("The file is no log file any more: somebody has changed it.")
    return records


def trail_of(view: View, connection: sqlite3.Connection) -> Trail:
    """The trail whose ARN is asked for."""
    arn = view.text("arn")
    if arn is None:
        raise RefusedError("arn is missing: it takes the ARN of a trail.")
    parts = arn.split(":")
    if len(parts) == 6:
        for trail in view.machine.trails.list(connection, parts[4]):
            if trail.arn == arn:
                return trail
    raise AbsentError(f"There is no trail {arn}.")


def _summary(view: View, connection: sqlite3.Connection, trail: Trail) -> dict[str, Any]:
    status = view.machine.trails.status(connection, trail)
    return {
        "name": trail.name,
        "arn": trail.arn,
        "account": trail.home.account,
        "region": trail.home.region,
        "bucket": trail.bucket,
        "prefix": trail.prefix,
        "topic": trail.topic,
        "logging": trail.logging,
        "multi_region": trail.multi_region,
        "global_events": trail.global_events,
        "validation": trail.validation,
        "is_default": trail.is_default,
        "created": trail.created,
        "started": status.started,
        "stopped": status.stopped,
        "delivered": status.delivered,
        "attempted": status.delivery_attempted,
        "error": status.delivery_error,
        "digest_delivered": status.digest_delivered,
        "digest_error": status.digest_error,
    }


def reading(view: View) -> AbstractContextManager[sqlite3.Connection]:
    """What is committed, that of the calls of this moment too."""
    view.machine.finish()
    return view.machine.database.reading()
