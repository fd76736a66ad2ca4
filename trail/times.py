"""Instants as CloudTrail writes them. Everywhere else an instant is an ``int``: milliseconds since the epoch."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

__all__ = ["DAY", "HOUR", "MINUTE", "SECOND", "iso", "stamp"]

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def iso(instant: int) -> str:
    """``2026-11-22T16:35:00Z``: whole seconds, since a fraction breaks readers of the log files."""
    return _iso(instant // SECOND)


def stamp(instant: int, form: str) -> str:
    """The instant in UTC by a ``strftime`` form, for the names of files."""
    return datetime.fromtimestamp(instant // SECOND, UTC).strftime(form)


@lru_cache(maxsize=64)
def _iso(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
