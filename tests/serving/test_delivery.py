"""When log files are there: before the answer, within the interval, or when asked for."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import emulator
from tests.serving.client import Client
from tests.serving.files import BUCKET, log_files, request_ids
from tests.serving.process import until

Start = Callable[..., tuple[Client, Path]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts emulators; answers with a client and the directory of the buckets."""
    opened: list[tuple[emulator.Emulator, Client]] = []

    def started(**options: object) -> tuple[Client, Path]:
        running = emulator.Emulator(**options).start()
        opened.append((running, Client(running.url)))
        return opened[-1][1], running.machine.directory.s3

    yield started
    for running, client in opened:
        client.close()
        running.stop()


def test_at_interval_0_the_file_is_there_when_the_answer_arrives(start: Start):
    client, s3 = start(delivery_interval=0)
    for number in range(1, 6):
        answer = client.call("ListNamespaces")
        assert request_ids(s3).count(answer.request_id) == 1
        assert len(log_files(s3)) == number


def test_at_interval_0_a_failed_call_has_its_file_too(start: Start):
    client, s3 = start(delivery_interval=0)
    answer = client.call("GetNamespace", {"Id": "ns-1"})
    assert (answer.status, request_ids(s3)) == (400, [answer.request_id])


def test_at_the_default_interval_it_takes_a_moment(start: Start):
    client, s3 = start()
    answer = client.call("ListNamespaces")
    until(lambda: request_ids(s3) == [answer.request_id], patience=5)


def test_at_300_it_waits(start: Start):
    client, s3 = start(delivery_interval=300)
    client.ok("ListNamespaces")
    assert log_files(s3) == []


def test_a_flush_answers_with_the_keys(start: Start):
    client, s3 = start(delivery_interval=300)
    answer = client.call("ListNamespaces")
    (key,) = client.flush()
    assert (s3 / key) in log_files(s3)
    assert key.startswith(f"{BUCKET}/AWSLogs/111122223333/CloudTrail/us-east-1/")
    assert request_ids(s3) == [answer.request_id]


def test_a_second_flush_has_nothing(start: Start):
    client, _ = start(delivery_interval=300)
    client.ok("ListNamespaces")
    assert len(client.flush()) == 1
    assert client.flush() == []


def test_a_file_for_each_account_and_region(start: Start):
    client, _ = start(delivery_interval=300)
    for key, region in [("111111111111", "us-east-1"), ("111111111111", "eu-west-1"), ("222222222222", "us-east-1")]:
        client.key, client.region = key, region
        client.ok("ListNamespaces")
        client.ok("ListServices")
    found = [re.match(r".*/(\d{12})_CloudTrail_([a-z0-9-]+)_", key) for key in client.flush()]
    assert sorted(match.groups() for match in found if match) == [
        ("111111111111", "eu-west-1"),
        ("111111111111", "us-east-1"),
        ("222222222222", "us-east-1"),
    ]


def test_a_flush_without_calls_has_nothing(start: Start):
    client, s3 = start(delivery_interval=300)
    client.get("/_maptrail/health")
    assert client.flush() == []
    assert log_files(s3) == []


def test_the_directory_of_the_buckets_can_be_elsewhere(start: Start, tmp_path: Path):
    client, _ = start(delivery_interval=0, s3_dir=tmp_path / "elsewhere")
    client.ok("ListNamespaces")
    assert len(log_files(tmp_path / "elsewhere")) == 1


def test_a_bucket_that_cannot_be_written_loses_nothing(start: Start):
    """What stands in the way of the files fails no call; when it is gone they are delivered."""
    client, s3 = start(delivery_interval=300)
    (s3 / BUCKET).rename(s3 / "aside")
    (s3 / BUCKET).touch()
    answer = client.call("ListNamespaces")
    assert (answer.status, client.flush()) == (200, [])
    (s3 / BUCKET).unlink()
    (s3 / "aside").rename(s3 / BUCKET)
    assert len(client.flush()) == 1
    assert request_ids(s3) == [answer.request_id]
