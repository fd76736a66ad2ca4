"""More admin doors under ``/_maptrail/``: faults, snapshots, metrics."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, current_app, jsonify, request
from werkzeug.exceptions import BadRequest, InternalServerError

from emulator import snapshot
from emulator.admin import check_origin
from emulator.fault_rules import FaultsError
from emulator.metrics import CONTENT_TYPE
from emulator.settings import BY_NAME, SettingsError

if TYPE_CHECKING:
    from emulator.machine import Machine

__all__ = ["SNAPSHOT", "STREAMED", "controls"]

SNAPSHOT = "/_maptrail/snapshot"
STREAMED = "maptrail.streamed"
"""Set in the environment by an answer that is to be sent piece by piece, each made in a thread of its own."""

controls = Blueprint("controls", __name__)
controls.before_request(check_origin)


def _machine() -> Machine:
    machine: Machine = current_app.extensions["maptrail"]
    return machine


@controls.get("/_maptrail/faults")
def faults() -> Response:
    """The rules there are, or those of an ``?account=``; ``X-Maptrail-Fault-Seed`` tells what chance is drawn from."""
    answer = jsonify(_machine().faults.told(request.args.get("account")))
    answer.headers["X-Maptrail-Fault-Seed"] = str(_machine().faults.seed)
    return answer


@controls.put("/_maptrail/faults")
def put_faults() -> Response:
    """Put these rules in the place of all; answers with them. ``?seed=NUMBER`` is for their chance.

    With ``?account=`` they are put in the place of those of that account, and the others stay as they are.
    """
    try:
        seed = BY_NAME["fault_seed"].parse(request.args["seed"], "seed") if "seed" in request.args else None
        _machine().faults.put(request.get_json(force=True, silent=True), seed, request.args.get("account"))
    except (FaultsError, SettingsError) as error:
        raise BadRequest(str(error)) from None
    return faults()


@controls.delete("/_maptrail/faults")
def delete_faults() -> Response:
    """Have no rules, or none of an ``?account=``."""
    _machine().faults.put([], account=request.args.get("account"))
    return faults()


@controls.get(SNAPSHOT)
def save_snapshot() -> Response:
    """The whole database as one file."""
    machine = _machine()
    machine.finish()
    request.environ[STREAMED] = True
    answer = Response(snapshot.save(machine), mimetype="application/vnd.sqlite3")
    answer.headers["Content-Disposition"] = 'attachment; filename="maptrail-snapshot.db"'
    return answer


@controls.put(SNAPSHOT)
def load_snapshot() -> Any:
    """Put a snapshot in the place of all that is there."""
    try:
        snapshot.load(_machine(), request.stream)
    except snapshot.SnapshotError as error:
        raise BadRequest(str(error)) from None
    except (sqlite3.Error, OSError) as error:
        raise InternalServerError(f"The snapshot cannot be loaded ({error}).") from error
    return jsonify(status="ok")


@controls.get("/_maptrail/metrics")
def metrics() -> Response:
    """Counts and sizes in the text format of Prometheus."""
    machine = _machine()
    machine.finish()
    return Response(machine.metrics.text(machine), content_type=CONTENT_TYPE)
