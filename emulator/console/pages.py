"""The pages' addresses: each data function becomes a page and its twin in JSON, under one set of rules."""

from __future__ import annotations

import re
import sqlite3
from functools import wraps
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, jsonify, redirect, request
from werkzeug.exceptions import HTTPException

from emulator.admin import check_origin
from emulator.console import clock, cloudmap, digests, download, faults, history, timeline, trails
from emulator.console.forms import forms
from emulator.console.frame import BASE, HOME, rendered, to, view, wrong
from emulator.console.sign_in import sign_in
from emulator.console.view import AbsentError, RefusedError
from emulator.recording import iso_date

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["console"]

console = Blueprint(
    "console", __name__, template_folder="templates", static_folder="static", static_url_path=f"{BASE}/static"
)
console.before_request(check_origin)
console.register_blueprint(forms)
console.register_blueprint(sign_in)


@console.app_template_filter("day")
def _day(milliseconds: int | None) -> str | None:
    """An instant as records write it."""
    return None if milliseconds is None else iso_date(milliseconds)


@console.app_template_filter("words")
def _words(name: Any) -> list[str]:
    """The words of a name like ``RegisterInstance``, between which it may be broken."""
    return re.split(r"(?=[A-Z])", str(name))


@console.app_template_filter("short")
def _short(name: Any) -> str:
    """What an ARN names, without what stands before it in all of them; anything else as it is."""
    text = str(name)
    return text.split(":", 5)[-1] if text.startswith("arn:") else text


def _page(rule: str, template: str, data: Callable[..., dict[str, Any]]) -> None:
    """Make a page and its twin of a data function, which gets the view and the parts of the address."""

    @wraps(data)
    def page(**parts: str) -> Response:
        asked = view()
        return rendered(template, asked, data(asked, **parts))

    @wraps(data)
    def twin(**parts: str) -> Response:
        return jsonify(data(view(), **parts))

    console.add_url_rule(f"{BASE}/{rule}", template, page)
    console.add_url_rule(f"{BASE}/{rule}.json", f"{template}_twin", twin)


_page("history", "history", history.history)
_page("history/<event_id>", "record", history.one)
_page("cloudmap", "cloudmap", cloudmap.namespaces)
_page("cloudmap/namespaces/<identifier>", "namespace", cloudmap.namespace)
_page("cloudmap/services/<identifier>", "service", cloudmap.service)
_page("cloudmap/operations", "operations", cloudmap.operations)
_page("cloudmap/operations/<identifier>", "operation", cloudmap.operation)
_page("trails", "trails", trails.trails)
_page("trails/trail", "trail", trails.one_trail)
_page("trails/file", "file", trails.file)
_page("trails/digests", "digests", digests.digests)
_page("timeline", "timeline", timeline.timeline)
_page("faults", "faults", faults.faults)
_page("clock", "clock", clock.clock)


@console.get("/")
def front() -> Any:
    """A browser that asks for nothing in particular is sent to the console; anything else is not answered here."""
    if (
        "Authorization" in request.headers
        or not request.accept_mimetypes.accept_html
        or "Accept" not in request.headers
    ):
        abort(404)
    return redirect(HOME)


@console.get(HOME)
def home() -> Any:
    """The console opens with the event history."""
    return redirect(to("history"))


@console.get(f"{BASE}/download.csv")
def download_csv() -> Response:
    """The filtered event history as CSV."""
    return _attached(download.as_csv(history.matching(view())), "text/csv", "event_history.csv")


@console.get(f"{BASE}/download.json")
def download_json() -> Response:
    """The filtered event history as JSON, whole records."""
    return _attached(download.as_json(history.matching(view())), "application/json", "event_history.json")


def _attached(body: bytes, mimetype: str, name: str) -> Response:
    return Response(body, mimetype=mimetype, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@console.errorhandler(AbsentError)
def _absent(error: AbsentError) -> Response:
    return wrong(404, str(error))


@console.errorhandler(RefusedError)
def _refused(error: RefusedError) -> Response:
    return wrong(400, str(error))


@console.errorhandler(sqlite3.Error)
def _broken(error: sqlite3.Error) -> Response:
    return wrong(503, f"The database cannot be read or written: {error}.")


@console.errorhandler(HTTPException)
def _http(error: HTTPException) -> Response:
    return wrong(error.code or 500, error.description or error.name)
