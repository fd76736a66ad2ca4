"""The operations of CloudTrail that Maptrail does not have: event data stores, queries, channels, dashboards, imports.

They are known and so recorded; whatever they ask for, the answer is one sentence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from emulator.cloudtrail import errors
from emulator.model import cloudtrail
from emulator.operations import Registry

if TYPE_CHECKING:
    from collections.abc import Container

    from emulator.call import Call
    from emulator.operations import Operation

__all__ = ["rest"]


def rest(answered: Container[str]) -> dict[str, Operation]:
    """Every operation of the model that is not answered otherwise; that its request breaks rules does not matter."""
    registry = Registry(cloudtrail, invalid=lambda _: None)
    for name in cloudtrail().operations:
        if name not in answered:
            registry.operation(name)(_refuse)
    return registry.bind()


def _refuse(call: Call, _request: Any) -> NoReturn:
    raise errors.unsupported_operation(call.operation.name)
