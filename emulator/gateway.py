"""The way of every call: route, identify, decode, validate, dispatch, encode, record.

The state change and its record are written in one transaction, which the gateway leaves open: whoever asked commits it
before the answer leaves, alone or together with other calls. A failed call's writes are rolled back to a savepoint; its
record stays. Flask and sockets are not met here.
"""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from emulator.access_log import ended, refused
from emulator.call import Call, Request, Response
from emulator.errors import (
    ProtocolError,
    ServiceError,
    body_too_large,
    internal_failure,
    missing_token,
    serialization,
    unknown_action,
    unknown_operation,
)
from emulator.model import cloud_map, sts
from emulator.services import ACTIONS, PATHS, TARGETS
from emulator.validate import UnreadableError
from emulator.wire.cbor import CBOR
from emulator.wire.json import JSON
from emulator.wire.query import QueryCodec, is_form
from trail.record import Event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.caller import Caller
    from emulator.machine import Machine
    from emulator.operations import Operation
    from emulator.validate import Violation
    from emulator.wire import Codec
    from trail.routing import Routing

__all__ = ["BODY_LIMIT", "Gateway"]

BODY_LIMIT = 1 << 20
_JSON_TYPES = ("application/x-amz-json-1.1", "application/x-amz-json-1.0", "application/json")
_log = logging.getLogger("maptrail")


class _Outcome(NamedTuple):
    """How a call ended: the answer's status and body, what the record says of it."""

    status: int
    body: bytes
    result: Any = None
    error: ServiceError | None = None


class Gateway:
    """Answers requests of the API."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def answer(self, request: Request) -> Response:
        """Answer a request; the transaction stays open for the caller to commit before the answer leaves.

        ``sqlite3.Error`` says that nothing can be written: the whole transaction has to be given up.
        """
        started = self._machine.ticks()
        request_id = self._machine.ids.uuid()
        codec = _codec(request, request_id)
        try:
            operation = _route(request, codec)
            caller = self._caller(request, operation)
            parameters, violations = _decoded(operation, codec, request.body)
            if caller is None:
                caller = self._outsider(request, operation, parameters)
        except ProtocolError as error:
            status, body = codec.error(sts() if codec.name == "query" else cloud_map(), error)
            response = _response(codec, status, body, request_id)
            response.entry = refused(
                self._machine.clock.now(), status, error, request_id, started, self._machine.ticks()
            )
            return response
        call = self._call(caller, operation, codec, request_id)
        before = self._machine.trails.routing(call.connection, call.place)
        call.fault = self._machine.faults.strike(call) if self._machine.faults.rules else None
        outcome = self._perform(call, request, parameters, violations)
        self._record(call, request, parameters, outcome, before)
        response = _response(codec, outcome.status, outcome.body, request_id)
        response.fault = call.fault
        response.entry = ended(call, outcome.status, outcome.error, started, self._machine.ticks())
        return response

    def failure(self, content_type: str, reason: str) -> Response:
        """The answer to a call that could not be recorded, and so did not happen."""
        request_id = self._machine.ids.uuid()
        codec: Codec = CBOR if "cbor" in content_type else JSON
        codec = QueryCodec(sts(), request_id) if is_form(content_type) else codec
        status, body = codec.error(cloud_map(), internal_failure(reason))
        return _response(codec, status, body, request_id)

    def _caller(self, request: Request, operation: Operation) -> Caller | None:
        """Whoever signed the request; None for an operation whose request says by itself who calls."""
        if operation.outsider is not None:
            return None
        signatures = self._machine.guards.signatures
        if signatures is not None:
            return signatures.caller(request, operation.service.endpoint_prefix)
        return self._machine.callers.identify(request)

    def _outsider(self, request: Request, operation: Operation, parameters: Any) -> Caller:
        if operation.outsider is None:
            raise missing_token()
        return operation.outsider(parameters, self._machine.callers.region(request))

    def _call(self, caller: Caller, operation: Operation, codec: Codec, request_id: str) -> Call:
        machine = self._machine
        connection = machine.database.begin()
        return Call(
            operation=operation,
            codec=codec,
            caller=caller,
            place=machine.place(connection, caller.account, caller.region),
            now=machine.clock.now(),
            ids=machine.ids,
            connection=connection,
            facilities=machine.facilities,
            request_id=request_id,
        )

    def _perform(self, call: Call, request: Request, parameters: Any, violations: list[Violation]) -> _Outcome:
        try:
            call.operation.prepare(call)
            if call.fault is not None and call.fault.error is not None:
                return _failed(call, call.fault.error)
            _refuse(call.operation, violations)
            authorizer = self._machine.guards.authorizer
            if authorizer is not None:
                authorizer.check(call, request, parameters)
            if not call.operation.changes:
                return self._dispatch(call, parameters)
            with self._machine.database.savepoint():
                return self._dispatch(call, parameters)
        except ServiceError as error:
            return _failed(call, self._machine.declared(call.operation, error))
        except sqlite3.Error:
            raise
        except Exception:  # noqa: BLE001 -- a bug is the caller's 500 and on the record like any other end of a call
            _log.exception("%s failed, request id %s", call.operation.name, call.request_id)
            return _failed(call, internal_failure())

    def _dispatch(self, call: Call, parameters: Any) -> _Outcome:
        result = call.operation.handler(call, parameters)
        return _Outcome(200, call.codec.encode(call.operation.model, result), result)

    def _record(self, call: Call, request: Request, parameters: Any, outcome: _Outcome, before: Routing) -> None:
        operation, error, service = call.operation, outcome.error, call.caller.service
        asked, answer = call.parameters, None
        if error is not None and not error.keeps_parameters:
            asked = None
        elif asked is None:
            asked = operation.cased_request(parameters)
        if operation.cased_response is not None and error is None:
            answer = operation.cased_response(call.told or outcome.result)
        event = Event(
            identity=call.caller.identity,
            time=call.now,
            source=operation.service.event_source,
            name=operation.name,
            region=call.region,
            account=call.account,
            source_ip=service or self._machine.proxies.caller(request),
            user_agent=service or _user_agent(request),
            request_id=call.request_id,
            event_id=call.ids.uuid(),
            read_only=operation.read_only,
            management=not operation.data_resources,
            request_parameters=asked or None,
            response_elements=answer,
            error_code=None if error is None else error.recorded_code,
            error_message=None if error is None else error.recorded_message,
            resources=() if error else call.resources,
            resource_types=operation.data_resources,
            additional_event_data=call.additional,
            version=self._machine.settings.event_version,
        )
        if call.shared is not None and error is None:
            event.more = {"sharedEventID": call.ids.uuid()}
            if call.shared[0] != call.account:
                self._copy(call, event, *call.shared)
        self._machine.journal.append(call.connection, call.place, event, also=before)

    def _copy(self, call: Call, event: Event, account: str, identity: Mapping[str, Any]) -> None:
        """Record the event in another account, too."""
        place = self._machine.place(call.connection, account, call.region)
        copy = replace(event, identity=identity, account=account, event_id=call.ids.uuid())
        self._machine.journal.append(call.connection, place, copy)


def _user_agent(request: Request) -> str:
    """The caller's header; WSGI reads the bytes of headers as Latin-1, clients write UTF-8 if anything."""
    text = request.headers.get("user-agent", "-")
    return text if text.isascii() else text.encode("latin-1").decode("utf-8", "replace")


