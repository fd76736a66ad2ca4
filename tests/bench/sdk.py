"""One boto3 client against Maptrail and against a server that answers with the same bytes every time."""

from __future__ import annotations

import base64
import http.client
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from tests.bench.room import ATTRIBUTES, Room
from tests.bench.servers import Product, Server, module
from tests.bench.wire import ACCOUNT, REGION, TARGET

if TYPE_CHECKING:
    from tests.bench.load import Pace

_CALLS = 120
Call = Callable[[Any], Any]


def measure(product: Product, pace: Pace) -> dict[str, float]:
    """For each small operation: the rate of the client against *product*, as a share of that against the constant."""
    with Server(product) as server, tempfile.TemporaryDirectory() as scratch:
        calls = _calls(Room(server))
        answers = Path(scratch) / "answers.json"
        client = _client(server.port)
        answers.write_text(json.dumps(_record(client, server.port, calls)))
        constant = Product("constant", module("constant", str(answers)), picks_port=True, reference=True)
        with Server(constant) as floor:
            pair = (client, _client(floor.port))
            return {name: _ratio(pair, call, pace.rounds + 2) for name, call in calls.items()}


def _calls(room: Room) -> dict[str, Call]:
    service = room.service(room.namespace())["Id"]
    known = room.register(service, 100)[0]
    operation = room.call("RegisterInstance", ServiceId=service, InstanceId=known, Attributes=ATTRIBUTES)["OperationId"]
    numbers = iter(range(10**9))
    return {
        "RegisterInstance": lambda client: client.register_instance(
            ServiceId=service, InstanceId=f"sdk-{next(numbers)}", Attributes=ATTRIBUTES
        ),
        "GetInstance": lambda client: client.get_instance(ServiceId=service, InstanceId=known),
        "GetOperation": lambda client: client.get_operation(OperationId=operation),
    }


def _client(port: int) -> Any:
    return boto3.client(
        "servicediscovery",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name=REGION,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="secret",
        config=Config(inject_host_prefix=False, retries={"max_attempts": 0}),
    )


def _record(client: Any, port: int, calls: dict[str, Call]) -> dict[str, str]:
    """The answer to each call as bytes, by the mark of the operation in a request's head."""
    found: dict[str, str] = {}

    def resend(request: Any, **_: Any) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        path = "/" + request.url.split("/", 3)[3]
        connection.request(request.method, path, request.body, dict(request.headers))
        answer = connection.getresponse()
        body = answer.read()
        head = [
            f"HTTP/1.1 {answer.status} {answer.reason}",
            *(f"{name}: {value}" for name, value in answer.headers.items()),
        ]
        found[current] = base64.b64encode("\r\n".join(head).encode() + b"\r\n\r\n" + body).decode()
        connection.close()

    client.meta.events.register("before-send.servicediscovery", resend)
    for name, call in calls.items():
        current = f"{TARGET}.{name}\r\n"
        call(client)
    client.meta.events.unregister("before-send.servicediscovery", resend)
    return found


def _ratio(pair: tuple[Any, Any], call: Call, rounds: int) -> float:
    spent: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for client, times in zip(pair, spent, strict=True):
            call(client)
            began = time.perf_counter()
            for _ in range(_CALLS):
                call(client)
            times.append(time.perf_counter() - began)
    return round(statistics.median(spent[1]) / statistics.median(spent[0]), 3)
