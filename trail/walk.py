"""The keys of a bucket in the order of their UTF-8 bytes, read from its folders no further than is asked for."""

from __future__ import annotations

import heapq
import os
from bisect import bisect_left
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["KEY_LIMIT", "NAME_LIMIT", "Walk", "after", "is_file_name"]

KEY_LIMIT = 1024
NAME_LIMIT = 250
"""What a part of a key may be long, in bytes, to be the name of a file: one with ``.json`` behind lies beside."""


def after(prefix: bytes) -> bytes:
    """The first of all keys that come after those with this prefix."""
    return prefix[:-1] + bytes((prefix[-1] + 1,))


def is_file_name(part: bytes) -> bool:
    """Whether a part of a key can be the name of a file or folder."""
    return 0 < len(part) <= NAME_LIMIT and part not in (b".", b"..") and b"\0" not in part


class Walk:
    """Iterates over keys with ``prefix`` from ``start`` on. ``start`` may be raised on the way, to skip what is below.

    ``folder`` holds the plain files, ``markers`` the files that make objects of folders; ``aside`` are the keys,
    in order, of what lies elsewhere. Links are no objects.
    """

    def __init__(self, folder: bytes, markers: bytes, aside: Sequence[bytes], prefix: bytes, start: bytes) -> None:
        self.start = max(start, prefix)
        self._folder = folder + b"/"
        self._markers = markers + b"/"
        self._aside = aside
        self._prefix = prefix

    def __iter__(self) -> Iterator[bytes]:
        last = None
        for key in heapq.merge(self._plain(), self._elsewhere()) if self._aside else self._plain():
            if key >= self.start and key != last:
                yield key
            last = key

    def _elsewhere(self) -> Iterator[bytes]:
        for key in islice(self._aside, bisect_left(self._aside, self.start), None):
            if not key.startswith(self._prefix):
                return
            yield key

    def _plain(self) -> Iterator[bytes]:
        """Begins in the deepest folder that holds all keys with the prefix."""
        inside = b""
        for part in self._prefix.split(b"/")[:-1]:
            inside += part + b"/"
            if not is_file_name(part) or not _is_folder(self._folder + inside[:-1]):
                return iter(())
        return self._below(inside)

    def _below(self, inside: bytes) -> Iterator[bytes]:
        if inside and inside >= self.start and inside.startswith(self._prefix) and self._is_marked(inside):
            yield inside
        if len(inside) >= KEY_LIMIT or (inside and after(inside) <= self.start):
            return
        for name in self._names(inside):
            key = inside + name
            if not (is_file_name(name.rstrip(b"/")) and _is_text(name)):
                continue
            if name[-1:] != b"/":
                yield key
            elif after(key) > self.start:
                yield from self._below(key)

    def _is_marked(self, inside: bytes) -> bool:
        return os.path.isfile(self._markers + inside + b".json")  # noqa: PTH113 -- names here are bytes

    def _names(self, inside: bytes) -> list[bytes]:
        """What may count in a folder, in order: a folder's name ends in a slash, as it does in keys."""
        names = []
        with os.scandir(self._folder + inside) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False):
                    name = entry.name
                elif entry.is_dir(follow_symlinks=False):
                    name = entry.name + b"/"
                else:
                    continue
                if self._counts(inside + name):
                    names.append(name)
        names.sort()
        return names

    def _counts(self, key: bytes) -> bool:
        if not key.endswith(b"/"):
            return key >= self.start and key.startswith(self._prefix)
        return after(key) > self.start and (key.startswith(self._prefix) or self._prefix.startswith(key))


def _is_folder(path: bytes) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)  # noqa: PTH112, PTH114 -- names here are bytes


def _is_text(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True
