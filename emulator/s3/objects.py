"""Objects: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html and its like."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from emulator.call import Response
from emulator.s3 import bodies, conditions
from emulator.s3.answers import document, http_date, iso_time, nothing, quoted
from emulator.s3.errors import error
from emulator.s3.registry import S3Call, operation
from trail.destination import DestinationError
from trail.objects import Metadata

if TYPE_CHECKING:
    from trail.objects import Stored

__all__ = ["copy_source", "metadata_of"]

_KEPT = ("cache-control", "content-disposition", "content-language", "expires")
_META = "x-amz-meta-"
_SOURCE = "x-amz-copy-source"
_METADATA_LIMIT = 2048


@operation("HEAD", "object")
def head_object(call: S3Call) -> Response:
    """What there is to know of an object, without its bytes."""
    stored = call.buckets.look(call.bucket, call.key)
    conditions.check(call.headers, stored)
    return _answer(call, stored, b"")


@operation("GET", "object")
def get_object(call: S3Call) -> Response:
    """An object, or a range of it."""
    stored, body = call.buckets.read(call.bucket, call.key)
    conditions.check(call.headers, stored)
    return _answer(call, stored, body)


@operation("PUT", "object")
def put_object(call: S3Call) -> Response:
    """Store an object, or copy one here."""
    if _SOURCE in call.headers:
        return _copy_object(call)
    body = bodies.read(call.headers, call.body)
    metadata = metadata_of(call, body.checksums)
    _check_there(call)
    stored = call.buckets.store(call.bucket, call.key, (body.data,) if body.data else (), metadata)
    return nothing(200, ("ETag", quoted(stored.etag)), *body.checksums.items())


@operation("DELETE", "object")
def delete_object(call: S3Call) -> Response:
    """Remove an object; one that is not there is removed already."""
    call.buckets.delete(call.bucket, call.key)
    return nothing()


def metadata_of(call: S3Call, checksums: dict[str, str]) -> Metadata:
    """What a request says of the object that it brings."""
    user = {name[len(_META) :]: call.headers[name] for name in call.headers if name.startswith(_META)}
    if sum(len(name) + len(value) for name, value in user.items()) > _METADATA_LIMIT:
        raise error("MetadataTooLarge")
    encodings = [each.strip() for each in call.header("content-encoding").split(",")]
    encoding = ",".join(each for each in encodings if each != "aws-chunked")
    return Metadata(
        content_type=call.header("content-type") or "binary/octet-stream",
        content_encoding=encoding or None,
        user=user,
        headers={name: call.headers[name] for name in _KEPT if name in call.headers} | checksums,
    )


def copy_source(call: S3Call) -> tuple[tuple[str, str], Stored, bytes]:
    """What a request is to copy: its bucket and key, what is known of it, and its bytes, if the conditions hold."""
    bucket, _, key = unquote(call.headers[_SOURCE].partition("?")[0]).removeprefix("/").partition("/")
    if not key:
        raise error("InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
    stored, body = call.buckets.read(bucket, key)
    conditions.check(call.headers, stored, source=True)
    return (bucket, key), stored, body


def _check_there(call: S3Call) -> None:
    """Conditional writes: only if there is none, or only over this one."""
    none, match = call.headers.get("if-none-match"), call.headers.get("if-match")
    if none is None and match is None:
        return
    if none not in (None, "*"):
        raise error("NotImplemented")
    try:
        stored = call.buckets.look(call.bucket, call.key)
    except DestinationError as refused:
        if refused.code == "NoSuchKey" and match is None:
            return
        raise
    if none is not None:
        raise error("PreconditionFailed", Condition="If-None-Match")
    if (match or "").strip('"') not in ("*", stored.etag):
        raise error("PreconditionFailed", Condition="If-Match")


def _copy_object(call: S3Call) -> Response:
    source, stored, body = copy_source(call)
    metadata = stored.metadata
    if call.header("x-amz-metadata-directive").upper() == "REPLACE":
        metadata = metadata_of(call, {})
    elif source == (call.bucket, call.key):
        raise error(
            "InvalidRequest",
            "This copy request is illegal because it is trying to copy an object to itself without changing the "
            "object's metadata, storage class, website redirect location or encryption attributes.",
        )
    copied = call.buckets.store(call.bucket, call.key, (body,) if body else (), metadata)
    return document("CopyObjectResult", [("LastModified", iso_time(copied.modified)), ("ETag", quoted(copied.etag))])


def _answer(call: S3Call, stored: Stored, body: bytes) -> Response:
    span = conditions.span(call.headers.get("range"), stored.size)
    metadata = stored.metadata
    headers = [
        ("Content-Type", metadata.content_type),
        ("ETag", quoted(stored.etag)),
        ("Last-Modified", http_date(stored.modified)),
        ("Accept-Ranges", "bytes"),
        *((f"{_META}{name}", value) for name, value in metadata.user.items()),
    ]
    if metadata.content_encoding is not None:
        headers.append(("Content-Encoding", metadata.content_encoding))
    checked = stored.intact and span is None and call.header("x-amz-checksum-mode").upper() == "ENABLED"
    for name, value in metadata.headers.items():
        if checked or not name.startswith(bodies.CHECKSUM):
            headers.append((name, value))
    if span is None:
        return Response(200, [*headers, ("Content-Length", str(stored.size))], body)
    first, last = span
    headers += [
        ("Content-Range", f"bytes {first}-{last}/{stored.size}"),
        ("Content-Length", str(last - first + 1)),
    ]
    return Response(206, headers, body[first : last + 1])
