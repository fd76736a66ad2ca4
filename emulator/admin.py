"""The admin doors under ``/_maptrail/``: health, reset, flush, events, clock. JSON in, JSON out.

A refused request is ``{"error": "one sentence"}``. Reads and writes here are no API calls: they leave no record.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, current_app, jsonify, request
from werkzeug.exceptions import BadRequest

from emulator import __version__
from emulator.recording import iso_date
from emulator.services import SERVICES
from trail.feed import Filter, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.machine import Machine

__all__ = ["admin", "check_origin", "move_clock"]

admin = Blueprint("admin", __name__)

_SERVICES = tuple(SERVICES)
_PAGE = 1000
_LATEST = 253_402_300_799_000


def _machine() -> Machine:
    machine: Machine = current_app.extensions["maptrail"]
    return machine


@admin.before_request
def check_origin() -> None:
    """Let the request in, or refuse it: for the token, or for the page it comes from."""
    current_app.extensions["maptrail.doorkeeper"].check(request)


@admin.get("/_maptrail/health")
@admin.get("/_localstack/health")
def health() -> Any:
    """Whether calls are answered and recorded; 503 with the reason if not."""
    unwell = _machine().check_health()
    state = "available" if request.path.startswith("/_maptrail") else "running"
    services = dict.fromkeys(_SERVICES, state if unwell is None else "error")
    answer = {"status": "ok" if unwell is None else "error", "version": __version__, "services": services}
    if unwell is not None:
        return jsonify(answer | {"error": unwell, "reason": unwell}), 503
    return jsonify(answer)


@admin.post("/_maptrail/reset")
@admin.post("/moto-api/reset")
def reset() -> Any:
    """Back to the beginning, in milliseconds; ``?keep=files`` leaves the buckets."""
    keep = request.args.get("keep")
    if keep not in (None, "files"):
        raise BadRequest(f"keep is {keep!r}: it takes files.")
    _machine().reset(keep_files=keep == "files")
    return jsonify(status="ok")


@admin.post("/_maptrail/flush")
def flush() -> Any:
    """Deliver what is pending; answers with the keys of the files, as ``bucket/key``.

    Digests that are due are among them; with ``?digest=1`` the period of every digest ends now.
    """
    digest = request.args.get("digest", "0")
    if digest not in ("0", "1"):
        raise BadRequest(f"digest is {digest!r}: it takes 0 or 1.")
    return jsonify(keys=[f"{bucket}/{key}" for bucket, key in _machine().flush(digest=digest == "1")])


@admin.get("/_maptrail/events")
def events() -> Response:
    """Records in the order of the calls, one JSON object a line; ``after=CURSOR`` goes on where another answer ended.

    The answer's ``X-Maptrail-Cursor`` is the cursor to go on from; one that stays says that there is no more yet.
    """
    machine = _machine()
    machine.finish()
    wanted, after, limit = _wanted(), request.args.get("after"), _limit()
    try:
        with machine.database.reading() as connection:
            page = read(connection, wanted, after=after, limit=limit)
    except ValueError:
        raise BadRequest(
            "after is no cursor that was given out here: leave it out to begin at the beginning."
        ) from None
    answer = Response(b"".join(record + b"\n" for record in page.records), mimetype="application/x-ndjson")
    answer.headers["X-Maptrail-Cursor"] = page.cursor
    return answer


@admin.get("/_maptrail/clock")
def clock() -> Any:
    """The product's time."""
    return _clock(_machine())


@admin.put("/_maptrail/clock")
def set_clock() -> Any:
    """Move, freeze or reset the clock; what becomes due is done by the next call."""
    order = request.get_json(force=True, silent=True)
    if not isinstance(order, dict) or len(order) != 1:
        raise BadRequest('The body must be {"advance": seconds}, {"freeze": true or a time} or {"reset": true}.')
    move_clock(_machine(), order)
    return _clock(_machine())


def move_clock(machine: Machine, order: dict[str, Any]) -> None:
    """Do what an order to the clock says. Raises ``BadRequest`` for one that is none."""
    _move(machine, order)
    machine.finish()
    machine.facilities.forget()


def _move(machine: Machine, order: dict[str, Any]) -> None:
    match order:
        case {"advance": int() | float() as seconds} if not isinstance(seconds, bool):
            if not 0 < machine.clock.now() + seconds * 1000 < _LATEST:
                raise BadRequest(f"advance is {seconds}: the clock cannot be moved so far.")
            machine.clock.advance(round(seconds * 1000))
        case {"freeze": True}:
            machine.clock.freeze()
        case {"freeze": str() as at}:
            machine.clock.freeze(_instant(at))
        case {"freeze": False} | {"reset": True}:
            machine.clock.reset()
        case _:
            raise BadRequest('The body must be {"advance": seconds}, {"freeze": true or a time} or {"reset": true}.')


def _clock(machine: Machine) -> Any:
    now = machine.clock.now()
    return jsonify(now=iso_date(now), frozen=machine.clock.frozen, offset=machine.clock.offset / 1000)


def _instant(text: str) -> int:
    try:
        at = datetime.fromisoformat(text)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        instant = round(at.timestamp() * 1000)
    except (ValueError, OverflowError):
        instant = 0
    if not 0 < instant <= _LATEST:
        raise BadRequest(f"{text!r} is no time, such as 2026-11-22T16:35:00Z.")
    return instant


def _wanted() -> Filter:
    """The filter that the query asks for; its words are the fields of :class:`trail.feed.Filter`."""
    wanted: dict[str, Any] = {}
    for name, text in request.args.items():
        if name in ("after", "limit"):
            continue
        if name not in _WORDS:
            raise BadRequest(f"{name} is not a filter of events; the filters are {', '.join(_WORDS)}.")
        wanted[name] = _WORDS[name](name, text)
    return Filter(**wanted)


def _text(_: str, text: str) -> str:
    return text


def _truth(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise BadRequest(f"{name} is {text!r}: it takes true or false.")
    return text == "true"


def _time(_: str, text: str) -> int:
    return _instant(text)


_WORDS: dict[str, Callable[[str, str], Any]] = {
    field.name: {"str": _text, "bool": _truth, "int": _time}[str(field.type).partition(" ")[0]]
    for field in fields(Filter)
}


def _limit() -> int:
    text = request.args.get("limit", str(_PAGE))
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= _PAGE:
        raise BadRequest(f"limit is {text!r}: it takes a whole number from 1 to {_PAGE}.")
    return int(text)
