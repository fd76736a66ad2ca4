"""All tables of this package, for :class:`trail.database.Database`."""

from __future__ import annotations

from trail import chain, delivery, digester, index, journal, notify, place, routing, trails, webhook

__all__ = ["SCRIPTS"]

SCRIPTS = tuple(
    part.SCHEMA for part in (place, trails, routing, journal, chain, delivery, digester, index, notify, webhook)
)
