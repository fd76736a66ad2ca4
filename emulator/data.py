"""The data directory: one server at a time, and where it can be reached."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

import orjson

from emulator.environment import ENDPOINT_FILE
from emulator.settings import Settings, StartError

__all__ = ["DataDirectory"]

_PREFIX = "maptrail-ephemeral-"
_LOCK = "maptrail.lock"
_TEMPORARY = b"This directory goes with its server.\n"


class DataDirectory:
    """``--data DIR``, locked while a server runs on it, or a temporary one that goes with the server.

    The kernel drops the lock with the process, however that ends; a temporary directory that a killed server left is
    removed by the next one that makes its own. Raises ``StartError`` if another server has the lock, or if it cannot be
    written.
    """

    def __init__(self, settings: Settings) -> None:
        self._temporary = settings.ephemeral
        self.path = _temporary() if settings.ephemeral else settings.data.absolute()
        self.s3 = settings.s3_dir.absolute() if settings.s3_dir else self.path / "s3"
        try:
            self.s3.mkdir(parents=True, exist_ok=True)
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o664)
        except OSError as error:
            raise StartError(
                f"The data directory {self.path} cannot be used ({error.strerror}): choose another with --data."
            ) from error
        self._take()
        if settings.ephemeral:
            os.write(self._lock, _TEMPORARY)

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


def _temporary() -> Path:
    made = Path(tempfile.mkdtemp(prefix=_PREFIX))
    for left in made.parent.glob(f"{_PREFIX}*"):
        if left != made:
            _remove_if_left(left)
    return made


def _remove_if_left(directory: Path) -> None:
    """Remove a temporary directory of this user that says it is one, if no server holds its lock."""
    # An error says that it is held, is being removed, or is no directory of a server.
    with contextlib.suppress(OSError):
        if directory.lstat().st_uid != os.geteuid():
            return  # and not looked into: what lies there may keep whoever opens it waiting for ever
        with (directory / _LOCK).open("rb") as lock:
            if lock.read() != _TEMPORARY:
                return  # of one that is just starting
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(directory, ignore_errors=True)
