"""Delivery to an S3 that is elsewhere, through boto3: AWS's own or any that speaks its API."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from trail.destination import DestinationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trail.objects import Metadata

__all__ = ["Elsewhere"]

_CONNECT, _READ = 5, 30
_NOT_THERE = ("404", "NoSuchBucket", "NotFound")


class Elsewhere:
    """A destination behind an endpoint; credentials are found as boto3 finds them. Any thread may use it.

    boto3 is imported when it is first needed: the server itself never needs it.
    """

    def __init__(self, endpoint: str, region: str) -> None:
        self._endpoint = endpoint
        self._region = region
        self._lock = threading.Lock()
        self._client: Any = None
        self._wanted: set[str] = set()

    def create(self, bucket: str) -> None:
        """See to it that there is a bucket when something is first put there."""
        self._wanted.add(bucket)

    def exists(self, bucket: str) -> bool:
        """Whether there is such a bucket; one that cannot be asked for may be there."""
        try:
            with _refusing():
                self._connected().head_bucket(Bucket=bucket)
        except DestinationError as error:
            return error.code not in _NOT_THERE
        return True

    def settings(self, _: str) -> dict[str, Any]:
        """Nothing: a bucket's policy is evaluated where the bucket is."""
        return {}

    def put(self, bucket: str, key: str, body: bytes, metadata: Metadata, source: str = "") -> None:  # noqa: ARG002
        """Store an object; whoever the credentials are of has to have the right to."""
        with _refusing():
            client = self._connected()
            if bucket in self._wanted:
                self._create(client, bucket)
            said = {} if metadata.content_encoding is None else {"ContentEncoding": metadata.content_encoding}
            client.put_object(
                Bucket=bucket,
                Key=key,
                Body=body,
                ContentType=metadata.content_type,
                Metadata=dict(metadata.user),
                **said,
            )

    def _create(self, client: Any, bucket: str) -> None:
        try:
            with _refusing():
                client.head_bucket(Bucket=bucket)
        except DestinationError as error:
            if error.code not in _NOT_THERE:
                raise
            where = {"LocationConstraint": self._region}
            client.create_bucket(
                Bucket=bucket, **({} if self._region == "us-east-1" else {"CreateBucketConfiguration": where})
            )
        self._wanted.discard(bucket)

    def _connected(self) -> Any:
        with self._lock:
            if self._client is None:
                from boto3.session import Session  # noqa: PLC0415 -- costs a tenth of a second and 20 MB
                from botocore.config import Config  # noqa: PLC0415

                # What is refused is offered again by the delivery; the checks that not every S3 knows are left out.
                config = Config(
                    connect_timeout=_CONNECT,
                    read_timeout=_READ,
                    retries={"total_max_attempts": 1},
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                )
                self._client = Session(region_name=self._region).client(
                    "s3", endpoint_url=self._endpoint, config=config
                )
            return self._client


@contextmanager
def _refusing() -> Iterator[None]:
    """What boto3 raises, in the words of a destination."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        yield
    except ClientError as error:
        told = error.response.get("Error", {})
        raise DestinationError(str(told.get("Code", "Unknown")), str(told.get("Message", error))) from error
    except BotoCoreError as error:
        raise DestinationError(type(error).__name__.removesuffix("Error"), str(error)) from error
