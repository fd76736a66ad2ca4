"""The headers of a request as the server's parser gives them, as text by lower-case name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["fields"]

_NAMES: dict[bytes, str] = {}
_MOST_NAMES = 1000


def fields(raw: Collection[tuple[bytes, bytes]]) -> dict[str, str]:
    """The headers by name; those that come more than once are one, their values apart by commas."""
    found = {_NAMES.get(given) or _name(given): value.decode("latin-1") for given, value in raw}
    if len(found) < len(raw):
        found.clear()
        for given, value in raw:
            name, text = _name(given), value.decode("latin-1")
            found[name] = f"{found[name]},{text}" if name in found else text
    return found


def _name(given: bytes) -> str:
    """A header's name; those seen are remembered."""
    name = given.decode("latin-1").lower()
    if len(_NAMES) < _MOST_NAMES:
        _NAMES[given] = name
    return name
