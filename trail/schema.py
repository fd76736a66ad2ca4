"""All tables of this package, for :class:`trail.database.Database`."""

from __future__ import annotations

from trail import delivery, index, journal, place, routing, trails

__all__ = ["SCRIPTS"]

SCRIPTS = (place.SCHEMA, trails.SCHEMA, routing.SCHEMA, journal.SCHEMA, delivery.SCHEMA, index.SCHEMA)
