"""The door of the local S3: a request in, the answer of one operation out, errors in S3's XML."""

from __future__ import annotations

import base64
import hashlib
import logging
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from emulator.call import Request, Response
from emulator.s3 import addressing, buckets, deletion, listing, multipart, objects, policies, unset  # noqa: F401 -- they register
from emulator.s3.errors import S3Error, error, from_destination
from emulator.s3.markup import readable, write
from emulator.s3.registry import S3Call, find
from trail.destination import DestinationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.ids import Ids
    from emulator.s3.addressing import Address
    from emulator.s3.admission import Admission
    from emulator.s3.registry import Level
    from trail.destination import LocalBuckets

__all__ = ["S3Door"]

_log = logging.getLogger("maptrail")
_BODILESS = (204, 304)
_FOR_BROWSERS = ("Content-Security-Policy", "sandbox")
"""A page among the objects must not speak to the admin pages, of whose origin it is, for whoever is signed in there."""


class S3Door:
    """Answers S3 requests about the local buckets. No transaction, no record."""

    def __init__(
        self,
        local: LocalBuckets,
        ids: Ids,
        clock: Callable[[], int],
        *,
        account: str,
        region: str,
        admission: Admission | None = None,
    ) -> None:
        self._admission = admission
        self._buckets = local
        self._ids = ids
        self._clock = clock
        self._region = region
        self._owner = hashlib.sha256(f"canonical user of {account}".encode()).hexdigest()

    def address(self, request: Request) -> Address | None:
        """The bucket and key that a request is about; None if it is not for S3."""
        return addressing.address(request, self._buckets.exists)

    def answer(self, request: Request, address: Address) -> Response:
        """Answer a request, whatever becomes of it."""
        request_id = self._ids.upper(16)
        host_id = base64.b64encode(self._ids.take(48)).decode()
        try:
            response = self._perform(request, address)
        except S3Error as refused:
            response = _refusal(refused, request_id, host_id)
        response.headers += [("x-amz-request-id", request_id), ("x-amz-id-2", host_id)]
        if not request.headers.get("authorization", "").startswith("AWS"):
            response.headers.append(_FOR_BROWSERS)
        told = any(name == "Content-Length" for name, _ in response.headers)
        if request.method == "HEAD":
            response.body = b""
        elif not told and response.status not in _BODILESS:
            response.headers.append(("Content-Length", str(len(response.body))))
        return response

    def _perform(self, request: Request, address: Address) -> Response:
        level: Level = "object" if address.key else "bucket" if address.bucket else "service"
        try:
            if self._admission is not None:
                self._admission.check(request)
            call = self._call(request, address)
            return find(request.method, level, call.query)(call)
        except DestinationError as refused:
            raise from_destination(refused, address.bucket, address.key.decode("utf-8", "replace")) from refused
        except S3Error:
            raise
        except Exception:  # noqa: BLE001 -- whatever it is, the caller gets an answer of S3's form
            _log.exception("An S3 call failed: %s %s", request.method, request.path)
            raise error("InternalError") from None

    def _call(self, request: Request, address: Address) -> S3Call:
        try:
            key = address.key.decode()
        except UnicodeDecodeError:
            raise error("InvalidURI") from None
        scope = addressing.scope(request)
        return S3Call(
            buckets=self._buckets,
            bucket=address.bucket,
            key=key,
            query=dict(parse_qsl(request.query, keep_blank_values=True)),
            headers=request.headers,
            body=request.body,
            region=scope[1] if scope else None,
            home=self._region,
            owner=self._owner,
            now=self._clock(),
            ids=self._ids,
        )


def _refusal(refused: S3Error, request_id: str, host_id: str) -> Response:
    if refused.status == 304:
        return Response(304, list(refused.members.items()), b"")
    members = {"Code": refused.code, "Message": refused.message, **refused.members}
    members |= {"RequestId": request_id, "HostId": host_id}
    body = write("Error", [(name, readable(value)) for name, value in members.items()], namespace=None)
    return Response(refused.status, [("Content-Type", "application/xml")], body)
