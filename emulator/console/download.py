"""Downloads of the event history: as CSV with the columns of the tables, and as JSON like a log file."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from emulator.console.rows import COLUMNS, parsed, row

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["as_csv", "as_json"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_csv(records: Iterable[bytes]) -> bytes:
    """A line a record, every cell in quotes.

    What a spreadsheet would take for a formula gets an apostrophe before it: names and user agents are the callers'.
    """
    written = io.StringIO()
    table = csv.writer(written, quoting=csv.QUOTE_ALL)
    table.writerow(COLUMNS.values())
    for record in records:
        line = row(parsed(record))
        table.writerow([_cell(line[name]) for name in COLUMNS])
    return written.getvalue().encode("utf-8", "replace")


def as_json(records: Iterable[bytes]) -> bytes:
    """The records as they are, in the frame of a log file."""
    return b'{"Records":[' + b",".join(records) + b"]}"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
