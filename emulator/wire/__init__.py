"""The protocols the service models list: AWS JSON 1.1 and Smithy RPC v2 CBOR, and AWS query for STS.

A codec turns bytes into plain values and back. Timestamps are whole milliseconds inside; a codec writes them its way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from emulator.model import OperationModel, ServiceModel, Shape, compile_shapes

if TYPE_CHECKING:
    from emulator.errors import ServiceError

__all__ = ["Codec", "Headers", "Ready", "converter"]

Headers = tuple[tuple[str, str], ...]
Convert = Callable[[Any], Any]


class Ready:
    """A list whose items are already encoded for the codec of the call: discovery answers are joined, not built."""

    __slots__ = ("parts",)

    def __init__(self, parts: list[bytes]) -> None:
        self.parts = parts


class Codec(Protocol):
    """What the gateway asks of a protocol."""

    name: str
    headers: Headers

    def decode(self, body: bytes) -> Any:
        """Plain values of a body. Raises ``UnreadableError``."""

    def encode(self, operation: OperationModel, result: Any) -> bytes:
        """The body of a success; empty for an operation without an output shape."""

    def encode_item(self, value: Any) -> bytes:
        """One item of a :class:`Ready` list."""

    def stored(self, text: str) -> Any:
        """What is kept as JSON text, as a value that :meth:`encode` takes: in JSON it is not read again."""

    def error(self, service: ServiceModel, error: ServiceError) -> tuple[int, bytes]:
        """Status and body of a failure."""


def converter(timestamp: Convert) -> Callable[[Shape], Convert | None]:
    """Compile, for each shape, what rewrites its timestamps with ``timestamp``; None where there is none to rewrite."""

    def build(shape: Shape, recurse: Callable[[Shape], Convert | None]) -> Convert | None:
        if shape.type == "timestamp":
            return timestamp
        if shape.type == "list" and shape.item is not None:
            each = recurse(shape.item)
            return None if each is None else lambda values: [each(value) for value in values]
        if shape.type == "structure":
            return _structure_converter({m.name: c for m in shape.members if (c := recurse(m.shape)) is not None})
        return None

    return compile_shapes(build)


def _structure_converter(members: dict[str, Convert]) -> Convert | None:
    if not members:
        return None

    def convert(value: dict[str, Any]) -> dict[str, Any]:
        changed = dict(value)
        for name, each in members.items():
            if name in changed:
                changed[name] = each(changed[name])
        return changed

    return convert
