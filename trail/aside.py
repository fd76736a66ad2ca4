"""Where objects lie whose keys cannot be paths: under a hash of the key, and in an index that is kept in memory."""

from __future__ import annotations

import hashlib
from bisect import bisect_left, insort
from contextlib import suppress
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from pathlib import Path

    from trail.objects import Spot

__all__ = ["Aside"]


class Aside:
    """One folder a bucket; the file beside each object's says its key."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[str, list[bytes]] = {}

    def spot(self, bucket: str, key: str) -> Spot:
        """Where the object of a key lies, or would."""
        folder, name = self._root / bucket, hashlib.sha256(key.encode()).hexdigest()
        return folder / name, folder / f"{name}.json"

    def keys(self, bucket: str) -> list[bytes]:
        """The keys of a bucket that lie here, in order; they are read from the files once."""
        keys = self._known.get(bucket)
        if keys is None:
            keys = self._known[bucket] = []
            for sidecar in (self._root / bucket).glob("*.json"):
                with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
                    keys.append(orjson.loads(sidecar.read_bytes())["key"].encode())
            keys.sort()
        return keys

    def holds(self, bucket: str, key: str) -> bool:
        """Whether a key lies here."""
        keys, name = self.keys(bucket), key.encode()
        at = bisect_left(keys, name)
        return at < len(keys) and keys[at] == name

    def added(self, bucket: str, key: str) -> None:
        """Remember a key that was put here."""
        if not self.holds(bucket, key):
            insort(self._known[bucket], key.encode())

    def drop(self, bucket: str, key: str) -> None:
        """Remove the object of a key, if it lies here."""
        if self.holds(bucket, key):
            for path in self.spot(bucket, key):
                path.unlink(missing_ok=True)
            self._known[bucket].remove(key.encode())

    def forget(self) -> None:
        """Know nothing by heart any more: the files have gone."""
        self._known.clear()
