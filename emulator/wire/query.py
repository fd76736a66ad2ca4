"""AWS query: forms in, XML out. https://smithy.io/2.0/aws/protocols/aws-query-protocol.html.

The answer's body names the request, so a codec is made for each.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import orjson

from emulator.errors import ProtocolError
from emulator.model import compile_shapes
from emulator.recording import iso_date

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.errors import ServiceError
    from emulator.model import OperationModel, ServiceModel, Shape
    from emulator.wire import Headers

__all__ = ["QueryCodec", "is_form"]

Form = dict[str, Any]
"""A form as a tree: ``Tags.member.1.Key`` is a path; a value stands under the empty name at the end of its path."""

_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII).fullmatch
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DEEPEST = 12
_BEFORE_THE_CALL = {
    "ExpiredTokenException": ("ExpiredToken", 403),
    "IncompleteSignatureException": ("IncompleteSignature", 403),
    "InvalidSignatureException": ("SignatureDoesNotMatch", 403),
    "MissingAuthenticationTokenException": ("MissingAuthenticationToken", 403),
    "RequestEntityTooLargeException": ("RequestEntityTooLarge", 413),
    "SerializationException": ("MalformedInput", 400),
    "UnknownOperationException": ("InvalidAction", 400),
    "UnrecognizedClientException": ("InvalidClientTokenId", 403),
}
"""What the errors that AWS answers before a call reaches its operation are called here, and their statuses."""
_COMMON = {
    "AccessDeniedException": "AccessDenied",
    "ThrottlingException": "Throttling",
    "ValidationException": "ValidationError",
}


class QueryCodec:
    """Bodies are forms; answers are XML that names the request."""

    name: str = "query"
    headers: Headers = (("Content-Type", "text/xml"),)

    def __init__(self, service: ServiceModel, request_id: str) -> None:
        self._service = service
        self._request_id = escape(request_id)

    def action(self, body: bytes) -> str:
        """The operation that a form names."""
        return _first(body, "Action")

    def version(self, body: bytes) -> str:
        """The version of the API that a form is written for."""
        return _first(body, "Version")

    def decode(self, body: bytes) -> Any:
        """The members of a form, by the input of its action; a value that does not fit stays text."""
        return _reader(self._service.operations[self.action(body)].input)(_tree(body))

    def encode(self, operation: OperationModel, result: Any) -> bytes:
        """The result in its wrapper, and the id of the request."""
        name, told = operation.name, ""
        if operation.output is not None:
            told = f"<{name}Result>{_writer(operation.output)(result or {})}</{name}Result>"
        metadata = f"<ResponseMetadata><RequestId>{self._request_id}</RequestId></ResponseMetadata>"
        return self._document(f"{name}Response", told + metadata)

    def encode_item(self, value: Any) -> bytes:
        """One item of a list that is joined: no answer in XML has one."""
        raise NotImplementedError(f"{type(value).__name__} cannot be joined in XML")

    def stored(self, text: str) -> Any:
        """What is kept as JSON text, read again."""
        return orjson.loads(text)

    def error(self, service: ServiceModel, error: ServiceError) -> tuple[int, bytes]:
        """The code that stands for the error's shape, and its status."""
        code = service.error_codes.get(error.code) or _COMMON.get(error.code, error.code)
        status = error.status or service.error_statuses.get(error.code, 400)
        if isinstance(error, ProtocolError) and error.code in _BEFORE_THE_CALL:
            code, status = _BEFORE_THE_CALL[error.code]
        fault = "Sender" if status < 500 else "Receiver"
        told = f"<Message>{_text(error.message)}</Message>" if error.message is not None else ""
        body = f"<Error><Type>{fault}</Type><Code>{_text(code)}</Code>{told}</Error>"
        return status, self._document("ErrorResponse", f"{body}<RequestId>{self._request_id}</RequestId>")

    def _document(self, root: str, inner: str) -> bytes:
        return f'<{root} xmlns="{self._service.xml_namespace}">{inner}</{root}>\n'.encode()


def is_form(content_type: str) -> bool:
    """Whether a body is a form."""
    return content_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded"


def _pairs(body: bytes) -> list[tuple[str, str]]:
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)


def _first(body: bytes, wanted: str) -> str:
    return next((value for name, value in _pairs(body) if name == wanted), "")


def _tree(body: bytes) -> Form:
    tree: Form = {}
    for name, value in _pairs(body):
        node = tree
        for part in name.split(".", _DEEPEST):
            node = node.setdefault(part, {})
        node.setdefault("", value)
    return tree


def _read(shape: Shape, recurse: Callable[[Shape], Callable[[Form], Any]]) -> Callable[[Form], Any]:
    if shape.type == "structure":
        members = {member.name: recurse(member.shape) for member in shape.members}
        return lambda form: {name: read(form[name]) for name, read in members.items() if name in form}
    if shape.type == "list" and shape.item is not None:
        item = recurse(shape.item)
        return lambda form: [item(each) for each in _numbered(form.get("member", {}))]
    return _integer if shape.type in ("integer", "long") else _value


def _numbered(form: Form) -> list[Form]:
    """The items of a list in the order of their numbers; what has no number is none."""
    numbers = [name for name in form if name.isascii() and name.isdecimal()]
    return [form[name] for name in sorted(numbers, key=lambda name: (len(name.lstrip("0")), name.lstrip("0")))]


def _value(form: Form) -> Any:
    return form.get("", "")


def _integer(form: Form) -> Any:
    text = _value(form)
    return int(text) if _WHOLE_NUMBER(text) else text


_reader = compile_shapes(_read)


def _write(shape: Shape, recurse: Callable[[Shape], Callable[[Any], str]]) -> Callable[[Any], str]:
    if shape.type == "structure":
        members = [(member.name, recurse(member.shape)) for member in shape.members]
        return lambda value: _elements(value, members)
    if shape.type == "list" and shape.item is not None:
        item = recurse(shape.item)
        return lambda values: "".join(f"<member>{item(each)}</member>" for each in values)
    return iso_date if shape.type == "timestamp" else _text


def _elements(value: Mapping[str, Any], members: list[tuple[str, Callable[[Any], str]]]) -> str:
    return "".join(f"<{name}>{write(value[name])}</{name}>" for name, write in members if name in value)


_writer = compile_shapes(_write)


def _text(value: Any) -> str:
    """Text as XML can hold it: characters that it cannot are question marks."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(_NOT_IN_XML.sub("?", str(value)))
