"""The registry that CloudTrail's modules mark their operations in."""

from __future__ import annotations

from emulator.cloudtrail.errors import invalid
from emulator.model import cloudtrail
from emulator.operations import Registry

__all__ = ["REGISTRY", "operation"]

REGISTRY = Registry(cloudtrail, invalid=invalid)
operation = REGISTRY.operation
