"""What every page is set in: its address, the frame around its data, and how it is said what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Response, current_app, jsonify, render_template, request

from emulator.console import highlight, history, writing
from emulator.console.view import Selection, View, choices
from emulator.environment import Endpoint, render, variables
from emulator.recording import iso_date

if TYPE_CHECKING:
    from emulator.machine import Machine

__all__ = ["BASE", "HOME", "is_page", "machine", "rendered", "shown", "to", "view", "wrong"]

HOME = "/_maptrail/"
BASE = "/_maptrail/console"


def machine() -> Machine:
    """The machine that the console is of."""
    found: Machine = current_app.extensions["maptrail"]
    return found


def view() -> View:
    """What this request asks for."""
    args = request.args.to_dict()
    return View(machine(), Selection(args.get("account") or None, args.get("region") or None), args)


def to(path: str, **query: Any) -> str:
    """The address of a page, for the account and region that are looked at unless the query names others."""
    words = {name: request.args[name] for name in ("account", "region") if request.args.get(name)}
    words |= {name: str(value) for name, value in query.items() if value is not None}
    return f"{BASE}/{path}" + (f"?{urlencode(words)}" if words else "")


def rendered(template: str, asked: View, data: dict[str, Any]) -> Response:
    """A page: its data in the frame that all pages have."""
    frame = {
        "section": template,
        "settings": asked.machine.settings,
        "selection": asked.selection,
        "choices": choices(asked),
        "called": history.called(asked),
        "now": iso_date(asked.machine.clock.now()),
        "frozen": asked.machine.clock.frozen,
        "exports": _exports(asked),
        "twin": _twin(),
        "default_key": lambda account: writing.default_key(asked.machine, account),
        "known_keys": lambda account: writing.known_keys(asked.machine, account),
        "lines": highlight.lines,
    }
    return shown(template, **frame | data)


def shown(template: str, code: int = 200, /, **data: Any) -> Response:
    """A page made of a template, with what all templates use."""
    signed_in = current_app.extensions["maptrail.sessions"].holds(request)
    page = render_template(f"console/{template}.html", to=to, signed_in=signed_in, **data)
    return Response(page, code, mimetype="text/html")


def is_page() -> bool:
    """Whether this request asks for a page, or sends the form of one; the others want JSON or a file."""
    return request.path.startswith(f"{BASE}/") and not request.path.endswith(".json")


def wrong(status: int, message: str) -> Response:
    """What went wrong, in the form that was asked for."""
    if is_page():
        return shown("error", status, message=message, status=status)
    answer = jsonify(error=message)
    answer.status_code = status
    return answer


def _exports(asked: View) -> str:
    """What to tell an SDK of this server: at the address that the browser uses."""
    settings = asked.machine.settings
    return render(variables(Endpoint(request.host_url.rstrip("/"), settings.region, settings.account)), "sh")


def _twin() -> str:
    """The address of this page's twin."""
    query = request.query_string.decode("latin-1")
    return f"{request.path}.json" + (f"?{query}" if query else "")
