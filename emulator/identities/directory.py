"""The identities in force: those of the file as it was last read and found good."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from emulator.identities.reading import IdentitiesError, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from emulator.identities.known import Identities

__all__ = ["Directory"]

_log = logging.getLogger("maptrail")


class Directory:
    """Holds the identities of a file, or none where there is no file."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self.current: Identities | None = read(file) if file is not None else None
        self.after_reload: list[Callable[[], None]] = []

    def reload(self) -> None:
        """Read the file again. One that is off changes nothing and is told of in the log."""
        if self._file is None:
            return
        try:
            self.current = read(self._file)
        except IdentitiesError as error:
            _log.error("%s The identities read before stay in force.", error)
            return
        for forget in self.after_reload:
            forget()
        _log.info("The identities of %s are in force.", self._file)
