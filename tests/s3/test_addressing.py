"""Which requests are for S3: by path, by host, by what they are signed for."""

import socket

import boto3
import pytest
from botocore.config import Config

from emulator.call import Request
from emulator.s3.addressing import Address, address, scope

SIGNED = "AWS4-HMAC-SHA256 Credential=AKIA/20261122/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0"
OTHER = SIGNED.replace("/s3/", "/sts/")


def of(method, path, host="127.0.0.1:4610", authorization=None, query=""):
    headers = {"host": host} | ({"authorization": authorization} if authorization else {})
    request = Request(method, path, query, headers, b"", "")
    return address(request, lambda bucket: bucket in ("logs", "a.b", "maptrail"))


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (("GET", "/logs"), Address("logs", b"")),
        (("GET", "/logs/"), Address("logs", b"")),
        (("PUT", "/new"), Address("new", b"")),
        (("GET", "/logs//a/b"), Address("logs", b"/a/b")),
        (("HEAD", "/logs/\xc3\xa9"), Address("logs", "é".encode())),
        (("GET", "/"), None),
        (("GET", "/", "x", SIGNED), Address("", b"")),
        (("GET", "/", "x", OTHER), None),
        (("OPTIONS", "/logs"), None),
        (("GET", "/_maptrail/health"), None),
        (("POST", "/moto-api/reset"), None),
        (("GET", "/key", "logs.localhost:4610"), Address("logs", b"key")),
        (("GET", "/key", "LOGS.localhost"), Address("logs", b"key")),
        (("GET", "/", "logs.localhost"), Address("logs", b"")),
        (("GET", "/key", "a.b.localhost:4610"), Address("a.b", b"key")),
        (("GET", "/key", "a.b.s3.localhost.localdomain"), Address("a.b", b"key")),
        (("PUT", "/", "not-yet.s3.localhost:4610", SIGNED), Address("not-yet", b"")),
        (("GET", "/key", "logs.s3-eu-west-1.amazonaws.com"), Address("logs", b"key")),
        (("GET", "/logs/key", "maptrail.internal:4610"), Address("logs", b"key")),
        (("GET", "/logs/key", "other.localhost:4610"), Address("logs", b"key")),
        (("GET", "/logs/key", "s3.localhost:4610"), Address("logs", b"key")),
        (("GET", "/logs/key", "localhost:4610"), Address("logs", b"key")),
        (("GET", "/logs/key", "[::1]:4610"), Address("logs", b"key")),
        (("GET", "/_maptrail/health", "logs.localhost"), None),
        (("GET", "/_maptrail/health", "logs.localhost", SIGNED), Address("logs", b"_maptrail/health")),
    ],
)
def test_what_a_request_is_about(asked, wanted):
    assert of(*asked) == wanted


def test_a_presigned_address_is_signed():
    query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F20261122%2Feu-west-1%2Fs3%2Faws4_request"
    assert scope(Request("GET", "/", query, {}, b"", "")) == ("AKIA", "eu-west-1")
    assert scope(Request("GET", "/", query.replace("s3", "sts"), {}, b"", "")) is None


def test_a_presigned_address_works(s3, bucket, raw, s3_server):
    s3.put_object(Bucket=bucket, Key="a b", Body=b"x")
    url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a b"})
    assert raw.get(url.removeprefix(s3_server.url)).body == b"x"
    url = s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "c"})
    assert raw.request("PUT", url.removeprefix(s3_server.url), b"y").status == 200
    assert raw.get(f"/{bucket}/c").body == b"y"


def test_a_host_that_begins_with_a_bucket(s3, bucket, fill, s3_server, s3_client, monkeypatch):
    """As boto3 addresses a bucket when told to; not every machine resolves names under localhost."""
    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *more, **kw: resolve(host.replace(f"{bucket}.", ""), *more, **kw)
    )
    port = s3_server.url.rpartition(":")[2]
    client = boto3.client(
        "s3",
        endpoint_url=f"http://localhost:{port}",
        region_name="us-east-1",
        aws_access_key_id="AKIAEXAMPLE",
        aws_secret_access_key="secret",
        config=Config(s3={"addressing_style": "virtual"}, retries={"total_max_attempts": 1}),
    )
    seen = []
    client.meta.events.register("before-send.s3", lambda request, **_: seen.append(request.url))
    client.put_object(Bucket=bucket, Key="a/é", Body=b"x")
    assert client.get_object(Bucket=bucket, Key="a/é")["Body"].read() == b"x"
    assert [each["Key"] for each in client.list_objects_v2(Bucket=bucket)["Contents"]] == ["a/é"]
    client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a/é"}]})
    client.delete_bucket(Bucket=bucket)
    assert all(url.startswith(f"http://{bucket}.localhost:{port}/") for url in seen)
    client.close()


def test_a_bucket_may_have_the_name_of_another_api_s_path(s3, s3_server):
    """Uploads in parts are begun with POST, as calls over CBOR are."""
    s3.create_bucket(Bucket="service")
    begun = s3.create_multipart_upload(Bucket="service", Key="key")
    s3.abort_multipart_upload(Bucket="service", Key="key", UploadId=begun["UploadId"])
    s3.delete_bucket(Bucket="service")


def test_whoever_signs_nothing_is_let_in_as_everybody_is(raw, s3, bucket):
    s3.put_object(Bucket=bucket, Key="key", Body=b"x")
    assert raw.get(f"/{bucket}/key").body == b"x"
    assert b"<Key>key</Key>" in raw.get(f"/{bucket}").body
    assert raw.request("PUT", f"/{bucket}/other", b"y").status == 200
    assert raw.request("DELETE", f"/{bucket}/other").status == 204


def test_a_browser_that_asks_for_nothing_is_not_answered_by_s3(raw):
    answer = raw.request("GET", "/", Accept="text/html")
    assert b"<?xml" not in answer.body
