"""StartLogging, StopLogging, GetTrailStatus."""

import re
import shutil
from datetime import datetime

import pytest

from tests.sdk import answer, ask

TEXTS = [
    "LatestDeliveryAttemptTime", "LatestNotificationAttemptTime", "LatestNotificationAttemptSucceeded",
    "LatestDeliveryAttemptSucceeded", "TimeLoggingStarted", "TimeLoggingStopped",
]  # fmt: skip


@pytest.fixture
def status(raw):
    """The status of ``mine`` with its members in order, times as numbers."""
    return lambda: raw.ok("GetTrailStatus", {"Name": "mine"})


def flush(server):
    return ask("POST", f"{server.url}/_maptrail/flush")["keys"]


def seconds(text):
    """The whole second of a time in a text."""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text)
    return int(datetime.fromisoformat(text).timestamp())


def test_a_fresh_trail(trail, status):
    assert status() == {"IsLogging": False, **dict.fromkeys(TEXTS, "")}
    assert list(status()) == ["IsLogging", *TEXTS]


def test_logging_on(cloudtrail, trail, status):
    assert answer(cloudtrail.start_logging(Name=trail)) == {}
    told = status()
    assert list(told) == ["IsLogging", "StartLoggingTime", *TEXTS]
    assert told["IsLogging"] is True
    assert seconds(told["TimeLoggingStarted"]) == int(told["StartLoggingTime"])
    assert isinstance(cloudtrail.get_trail_status(Name="mine")["StartLoggingTime"], datetime)


def test_logging_off(cloudtrail, trail, status):
    cloudtrail.start_logging(Name="mine")
    assert answer(cloudtrail.stop_logging(Name="mine")) == {}
    told = status()
    assert list(told) == ["IsLogging", "StartLoggingTime", "StopLoggingTime", *TEXTS]
    assert told["IsLogging"] is False
    assert seconds(told["TimeLoggingStopped"]) == int(told["StopLoggingTime"])


def test_on_is_on_and_off_is_off(cloudtrail, trail, status):
    assert answer(cloudtrail.stop_logging(Name="mine")) == {}
    assert "StopLoggingTime" not in status()
    cloudtrail.start_logging(Name="mine")
    before = status()["StartLoggingTime"]
    assert answer(cloudtrail.start_logging(Name="mine")) == {}
    assert status()["StartLoggingTime"] == before


def test_after_a_delivery(server, cloudtrail, trail, status):
    cloudtrail.start_logging(Name="mine")
    flush(server)
    told = status()
    at = seconds(told["LatestDeliveryAttemptTime"])
    assert at == seconds(told["LatestDeliveryAttemptSucceeded"]) == int(told["LatestDeliveryTime"])
    assert "LatestDeliveryError" not in told


def test_a_bucket_that_is_gone_is_told_and_gets_its_files_when_it_is_back(server, cloudtrail, trail, bucket, status):
    cloudtrail.start_logging(Name="mine")
    shutil.rmtree(server.machine.buckets.root / bucket)
    flush(server)
    told = status()
    assert told["LatestDeliveryError"] == "NoSuchBucket"
    assert told["LatestDeliveryAttemptTime"]
    assert (told["LatestDeliveryAttemptSucceeded"], "LatestDeliveryTime" in told) == ("", False)
    server.machine.buckets.create(bucket)
    flush(server)
    told = status()
    assert "LatestDeliveryError" not in told
    assert told["LatestDeliveryAttemptSucceeded"]


def test_a_shadow_tells_what_its_trail_does(cloudtrail, elsewhere, bucket):
    arn = cloudtrail.create_trail(Name="mine", S3BucketName=bucket, IsMultiRegionTrail=True)["TrailARN"]
    cloudtrail.start_logging(Name="mine")
    assert elsewhere.get_trail_status(Name=arn)["IsLogging"] is True
