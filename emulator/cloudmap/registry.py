"""The registry that Cloud Map's modules mark their operations in, and the resource types of its data events."""

from __future__ import annotations

from emulator.model import cloud_map
from emulator.operations import Registry

__all__ = ["NAMESPACE", "REGISTRY", "SERVICE", "operation"]

NAMESPACE = "AWS::ServiceDiscovery::Namespace"
SERVICE = "AWS::ServiceDiscovery::Service"

REGISTRY = Registry(cloud_map)
operation = REGISTRY.operation
