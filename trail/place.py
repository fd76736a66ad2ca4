"""A place: one account in one region.

Everything kept belongs to one. Its small integer id is the first part of every table's key: an account and a region
cost two text comparisons a step, and the journal's row ids are ordered by place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

__all__ = ["REGION", "Place", "Places", "is_region", "partition_of"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS place (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    UNIQUE (account, region)
);
"""

REGION = r"(?=.{1,32}\Z)[a-z]{2,4}(-[a-z]+)+-[0-9]+"
"""What the name of a region looks like. It becomes part of paths, and so is checked wherever it comes in."""

_REGION = re.compile(REGION).fullmatch
_PARTITIONS = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "eusc-": "aws-eusc",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
}


@dataclass(frozen=True, slots=True)
class Place:
    """One account (12 digits) in one region (``us-east-1``)."""

    id: int
    account: str
    region: str

    @property
    def partition(self) -> str:
        """``aws``, ``aws-cn``, ``aws-us-gov``, …: the second part of every ARN."""
        return partition_of(self.region)


class Places:
    """The places met so far, found by account and region."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Place] = {}
        self._changed = False

    def get(self, account: str, region: str) -> Place | None:
        """The place if this process has met it; no query."""
        return self._known.get((account, region))

    def ensure(self, connection: sqlite3.Connection, account: str, region: str) -> Place:
        """The place, made on first contact inside the open transaction."""
        known = self._known.get((account, region))
        if known is not None:
            return known
        connection.execute("INSERT OR IGNORE INTO place (account, region) VALUES (?, ?)", (account, region))
        row = connection.execute("SELECT id FROM place WHERE account = ? AND region = ?", (account, region))
        place = Place(row.fetchone()[0], account, region)
        self._changed = True
        self._known[account, region] = place
        return place

    def rolled_back(self) -> None:
        """Drop what is remembered if the transaction may have taken it back."""
        if self._changed:
            self.forget()

    def forget(self) -> None:
        """Drop what is remembered: after a reset or a restored snapshot."""
        self._known.clear()
        self._changed = False


def is_region(text: str) -> bool:
    """Whether a text looks like a region's name."""
    return _REGION(text) is not None


@lru_cache(maxsize=256)
def partition_of(region: str) -> str:
    """The partition a region lies in, by its name."""
    return next((partition for prefix, partition in _PARTITIONS.items() if region.startswith(prefix)), "aws")
