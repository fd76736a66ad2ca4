"""Uploads in parts: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html.

Parts lie in ``.uploads/<bucket>/<upload>/``, which is no bucket's, until they are put together or given up.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from emulator.s3 import bodies, conditions
from emulator.s3.answers import document, iso_time, nothing, quoted
from emulator.s3.errors import error
from emulator.s3.markup import read, texts
from emulator.s3.objects import copy_source, metadata_of
from emulator.s3.registry import S3Call, operation
from trail.objects import Metadata

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from emulator.call import Response

_SMALLEST = 5 << 20
_PARTS = 10_000
_AT_ONCE = 1 << 20
_ABOUT = "upload.json"
_ID = re.compile(r"[A-Za-z0-9]{32}").fullmatch
_NUMBER = re.compile(r"[0-9]{1,5}").fullmatch


class _Part(NamedTuple):
    """A part as it lies there: its file has the number and the ETag in its name."""

    file: Path
    etag: str
    size: int


@operation("POST", "object", "uploads")
def create_multipart_upload(call: S3Call) -> Response:
    """Begin an upload; what the request says of the object is kept for its end."""
    call.buckets.settings(call.bucket)
    upload = call.ids.alphanumeric(32)
    folder = call.buckets.uploads / call.bucket / upload
    about = {"key": call.key, "metadata": asdict(metadata_of(call, {}))}
    folder.mkdir(parents=True)
    (folder / _ABOUT).write_bytes(orjson.dumps(about))
    names = [("Bucket", call.bucket), ("Key", call.key), ("UploadId", upload)]
    return document("InitiateMultipartUploadResult", names)


@operation("PUT", "object", "partNumber", "uploadId")
def upload_part(call: S3Call) -> Response:
    """Store a part, in the place of one with its number; its bytes come with the request, or are copied here."""
    folder, _ = _upload(call)
    number = _number(call.query["partNumber"])
    if "x-amz-copy-source" in call.headers:
        _, stored, source = copy_source(call)
        etag = _store(folder, number, conditions.copied(call.headers.get("x-amz-copy-source-range"), source))
        return document("CopyPartResult", [("LastModified", iso_time(stored.modified)), ("ETag", quoted(etag))])
    body = bodies.read(call.headers, call.body)
    return nothing(200, ("ETag", quoted(_store(folder, number, body.data))), *body.checksums.items())


@operation("POST", "object", "uploadId")
def complete_multipart_upload(call: S3Call) -> Response:
    """Put the parts together that the request lists."""
    folder, about = _upload(call)
    parts = _listed(call, folder)
    together = hashlib.md5(b"".join(bytes.fromhex(part.etag) for part in parts), usedforsecurity=False)
    etag = f"{together.hexdigest()}-{len(parts)}"
    call.buckets.store(call.bucket, call.key, _content(parts), Metadata(**about["metadata"]), etag=etag)
    shutil.rmtree(folder)
    names = [
        ("Location", f"/{call.bucket}/{call.key}"),
        ("Bucket", call.bucket),
        ("Key", call.key),
        ("ETag", quoted(etag)),
    ]
    return document("CompleteMultipartUploadResult", names)


@operation("DELETE", "object", "uploadId")
def abort_multipart_upload(call: S3Call) -> Response:
    """Give an upload up, and its parts."""
    folder, _ = _upload(call)
    shutil.rmtree(folder)
    return nothing()


def _store(folder: Path, number: int, data: bytes) -> str:
    """Write a part; its ETag."""
    etag = hashlib.md5(data, usedforsecurity=False).hexdigest()
    beside = folder / f"{number}.incoming"
    beside.write_bytes(data)
    for older in folder.glob(f"{number}-*"):
        older.unlink()
    beside.rename(folder / f"{number}-{etag}")
    return etag


def _upload(call: S3Call) -> tuple[Path, Any]:
    """The folder of the upload that a request names, and what was said at its beginning."""
    call.buckets.settings(call.bucket)
    upload = call.query["uploadId"]
    folder = call.buckets.uploads / call.bucket / upload
    try:
        about = orjson.loads((folder / _ABOUT).read_bytes()) if _ID(upload) else None
    except (OSError, ValueError):
        about = None
    if about is None or about["key"] != call.key:
        raise error("NoSuchUpload", UploadId=upload)
    return folder, about


def _listed(call: S3Call, folder: Path) -> list[_Part]:
    """The parts that the request lists, which have to be there, in order, and large enough."""
    there = {name: _Part(file, etag, file.stat().st_size) for file, name, etag in _stored(folder)}
    parts: list[_Part] = []
    last = 0
    for each in read(call.body, "CompleteMultipartUpload").findall("Part"):
        number, said = texts(each, "PartNumber", "ETag")
        part, etag = there.get(_number(number)), said.strip('"')
        if part is None or part.etag != etag:
            raise error("InvalidPart", UploadId=folder.name, PartNumber=number, ETag=etag)
        if int(number) <= last:
            raise error("InvalidPartOrder", UploadId=folder.name)
        if parts and parts[-1].size < _SMALLEST:
            raise error("EntityTooSmall", ProposedSize=str(parts[-1].size), MinSizeAllowed=str(_SMALLEST))
        parts.append(part)
        last = int(number)
    if not parts:
        raise error("MalformedXML")
    return parts


def _stored(folder: Path) -> Iterator[tuple[Path, int, str]]:
    for file in folder.glob("*-*"):
        number, _, etag = file.name.partition("-")
        yield file, int(number), etag


def _content(parts: list[_Part]) -> Iterator[bytes]:
    for part in parts:
        with part.file.open("rb") as file:
            while read_ := file.read(_AT_ONCE):
                yield read_


def _number(text: str) -> int:
    if not _NUMBER(text) or not 1 <= int(text) <= _PARTS:
        raise error("InvalidArgument", f"Part number must be an integer between 1 and {_PARTS}, inclusive")
    return int(text)
