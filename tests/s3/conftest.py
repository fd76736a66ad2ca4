"""One Maptrail for all tests of its S3, boto3's client of it, and a bucket for each test."""

import itertools
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.serving.client import Client

if TYPE_CHECKING:
    from emulator import Emulator

_buckets = itertools.count(1)


@pytest.fixture(scope="session")
def s3_server() -> "Iterator[Emulator]":
    from emulator import Emulator

    with Emulator(default_trail=False) as running:
        yield running


@pytest.fixture(scope="session")
def s3_client(s3_server: "Emulator") -> Iterator[Callable[..., Any]]:
    """Makes clients; each kind is made once."""
    import boto3
    from botocore.config import Config

    made: dict[object, Any] = {}

    def client(region: str = "us-east-1", *, url: str = s3_server.url, **config: Any) -> Any:
        key = (region, url, repr(config))
        if key not in made:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                made[key] = boto3.session.Session().client(
                    "s3",
                    endpoint_url=url,
                    region_name=region,
                    aws_access_key_id="AKIAEXAMPLE",
                    aws_secret_access_key="secret",
                    config=Config(retries={"total_max_attempts": 1}, **config),
                )
        return made[key]

    yield client
    for each in made.values():
        each.close()


@pytest.fixture
def s3(s3_client: Callable[..., Any]) -> Any:
    return s3_client()


@pytest.fixture
def bucket(s3: Any) -> str:
    """A new bucket."""
    name = f"bucket-{next(_buckets)}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def raw(s3_server: "Emulator") -> Iterator[Client]:
    """A plain HTTP client, which signs nothing."""
    with Client(s3_server.url) as client:
        yield client


@pytest.fixture
def fill(s3: Any, bucket: str) -> Callable[..., None]:
    """Puts objects of a few bytes under these keys."""

    def fill(*keys: str) -> None:
        for key in keys:
            s3.put_object(Bucket=bucket, Key=key, Body=b"" if key.endswith("/") else key.encode())

    return fill