def _codec(request: Request, request_id: str) -> Codec:
    if request.path.startswith("/service/"):
        return CBOR
    if request.headers.get("x-amz-target") is not None:
        return JSON
    form = request.method == "GET" or is_form(request.headers.get("content-type", ""))
    return QueryCodec(sts(), request_id) if form else JSON


def _route(request: Request, codec: Codec) -> Operation:
    """The operation a request names: by target header, or by path for CBOR. The ``Host`` header never decides."""
    if len(request.body) > BODY_LIMIT:
        raise body_too_large(BODY_LIMIT)
    if isinstance(codec, QueryCodec):
        action, version = codec.action(request.body), codec.version(request.body)
        if action not in ACTIONS or version != sts().api_version:
            raise unknown_action(action, version)
        return ACTIONS[action]
    if codec is CBOR:
        operation = PATHS.get(request.path)
        right_protocol = request.headers.get("smithy-protocol", "rpc-v2-cbor") == "rpc-v2-cbor"
    else:
        operation = TARGETS.get(request.headers.get("x-amz-target", ""))
        content_type = request.headers.get("content-type", _JSON_TYPES[0])
        right_protocol = content_type.partition(";")[0].strip().lower() in _JSON_TYPES
    if operation is None or not right_protocol:
        raise unknown_operation()
    return operation


def _decoded(operation: Operation, codec: Codec, body: bytes) -> tuple[Any, list[Violation]]:
    violations: list[Violation] = []
    try:
        return operation.read(codec.decode(body), "", violations), violations
    except UnreadableError as error:
        raise serialization(str(error)) from error


def _refuse(operation: Operation, violations: list[Violation]) -> None:
    error = operation.invalid(violations) if violations else None
    if error is not None:
        raise error


def _failed(call: Call, error: ServiceError) -> _Outcome:
    status, body = call.codec.error(call.operation.service, error)
    return _Outcome(status, body, error=error)


def _response(codec: Codec, status: int, body: bytes, request_id: str) -> Response:
    # RPC v2 CBOR: an answer without a body has no content type.
    headers = codec.headers if body or codec is JSON else codec.headers[1:]
    return Response(status, [*headers, ("x-amzn-RequestId", request_id)], body)
