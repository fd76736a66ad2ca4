"""Colour, where a terminal shows it and nobody asked for none: https://no-color.org."""

import os
import sys

__all__ = ["BOLD", "DIM", "GREEN", "RED", "styled"]

BOLD, DIM, RED, GREEN = "1", "2", "31", "32"


def styled(text: str, code: str) -> str:
    """The text in a colour or weight, or as it is where the output is no terminal."""
    plain = not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return text if plain else f"\x1b[{code}m{text}\x1b[0m"
