"""Writes to Cloud Map: calls like any other caller's, through the same gateway and on the record."""

from __future__ import annotations

import logging
import re
import sqlite3
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson

from emulator.access_log import log
from emulator.auth.signing import sign
from emulator.call import Request
from emulator.console.view import RefusedError
from emulator.model import cloud_map

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.call import Response
    from emulator.machine import Machine

__all__ = ["USER", "WRITES", "Sender", "default_key", "known_keys", "reason", "send"]

USER = "console"
"""The IAM user of the default account that the console calls as, unless told otherwise."""

WRITES: Mapping[str, tuple[str, ...]] = {
    "CreateHttpNamespace": ("Name", "Description"),
    "CreateService": ("NamespaceId", "Name", "Description", "HealthCheckCustomConfig"),
    "DeleteNamespace": ("Id",),
    "DeleteService": ("Id",),
    "DeregisterInstance": ("ServiceId", "InstanceId"),
    "RegisterInstance": ("ServiceId", "InstanceId", "Attributes"),
    "UpdateInstanceCustomHealthStatus": ("ServiceId", "InstanceId", "Status"),
}
"""The operations that the pages have forms for, and the members of their requests that these fill in."""

_ACCESS_KEY = re.compile(r"[\w+=.@-]{1,128}", re.ASCII).fullmatch
_REGION = re.compile(r"[a-z0-9-]{1,32}").fullmatch
_log = logging.getLogger("maptrail")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a call is from: the access key chosen, the region, the browser, its address and who told it on."""

    access_key: str
    region: str
    user_agent: str
    remote: str
    forwarded: str = ""


def known_keys(machine: Machine, account: str) -> list[str]:
    """The access keys that the identities file lists in an account."""
    listed = machine.identities.current
    return [each.key.id for each in listed.principals if each.account == account] if listed else []


def default_key(machine: Machine, account: str) -> str:
    """The access key that the console calls with in an account: twelve digits are the account itself.

    Where only listed keys are let in, it is the first that is listed.
    """
    if machine.settings.auth != "open":
        return next(iter(known_keys(machine, account)), "")
    return USER if account == machine.settings.account else account


def send(machine: Machine, sender: Sender, operation: str, form: Mapping[str, str]) -> Response:
    """Call an operation with what a form says, and commit it. Raises :class:`RefusedError` for a key that is none."""
    request = _request(machine, sender, operation, _parameters(machine, operation, form))
    machine.finish()
    if machine.check_health() is not None:
        return machine.unrecorded("")
    try:
        response = machine.gateway.answer(request)
    except Exception as error:  # noqa: BLE001 -- whatever it is, the commit says that nothing happened
        if not isinstance(error, sqlite3.Error):
            _log.exception("A call could not be answered.")
        machine.give_up(error)
    try:
        machine.commit()
    except sqlite3.Error:
        return machine.unrecorded("")
    log(machine, response)
    return response


def reason(response: Response) -> str:
    """Why a call that left no record was refused."""
    said = orjson.loads(response.body)
    return str(said.get("message") or said.get("Message") or said.get("__type"))


def _parameters(machine: Machine, operation: str, form: Mapping[str, str]) -> dict[str, Any]:
    said = {name: form[name].strip() for name in WRITES[operation] if form.get(name, "").strip()}
    parameters: dict[str, Any] = dict(said)
    if "HealthCheckCustomConfig" in said:
        parameters["HealthCheckCustomConfig"] = {}
    if "Attributes" in WRITES[operation]:
        parameters["Attributes"] = _attributes(said.get("Attributes", ""))
    if operation in ("CreateHttpNamespace", "CreateService", "RegisterInstance"):
        parameters["CreatorRequestId"] = machine.ids.uuid()
    return parameters


def _attributes(text: str) -> dict[str, str]:
    """Lines of ``KEY=value``. Raises :class:`RefusedError`."""
    attributes = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        key, equals, value = line.partition("=")
        if not equals:
            raise RefusedError(f"The attribute {line!r} has no value: write KEY=value, one on each line.")
        attributes[key.strip()] = value.strip()
    return attributes


def _request(machine: Machine, sender: Sender, operation: str, parameters: dict[str, Any]) -> Request:
    if not _ACCESS_KEY(sender.access_key):
        raise RefusedError(f"{sender.access_key!r} is no access key id: it takes letters, digits and +=.@_-.")
    if not _REGION(sender.region):
        raise RefusedError(f"{sender.region!r} is no region.")
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "host": "maptrail",
        "user-agent": sender.user_agent,
        "x-amz-target": f"{cloud_map().target_prefix}.{operation}",
        "x-forwarded-for": sender.forwarded,
    }
    scope = (sender.access_key, sender.region, "servicediscovery")
    unsigned = Request("POST", "/", "", headers, orjson.dumps(parameters), sender.remote)
    now = machine.clock.now() - machine.clock.offset
    return replace(unsigned, headers=headers | sign(unsigned, scope, machine.identities.current, now))
