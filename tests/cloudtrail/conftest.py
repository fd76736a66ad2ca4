"""An account of its own for each test, seen through CloudTrail: its clients, a bucket, its records and its files."""

import gzip
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.cloudtrail.world import Raw
from tests.sdk import ask

if TYPE_CHECKING:
    from emulator import Emulator

OTHER_REGION = "eu-west-3"


@pytest.fixture
def cloudtrail(server: "Emulator", connect: Callable[..., Any]) -> Any:
    """A client in us-east-1."""
    return connect(server, service="cloudtrail")


@pytest.fixture
def elsewhere(server: "Emulator", connect: Callable[..., Any]) -> Any:
    """A client in another region."""
    return connect(server, service="cloudtrail", region=OTHER_REGION)


@pytest.fixture
def unchecked(server: "Emulator", connect: Callable[..., Any]) -> Any:
    """A client that sends whatever it is given: botocore's own checks are off."""
    return connect(server, service="cloudtrail", parameter_validation=False)


@pytest.fixture
def cloudmap(server: "Emulator", connect: Callable[..., Any]) -> Any:
    """A client of Cloud Map in the same account."""
    return connect(server)


@pytest.fixture
def raw(server: "Emulator", account: str) -> Iterator[Raw]:
    """A caller that sees the bytes: the members of an answer in their order."""
    with Raw(server.url, account) as client:
        yield client


@pytest.fixture
def bucket(server: "Emulator", account: str) -> str:
    """A bucket."""
    name = f"logs-{account}"
    server.machine.buckets.create(name)
    return name


@pytest.fixture
def trail(cloudtrail: Any, bucket: str) -> str:
    """The ARN of a trail called ``mine`` that does not log yet."""
    return str(cloudtrail.create_trail(Name="mine", S3BucketName=bucket)["TrailARN"])


@pytest.fixture
def records(server: "Emulator", account: str) -> Callable[..., list[dict[str, Any]]]:
    """The account's records in the order of the calls, those of an operation if one is named."""

    def records(name: str | None = None) -> list[dict[str, Any]]:
        server.machine.finish()
        with server.machine.database.reading() as connection:
            rows = connection.execute("SELECT record FROM event ORDER BY seq & ((1 << 40) - 1)").fetchall()
        said = [json.loads(record) for (record,) in rows]
        return [each for each in said if each["recipientAccountId"] == account and name in (None, each["eventName"])]

    return records


@pytest.fixture
def delivered(server: "Emulator", bucket: str) -> Callable[..., list[dict[str, Any]]]:
    """The records in the files of a bucket, or of the keys in it that begin with a prefix, by the order of calls."""

    def delivered(prefix: str = "") -> list[dict[str, Any]]:
        ask("POST", f"{server.url}/_maptrail/flush")
        keys = [key for key in server.machine.buckets.keys(bucket, prefix) if key.endswith(".json.gz")]
        folder = server.machine.directory.s3 / bucket
        return [
            record
            for key in sorted(keys, key=lambda key: (folder / key).stat().st_mtime_ns)
            for record in json.loads(gzip.decompress(server.machine.buckets.get(bucket, key)))["Records"]
        ]

    return delivered
