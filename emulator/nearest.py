"""Words for who chose one that is unknown: those that are known, and the nearest."""

import difflib
from collections.abc import Iterable, Sequence

__all__ = ["nearest", "one_of"]


def nearest(word: str, known: Iterable[str], prefix: str = "") -> str:
    """Say which known word was probably meant, as the end of a sentence; the `prefix` all share is no likeness."""
    words = [name.removeprefix(prefix) for name in known]
    found = difflib.get_close_matches(word.removeprefix(prefix), words, n=1)
    return f"; did you mean {prefix}{found[0]}?" if found else "."


def one_of(words: Sequence[str]) -> str:
    """Words to choose from, in a sentence."""
    return " or ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
