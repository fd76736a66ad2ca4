"""Requests as bytes, without an SDK: what a broken, old or hostile client could send."""

from __future__ import annotations

import http.client
import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import cbor2

TARGET = "Route53AutoNaming_v20170314"


class Response(NamedTuple):
    """An answer: its status, its headers by lower-case name, its body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def cbor(self) -> Any:
        return cbor2.loads(self.body)


def credential(account: str = "111122223333", region: str = "us-east-1") -> str:
    """An Authorization header that names the account and region; nobody checks the signature."""
    scope = f"{account}/20261122/{region}/servicediscovery/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"


def send(server: Any, method: str, path: str, body: Any = b"", headers: dict[str, str] | None = None) -> Response:
    """Send a request and read the answer; a body that is a list is sent in chunks."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    try:
        chunked = isinstance(body, list)
        connection.request(method, path, iter(body) if chunked else body, headers or {}, encode_chunked=chunked)
        answer = connection.getresponse()
        return Response(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def call(server: Any, operation: str, body: Any = None, *, account: str = "111122223333", **headers: str) -> Response:
    """An AWS JSON call; keyword ``content_type`` is the header ``Content-Type``, and so on; empty leaves it out."""
    sent = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"{TARGET}.{operation}",
        "Authorization": credential(account),
    } | {name.replace("_", "-").title(): value for name, value in headers.items()}
    if not isinstance(body, bytes | list) or (isinstance(body, list) and not all(isinstance(b, bytes) for b in body)):
        body = json.dumps({} if body is None else body).encode()
    return send(server, "POST", "/", body, {name: value for name, value in sent.items() if value})


def rpc(server: Any, operation: str, body: Any = None, *, account: str = "111122223333", **headers: str) -> Response:
    """A Smithy RPC v2 CBOR call; keywords as in :func:`call`."""
    sent = {
        "Content-Type": "application/cbor",
        "Accept": "application/cbor",
        "Smithy-Protocol": "rpc-v2-cbor",
        "Authorization": credential(account),
    } | {name.replace("_", "-").title(): value for name, value in headers.items()}
    raw = body if isinstance(body, bytes) else cbor2.dumps({} if body is None else body)
    path = f"/service/{TARGET}/operation/{operation}"
    return send(server, "POST", path, raw, {name: value for name, value in sent.items() if value})
