"""Delivery to an S3 that is elsewhere: to a server of somebody else's, and to our own."""

import contextlib
import gzip
import json
import os
import socket
import subprocess
import time
from urllib.request import urlopen

import boto3
import pytest

import emulator
from emulator.s3.elsewhere import Elsewhere
from emulator.settings import Settings, SettingsError
from tests.sdk import refused
from tests.serving.client import Client
from tests.tools import tool
from trail.destination import DestinationError, Metadata

GZIP = Metadata("application/json", "gzip", {"signature": "00ff"})


@pytest.fixture(scope="module")
def moto(tmp_path_factory):
    """A moto server, an S3 that others have written."""
    program = tool("moto_server")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with (tmp_path_factory.mktemp("moto") / "log").open("wb") as log:
        process = subprocess.Popen([program, "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log)
        try:
            for _ in range(300):
                with contextlib.suppress(OSError), urlopen(f"{url}/moto-api/data.json", timeout=5):
                    break
                time.sleep(0.1)
            yield url
        finally:
            process.terminate()
            process.wait(10)


@pytest.fixture(params=["moto", "maptrail"])
def elsewhere(request):
    return request.getfixturevalue("moto" if request.param == "moto" else "s3_server_url")


@pytest.fixture(scope="session")
def s3_server_url(s3_server):
    return s3_server.url


@pytest.fixture(autouse=True)
def credentials(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)


@pytest.fixture
def there(elsewhere):
    client = boto3.client("s3", endpoint_url=elsewhere, region_name="us-east-1")
    yield client
    client.close()


def empty(client, bucket):
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for each in page.get("Contents", []):
            client.delete_object(Bucket=bucket, Key=each["Key"])
    client.delete_bucket(Bucket=bucket)


def test_an_object_arrives_as_it_was_given(elsewhere, there):
    there.create_bucket(Bucket="given")
    destination = Elsewhere(elsewhere, "us-east-1")
    assert destination.exists("given")
    assert not destination.exists("not-there")
    destination.put("given", "a/b é", b"body", GZIP, "arn:aws:cloudtrail:us-east-1:111122223333:trail/mine")
    got = there.get_object(Bucket="given", Key="a/b é")
    assert got["Body"].read() == b"body"
    assert (got["ContentType"], got["ContentEncoding"], got["Metadata"]) == (
        "application/json",
        "gzip",
        {"signature": "00ff"},
    )
    destination.put("given", "marker/", b"", Metadata())
    assert there.head_object(Bucket="given", Key="marker/")["ContentLength"] == 0
    with pytest.raises(DestinationError) as caught:
        destination.put("not-there", "key", b"", GZIP)
    assert caught.value.code == "NoSuchBucket"
    empty(there, "given")


def test_a_bucket_that_is_wanted_is_made_with_the_first_object(elsewhere, there):
    for region in ("us-east-1", "eu-west-1"):
        destination = Elsewhere(elsewhere, region)
        destination.create(f"wanted-in-{region}")
        assert not destination.exists(f"wanted-in-{region}")
        for _ in range(2):
            destination.put(f"wanted-in-{region}", "key", b"", GZIP)
        location = there.get_bucket_location(Bucket=f"wanted-in-{region}")["LocationConstraint"]
        assert location == (None if region == "us-east-1" else region)
        empty(there, f"wanted-in-{region}")


def test_files_are_delivered_there_and_digests(elsewhere, there):
    with emulator.Emulator(s3_endpoint_url=elsewhere, delivery_interval=3600) as running, Client(running.url) as client:
        client.ok("ListNamespaces")
        keys = client.request("POST", "/_maptrail/flush?digest=1").json["keys"]
        assert any("/CloudTrail-Digest/" in key for key in keys)
        [log] = [key.partition("/")[2] for key in keys if "/CloudTrail/" in key]
        got = there.get_object(Bucket="maptrail-logs", Key=log)
        records = json.loads(gzip.decompress(got["Body"].read()))["Records"]
        assert [record["eventName"] for record in records] == ["ListNamespaces"]
        assert running.machine.buckets.buckets() == []
    empty(there, "maptrail-logs")


def test_a_trail_of_a_user_wants_a_bucket_there(elsewhere, there):
    with emulator.Emulator(s3_endpoint_url=elsewhere, default_trail=False) as running:
        cloudtrail = boto3.client("cloudtrail", endpoint_url=running.url, region_name="us-east-1")
        wanted = {"Name": "mine", "S3BucketName": "of-a-user"}
        assert refused(cloudtrail.create_trail, **wanted)[0] == "S3BucketDoesNotExistException"
        there.create_bucket(Bucket="of-a-user")
        cloudtrail.create_trail(**wanted)
        [marker] = there.list_objects_v2(Bucket="of-a-user")["Contents"]
        assert marker["Key"] == "AWSLogs/111122223333/CloudTrail/"
        cloudtrail.close()
    empty(there, "of-a-user")


def test_while_it_cannot_be_reached_files_wait(moto):
    """Nobody listens at the endpoint; then somebody does."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        silent = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with emulator.Emulator(s3_endpoint_url=silent, delivery_interval=3600) as running, Client(running.url) as client:
        client.ok("ListNamespaces")
        assert client.flush() == []
        cloudtrail = boto3.client("cloudtrail", endpoint_url=running.url, region_name="us-east-1")
        status = cloudtrail.get_trail_status(Name="maptrail")
        assert status["LatestDeliveryError"] == "EndpointConnection"
        running.machine.destination._client = boto3.client("s3", endpoint_url=moto, region_name="us-east-1")
        assert len(client.flush()) == 2  # that status was asked for is in a file of its own
        assert "LatestDeliveryError" not in cloudtrail.get_trail_status(Name="maptrail")
        running.machine.destination._client.close()
        cloudtrail.close()


def test_without_credentials_nothing_is_delivered_and_the_reason_told(moto, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(DestinationError) as caught:
        Elsewhere(moto, "us-east-1").put("logs", "key", b"", GZIP)
    assert caught.value.code == "NoCredentials"


@pytest.mark.parametrize("value", ["localhost:9000", "ftp://x", "http://", ""])
def test_an_endpoint_is_an_address(value):
    with pytest.raises(SettingsError, match="it takes an address"):
        Settings(s3_endpoint_url=value)
