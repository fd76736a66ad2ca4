"""Requests as boto3 sends them, built once and made unique by replacing a token."""

from __future__ import annotations

import enum
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, cycle
from typing import Any

import cbor2

ACCOUNT = "111122223333"
REGION = "us-east-1"
TARGET = "Route53AutoNaming_v20170314"
#: Stands for a number of the same width that differs from request to request.
TOKEN = "9876543210"
#: What an SDK fills in for an idempotency token: the shape of a UUID, unique by the token.
IDEMPOTENCY_TOKEN = f"7e675564-8bdc-4c87-8dc9-45{TOKEN}"

USER_AGENT = (
    "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux#6.18.44 md/arch#x86_64 lang/python#3.11.7"
    " md/pyimpl#CPython m/E,N,b,Z,e cfg/retry-mode#standard Botocore/1.44.5"
)
_AUTHORIZATION = (
    f"AWS4-HMAC-SHA256 Credential={ACCOUNT}/20261122/{REGION}/servicediscovery/aws4_request,"
    " SignedHeaders=content-type;host;x-amz-date;x-amz-target,"
    f" Signature=793d89b863937a7adfda03cadb1b709bb3614f2789305f9a625e45{TOKEN}"
)

Members = Mapping[str, Any]


class Protocol(enum.Enum):
    """The two protocols that the Cloud Map model lists."""

    JSON = "json"
    CBOR = "cbor"

    def encode(self, members: Members) -> bytes:
        """The body of a request."""
        return json.dumps(members).encode() if self is Protocol.JSON else cbor2.dumps(dict(members))

    def headers(self, operation: str) -> list[str]:
        """The request line and the headers that depend on the protocol."""
        if self is Protocol.JSON:
            return [
                "POST / HTTP/1.1",
                f"X-Amz-Target: {TARGET}.{operation}",
                "Content-Type: application/x-amz-json-1.1",
            ]
        return [
            f"POST /service/{TARGET}/operation/{operation} HTTP/1.1",
            "smithy-protocol: rpc-v2-cbor",
            "Content-Type: application/cbor",
            "Accept: application/cbor",
        ]


class Template:
    """The bytes of one request; the token in it is replaced for every sending."""

    __slots__ = ("_parts",)

    def __init__(self, raw: bytes) -> None:
        self._parts = raw.split(TOKEN.encode())

    def fill(self, number: int) -> bytes:
        """The request with *number* in place of the token."""
        return (b"%010d" % number).join(self._parts)


def template(protocol: Protocol, operation: str, members: Members, port: int) -> Template:
    """A request for *operation*; strings in *members* may contain the token."""
    body = protocol.encode(members)
    line, *own = protocol.headers(operation)
    head = [
        line,
        f"Host: 127.0.0.1:{port}",
        "Accept-Encoding: identity",
        *own,
        f"User-Agent: {USER_AGENT}",
        "X-Amz-Date: 20261122T185612Z",
        f"Authorization: {_AUTHORIZATION}",
        f"amz-sdk-invocation-id: 41357078-df6f-40db-9b{TOKEN[:2]}-be{TOKEN}",
        "amz-sdk-request: attempt=1; max=1",
        f"Content-Length: {len(body)}",
    ]
    return Template("\r\n".join(head).encode() + b"\r\n\r\n" + body)


def endless(templates: Sequence[Template], numbers: Iterator[int] | None = None) -> Iterator[bytes]:
    """The templates over and over, each request unique."""
    numbers = numbers or count()
    if len(templates) == 1:
        fill = templates[0].fill
        return (fill(number) for number in numbers)
    return (each.fill(number) for each, number in zip(cycle(templates), numbers, strict=False))


def once(templates: Sequence[Template]) -> Iterator[bytes]:
    """Every template one time."""
    return (each.fill(number) for number, each in enumerate(templates))
