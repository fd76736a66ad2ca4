"""The registry that Cloud Map's modules mark their operations in, and the resource types of its data events."""

from __future__ import annotations

from emulator.cloudmap.errors import invalid_input
from emulator.cloudmap.submission import settle
from emulator.model import cloud_map
from emulator.operations import Registry
from emulator.validate import violations_message

__all__ = ["NAMESPACE", "REGISTRY", "SERVICE", "operation"]

NAMESPACE = "AWS::ServiceDiscovery::Namespace"
SERVICE = "AWS::ServiceDiscovery::Service"

REGISTRY = Registry(cloud_map, invalid=lambda broken: invalid_input(violations_message(broken)), prepare=settle)
operation = REGISTRY.operation
