"""A caller of the API over a plain socket: what it sends is what it says, and nothing is retried."""

import http.client
import json
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

TARGET = "Route53AutoNaming_v20170314"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def request_id(self) -> str:
        return self.headers["x-amzn-requestid"]

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None

    @property
    def code(self) -> str | None:
        return None if self.status == 200 else self.json.get("__type")


class Client:
    """One keep-alive connection and one identity; use it as a context."""

    def __init__(self, url: str, key: str = "AKIAEXAMPLE", region: str = "us-east-1", timeout: float = 20) -> None:
        parts = urlsplit(url)
        self.key, self.region = key, region
        self.http = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        data = body if isinstance(body, bytes | None) else json.dumps(body, ensure_ascii=False).encode()
        self.http.request(method, path, data, {name.replace("_", "-"): value for name, value in headers.items()})
        response = self.http.getresponse()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())

    def call(self, operation: str, parameters: Any = None, **headers: str) -> Answer:
        """Call an operation, signed for as ``self.key`` in ``self.region``."""
        said = {
            "X_Amz_Target": f"{TARGET}.{operation}",
            "Content_Type": "application/x-amz-json-1.1",
            "User_Agent": "audit/1",
            "Authorization": authorization(self.key, self.region),
        }
        return self.request("POST", "/", {} if parameters is None else parameters, **(said | headers))

    def ok(self, operation: str, parameters: Any = None) -> Any:
        """The answer of a call that must succeed."""
        answer = self.call(operation, parameters)
        assert answer.status == 200, answer
        return answer.json

    def get(self, path: str) -> Answer:
        return self.request("GET", path)

    def flush(self) -> list[str]:
        answer = self.request("POST", "/_maptrail/flush")
        assert answer.status == 200, answer
        return answer.json["keys"]

    def close(self) -> None:
        self.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def authorization(key: str, region: str) -> str:
    scope = f"{key}/20261122/{region}/servicediscovery/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={'0' * 64}"


def service(client: Client, name: str = "app", **more: Any) -> str:
    """A new service in a new HTTP namespace; its id."""
    client.ok("CreateHttpNamespace", {"Name": f"{name}.example", "CreatorRequestId": name})
    namespace = client.ok("ListNamespaces")["Namespaces"][-1]["Id"]
    return client.ok("CreateService", {"Name": name, "NamespaceId": namespace, **more})["Service"]["Id"]


def instance(service_id: str, number: int | str = 1) -> dict[str, Any]:
    """The parameters that register an instance."""
    return {"ServiceId": service_id, "InstanceId": f"i-{number}", "Attributes": {"AWS_INSTANCE_IPV4": "10.0.0.1"}}
