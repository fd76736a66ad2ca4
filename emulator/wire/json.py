"""AWS JSON 1.1: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html."""

from __future__ import annotations

import base64
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson

from emulator.validate import UnreadableError
from emulator.wire import Headers, Ready, converter

if TYPE_CHECKING:
    from emulator.errors import ServiceError
    from emulator.model import OperationModel, ServiceModel

__all__ = ["JSON", "JsonCodec"]

_seconds = converter(lambda milliseconds: milliseconds / 1000)


class JsonCodec:
    """Bodies are JSON objects; timestamps are epoch seconds with milliseconds as decimals, blobs base64."""

    name: str = "json"
    headers: Headers = (("Content-Type", "application/x-amz-json-1.1"),)

    def decode(self, body: bytes) -> Any:
        """The object a body holds; an empty body is an empty object, as AWS reads it."""
        if not body:
            return {}
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise UnreadableError("The request body is not valid JSON.") from error

    def encode(self, operation: OperationModel, result: Any) -> bytes:
        """The result as JSON, its timestamps as seconds."""
        if operation.output is None:
            return b""
        convert = _seconds(operation.output)
        return orjson.dumps(convert(result) if convert else result, default=_default)

    def encode_item(self, value: Any) -> bytes:
        """One item of a list, as JSON: in as many bytes as it has, for orjson's own hold on to 4 KB each."""
        return bytes(memoryview(orjson.dumps(value)))

    def stored(self, text: str) -> Any:
        """JSON text, as it is."""
        return orjson.Fragment(text)

    def error(self, service: ServiceModel, error: ServiceError) -> tuple[int, bytes]:
        """Status 400 for every modelled error, whatever status the model carries for CBOR."""
        body: dict[str, Any] = {"__type": error.code}
        if error.message is not None:
            body[message_member(service, error.code)] = error.message
        return error.status or 400, orjson.dumps(body | error.members)


JSON = JsonCodec()


@cache
def message_member(service: ServiceModel, code: str) -> str:
    """How an error's shape spells its message; clients of Cloud Map read ``Message`` and nothing else."""
    if code in service.error_statuses:
        for member in service.shape(code).members:
            if member.name.lower() == "message":
                return member.name
    return "message"


def _default(value: Any) -> Any:
    if isinstance(value, Ready):
        return orjson.Fragment(b"[" + b",".join(value.parts) + b"]")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
