"""Files under one folder: each appears whole or not at all, and no link on the way to it is followed."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

__all__ = ["INCOMING", "Shelf", "mode", "prune", "unlink"]

INCOMING = ".incoming"


class Shelf:
    """A folder to write files into; with ``fsync`` they survive the death of the machine."""

    def __init__(self, root: Path, *, fsync: bool) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = root.resolve()
        self._fsync = fsync

    def place(self, path: Path, body: bytes) -> None:
        """Write a file, in the place of one that is there."""
        self.settle(self.write(path, (body,)), path)

    def write(self, path: Path, parts: Iterable[bytes], seen: Callable[[bytes], None] | None = None) -> Path:
        """Write what is to be the file at ``path`` beside, where nobody looks, and sync it.

        Its name is that of the path: what a killed process left half-written is overwritten by its successor. What
        cannot be written whole takes up no room.
        """
        beside = self.root / INCOMING / hashlib.sha256(os.fsencode(path)).hexdigest()
        beside.parent.mkdir(exist_ok=True)
        try:
            with beside.open("wb") as file:
                for part in parts:
                    file.write(part)
                    if seen is not None:
                        seen(part)
                if self._fsync:
                    file.flush()
                    os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):
                beside.unlink()
            raise
        return beside

    def settle(self, beside: Path, path: Path) -> None:
        """Rename a file into its place."""
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.replace(path)
        if self._fsync:
            _sync_folder(path.parent)

    def reaches(self, path: Path) -> bool:
        """Whether what there is of the way to a path is folders, and no links."""
        folder = self.root
        for part in path.parent.relative_to(self.root).parts:
            folder = folder / part
            kind = mode(folder)
            if not S_ISDIR(kind):
                return kind == 0
        return True


def mode(path: Path) -> int:
    """What lies at a path itself, not behind it; 0 if nothing does."""
    try:
        return path.lstat().st_mode
    except OSError:
        return 0


def unlink(path: Path) -> None:
    """Remove a file, if there is one."""
    if S_ISREG(mode(path)):
        path.unlink(missing_ok=True)


def prune(folder: Path, top: Path, keep: Callable[[Path], bool]) -> None:
    """Remove a folder and those above it, below ``top``, as far as they are empty and not to be kept."""
    with suppress(OSError):
        while folder != top and not keep(folder):
            folder.rmdir()
            folder = folder.parent


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
