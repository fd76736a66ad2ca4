"""Where files are delivered to: anything that stores whole objects, and the local "S3", which is folders of files.

A bucket is a folder of plain files that any tool can read. What a file cannot hold (content type, encoding, user
metadata) lies beside in ``.metadata/<bucket>/<key>.json``. A key that ends in ``/`` is a folder with metadata.
What cannot be the path of a file (``a//b``, ``..``, a very long name, ``a/b`` where ``a`` is an object) lies in
``.aside/<bucket>/`` under a name that is a hash of the key.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import threading
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from trail.aside import Aside
from trail.objects import EMPTY_ETAG, Metadata, Stored, describe, stored_at
from trail.refusals import DestinationError, check_key, finding, no_such_key, refusing
from trail.shelf import INCOMING, Shelf, mode, prune, unlink
from trail.walk import Walk, is_file_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from trail.objects import Spot

    MayPut = Callable[[str, str, str, str], bool]

__all__ = ["Buckets", "Destination", "DestinationError", "LocalBuckets", "Metadata"]


class Destination(Protocol):
    """What the delivery asks of a place for files."""

    def put(self, bucket: str, key: str, body: bytes, metadata: Metadata, source: str = "") -> None:
        """Store an object whole or not at all, replacing one of the same key; :class:`DestinationError` if refused.

        ``source`` is the ARN of the trail that it is put for.
        """


class Buckets(Destination, Protocol):
    """What is asked of a place for the files of trails that come and go."""

    def create(self, bucket: str) -> None:
        """See to it that there is such a bucket."""

    def exists(self, bucket: str) -> bool:
        """Whether there is such a bucket, as far as can be told."""

    def settings(self, bucket: str) -> dict[str, Any]:
        """What is kept of a bucket itself; its ``policy`` is one to be evaluated here."""


_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_METADATA, _ASIDE, _BUCKETS, _UPLOADS = ".metadata", ".aside", ".buckets", ".uploads"


class LocalBuckets:
    """Buckets as folders under ``root``. No name or link leads out of it; no half-written file is ever seen.

    With ``fsync`` an object that was put also survives the death of the machine. ``may_put`` says whether a bucket's
    policy allows that an object is put for a trail: policy, the trail's ARN, bucket, key.
    """

    def __init__(self, root: Path, *, fsync: bool = True, may_put: MayPut = lambda *_: True) -> None:
        self._shelf = Shelf(root, fsync=fsync)
        self.root = self._shelf.root
        self.uploads = self.root / _UPLOADS
        self._aside = Aside(self.root / _ASIDE)
        self._lock = threading.RLock()
        self._may_put = may_put

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

    def settings(self, bucket: str) -> dict[str, Any]:
        """What is kept of a bucket itself: ``policy``, ``location``, ``created``, as far as they were set."""
        self._folder(bucket)
        try:
            kept: dict[str, Any] = orjson.loads((self.root / _BUCKETS / f"{bucket}.json").read_bytes())
        except (OSError, ValueError):
            return {}
        return kept

    def configure(self, bucket: str, **changes: Any) -> None:
        """Change what is kept of a bucket itself; None removes."""
        with self._lock, refusing(bucket):
            kept = {name: value for name, value in (self.settings(bucket) | changes).items() if value is not None}
            self._shelf.place(self.root / _BUCKETS / f"{bucket}.json", orjson.dumps(kept))

    def put(self, bucket: str, key: str, body: bytes, metadata: Metadata, source: str = "") -> None:
        """Store an object: metadata first, then the file, each written beside, synced and renamed into place.

        ``AccessDenied`` if the bucket has a policy that does not allow it to a trail.
        """
        policy = self.settings(bucket).get("policy") if source else None
        if policy is not None and not self._may_put(policy, source, bucket, key):
            raise DestinationError("AccessDenied", f"The policy of the bucket {bucket} does not allow it: {key}")
        self.store(bucket, key, (body,) if body else (), metadata)

    def store(
        self, bucket: str, key: str, parts: Iterable[bytes], metadata: Metadata, *, etag: str | None = None
    ) -> Stored:
        """As :meth:`put`, of a body in parts; the ETag is the MD5 of the whole unless another is given."""
        self._folder(bucket)
        check_key(key)
        with self._lock, refusing(key):
            spot = self._plain(bucket, key)
            if spot is not None and key.endswith("/") and parts == () and self._is_free(spot, key):
                return self._mark(bucket, key, spot, metadata)
            if spot is None or key.endswith("/") or not self._is_free(spot, key):
                stored = self._write(self._place_aside(bucket, key), key, parts, metadata, etag, aside=True)
                self._aside.added(bucket, key)
                if spot is not None and key.endswith("/") and self._shelf.reaches(spot[1]):
                    unlink(spot[1])
            else:
                stored = self._write(spot, key, parts, metadata, etag)
                self._aside.drop(bucket, key)
            return stored

    def read(self, bucket: str, key: str) -> tuple[Stored, bytes]:
        """An object and its bytes, of the same moment; ``NoSuchKey`` if there is none."""
        spot, status = self._find(bucket, key)
        with finding(key):
            if S_ISDIR(status.st_mode):
                return stored_at(key, spot, status), b""
            with spot[0].open("rb") as file:
                return stored_at(key, spot, os.fstat(file.fileno())), file.read()

    def get(self, bucket: str, key: str) -> bytes:
        """The object's bytes; ``NoSuchKey`` if there is none."""
        return self.read(bucket, key)[1]

    def look(self, bucket: str, key: str) -> Stored:
        """An object without its bytes; ``NoSuchKey`` if there is none."""
        spot, status = self._find(bucket, key)
        with finding(key):
            return stored_at(key, spot, status)

    def delete(self, bucket: str, key: str) -> None:
        """Remove an object if it is there, and the folders that this leaves empty."""
        folder = self._folder(bucket)
        check_key(key)
        with self._lock, refusing(key):
            spot = self._plain(bucket, key)
            if spot is not None:
                data, sidecar = spot
                if self._shelf.reaches(sidecar):
                    unlink(sidecar)
                    prune(sidecar.parent, self.root / _METADATA / bucket, self._is_marked)
                if key.endswith("/"):
                    prune(data, folder, self._is_marked)
                else:
                    unlink(data)
                    prune(data.parent, folder, self._is_marked)
            self._aside.drop(bucket, key)

    def remove(self, bucket: str) -> None:
        """Remove an empty bucket; ``BucketNotEmpty`` if it is not."""
        with self._lock, refusing(bucket):
            if next(iter(self.walk(bucket)), None) is not None:
                raise DestinationError("BucketNotEmpty", f"The bucket you tried to delete is not empty: {bucket}")
            shutil.rmtree(self.root / bucket)
            for kind in (_METADATA, _ASIDE, _UPLOADS):
                shutil.rmtree(self.root / kind / bucket, ignore_errors=True)
            (self.root / _BUCKETS / f"{bucket}.json").unlink(missing_ok=True)
            self._aside.forget()

    def clear(self) -> None:
        """Remove every bucket with all that is in it."""
        with self._lock:
            for name in (*self.buckets(), _METADATA, _ASIDE, _BUCKETS, _UPLOADS, INCOMING):
                shutil.rmtree(self.root / name, ignore_errors=True)
            self._aside.forget()

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        """The keys under a prefix in the order of their UTF-8 bytes, as S3 lists them."""
        return [key.decode() for key in self.walk(bucket, prefix.encode())]

    def walk(self, bucket: str, prefix: bytes = b"", start: bytes = b"") -> Walk:
        """The keys under a prefix from ``start`` on, one after the other."""
        folder = self._folder(bucket)
        with self._lock:
            aside = tuple(self._aside.keys(bucket))
        return Walk(os.fsencode(folder), os.fsencode(self.root / _METADATA / bucket), aside, prefix, start)

    def _write(
        self, spot: Spot, key: str, parts: Iterable[bytes], metadata: Metadata, etag: str | None, aside: bool = False
    ) -> Stored:
        """Metadata first, then the file: nobody finds an object without what belongs to it."""
        data, sidecar = spot
        digest = hashlib.md5(usedforsecurity=False)
        beside = self._shelf.write(data, parts, digest.update)
        status = beside.stat()
        etag = etag or digest.hexdigest()
        self._shelf.place(sidecar, describe(metadata, etag, status, key if aside else None))
        self._shelf.settle(beside, data)
        return Stored(key, status.st_size, status.st_mtime_ns, etag, metadata)

    def _mark(self, bucket: str, key: str, spot: Spot, metadata: Metadata) -> Stored:
        """Make an object of a folder."""
        folder, sidecar = spot
        self._shelf.place(sidecar, describe(metadata, EMPTY_ETAG, None, None))
        folder.mkdir(parents=True, exist_ok=True)
        self._aside.drop(bucket, key)
        return stored_at(key, spot, folder.lstat())

    def _find(self, bucket: str, key: str) -> tuple[Spot, os.stat_result]:
        self._folder(bucket)
        check_key(key)
        for spot, marker in ((self._plain(bucket, key), key.endswith("/")), (self._aside.spot(bucket, key), False)):
            if spot is None:
                continue
            try:
                status = spot[0].lstat()
            except OSError:
                continue
            if (S_ISDIR(status.st_mode) and spot[1].is_file()) if marker else S_ISREG(status.st_mode):
                return spot, status
        raise no_such_key(key)

    def _plain(self, bucket: str, key: str) -> Spot | None:
        """The file of a key; None if the key cannot be a path, or no folder but something else is on the way."""
        parts = key.removesuffix("/").split("/")
        if not all(is_file_name(part.encode()) for part in parts):
            return None
        data = self.root.joinpath(bucket, *parts)
        return (data, self.root.joinpath(_METADATA, bucket, f"{key}.json")) if self._shelf.reaches(data) else None

    def _is_free(self, spot: Spot, key: str) -> bool:
        """Whether an object may be put there: no folder lies where a file is to be, no file where a folder is."""
        data, sidecar = spot
        there = mode(data)
        suits = there == 0 or S_ISDIR(there) == key.endswith("/")
        return suits and not S_ISDIR(mode(sidecar)) and self._shelf.reaches(sidecar)

    def _place_aside(self, bucket: str, key: str) -> Spot:
        spot = self._aside.spot(bucket, key)
        if not self._shelf.reaches(spot[0]):
            raise DestinationError("AccessDenied", f"A link leads out of the bucket: {key}")
        return spot

    def _folder(self, bucket: str) -> Path:
        if not self.exists(bucket):
            raise DestinationError("NoSuchBucket", f"The specified bucket does not exist: {bucket}")
        return self.root / bucket

    def _is_marked(self, folder: Path) -> bool:
        return (self.root / _METADATA / folder.relative_to(self.root) / ".json").is_file()
