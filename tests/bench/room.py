"""What a workload sets up in a server before it is measured: namespaces, services, instances."""

from __future__ import annotations

import json
import re
from itertools import count
from typing import TYPE_CHECKING, Any

from tests.bench.client import BenchError, ClosedLoop, Expect, Slice
from tests.bench.wire import IDEMPOTENCY_TOKEN, TOKEN, Members, Protocol, endless, template

if TYPE_CHECKING:
    from tests.bench.servers import Server

ATTRIBUTES = {
    "AWS_INSTANCE_IPV4": "10.0.12.34",
    "AWS_INSTANCE_PORT": "8080",
    "stage": "production",
    "version": "1.14.2",
}
_LOADERS = 4


class Room:
    """One server as a workload finds it: cleared, and then filled by plain JSON calls."""

    def __init__(self, server: Server, mark: str = "") -> None:
        self.server = server
        #: The namespace of a workload; the mark tells it from those of earlier workloads that were not cleared.
        self.name = f"bench{mark}"
        self._names = count()

    def call(self, operation: str, **members: Any) -> dict[str, Any]:
        """One call; anything but a success ends the run."""
        request = template(Protocol.JSON, operation, members, self.server.port).fill(next(self._names))
        loop = ClosedLoop(self.server.port, iter([request]), Expect(), keep=True)
        result = loop.run(1, 60.0)
        if result.failures:
            raise BenchError(f"{self.server.product.name}: {operation}: {result.first_failure}")
        answer: dict[str, Any] = json.loads(result.bodies[0] or b"{}")
        return answer

    def namespace(self, name: str = "", kind: str = "Http") -> str:
        """A new namespace; its id."""
        name = name or self.name
        extra = {"Vpc": "vpc-0123456789abcdef0"} if kind == "PrivateDns" else {}
        answer = self.call(f"Create{kind}Namespace", Name=name, CreatorRequestId=IDEMPOTENCY_TOKEN, **extra)
        return self.target(answer["OperationId"])

    def target(self, operation: str) -> str:
        """The namespace of an operation that has come to its end."""
        for _ in range(100):
            found = self.call("GetOperation", OperationId=operation)["Operation"]
            if found["Status"] == "SUCCESS":
                return str(found["Targets"]["NAMESPACE"])
        raise BenchError(f"{self.server.product.name}: operation {operation} does not end")

    def service(self, namespace: str, name: str = "backend", **members: Any) -> dict[str, Any]:
        """A new service."""
        answer = self.call(
            "CreateService", Name=name, NamespaceId=namespace, CreatorRequestId=IDEMPOTENCY_TOKEN, **members
        )
        service: dict[str, Any] = answer["Service"]
        return service

    def register(self, service: str, instances: int) -> list[str]:
        """Register so many instances; their ids."""
        self.load("RegisterInstance", registration(service), b"OperationId", instances)
        return [f"i-{number:010d}" for number in range(instances)]

    def load(self, operation: str, members: Members, marker: bytes, calls: int, seconds: float = 600.0) -> Slice:
        """So many calls as fast as the server takes them, none of which may fail."""
        one = template(Protocol.JSON, operation, members, self.server.port)
        loop = ClosedLoop(self.server.port, endless([one], iter(range(calls))), Expect(marker), keep=True)
        result = loop.run(_LOADERS, seconds)
        if result.failures:
            raise BenchError(f"{self.server.product.name}: {operation}: {result.first_failure}")
        return result

    def namespaces(self) -> list[str]:
        """The ids of all namespaces, page by page."""
        found: list[str] = []
        page: dict[str, Any] = {}
        while True:
            answer = self.call("ListNamespaces", **page)
            found.extend(each["Id"] for each in answer["Namespaces"])
            if not answer.get("NextToken"):
                return found
            page = {"NextToken": answer["NextToken"]}


def registration(service: str) -> Members:
    """The members of a RegisterInstance request for a new instance every time."""
    return {
        "ServiceId": service,
        "InstanceId": f"i-{TOKEN}",
        "Attributes": ATTRIBUTES,
        "CreatorRequestId": IDEMPOTENCY_TOKEN,
    }


def found_ids(bodies: list[bytes], prefix: str) -> list[str]:
    """The first id with *prefix* in each answer."""
    pattern = re.compile(rf'"({prefix}-[0-9a-z]+)"'.encode())
    matches = (pattern.search(body) for body in bodies)
    return [match[1].decode() for match in matches if match]
