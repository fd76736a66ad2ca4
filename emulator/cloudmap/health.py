"""Custom health, and health as it is now: https://docs.aws.amazon.com/cloud-map/latest/dg/services-health-checks.html.

A change of custom health takes effect a while after the first request that asks for it: until then the instance row
holds what is and what will be, and since when.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from emulator.cloudmap import errors, references
from emulator.cloudmap.pages import page, remembered
from emulator.cloudmap.registry import operation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_servicediscovery import type_defs as types

    from emulator.call import Call
    from emulator.cloudmap.references import Service
    from emulator.operations import Result

__all__ = ["HEALTH_CHANGES", "HEALTH_NOW", "first_change"]

HEALTH_NOW = "CASE WHEN health_due <= ? THEN health_next ELSE health END"
"""An instance's custom health in SQL; its one parameter is now."""
HEALTH_CHANGES = "CASE WHEN health_due > ? THEN health_due END"
"""When an instance's custom health will change in SQL, NULL if it will not; its one parameter is now."""


@operation("UpdateInstanceCustomHealthStatus")
def update_instance_custom_health_status(
    call: Call, request: types.UpdateInstanceCustomHealthStatusRequestTypeDef
) -> None:
    """Ask for another custom health; repeats do not bring it nearer, asking for the present one calls it off."""
    service = references.service(call, request["ServiceId"])
    if service.health_check_custom_config is None:
        raise errors.custom_health_not_found()
    key = (call.place.id, service.id, request["InstanceId"])
    row = call.row(
        f"SELECT {HEALTH_NOW}, CASE WHEN health_due > ? THEN health_next END FROM instance"
        " WHERE place = ? AND service = ? AND id = ?",
        call.now,
        call.now,
        *key,
    )
    if row is None:
        raise errors.instance_not_found()
    health, coming = row
    wanted = request["Status"]
    if wanted == (coming or health):
        return
    due = None if wanted == health else call.now + call.facilities.custom_health_delay
    call.execute(
        "UPDATE instance SET health = ?, health_next = ?, health_due = ? WHERE place = ? AND service = ? AND id = ?",
        health,
        None if due is None else wanted,
        due,
        *key,
    )
    service.health_revision += 1
    references.write_tally(call.connection, call.facilities.known, call.place.id, service)


@operation("GetInstancesHealthStatus")
def get_instances_health_status(call: Call, request: types.GetInstancesHealthStatusRequestTypeDef) -> Result:
    """The health of a service's instances, or of those named, a page at a time."""
    service = references.service(call, request["ServiceId"])
    return remembered(call, service, request, _statuses)


def first_change(changes: Iterable[int | None]) -> int | None:
    """The first of several instants, those that are not known left out."""
    return min((each for each in changes if each is not None), default=None)


def _statuses(
    call: Call, service: Service, request: types.GetInstancesHealthStatusRequestTypeDef
) -> tuple[Result, int, int | None]:
    named = request.get("Instances")
    sql = f"SELECT id, {HEALTH_NOW}, {HEALTH_CHANGES} FROM instance WHERE place = ? AND service = ?"
    values: list[object] = [call.now, call.now, call.place.id, service.id]
    if named is not None:
        _refuse_unknown(call, service, set(named))
        sql += " AND id IN (SELECT value FROM json_each(?))"
        values.append(orjson.dumps(named).decode())
    found = page(call, request, sql, values, key="id")
    custom = service.health_check_custom_config is not None
    answer = {"Status": {row[0]: row[1] if custom else "UNKNOWN" for row in found.rows}, **found.next}
    return answer, len(found.rows), first_change(row[2] for row in found.rows)


def _refuse_unknown(call: Call, service: Service, named: set[str]) -> None:
    if any("\0" in each for each in named):  # SQLite's JSON ends a text there
        raise errors.instance_not_found()
    (count,) = call.row(
        "SELECT count(*) FROM instance WHERE place = ? AND service = ? AND id IN (SELECT value FROM json_each(?))",
        call.place.id,
        service.id,
        orjson.dumps(list(named)).decode(),
    )
    if count != len(named):
        raise errors.instance_not_found()
