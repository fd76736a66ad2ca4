"""What the forms do: calls of Cloud Map, orders to the clock, rules of faults."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, redirect, request

from emulator.admin import move_clock
from emulator.console import clock, faults, writing
from emulator.console.frame import BASE, machine, rendered, to, view, wrong
from emulator.console.view import AbsentError, RefusedError

__all__ = ["forms"]

_PLACES = re.compile(r"cloudmap(/(namespaces|services)/[a-z0-9-]+)?").fullmatch

forms = Blueprint("forms", __name__)


@forms.post(f"{BASE}/clock")
def set_clock() -> Any:
    """Move, freeze or reset the clock, as the admin endpoint does."""
    move_clock(machine(), clock.order(request.form))
    return redirect(to("clock"), 303)


@forms.post(f"{BASE}/faults")
def set_faults() -> Any:
    """Add a rule, remove one, or have none, as the admin endpoint would with the list that comes of it."""
    try:
        faults.change(machine().faults, request.form)
    except RefusedError as error:
        asked, filled = view(), request.form.to_dict()
        answer = rendered("faults", asked, faults.faults(asked) | {"wrong": str(error), "filled": filled})
        answer.status_code = 400
        return answer
    return redirect(to("faults"), 303)


@forms.post(f"{BASE}/cloudmap/<operation>")
def write(operation: str) -> Any:
    """Call an operation of Cloud Map with what a form says; the next page tells from the record how it ended."""
    if operation not in writing.WRITES:
        raise AbsentError(f"There is no form that calls {operation}.")
    form = request.form
    sender = writing.Sender(
        access_key=form.get("access_key", "").strip(),
        region=form.get("in_region", machine().settings.region),
        user_agent=request.environ.get("HTTP_USER_AGENT", "-"),
        remote=request.remote_addr or "",
        forwarded=request.headers.get("X-Forwarded-For", ""),
    )
    response = writing.send(machine(), sender, operation, form)
    told = dict(response.headers).get("x-amzn-RequestId")
    if response.entry is None or not response.entry.reached:
        return wrong(503 if response.status >= 500 else 400, f"Nothing was called. {writing.reason(response)}")
    then = form.get("then" if response.status == 200 else "back", "cloudmap")
    return redirect(to(then if _PLACES(then) else "cloudmap", call=told), 303)
