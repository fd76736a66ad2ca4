"""The pages' addresses: each data function becomes a page and its twin in JSON, under one set of rules."""

from __future__ import annotations

import re
import sqlite3
from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, current_app, jsonify, redirect, render_template, request
from werkzeug.exceptions import HTTPException

from emulator.admin import check_origin, move_clock
from emulator.console import clock, cloudmap, digests, download, highlight, history, timeline, trails, writing
from emulator.console.view import AbsentError, RefusedError, Selection, View, choices
from emulator.environment import Endpoint, render, variables
from emulator.recording import iso_date

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.machine import Machine

__all__ = ["HOME", "console"]

HOME = "/_maptrail/"
BASE = "/_maptrail/console"

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_PLACES = re.compile(r"cloudmap(/(namespaces|services)/[a-z0-9-]+)?").fullmatch
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # With no-referrer browsers say "Origin: null" even to the page's own server, and its forms would be refused.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

console = Blueprint(
    "console", __name__, template_folder="templates", static_folder="static", static_url_path=f"{BASE}/static"
)
console.before_request(check_origin)


def _machine() -> Machine:
    machine: Machine = current_app.extensions["maptrail"]
    return machine


def _view() -> View:
    args = request.args.to_dict()
    selection = Selection(args.get("account") or None, args.get("region") or None)
    return View(_machine(), selection, args)


@console.after_request
def _guard(response: Response) -> Response:
    response.headers.update(_HEADERS)
    if request.endpoint != "console.static":
        response.headers["Cache-Control"] = "no-store"
    return response


@console.app_template_filter("day")
def _day(milliseconds: int | None) -> str | None:
    """An instant as records write it."""
    return None if milliseconds is None else iso_date(milliseconds)


@console.app_template_filter("words")
def _words(name: Any) -> list[str]:
    """The words of a name like ``RegisterInstance``, between which it may be broken."""
    return re.split(r"(?=[A-Z])", str(name))


def _rendered(template: str, view: View, data: dict[str, Any]) -> Response:
    """A page: its data in the frame that all pages have."""
    frame = {
        "section": template,
        "settings": view.machine.settings,
        "selection": view.selection,
        "choices": choices(view),
        "called": history.called(view),
        "now": iso_date(view.machine.clock.now()),
        "frozen": view.machine.clock.frozen,
        "exports": _exports(view),
        "twin": _twin(),
        "to": _to,
        "default_key": lambda account: writing.default_key(view.machine, account),
        "known_keys": lambda account: writing.known_keys(view.machine, account),
        "pieces": highlight.pieces,
    }
    return Response(render_template(f"console/{template}.html", **frame | data), mimetype="text/html")


def _exports(view: View) -> str:
    """What to tell an SDK of this server: at the address that the browser uses."""
    settings = view.machine.settings
    return render(variables(Endpoint(request.host_url.rstrip("/"), settings.region, settings.account)), "sh")


def _to(path: str, **query: Any) -> str:
    """The address of a page, for the account and region that are looked at unless the query names others."""
    words = {name: request.args[name] for name in ("account", "region") if request.args.get(name)}
    words |= {name: str(value) for name, value in query.items() if value is not None}
    return f"{BASE}/{path}" + (f"?{urlencode(words)}" if words else "")


def _twin() -> str:
    """The address of this page's twin."""
    query = request.query_string.decode("latin-1")
    return f"{request.path}.json" + (f"?{query}" if query else "")


def _page(rule: str, template: str, data: Callable[..., dict[str, Any]]) -> None:
    """Make a page and its twin of a data function, which gets the view and the parts of the address."""

    @wraps(data)
    def page(**parts: str) -> Response:
        view = _view()
        return _rendered(template, view, data(view, **parts))

    @wraps(data)
    def twin(**parts: str) -> Response:
        return jsonify(data(_view(), **parts))

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
    return redirect(_to("history"))


@console.get(f"{BASE}/download.csv")
def download_csv() -> Response:
    """The filtered event history as CSV."""
    return _attached(download.as_csv(history.matching(_view())), "text/csv", "event_history.csv")


@console.get(f"{BASE}/download.json")
def download_json() -> Response:
    """The filtered event history as JSON, whole records."""
    return _attached(download.as_json(history.matching(_view())), "application/json", "event_history.json")


def _attached(body: bytes, mimetype: str, name: str) -> Response:
    return Response(body, mimetype=mimetype, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@console.post(f"{BASE}/clock")
def set_clock() -> Any:
    """Move, freeze or reset the clock, as the admin endpoint does."""
    move_clock(_machine(), clock.order(request.form))
    return redirect(_to("clock"), 303)


@console.post(f"{BASE}/cloudmap/<operation>")
def write(operation: str) -> Any:
    """Call an operation of Cloud Map with what a form says; the next page tells from the record how it ended."""
    if operation not in writing.WRITES:
        raise AbsentError(f"There is no form that calls {operation}.")
    machine, form = _machine(), request.form
    sender = writing.Sender(
        access_key=form.get("access_key", "").strip(),
        region=form.get("in_region", machine.settings.region),
        user_agent=request.environ.get("HTTP_USER_AGENT", "-"),
        remote=request.remote_addr or "",
        forwarded=request.headers.get("X-Forwarded-For", ""),
    )
    response = writing.send(machine, sender, operation, form)
    told = dict(response.headers).get("x-amzn-RequestId")
    if response.entry is None or not response.entry.reached:
        return _wrong(503 if response.status >= 500 else 400, f"Nothing was called. {writing.reason(response)}")
    then = form.get("then" if response.status == 200 else "back", "cloudmap")
    return redirect(_to(then if _PLACES(then) else "cloudmap", call=told), 303)


@console.errorhandler(AbsentError)
def _absent(error: AbsentError) -> Response:
    return _wrong(404, str(error))


@console.errorhandler(RefusedError)
def _refused(error: RefusedError) -> Response:
    return _wrong(400, str(error))


@console.errorhandler(sqlite3.Error)
def _broken(error: sqlite3.Error) -> Response:
    return _wrong(503, f"The database cannot be read or written: {error}.")


@console.errorhandler(HTTPException)
def _http(error: HTTPException) -> Response:
    return _wrong(error.code or 500, error.description or error.name)


def _wrong(status: int, message: str) -> Response:
    """What went wrong, in the form that was asked for."""
    if not request.path.startswith(f"{BASE}/") or request.path.endswith(".json"):
        answer = jsonify(error=message)
        answer.status_code = status
        return answer
    return Response(
        render_template("console/error.html", message=message, status=status, to=_to), status, mimetype="text/html"
    )
