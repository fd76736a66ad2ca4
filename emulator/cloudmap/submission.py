"""Asynchronous operations: submitted at once, completed when their time has come.

An operation's row says when it completes and what it will then do. Nothing waits: whatever is due is done at the start
of the next call, in the order of completion, so moving the clock finishes pending work. While it runs, it holds a lock
on its resource; another operation on that resource is a ``DuplicateRequest``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from emulator.cloudmap import errors
from emulator.ids import stable_base32

if TYPE_CHECKING:
    import sqlite3

    from emulator.call import Call
    from emulator.facilities import Facilities

__all__ = [
    "Failure",
    "Target",
    "effect",
    "index_operations",
    "namespace_target",
    "operations_of",
    "refuse_if_locked",
    "running_action",
    "sequence_of",
    "settle",
    "submit",
]

_MULTIPLIER = 0x5DEECE66D1
_BITS = 40
_INVERSE = pow(_MULTIPLIER, -1, 1 << _BITS)
_DIGITS = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = [high + low for high in _DIGITS for low in _DIGITS]

_INSERT = """
INSERT INTO operation
    (place, seq, id, action, lock, namespace, service, instance, change_id, created, completes, running, effect)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_RUNNING = """
SELECT id, action FROM operation INDEXED BY operation_running
WHERE place = ? AND lock = ? AND running AND namespace = coalesce(?, namespace)
"""
_DUE = """
SELECT place, seq, id, action, completes, effect FROM operation WHERE running AND completes <= ? ORDER BY completes, seq
"""
_DONE = "UPDATE operation SET running = 0, lock = NULL, effect = NULL WHERE seq = ?"
_FAILED = "UPDATE operation SET error_code = ?, error_message = ? WHERE seq = ?"
_LAST = "SELECT coalesce(max(seq), ?1 << 40) FROM operation WHERE seq BETWEEN ?1 << 40 AND (?1 + 1 << 40) - 1"
_INDEXED = "SELECT seq FROM operation_cursor WHERE place = ?"
_INDEX = """
INSERT INTO operation_on
SELECT place, namespace, seq FROM operation WHERE seq > ?1 AND seq < ?2
UNION ALL SELECT place, service, seq FROM operation WHERE seq > ?1 AND seq < ?2 AND service NOT NULL ORDER BY 1, 2, 3
"""
_ADVANCE = f"INSERT OR REPLACE INTO operation_cursor SELECT ?1, ({_LAST})"
_BATCH = 256


class Failure(NamedTuple):
    """Why an operation ended in ``FAIL``: ``ErrorCode`` and ``ErrorMessage``."""

    code: str
    message: str


class Moment(NamedTuple):
    """Where and when an effect happens, what it may use, and the ``seq`` and id of the operation that ends."""

    connection: sqlite3.Connection
    place: int
    at: int
    facilities: Facilities
    operation: int
    identifier: str


class Target(NamedTuple):
    """What an operation works on. ``lock`` names the resource that only one operation at a time may change."""

    lock: str
    namespace: str
    service: str | None = None
    instance: str | None = None
    change_id: str | None = None


def namespace_target(name: str, identifier: str, change_id: str | None = None) -> Target:
    """A namespace as what an operation works on: the lock is its name's, whatever its type."""
    return Target(f"namespace/{name}", identifier, change_id=change_id)


Effect = Callable[[Moment, dict[str, Any]], Failure | None]
_EFFECTS: dict[str, Effect] = {}
_FAILURE = "fails with"


def effect(action: str) -> Callable[[Effect], Effect]:
    """Mark what an operation submitted as ``action`` does when it completes."""

    def mark(function: Effect) -> Effect:
        _EFFECTS[action] = function
        return function

    return mark


def submit(call: Call, target: Target, arguments: dict[str, Any]) -> str:
    """Submit the call's operation; answers with its id. Raises ``DuplicateRequest`` while the resource is locked."""
    refuse_if_locked(call, target)
    action = call.operation.name
    completes = call.now + call.facilities.operation_delay
    later = completes > call.now
    if call.fault is not None and call.fault.failure is not None:
        arguments = {_FAILURE: call.fault.failure}
    pending = orjson.dumps(arguments).decode() if later else None
    place, seq = call.place.id, _next_sequence(call)
    identifier = _identifier(f"{call.account}/{call.region}/{target.lock}", seq)
    lock, *on = target
    held = lock if later else None
    call.connection.execute(_INSERT, (place, seq, identifier, action, held, *on, call.now, completes, later, pending))
    if seq % _BATCH == 0:
        index_operations(call)
    if later:
        call.facilities.due.expect(completes)
    else:
        moment = Moment(call.connection, place, completes, call.facilities, seq, identifier)
        failure = _end(action, moment, arguments)
        if failure is not None:
            _fail(moment, failure)
    return identifier


