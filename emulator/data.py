"""The data directory: one server at a time, and where it can be reached."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

import orjson

from emulator.environment import ENDPOINT_FILE
from emulator.settings import Settings, StartError

__all__ = ["DataDirectory"]


class DataDirectory:
    """``--data DIR``, locked while a server runs on it, or a temporary one that goes with the server.

    The kernel drops the lock with the process, however that ends. Raises ``StartError`` if another server has it, or if
    it cannot be written.
    """

    def __init__(self, settings: Settings) -> None:
        self._temporary = settings.ephemeral
        self.path = Path(tempfile.mkdtemp(prefix="maptrail-")) if settings.ephemeral else settings.data.absolute()
        self.s3 = settings.s3_dir.absolute() if settings.s3_dir else self.path / "s3"
        try:
            self.s3.mkdir(parents=True, exist_ok=True)
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self.path / "maptrail.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o664)
        except OSError as error:
            raise StartError(
                f"The data directory {self.path} cannot be used ({error.strerror}): choose another with --data."
            ) from error
        self._take()

    @property
    def database(self) -> Path:
        """The file of state and history."""
        return self.path / "maptrail.db"

    def announce(self, url: str, settings: Settings) -> None:
        """Write where the server is, for ``maptrail env`` and the other commands; it stays when the server ends."""
        text = orjson.dumps({"url": url, "pid": os.getpid(), "region": settings.region, "account": settings.account})
        beside = self.path / "endpoint.json.new"
        beside.write_bytes(text)
        beside.replace(self.path / ENDPOINT_FILE)

    def close(self) -> None:
        """Let the directory go; a temporary one is removed."""
        os.close(self._lock)
        if self._temporary:
            shutil.rmtree(self.path, ignore_errors=True)

    def _take(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise StartError(
                f"Another Maptrail runs on the data directory {self.path}: stop it, or choose another with --data."
            ) from None
