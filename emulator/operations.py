"""The operations there are, each bound to its model.

A service's module marks a function with ``@operation("RegisterInstance")``; everything else about the operation, its
shapes and the errors it may raise, is the model's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from emulator.call import Call
from emulator.recording import Cased, request_casing, response_casing
from emulator.validate import Read, Violation, reader

if TYPE_CHECKING:
    from emulator.caller import Caller
    from emulator.errors import ServiceError
    from emulator.model import OperationModel, ServiceModel

__all__ = ["Handler", "Operation", "Refuse", "Registry", "Result"]

Result = Mapping[str, Any]
"""An operation's answer by the model's member names; timestamps in milliseconds."""

Handler = Callable[[Call, Any], Result | None]
Decorated = TypeVar("Decorated", bound=Handler)

Refuse = Callable[[Sequence[Violation]], "ServiceError | None"]
"""What a request is refused with that breaks its shapes' constraints; None if the service lets it pass."""

Outsider = Callable[[Any, str], "Caller"]
"""``outsider(parameters, region)``: who calls, told by the request itself. Raises ``ProtocolError``."""

_READ_ONLY = ("Get", "List", "Describe", "Discover", "Lookup", "Search")


class _Mark(NamedTuple):
    handler: Handler
    data: tuple[str, ...]
    defaults: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """An operation ready to run.

    ``data_resources`` names the resource types of a data event, empty for management. ``prepare`` is done before every
    call of the service; ``invalid`` makes the error for a request that breaks the shapes' constraints. ``read_only`` is
    what the record says, ``changes`` whether it writes. ``outsider`` finds the caller of an unsigned operation.
    """

    service: ServiceModel
    model: OperationModel
    handler: Handler
    read: Read
    cased_request: Cased
    cased_response: Cased | None
    read_only: bool
    data_resources: tuple[str, ...]
    prepare: Callable[[Call], None]
    invalid: Refuse
    changes: bool
    outsider: Outsider | None = None

    @property
    def name(self) -> str:
        """The operation's name, as in ``RegisterInstance``."""
        return self.model.name

    @property
    def asynchronous(self) -> bool:
        """Whether the answer is the id of an operation that ends later."""
        output = self.model.output
        return output is not None and any(member.name == "OperationId" for member in output.members)


class Registry:
    """The operations of one service, filled by its modules' decorators; the other arguments are as in `Operation`."""

    def __init__(
        self,
        service: Callable[[], ServiceModel],
        *,
        invalid: Refuse,
        prepare: Callable[[Call], None] = lambda _: None,
    ) -> None:
        self._service = service
        self._invalid = invalid
        self._prepare = prepare
        self._marked: dict[str, _Mark] = {}

    def operation(
        self,
        name: str,
        *,
        data: tuple[str, ...] = (),
        defaults: Mapping[str, Any] | None = None,
    ) -> Callable[[Decorated], Decorated]:
        """Mark the function that answers ``name``.

        ``data`` makes its calls data events of these resource types. ``defaults`` are the members that the service
        itself fills in, and so records.
        """

        def mark(handler: Decorated) -> Decorated:
            self._marked[name] = _Mark(handler, data, defaults or {})
            return handler

        return mark

    def bind(self) -> dict[str, Operation]:
        """Every marked operation with its compiled shapes, by name."""
        return {name: self._bound(name, mark) for name, mark in self._marked.items()}

    def _bound(self, name: str, mark: _Mark) -> Operation:
        service = self._service()
        model = service.operations[name]
        read_only = name.startswith(_READ_ONLY)
        answers = not read_only and model.output is not None and bool(model.output.members)
        read = reader(model.input)
        return Operation(
            service=service,
            model=model,
            handler=mark.handler,
            read=_filled(read, mark.defaults) if mark.defaults else read,
            cased_request=request_casing(model.input),
            cased_response=response_casing(model.output) if answers and model.output else None,
            read_only=read_only,
            data_resources=mark.data,
            prepare=self._prepare,
            invalid=self._invalid,
            changes=not read_only,
        )


def _filled(read: Read, defaults: Mapping[str, Any]) -> Read:
    return lambda value, path, violations: {**defaults, **read(value, path, violations)}