def refuse_if_locked(call: Call, target: Target) -> None:
    """Raise ``DuplicateRequest`` naming the operation that runs on the resource, if one does.

    Several namespaces may have one name, and so one lock: a creation waits for whatever runs under the name, anything
    else for what runs on its own namespace.
    """
    running = _running(call, target.lock, None if call.operation.name.startswith("Create") else target.namespace)
    if running is not None:
        identifier, action = running
        raise errors.duplicate_request(action, identifier)


def running_action(call: Call, target: Target) -> str | None:
    """The API operation that runs on a resource, or None."""
    running = _running(call, target.lock, target.namespace)
    return None if running is None else running[1]


def settle(call: Call) -> None:
    """Before a call: do what pending operations were to do by now. Cheap when nothing is due."""
    connection, due = call.connection, call.facilities.due
    if due.stale:
        due.at = _next_due(connection)
        due.stale = False
    if due.at is None or due.at > call.now:
        return
    rows = connection.execute(_DUE, (call.now,)).fetchall()
    for place, seq, identifier, action, completes, arguments in rows:
        moment = Moment(connection, place, completes, call.facilities, seq, identifier)
        failure = _end(action, moment, orjson.loads(arguments))
        connection.execute(_DONE, (seq,))
        if failure is not None:
            _fail(moment, failure)
    due.at = _next_due(connection)


def index_operations(call: Call) -> None:
    """Enter into ``operation_on`` what was submitted since the last batch."""
    place = call.place.id
    row = call.row(_INDEXED, place)
    call.execute(_INDEX, row[0] if row else place << _BITS, place + 1 << _BITS)
    call.execute(_ADVANCE, place)


def operations_of(call: Call) -> tuple[int, int]:
    """Between which ``seq`` the operations of the call's place lie."""
    return call.place.id << _BITS, (call.place.id + 1 << _BITS) - 1


def sequence_of(call: Call, identifier: str) -> int | None:
    """The ``seq`` that an operation of that id has in the call's place, or None if it is not of that form."""
    suffix = identifier[33:]
    if len(identifier) != 41 or identifier[32] != "-" or not all(digit in _DIGITS for digit in suffix):
        return None
    number = 0
    for digit in suffix:
        number = number << 5 | _DIGITS.index(digit)
    return call.place.id << _BITS | number * _INVERSE & (1 << _BITS) - 1


def _next_sequence(call: Call) -> int:
    """The place's next ``seq``; the last one is remembered, and read again after a rollback."""
    sequences, place = call.facilities.sequences, call.place.id
    last = sequences.get(place)
    if last is None:
        (last,) = call.row(_LAST, place)
    sequences[place] = last + 1
    return last + 1


def _running(call: Call, lock: str, namespace: str | None) -> tuple[str, str] | None:
    """Id and action of what runs on a resource."""
    if call.facilities.due.at is None:
        return None
    row: tuple[str, str] | None = call.row(_RUNNING, call.place.id, lock, namespace)
    return row


def _end(action: str, moment: Moment, arguments: dict[str, Any]) -> Failure | None:
    """Do what the operation was submitted for, unless it was to fail from the start."""
    failure = arguments.get(_FAILURE)
    return _EFFECTS[action](moment, arguments) if failure is None else Failure(*failure)


def _identifier(resource: str, seq: int) -> str:
    """32 characters that are the same for every operation on the resource, and 8 of this one."""
    number = seq * _MULTIPLIER & (1 << _BITS) - 1
    first, second, third, fourth = number >> 30, number >> 20 & 1023, number >> 10 & 1023, number & 1023
    return f"{stable_base32(resource, 32)}-{_PAIRS[first]}{_PAIRS[second]}{_PAIRS[third]}{_PAIRS[fourth]}"


def _next_due(connection: sqlite3.Connection) -> int | None:
    (at,) = connection.execute("SELECT min(completes) FROM operation WHERE running").fetchone()
    return int(at) if at is not None else None


def _fail(moment: Moment, failure: Failure) -> None:
    moment.connection.execute(_FAILED, (*failure, moment.operation))
