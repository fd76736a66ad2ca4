"""boto3 clients for tests: over AWS JSON, as boto3 speaks by itself, or over CBOR, which it can."""

from __future__ import annotations

import contextlib
import json
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.client import BaseClient
    from botocore.loaders import Loader

PROTOCOLS = {"json": "json", "cbor": "smithy-rpc-v2-cbor"}


@cache
def session(protocol: str) -> botocore.session.Session:
    """A session whose Cloud Map model lists one protocol only, so that botocore has no choice."""
    made = botocore.session.Session()
    made.set_config_variable("config_file", "/dev/null")
    made.set_config_variable("credentials_file", "/dev/null")
    loader = made.get_component("data_loader")
    made.register_component("data_loader", _OneProtocol(loader, PROTOCOLS[protocol]))
    return made


class _OneProtocol:
    def __init__(self, loader: Loader, protocol: str) -> None:
        self._loader = loader
        self._protocol = protocol

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def load_service_model(self, service: str, kind: str, api_version: str | None = None) -> Any:
        model = self._loader.load_service_model(service, kind, api_version)
        if service != "servicediscovery" or kind != "service-2":
            return model
        metadata = model["metadata"] | {"protocol": self._protocol, "protocols": [self._protocol]}
        return {**model, "metadata": metadata}


def client(
    url: str,
    account: str,
    *,
    service: str = "servicediscovery",
    protocol: str = "json",
    region: str = "us-east-1",
    **config: Any,
) -> BaseClient:
    """A client, of Cloud Map unless told otherwise; a 12-digit access key id is the account."""
    return session(protocol).create_client(
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=account,
        aws_secret_access_key="secret",
        config=Config(inject_host_prefix=False, retries={"total_max_attempts": 1}, **config),
    )


class Pool:
    """Clients that are used again, in the name of whoever borrows one: making one costs more than several calls."""

    def __init__(self) -> None:
        self._idle: dict[object, list[BaseClient]] = {}
        self._made: list[BaseClient] = []

    @contextlib.contextmanager
    def borrow(self, url: str, account: str, **options: Any) -> Iterator[BaseClient]:
        """A client of this account, nobody else's until it is given back."""
        idle = self._idle.setdefault((url, *sorted(options.items())), [])
        if idle:
            borrowed = idle.pop()
            borrowed._request_signer._credentials.access_key = account
        else:
            borrowed = client(url, account, **options)
            self._made.append(borrowed)
        try:
            yield borrowed
        finally:
            idle.append(borrowed)

    def close(self) -> None:
        for made in self._made:
            made.close()


def ask(method: str, url: str, document: object = None) -> Any:
    """Speak to an admin door: JSON in, JSON out."""
    body = None if document is None else json.dumps(document).encode()
    with urlopen(Request(url, body, {"Content-Type": "application/json"}, method=method), timeout=30) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def refusal(operation: Any, **parameters: Any) -> dict[str, Any]:
    """Call an operation that must be refused; the whole error response, as botocore gives it."""
    with pytest.raises(ClientError) as caught:
        operation(**parameters)
    return caught.value.response


def refused(operation: Any, **parameters: Any) -> tuple[str, str]:
    """Call an operation that must be refused; the error's code and message."""
    error = refusal(operation, **parameters)["Error"]
    return error["Code"], error["Message"]


def answer(response: dict[str, Any]) -> dict[str, Any]:
    """What an operation answered, without what botocore adds."""
    return {name: value for name, value in response.items() if name != "ResponseMetadata"}
