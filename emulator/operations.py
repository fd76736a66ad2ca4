"""The operations there are, each bound to its model.

A service's module marks a function with ``@operation("RegisterInstance")``; everything else about the operation, its
shapes and the errors it may raise, is the model's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from emulator.call import Call
from emulator.recording import Cased, request_casing, response_casing
from emulator.validate import Read, reader

if TYPE_CHECKING:
    from emulator.errors import ServiceError
    from emulator.model import OperationModel, ServiceModel

__all__ = ["Handler", "Operation", "Registry", "Result"]

Result = Mapping[str, Any]
"""An operation's answer by the model's member names; timestamps in milliseconds."""

Handler = Callable[[Call, Any], Result | None]
Decorated = TypeVar("Decorated", bound=Handler)

_READ_ONLY = ("Get", "List", "Describe", "Discover", "Lookup")


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """An operation ready to run.

    ``data_resources`` names the resource types of a data event, empty for management. ``prepare`` is done before every
    call of the service; ``invalid`` makes its error for a request that breaks the shapes' constraints.
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
    invalid: Callable[[str], ServiceError]

    @property
    def name(self) -> str:
        """The operation's name, as in ``RegisterInstance``."""
        return self.model.name


class Registry:
    """The operations of one service, filled by its modules' decorators; the other arguments are as in `Operation`."""

    def __init__(
        self,
        service: Callable[[], ServiceModel],
        *,
        invalid: Callable[[str], ServiceError],
        prepare: Callable[[Call], None] = lambda _: None,
    ) -> None:
        self._service = service
        self._invalid = invalid
        self._prepare = prepare
        self._marked: dict[str, tuple[Handler, tuple[str, ...]]] = {}

    def operation(self, name: str, *, data: tuple[str, ...] = ()) -> Callable[[Decorated], Decorated]:
        """Mark the function that answers ``name``; ``data`` makes its calls data events of these resource types."""

        def mark(handler: Decorated) -> Decorated:
            self._marked[name] = (handler, data)
            return handler

        return mark

    def bind(self) -> dict[str, Operation]:
        """Every marked operation with its compiled shapes, by name."""
        return {name: self._bound(name, handler, data) for name, (handler, data) in self._marked.items()}

    def _bound(self, name: str, handler: Handler, data: tuple[str, ...]) -> Operation:
        service = self._service()
        model = service.operations[name]
        read_only = name.startswith(_READ_ONLY)
        answers = not read_only and model.output is not None and bool(model.output.members)
        return Operation(
            service=service,
            model=model,
            handler=handler,
            read=reader(model.input),
            cased_request=request_casing(model.input),
            cased_response=response_casing(model.output) if answers and model.output else None,
            read_only=read_only,
            data_resources=data,
            prepare=self._prepare,
            invalid=self._invalid,
        )
