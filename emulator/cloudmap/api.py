"""All thirty operations of AWS Cloud Map, bound to their models."""

from __future__ import annotations

from emulator.cloudmap import (
    attributes,
    discovery,
    health,
    instances,
    namespaces,
    operations,
    services,
    tags,
)
from emulator.cloudmap.registry import REGISTRY

__all__ = ["MODULES", "OPERATIONS"]

MODULES = (attributes, discovery, health, instances, namespaces, operations, services, tags)
OPERATIONS = REGISTRY.bind()
