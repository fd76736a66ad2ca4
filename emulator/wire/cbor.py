"""Smithy RPC v2 CBOR: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import cbor2
import orjson

from emulator.validate import UnreadableError
from emulator.wire import Headers, Ready, converter
from emulator.wire.json import message_member

if TYPE_CHECKING:
    from emulator.errors import ServiceError
    from emulator.model import OperationModel, ServiceModel

__all__ = ["CBOR", "CborCodec"]

_EPOCH_TAG = 1
_SHARED = bytes([28])
"""The number of the tag that marks a value as shared; it stands in every body that has one."""
_tagged = converter(lambda milliseconds: cbor2.CBORTag(_EPOCH_TAG, milliseconds / 1000))


class CborCodec:
    """Bodies are CBOR maps; timestamps are tagged epoch seconds; errors carry the model's statuses."""

    name: str = "cbor"
    headers: Headers = (("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor"))

    def decode(self, body: bytes) -> Any:
        """The map a body holds; an operation without input has no body."""
        if not body:
            return {}
        try:
            value = cbor2.loads(body)
        except Exception as error:  # the decoder raises whatever a hostile tag makes Python raise
            raise UnreadableError("The request body is not valid CBOR.") from error
        if _SHARED in body and not _is_tree(value, len(body)):
            raise UnreadableError("The request body is not valid CBOR.")
        return value

    def encode(self, operation: OperationModel, result: Any) -> bytes:
        """The result as CBOR, its timestamps tagged."""
        if operation.output is None:
            return b""
        convert = _tagged(operation.output)
        return cbor2.dumps(convert(result) if convert else result, default=_default)

    def encode_item(self, value: Any) -> bytes:
        """One item of a list, as CBOR."""
        return cbor2.dumps(value)

    def stored(self, text: str) -> Any:
        """The values of a JSON text."""
        return orjson.loads(text)

    def error(self, service: ServiceModel, error: ServiceError) -> tuple[int, bytes]:
        """The status of the error's shape; its type is an absolute shape id, as the protocol demands."""
        body: dict[str, Any] = {"__type": f"com.amazonaws.{service.event_source.split('.')[0]}#{error.code}"}
        if error.message is not None:
            body[message_member(service, error.code)] = error.message
        status = error.status or service.error_statuses.get(error.code, 400)
        return status, cbor2.dumps(body | error.members)


CBOR = CborCodec()


def _is_tree(value: Any, size: int) -> bool:
    """Whether a value has no more parts than bytes: shared references can make a small body endless."""
    waiting = [value]
    while waiting and size >= 0:
        each = waiting.pop()
        if isinstance(each, str):
            continue
        if isinstance(each, dict | Mapping):
            parts = [*each, *each.values()]
        elif isinstance(each, list | tuple | set | frozenset):
            parts = [*each]
        elif isinstance(each, cbor2.CBORTag):
            parts = [each.value]
        else:
            continue
        size -= len(parts)
        waiting += parts
    return size >= 0


def _default(encoder: cbor2.CBOREncoder, value: Any) -> None:
    if not isinstance(value, Ready):
        raise TypeError(f"{type(value).__name__} has no form in CBOR")
    encoder.write(_array_head(len(value.parts)) + b"".join(value.parts))


def _array_head(length: int) -> bytes:
    """Major type 4 and a length, RFC 8949 §3."""
    if length < 24:
        return bytes([0x80 | length])
    if length < 256:
        return bytes([0x98, length])
    return b"\x99" + struct.pack(">H", length)
