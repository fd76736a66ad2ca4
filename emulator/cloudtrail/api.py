"""The operations of AWS CloudTrail, bound to their models."""

from __future__ import annotations

from emulator.cloudtrail import history, insights, public_keys, selectors, status, tags, trails
from emulator.cloudtrail.registry import REGISTRY
from emulator.cloudtrail.unsupported import rest

__all__ = ["MODULES", "OPERATIONS", "UNSUPPORTED"]

MODULES = (history, insights, public_keys, selectors, status, tags, trails)
OPERATIONS = REGISTRY.bind()
UNSUPPORTED = rest(OPERATIONS)
"""The other operations of the model, each answered with ``UnsupportedOperationException``."""
