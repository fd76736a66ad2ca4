"""What a stored object is besides its bytes, and the small JSON file beside it that says so."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from stat import S_ISDIR
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["EMPTY_ETAG", "Metadata", "Spot", "Stored", "describe", "stored_at"]

Spot: TypeAlias = "tuple[Path, Path]"
"""Where an object lies, or would, and the file beside."""

EMPTY_ETAG = hashlib.md5(b"", usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Metadata:
    """What whoever stored an object said of it; ``headers`` are further headers to give back with it."""

    content_type: str = "binary/octet-stream"
    content_encoding: str | None = None
    user: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as it lies there. ``modified`` in nanoseconds since the epoch; ``intact``: as it was stored."""

    key: str
    size: int
    modified: int
    etag: str
    metadata: Metadata
    intact: bool = True


def describe(metadata: Metadata, etag: str, status: os.stat_result | None, key: str | None) -> bytes:
    """The text of the file beside; ``status`` is that of the file described, which the ETag holds for."""
    text: dict[str, Any] = {
        "content_type": metadata.content_type,
        "content_encoding": metadata.content_encoding,
        "user": dict(metadata.user),
    }
    if metadata.headers:
        text["headers"] = dict(metadata.headers)
    if status is not None:
        text |= {"etag": etag, "size": status.st_size, "modified": status.st_mtime_ns}
    if key is not None:
        text["key"] = key
    return orjson.dumps(text)


def stored_at(key: str, spot: Spot, status: os.stat_result) -> Stored:
    """The object that lies at a spot, whose file has this status."""
    data, sidecar = spot
    metadata, etag = _described(sidecar, status)
    if S_ISDIR(status.st_mode):
        return Stored(key, 0, sidecar.stat().st_mtime_ns, EMPTY_ETAG, metadata)
    return Stored(key, status.st_size, status.st_mtime_ns, etag or _digest(data), metadata, etag is not None)


def _described(sidecar: Path, status: os.stat_result) -> tuple[Metadata, str | None]:
    """What the file beside says, and the ETag if the object is still the file that it was told of.

    A file without one, or with one that cannot be read, is an object without metadata.
    """
    try:
        text = orjson.loads(sidecar.read_bytes())
        told = (text.pop("size", None), text.pop("modified", None))
        etag = text.pop("etag", None)
        text.pop("key", None)
        metadata = Metadata(**text)
    except (OSError, ValueError, TypeError, AttributeError):
        return Metadata(), None
    return metadata, etag if told == (status.st_size, status.st_mtime_ns) else None


def _digest(path: Path) -> str:
    """The ETag of a file that was put there by hand."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
