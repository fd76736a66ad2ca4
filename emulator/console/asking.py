"""Asking Cloud Map without being on the record: the same functions answer as answer the API."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson

from emulator.call import Call
from emulator.caller import Caller
from emulator.cloudmap.api import OPERATIONS
from emulator.console.view import AbsentError
from emulator.errors import ServiceError
from emulator.wire.json import JSON

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from emulator.machine import Machine
    from trail.place import Place

__all__ = ["Asking", "asking"]


class Asking:
    """Questions to Cloud Map inside one transaction, in which what is due by now is done first."""

    def __init__(self, machine: Machine, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._machine = machine

    def call(self, place: Place, name: str) -> Call:
        """What an operation is called with in a place."""
        machine, operation = self._machine, OPERATIONS[name]
        call = Call(
            operation=operation,
            codec=JSON,
            caller=Caller(place.account, place.region, "", {}),
            place=place,
            now=machine.clock.now(),
            ids=machine.ids,
            connection=self.connection,
            facilities=machine.facilities,
            request_id="",
        )
        operation.prepare(call)
        return call

    def ask(self, place: Place, name: str, **parameters: Any) -> dict[str, Any]:
        """The answer as a client gets it. Raises :class:`AbsentError` with the reason if it is an error."""
        call = self.call(place, name)
        try:
            result = call.operation.handler(call, parameters)
        except ServiceError as error:
            raise AbsentError(error.message or error.code) from error
        answer: dict[str, Any] = orjson.loads(JSON.encode(call.operation.model, result))
        return answer


@contextmanager
def asking(machine: Machine) -> Iterator[Asking]:
    """Ask within a transaction of its own: what other calls have open is committed before."""
    machine.finish()
    with machine.database.transaction() as connection:
        yield Asking(machine, connection)
