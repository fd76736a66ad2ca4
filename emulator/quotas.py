"""How many of each thing there may be: https://docs.aws.amazon.com/cloud-map/latest/dg/cloud-map-limits.html."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["AWS", "NO_LIMIT", "OFF", "Quotas"]

NO_LIMIT = 1 << 62


@dataclass(frozen=True, slots=True)
class Quotas:
    """Limits of one account in one region."""

    namespaces: int
    instances_per_namespace: int
    instances_per_service: int
    tags_per_resource: int = 50
    trails_per_region: int = 5


AWS = Quotas(namespaces=50, instances_per_namespace=2000, instances_per_service=1000)
OFF = Quotas(NO_LIMIT, NO_LIMIT, NO_LIMIT, NO_LIMIT, NO_LIMIT)
