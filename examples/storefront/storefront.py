"""A service that makes itself known in AWS Cloud Map, and finds the others it needs."""

from __future__ import annotations

import random
import time
from typing import NamedTuple

import boto3


class Address(NamedTuple):
    """Where an instance answers."""

    host: str
    port: int


class NobodyError(LookupError):
    """No healthy instance of a service is known."""


class Registration:
    """One instance of a service, known as long as the context lasts."""

    def __init__(self, service_id: str, instance_id: str, address: Address, cloudmap=None) -> None:
        self._cloudmap = cloudmap or boto3.client("servicediscovery")
        self._name = {"ServiceId": service_id, "InstanceId": instance_id}
        self._address = address

    def __enter__(self) -> Registration:
        attributes = {"AWS_INSTANCE_IPV4": self._address.host, "AWS_INSTANCE_PORT": str(self._address.port)}
        answer = self._cloudmap.register_instance(**self._name, Attributes=attributes)
        wait(self._cloudmap, answer["OperationId"])
        return self

    def __exit__(self, *_: object) -> None:
        self._cloudmap.deregister_instance(**self._name)


def find(cloudmap, namespace: str, service: str) -> Address:
    """Any healthy instance of a service."""
    found = cloudmap.discover_instances(NamespaceName=namespace, ServiceName=service, HealthStatus="HEALTHY")
    if not found["Instances"]:
        raise NobodyError(f"Nobody answers for {service} in {namespace}.")
    attributes = random.choice(found["Instances"])["Attributes"]
    return Address(attributes["AWS_INSTANCE_IPV4"], int(attributes["AWS_INSTANCE_PORT"]))


def wait(cloudmap, operation_id: str, *, attempts: int = 60, pause: float = 0.5) -> None:
    """Wait until an operation has ended; ``RuntimeError`` if it failed."""
    for _ in range(attempts):
        operation = cloudmap.get_operation(OperationId=operation_id)["Operation"]
        if operation["Status"] == "SUCCESS":
            return
        if operation["Status"] == "FAIL":
            raise RuntimeError(operation["ErrorMessage"])
        time.sleep(pause)
    raise TimeoutError(operation_id)
