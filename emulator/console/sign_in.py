"""Signing in: a browser shows the admin token once and gets a cookie, with which it comes in from then on."""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, jsonify, redirect, request
from werkzeug.exceptions import Unauthorized

from emulator.console.frame import BASE, HOME, shown
from emulator.console.sessions import Sessions, cookie_name

if TYPE_CHECKING:
    from flask import Response
    from flask.blueprints import BlueprintSetupState

    from emulator.doorkeeper import Doorkeeper

__all__ = ["sign_in"]

PAGE = f"{BASE}/sign-in"

_OPEN = ("/", PAGE, *(f"{BASE}/static/{name}" for name in ("console.css", "console.js", "icon.svg")))
_WRONG = "That is not the admin token."
_LOCAL = re.compile(r"/_maptrail/[!-\[\]-~]*").fullmatch

sign_in = Blueprint("sign_in", __name__)


@sign_in.record
def _join(state: BlueprintSetupState) -> None:
    """A session is a proof of the token; the page to sign in by, and what it is made with, need none."""
    machine = state.app.extensions["maptrail"]
    clock = machine.clock
    sessions = Sessions(lambda: clock.now() - clock.offset, machine.ids.take)
    state.app.extensions["maptrail.sessions"] = sessions
    keeper: Doorkeeper = state.app.extensions["maptrail.doorkeeper"]
    keeper.proofs.append(lambda asked, _: sessions.holds(asked))
    keeper.open.update(_OPEN)


@sign_in.app_errorhandler(Unauthorized)
def _unauthorized(error: Unauthorized) -> Any:
    """A browser that wants to see something is asked for the token at once; anything else is told in JSON."""
    if "text/html" in request.headers.get("Accept", "") and not request.path.endswith(".json"):
        return _form(401, request.full_path.rstrip("?") if request.method == "GET" else HOME)
    return jsonify(error=error.description), 401


@sign_in.get(PAGE)
def form() -> Any:
    """The page to sign in by; who needs not is sent on."""
    if _keeper().token is None or _sessions().holds(request):
        return redirect(HOME)
    return _form(200, HOME)


@sign_in.post(PAGE)
def begin() -> Any:
    """With the right token: a session, and on to where one was going. With another: the page again."""
    token, target = _keeper().token, _local(request.form.get("next", ""))
    if token is None:
        return redirect(HOME, 303)
    if not hmac.compare_digest(request.form.get("token", "").strip().encode(), token.encode()):
        return _form(401, target, _WRONG)
    answer = redirect(target, 303)
    # A browser that says it was on a page of https gets a cookie for https, also where a proxy ends that before us.
    secure = request.is_secure or request.headers.get("Origin", "").startswith("https://")
    answer.set_cookie(
        cookie_name(request.host), _sessions().begin(),
        path="/_maptrail", httponly=True, samesite="Strict", secure=secure,
    )  # fmt: skip
    return answer


@sign_in.post(f"{BASE}/sign-out")
def end() -> Any:
    """End the session, and forget the cookie."""
    _sessions().end(request)
    answer = redirect(PAGE, 303)
    answer.delete_cookie(cookie_name(request.host), path="/_maptrail", httponly=True, samesite="Strict")
    return answer


def _form(status: int, target: str, wrong: str | None = None) -> Response:
    return shown("sign_in", status, target=_local(target), wrong=wrong)


def _local(target: str) -> str:
    """Where one was going if it is a page here, or else the console: never a page of elsewhere."""
    return target if _LOCAL(target) else HOME


def _keeper() -> Doorkeeper:
    keeper: Doorkeeper = current_app.extensions["maptrail.doorkeeper"]
    return keeper


def _sessions() -> Sessions:
    sessions: Sessions = current_app.extensions["maptrail.sessions"]
    return sessions
