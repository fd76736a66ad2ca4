"""Where files are delivered to: anything that stores whole objects, and the local "S3", which is folders of files.

A bucket is a folder of plain files that any tool can read. What a file cannot hold (content type, encoding, user
metadata) lies beside in ``.metadata/<bucket>/<key>.json``. A key that ends in ``/`` is a folder with metadata.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Protocol

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["Destination", "DestinationError", "LocalBuckets", "Metadata"]


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known of an object besides its bytes."""

    content_type: str = "binary/octet-stream"
    content_encoding: str | None = None
    user: Mapping[str, str] = field(default_factory=dict)


class DestinationError(Exception):
    """An object was refused; ``code`` is S3's word for it (``NoSuchBucket``, ``AccessDenied``, …)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Destination(Protocol):
    """What the delivery asks of a place for files."""

    def put(self, bucket: str, key: str, body: bytes, metadata: Metadata) -> None:
        """Store an object whole or not at all, replacing one of the same key; :class:`DestinationError` if refused."""


_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_METADATA, _INCOMING = ".metadata", ".incoming"


class LocalBuckets:
    """Buckets as folders under ``root``. No name or link leads out of it; no half-written file is ever seen.

    With ``fsync`` an object that was put also survives the death of the machine.
    """

    def __init__(self, root: Path, *, fsync: bool = True) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = root.resolve()
        self._fsync = fsync
        self._lock = threading.Lock()

    def create(self, bucket: str) -> None:
        """Make a bucket; one that exists stays as it is. ``InvalidBucketName`` if S3 would not have the name."""
        if not _BUCKET.fullmatch(bucket):
            raise DestinationError("InvalidBucketName", f"The specified bucket is not valid: {bucket}")
        (self.root / bucket).mkdir(exist_ok=True)

    def exists(self, bucket: str) -> bool:
        """Whether there is such a bucket, in the folder itself and not behind a link."""
        folder = self.root / bucket
        return _BUCKET.fullmatch(bucket) is not None and folder.is_dir() and not folder.is_symlink()

    def buckets(self) -> list[str]:
        """The names of all buckets in order."""
        return sorted(entry.name for entry in self.root.iterdir() if self.exists(entry.name))

    def put(self, bucket: str, key: str, body: bytes, metadata: Metadata) -> None:
        """Store an object: metadata first, then the file, each written beside, synced and renamed into place."""
        target, sidecar = self._path(bucket, key), self._sidecar(bucket, key)
        if key.endswith("/") and body:
            raise DestinationError("InvalidArgument", f"A key that ends in / has no content here: {key}")
        try:
            with self._lock:
                self._place(sidecar, orjson.dumps(asdict(metadata)))
                if key.endswith("/"):
                    target.mkdir(parents=True, exist_ok=True)
                else:
                    self._place(target, body)
        except OSError as error:
            raise DestinationError("InternalError", f"{error.strerror}: {key}") from error

    def get(self, bucket: str, key: str) -> bytes:
        """The object's bytes; ``NoSuchKey`` if there is none."""
        path = self._existing(bucket, key)
        return b"" if key.endswith("/") else path.read_bytes()

    def head(self, bucket: str, key: str) -> tuple[os.stat_result, Metadata]:
        """Size and time of an object, and its metadata; ``NoSuchKey`` if there is none."""
        path = self._existing(bucket, key)
        try:
            metadata = Metadata(**orjson.loads(self._sidecar(bucket, key).read_bytes()))
        except (OSError, ValueError, TypeError):
            metadata = Metadata()
        return path.stat(), metadata

    def delete(self, bucket: str, key: str) -> None:
        """Remove an object if it is there, and the folders that this leaves empty."""
        target, sidecar = self._path(bucket, key), self._sidecar(bucket, key)
        with self._lock, suppress(OSError):
            sidecar.unlink(missing_ok=True)
            folder = target if key.endswith("/") else target.parent
            if folder is not target:
                target.unlink(missing_ok=True)
            while folder != self.root / bucket and not self._marked(folder):
                folder.rmdir()
                folder = folder.parent

    def remove(self, bucket: str) -> None:
        """Remove an empty bucket; ``BucketNotEmpty`` if it is not."""
        if next(self._walk(bucket, self._folder(bucket)), None) is not None:
            raise DestinationError("BucketNotEmpty", f"The bucket you tried to delete is not empty: {bucket}")
        shutil.rmtree(self.root / bucket)
        shutil.rmtree(self.root / _METADATA / bucket, ignore_errors=True)

    def clear(self) -> None:
        """Remove every bucket with all that is in it."""
        with self._lock:
            for name in (*self.buckets(), _METADATA, _INCOMING):
                shutil.rmtree(self.root / name, ignore_errors=True)

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        """The keys under a prefix in the order of their UTF-8 bytes, as S3 lists them."""
        folder, above = self._folder(bucket), prefix.rpartition("/")[0]
        try:
            start = self._path(bucket, f"{above}/") if above else folder
        except DestinationError:
            return []
        found = self._walk(bucket, start) if start.is_dir() else ()
        return sorted((key for key in found if key.startswith(prefix)), key=os.fsencode)

    def _walk(self, bucket: str, folder: Path) -> Iterator[str]:
        """The keys at and below a folder; links are no objects."""
        base = self.root / bucket
        if folder != base and self._marked(folder):
            yield f"{folder.relative_to(base).as_posix()}/"
        with os.scandir(folder) as entries:
            for entry in entries:
                path = folder / entry.name
                if entry.is_dir(follow_symlinks=False):
                    yield from self._walk(bucket, path)
                elif entry.is_file(follow_symlinks=False):
                    yield path.relative_to(base).as_posix()

    def _marked(self, folder: Path) -> bool:
        return (self.root / _METADATA / folder.relative_to(self.root) / ".json").exists()

    def _folder(self, bucket: str) -> Path:
        if not self.exists(bucket):
            raise DestinationError("NoSuchBucket", f"The specified bucket does not exist: {bucket}")
        return self.root / bucket

    def _existing(self, bucket: str, key: str) -> Path:
        path = self._path(bucket, key)
        inside = path.resolve().is_relative_to(self.root / bucket)
        found = path.is_dir() and self._sidecar(bucket, key).exists() if key.endswith("/") else path.is_file()
        if not (inside and found):
            raise DestinationError("NoSuchKey", f"The specified key does not exist: {key}")
        return path

    def _path(self, bucket: str, key: str) -> Path:
        """The file of a key: never outside of the bucket's folder, by its name or by a link on the way."""
        folder = self._folder(bucket)
        parts = key.removesuffix("/").split("/")
        if any(part in ("", ".", "..") or "\0" in part or os.sep in part for part in parts):
            raise DestinationError("InvalidArgument", f"The key cannot be the path of a file: {key!r}")
        path = folder.joinpath(*parts)
        if not path.parent.resolve().is_relative_to(folder):
            raise DestinationError("AccessDenied", f"A link leads out of the bucket: {key}")
        return path

    def _sidecar(self, bucket: str, key: str) -> Path:
        path = self.root.joinpath(_METADATA, bucket, f"{key}.json")
        if not path.parent.resolve().is_relative_to(self.root / _METADATA):
            raise DestinationError("AccessDenied", f"A link leads out of the metadata: {key}")
        return path

    def _place(self, path: Path, body: bytes) -> None:
        # The name is that of the key: what a killed process left half-written is overwritten by its successor.
        beside = self.root / _INCOMING / hashlib.sha256(os.fsencode(path)).hexdigest()
        beside.parent.mkdir(exist_ok=True)
        with beside.open("wb") as file:
            file.write(body)
            if self._fsync:
                file.flush()
                os.fsync(file.fileno())
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.replace(path)
        if self._fsync:
            _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
