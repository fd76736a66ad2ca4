"""Requests signed by botocore, sent byte for byte: what is sent can be tampered with after it was signed."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from emulator import Emulator

HOME = "111122223333"
KEY, SECRET = "AKIASMITHJSMITHJ0001", "smith's secret"
OTHER_KEY, OTHER_SECRET = "AKIAOTHEROTHER000001", "another secret"
FILE = f"""
[[user]]
name = "smithj"
account = "{HOME}"
access_key = "{KEY}"
secret_key = "{SECRET}"

[[user]]
name = "jonesa"
account = "{HOME}"
access_key = "{OTHER_KEY}"
secret_key = "{OTHER_SECRET}"

[[role]]
name = "deploy"
account = "{HOME}"
trust = ["{HOME}"]
"""
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key"
    " and signing method. Consult the service documentation for details."
)


@dataclass(eq=False)
class Sent:
    """A request as it goes over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""

    def with_header(self, name: str, value: str | None) -> Sent:
        kept = {key: said for key, said in self.headers.items() if key.lower() != name.lower()}
        return replace(self, headers=kept if value is None else {**kept, name: value})


@dataclass
class Answer:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def error(self) -> tuple[str, str]:
        """Code and message, in JSON or in XML."""
        if self.body.startswith(b"{"):
            said = json.loads(self.body)
            return said["__type"], said.get("message") or said.get("Message")
        found = ET.fromstring(self.body)
        texts = {each.tag.rpartition("}")[2]: each.text for each in found.iter()}
        return str(texts["Code"]), str(texts["Message"])


def send(server: Emulator, sent: Sent) -> Answer:
    """Send it as it is: nothing is added but what HTTP needs."""
    parts = urlsplit(server.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.putrequest(sent.method, sent.target, skip_host=True, skip_accept_encoding=True)
        for name, value in sent.headers.items():
            connection.putheader(name, value.encode("latin-1"))
        if sent.body or sent.method in ("POST", "PUT"):
            connection.putheader("Content-Length", str(len(sent.body)))
        connection.endheaders(sent.body or None)
        answer = connection.getresponse()
        return Answer(answer.status, answer.read(), dict(answer.getheaders()))
    finally:
        connection.close()


def signed(
    server: Emulator,
    *,
    service: str = "servicediscovery",
    method: str = "POST",
    path: str = "/",
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    credentials: tuple[str, ...] = (KEY, SECRET),
    presigned: int | None = None,
    at: str | None = None,
    region: str = "us-east-1",
) -> Sent:
    """A request signed by botocore; ``presigned`` is for how many seconds, ``at`` another time than now."""
    request = AWSRequest(method=method, url=server.url + path, data=body, headers=headers or {})
    kinds: Any = (S3SigV4Auth, S3SigV4QueryAuth) if service == "s3" else (SigV4Auth, SigV4QueryAuth)
    more = () if presigned is None else (presigned,)
    auth = kinds[presigned is not None](Credentials(*credentials), service, region, *more)
    if at is not None:
        _at(auth, at)
    auth.add_auth(request)
    parts = urlsplit(request.url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    told = {"Host": urlsplit(server.url).netloc, **{name: str(value) for name, value in request.headers.items()}}
    return Sent(method, target, told, body)


def _at(auth: Any, time: str) -> None:
    """Sign as if it were another time: botocore takes the time from a clock of its own."""
    import botocore.auth as module

    add_auth = auth.add_auth

    def frozen(request: Any) -> None:
        from datetime import UTC, datetime
        from unittest.mock import patch

        moment = datetime.strptime(time, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        name = "get_current_datetime" if hasattr(module, "get_current_datetime") else "datetime"
        with patch.object(module, name) as clock:
            clock.return_value = moment
            clock.datetime.utcnow.return_value = moment
            clock.utcnow.return_value = moment
            add_auth(request)

    auth.add_auth = frozen


def list_namespaces(server: Emulator, **options: Any) -> Sent:
    headers = {
        "X-Amz-Target": "Route53AutoNaming_v20170314.ListNamespaces",
        "Content-Type": "application/x-amz-json-1.1",
    }
    return signed(server, body=options.pop("body", b'{"MaxResults": 10}'), headers=headers, **options)


def caller_identity(server: Emulator, **options: Any) -> Sent:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return signed(
        server, service="sts", body=b"Action=GetCallerIdentity&Version=2011-06-15", headers=headers, **options
    )


def presigned_identity(server: Emulator, seconds: int = 60, **options: Any) -> Sent:
    path = "/?Action=GetCallerIdentity&Version=2011-06-15"
    return signed(server, service="sts", method="GET", path=path, presigned=seconds, **options)
