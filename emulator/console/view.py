"""What a page is made from: the machine, the account and region that are looked at, and what was asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from trail.place import Place

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from emulator.machine import Machine

__all__ = ["PAGE", "AbsentError", "RefusedError", "Selection", "View", "choices", "page_number", "pages", "places"]

PAGE = 50
_MOST_CHOICES = 500
_LAST_INSTANT = 253_402_300_799_000

_PLACES = """
SELECT id, account, region FROM place
WHERE account = coalesce(:account, account) AND region = coalesce(:region, region) ORDER BY account, region
"""


class AbsentError(Exception):
    """What was asked for is not there; the message is one sentence."""


class RefusedError(Exception):
    """What was asked makes no sense; the message is one sentence with the remedy."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The account and the region that are looked at; None is all of them."""

    account: str | None = None
    region: str | None = None

    @property
    def query(self) -> dict[str, str]:
        """The selection in the words of a query."""
        both = {"account": self.account, "region": self.region}
        return {name: value for name, value in both.items() if value}


@dataclass(frozen=True, slots=True)
class View:
    """One request for a page; ``args`` is its query, each word once."""

    machine: Machine
    selection: Selection
    args: Mapping[str, str]

    def text(self, name: str) -> str | None:
        """A word of the query without the blanks around it; None if it is missing or empty."""
        return self.args.get(name, "").strip() or None

    def instant(self, name: str) -> int | None:
        """A time of the query in ms since the epoch, UTC unless it says otherwise. Raises :class:`RefusedError`."""
        text = self.text(name)
        if text is None:
            return None
        try:
            at = datetime.fromisoformat(text)
            instant = round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
        except (ValueError, OverflowError):
            instant = -1
        if not 0 <= instant <= _LAST_INSTANT:
            raise RefusedError(f"{name} is {text!r}: it takes a time, such as 2026-11-22T16:35:00Z.")
        return instant


def places(connection: sqlite3.Connection, selection: Selection) -> list[Place]:
    """The places that have been called so far, of those selected."""
    rows = connection.execute(_PLACES, {"account": selection.account, "region": selection.region})
    return [Place(*row) for row in rows]


def choices(view: View) -> dict[str, list[str]]:
    """The accounts and regions to choose from: those that have been called, the default ones and those chosen."""
    settings, selection = view.machine.settings, view.selection
    with view.machine.database.reading() as connection:
        known = places(connection, Selection())
    accounts = {settings.account, *(place.account for place in known[:_MOST_CHOICES])}
    regions = {settings.region, *(place.region for place in known)}
    return {
        "accounts": sorted(accounts | ({selection.account} if selection.account else set())),
        "regions": sorted(regions | ({selection.region} if selection.region else set())),
    }


def page_number(view: View) -> int:
    """The number of the page that is asked for, from 1. Raises :class:`RefusedError`."""
    text = view.text("page") or "1"
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= 1_000_000):
        raise RefusedError(f"page is {text!r}: it takes a whole number from 1.")
    return int(text)


def pages(rows: list[Any], number: int) -> dict[str, Any]:
    """Which pages there are beside this one; ``rows`` are one more than fit, if there are more, and are cut."""
    more = len(rows) > PAGE
    del rows[PAGE:]
    return {"number": number, "previous": number - 1 or None, "next": number + 1 if more else None}
