"""Event history: the records, newest first, as far as the filters want them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.console.rows import parsed, row
from emulator.console.timeline import SPANS
from emulator.console.view import PAGE, AbsentError, RefusedError
from emulator.services import SERVICES
from trail.feed import Filter, Page, read

if TYPE_CHECKING:
    import sqlite3
    from contextlib import AbstractContextManager

    from emulator.console.view import View

__all__ = ["MOST_DOWNLOADED", "called", "history", "matching", "one"]

MOST_DOWNLOADED = 10_000
"""How many records a download holds at most."""

_WORDS = ("name", "user", "resource", "source", "access", "failed", "within", "since", "until")
_KNOWN = {*_WORDS, "account", "region", "before", "after", "call"}
_SPANS = {"5m": "Last 5 minutes", "1h": "Last hour", "24h": "Last day", "7d": "Last 7 days"}
_ACCESS = {"read": True, "write": False}
_STEPS = 4
_STEPS_FOR_ONE = 20
_STEPS_FOR_ALL = 40
_REST_OF_A_SECOND = 999
_AT_ONCE = 200


def history(view: View) -> dict[str, Any]:
    """A page of the history; with ``after`` what came behind that cursor, for who follows it."""
    wanted, before, after = _wanted(view), view.text("before"), view.text("after")
    with _reading(view) as connection:
        head = read(connection, Filter(), newest=True, limit=1)
        page = _newer(connection, wanted, after) if after else _older(connection, wanted, before, PAGE)
    return {
        "events": [row(parsed(record)) | {"number": n} for record, n in zip(page.records, page.numbers, strict=True)],
        "filters": {name: view.text(name) for name in _WORDS},
        "filtered": any(view.text(name) for name in _WORDS),
        "spans": _SPANS,
        "names": sorted({name for operations in SERVICES.values() for name in operations}),
        "sources": sorted({each.service.event_source for service in SERVICES.values() for each in service.values()}),
        "before": before,
        "cursor": page.cursor,
        "more": page.more,
        "head": head.cursor if head.records else "0",
        "epoch": view.machine.journal.epoch,
    }


def matching(view: View) -> list[bytes]:
    """The records of the filtered history, newest first, for a download."""
    with _reading(view) as connection:
        return _older(connection, _wanted(view), None, MOST_DOWNLOADED, steps=_STEPS_FOR_ALL).records


def one(view: View, event_id: str) -> dict[str, Any]:
    """One record in full; ``at``, its number, says where to look: without it, among the latest."""
    at = view.text("at")
    wanted, before = Filter(event_id=event_id), None
    if at is not None:
        if not (at.isascii() and at.isdecimal()):
            raise RefusedError(f"at is {at!r}: it takes the number of an event.")
        before = str(int(at) + 1)
    with _reading(view) as connection:
        page = _older(connection, wanted, before, 1, steps=1 if at else _STEPS_FOR_ONE)
    if not page.records:
        raise AbsentError(f"There is no event {event_id} in the history.")
    record = parsed(page.records[0])
    return {"event": row(record), "record": record}


def called(view: View) -> dict[str, Any] | None:
    """The line of the call that led to this page, by the request id in ``call``; None if it is not on the record."""
    request_id = view.text("call")
    if request_id is None:
        return None
    with _reading(view) as connection:
        page = read(connection, Filter(request_id=request_id), newest=True, limit=1)
    return row(parsed(page.records[0])) | {"number": page.numbers[0]} if page.records else None


def _reading(view: View) -> AbstractContextManager[sqlite3.Connection]:
    view.machine.finish()
    return view.machine.database.reading()


def _newer(connection: sqlite3.Connection, wanted: Filter, after: str) -> Page:
    try:
        return read(connection, wanted, after=after, limit=_AT_ONCE)
    except ValueError:
        raise RefusedError(f"after is {after!r}: it takes a cursor that was given out here.") from None


def _older(
    connection: sqlite3.Connection, wanted: Filter, before: str | None, limit: int, *, steps: int = _STEPS
) -> Page:
    """Records before a cursor, newest first, from as many pages of the feed as ``steps`` allows."""
    records: list[bytes] = []
    numbers: list[int] = []
    for _ in range(steps):
        try:
            page = read(connection, wanted, after=before, limit=limit - len(records), newest=True)
        except ValueError:
            raise RefusedError(f"before is {before!r}: it takes a cursor that was given out here.") from None
        records += page.records
        numbers += page.numbers
        before = page.cursor
        if len(records) == limit or not page.more:
            break
    return Page(records, page.cursor, page.more, numbers)


def _wanted(view: View) -> Filter:
    """The filters of the form. Raises :class:`RefusedError`, also for one unknown: it would hide nothing."""
    for name in view.args:
        if name not in _KNOWN:
            raise RefusedError(f"{name} is not a filter of events; the filters are {', '.join(_WORDS)}.")
    access = view.text("access")
    if access is not None and access not in _ACCESS:
        raise RefusedError(f"access is {access!r}: it takes read or write.")
    since, until, within = view.instant("since"), view.instant("until"), view.text("within")
    if within is not None:
        if within not in _SPANS:
            raise RefusedError(f"within is {within!r}: it takes {', '.join(_SPANS)}.")
        since = max(since or 0, view.machine.clock.now() - SPANS[within])
    return Filter(
        account=view.selection.account,
        region=view.selection.region,
        name=view.text("name"),
        user_name=view.text("user"),
        resource=view.text("resource"),
        source=view.text("source"),
        read_only=None if access is None else _ACCESS[access],
        failed=True if view.text("failed") else None,
        since=since,
        until=None if until is None else until + _REST_OF_A_SECOND,
    )
