"""Seeds: calls of the API that are made before anybody else's, through the same door, and so on the record.

A seed is a JSON list of calls. A text in the parameters of one may name what an earlier one answered, as in
``${0.Service.Id}``: the number of the call, counted from 0, then members and places in lists.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emulator.auth.signing import sign
from emulator.call import Request
from emulator.model import cloud_map, cloudtrail
from emulator.nearest import nearest
from emulator.settings import StartError
from trail.place import is_region

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.identities.known import Identities
    from emulator.machine import Machine
    from emulator.model import ServiceModel

__all__ = ["Ask", "Caller", "Prepared", "SeedError", "plant", "replay"]

_SERVICES: Mapping[str, Callable[[], ServiceModel]] = {"servicediscovery": cloud_map, "cloudtrail": cloudtrail}
_MEMBERS = {"service": str, "operation": str, "parameters": dict, "as": str, "region": str}
_WORDS = {str: "text", dict: "an object"}
_KEY = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII).fullmatch
_REFERENCE = re.compile(r"\$\{(\d+)\.([^{}]+)\}", re.ASCII)


class SeedError(StartError):
    """A seed cannot be read, or one of its calls is refused; the message is one sentence that says which."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A call ready to be sent: a POST to ``/`` with these headers and this body."""

    headers: Mapping[str, str]
    body: bytes


Ask = Callable[[Prepared], tuple[int, bytes]]
"""Sends a call; the status and the body of its answer."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes the calls: the account and region of those that do not say, the identities whose secrets sign."""

    account: str
    region: str
    identities: Identities | None
    now: int

    def signed(self, headers: Mapping[str, str], body: bytes, scope: tuple[str, str, str]) -> Prepared:
        """A call signed with the secret of the access key that its scope names, or with any if nobody knows it."""
        said = {"host": "maptrail", **headers}
        unsigned = Request("POST", "/", "", said, body, "127.0.0.1")
        return Prepared(said | sign(unsigned, scope, self.identities, self.now), body)


def plant(machine: Machine, file: Path | None) -> None:
    """Make the calls of a file here, if nobody has called here yet: all of them or, if one is refused, none.

    Asynchronous operations of a seed end at once. Raises :class:`SeedError`.
    """
    if file is None:
        return
    with machine.database.reading() as connection:
        if connection.execute("SELECT 1 FROM event LIMIT 1").fetchone():
            return

    def ask(call: Prepared) -> tuple[int, bytes]:
        response = machine.gateway.answer(Request("POST", "/", "", call.headers, call.body, "127.0.0.1"))
        return response.status, response.body

    facilities, settings = machine.facilities, machine.settings
    delay, facilities.operation_delay = facilities.operation_delay, 0
    try:
        now = machine.clock.now() - machine.clock.offset
        replay(file, Caller(settings.account, settings.region, machine.identities.current, now), ask)
        machine.commit()
    except sqlite3.Error as error:
        raise SeedError(f"The calls of {file} cannot be recorded ({error}).") from error
    finally:
        machine.database.rollback()
        facilities.operation_delay = delay


def replay(file: Path, caller: Caller, ask: Ask) -> int:
    """Make the calls of a file in order; how many they were. Raises :class:`SeedError` at the first that is refused."""
    answers: list[Any] = []
    calls = _read(file)
    for number, call in enumerate(calls):
        where = f"{file}, call {number} ({call.get('operation')})"
        parameters = _resolved(call.get("parameters", {}), answers, where)
        status, body = ask(_prepared(call, parameters, caller))
        answer = _decoded(body)
        if status != 200:
            raise SeedError(f"{where} was refused: {_told(answer, status)}.")
        answers.append(answer)
    return len(calls)


def _read(file: Path) -> list[dict[str, Any]]:
    try:
        calls = json.loads(file.read_bytes())
    except OSError as error:
        raise SeedError(f"The seed {file} cannot be read ({error.strerror}).") from None
    except ValueError as error:
        raise SeedError(f"The seed {file} is not JSON: {error}.") from None
    if not isinstance(calls, list):
        raise SeedError(f"The seed {file} is not a list of calls.")
    for number, call in enumerate(calls):
        _check(f"{file}, call {number}", call)
    return calls


def _check(where: str, call: Any) -> None:
    """Refuse a call that is none, before the first is made."""
    if not isinstance(call, dict) or "operation" not in call:
        raise SeedError(f'{where} is not a call, such as {{"operation": "ListNamespaces"}}.')
    for name, value in call.items():
        if name not in _MEMBERS:
            raise SeedError(f"{where} has an unknown member {name}" + nearest(name, _MEMBERS))
        if not isinstance(value, _MEMBERS[name]):
            raise SeedError(f"{where}: {name} is {value!r}, it takes {_WORDS[_MEMBERS[name]]}.")
    service = call.get("service", "servicediscovery")
    if service not in _SERVICES:
        raise SeedError(f"{where}: service is {service!r}, it takes {' or '.join(_SERVICES)}.")
    operations = _SERVICES[service]().operations
    if call["operation"] not in operations:
        raise SeedError(f"{where}: {service} has no {call['operation']}" + nearest(call["operation"], operations))
    if not _KEY(call.get("as", "x")):
        raise SeedError(f"{where}: as is {call['as']!r}, which is no access key id.")
    if not is_region(call.get("region", "us-east-1")):
        raise SeedError(f"{where}: region is {call['region']!r}, it takes a region, such as us-east-1.")


def _prepared(call: dict[str, Any], parameters: Any, caller: Caller) -> Prepared:
    service = call.get("service", "servicediscovery")
    headers = {
        "x-amz-target": f"{_SERVICES[service]().target_prefix}.{call['operation']}",
        "content-type": "application/x-amz-json-1.1",
        "user-agent": "maptrail-seed",
    }
    scope = (call.get("as", caller.account), call.get("region", caller.region), service)
    return caller.signed(headers, json.dumps(parameters).encode(), scope)


def _resolved(value: Any, answers: list[Any], where: str) -> Any:
    """The value with its references replaced: a text that is one becomes what it names, whatever that is."""
    if isinstance(value, dict):
        return {key: _resolved(item, answers, where) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolved(item, answers, where) for item in value]
    if not isinstance(value, str):
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole is not None:
        return _found(whole, answers, where)
    return _REFERENCE.sub(lambda reference: str(_found(reference, answers, where)), value)


def _found(reference: re.Match[str], answers: list[Any], where: str) -> Any:
    number, path = int(reference[1]), reference[2].split(".")
    if number >= len(answers):
        raise SeedError(f"{where} names {reference[0]}, but only calls before it have answered.")
    found = answers[number]
    for step in path:
        try:
            found = found[int(step)] if isinstance(found, list) else found[step]
        except (KeyError, IndexError, ValueError, TypeError):
            raise SeedError(f"{where} names {reference[0]}, but the answer has no {step} there.") from None
    return found


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body) if body else {}
    except ValueError:
        return {}


def _told(answer: Any, status: int) -> str:
    """What the error says, without its last full stop."""
    if not isinstance(answer, dict) or "__type" not in answer:
        return f"status {status}"
    message = answer.get("message") or answer.get("Message") or ""
    return f"{answer['__type']}: {message}".rstrip(".: ")
