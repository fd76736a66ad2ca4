"""What the cases of the contract call on: an account of its own in a running emulator, and short ways to fill it."""

import dataclasses
import itertools
import json
from typing import Any

import cbor2

import emulator
from emulator.quotas import AWS
from tests.serving.client import TARGET, Answer, Client, authorization

_ACCOUNTS = itertools.count(500_000_000_000)
MINUTE = 60_000


class Lines:
    """Takes the place of the log, and keeps the request id of each line."""

    def __init__(self) -> None:
        self.request_ids: list[str] = []

    def write(self, entry: Any) -> None:
        self.request_ids.append(entry.request_id)

    def close(self) -> None:
        """Nothing is open."""


class World:
    """One account; calls are made in it by an access key that is its number."""

    def __init__(self, running: emulator.Emulator, lines: Lines) -> None:
        self.machine, self.lines, self.url = running.machine, lines, running.url
        self.account = str(next(_ACCOUNTS))
        self.client = Client(running.url, self.account, "eu-west-3")

    def call(self, operation: str, parameters: Any = None, **headers: str) -> Answer:
        return self.client.call(operation, parameters, **headers)

    def cbor(self, operation: str, parameters: Any) -> Answer:
        """The same call by the other protocol; the answer as if it had come by JSON."""
        said = {"User_Agent": "audit/1", "Authorization": authorization(self.account, "eu-west-3")}
        said |= {"Content_Type": "application/cbor", "Smithy_Protocol": "rpc-v2-cbor"}
        path = f"/service/{TARGET}/operation/{operation}"
        answer = self.client.request("POST", path, cbor2.dumps(parameters), **said)
        plain = cbor2.loads(answer.body) if answer.body else {}
        return dataclasses.replace(answer, body=json.dumps(plain, default=lambda at: at.timestamp()).encode())

    def ok(self, operation: str, parameters: Any) -> Any:
        return self.client.ok(operation, parameters)

    def mark(self) -> int:
        """How far the journal goes."""
        with self.machine.database.reading() as connection:
            return max((seq & (1 << 40) - 1 for (seq,) in connection.execute("SELECT seq FROM event")), default=0)

    def records(self, after: int = 0) -> list[dict[str, Any]]:
        """The records after a mark, each with its members in the order in which they are written."""
        with self.machine.database.reading() as connection:
            rows = connection.execute("SELECT seq & (1 << 40) - 1 AS number, record FROM event ORDER BY 1").fetchall()
        return [json.loads(record) for number, record in rows if number > after]

    def state(self) -> dict[str, list[Any]]:
        """Every row of Cloud Map's tables, of any account."""
        tables = ("namespace", "service", "service_tally", "instance", "operation", "tag", "service_attribute")
        with self.machine.database.reading() as connection:
            return {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables}

    def slow(self) -> None:
        """From now on operations run for a minute."""
        self.machine.facilities.operation_delay = MINUTE

    def quotas(self, **limits: int) -> None:
        self.machine.facilities.quotas = dataclasses.replace(AWS, **limits)

    def namespace(self, kind: str = "Http", name: str = "audit.example", **more: Any) -> str:
        self.ok(f"Create{kind}Namespace", {"Name": name, **more})
        found = self.ok("ListNamespaces", {"Filters": [{"Name": "NAME", "Values": [name]}]})
        return str(found["Namespaces"][0]["Id"])

    def http(self, name: str = "audit.example", **more: Any) -> str:
        return self.namespace("Http", name, **more)

    def public(self, name: str = "audit.example", **more: Any) -> str:
        return self.namespace("PublicDns", name, **more)

    def private(self, name: str = "audit.example", **more: Any) -> str:
        return self.namespace("PrivateDns", name, Vpc="vpc-1", **more)

    def service(self, namespace: str | None = None, name: str = "app", **more: Any) -> str:
        made = self.ok("CreateService", {"Name": name, "NamespaceId": namespace or self.http(), **more})
        return str(made["Service"]["Id"])

    def dns_service(self) -> str:
        return self.service(self.public(), DnsConfig={"DnsRecords": [{"Type": "A", "TTL": 60}]})

    def custom_service(self) -> str:
        return self.service(HealthCheckCustomConfig={"FailureThreshold": 1})

    def instance(self, service: str | None = None, **more: Any) -> dict[str, Any]:
        """An instance, by the members that name it."""
        named = {"ServiceId": service or self.service(), "InstanceId": "i-1"}
        self.ok("RegisterInstance", {**named, "Attributes": {"AWS_INSTANCE_IPV4": "10.0.0.1"}, **more})
        return named

    def arn(self, resource: str) -> str:
        """The ARN of a namespace or service by its id."""
        kind = {"ns": "namespace", "srv": "service"}[resource.partition("-")[0]]
        return f"arn:aws:servicediscovery:eu-west-3:{self.account}:{kind}/{resource}"
