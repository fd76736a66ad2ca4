"""Requests as SDKs, proxies and mistakes make them: any host, any or no signature, chunks, the wrong door."""

import pytest

from tests.wire.http import TARGET, call, credential, send

HOSTS = [
    "servicediscovery.us-east-1.amazonaws.com",
    "data-servicediscovery.us-east-1.amazonaws.com",
    "data-localhost:4610",
    "data-127.0.0.1:4610",
    "servicediscovery-fips.us-gov-west-1.amazonaws.com",
    "bucket.s3.amazonaws.com",
    "evil.example",
    "x",
]


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("operation", ["ListNamespaces", "DiscoverInstances"])
def test_the_host_never_decides(server, host, operation):
    body = {"NamespaceName": "none", "ServiceName": "none"} if operation == "DiscoverInstances" else {}
    response = call(server, operation, body, host=host)
    if operation == "DiscoverInstances":
        assert response.json["__type"] == "NamespaceNotFound"
    else:
        assert response.status == 200


AUTHORIZATIONS = ["", "garbage", "Bearer x", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=", "Basic dXNlcjpwYXNz"]


@pytest.mark.parametrize("authorization", AUTHORIZATIONS)
def test_nobody_is_turned_away(server, authorization):
    response = call(server, "ListNamespaces", authorization=authorization)
    assert response.status == 200
    assert "Namespaces" in response.json


def arn_of(server, name, **headers):
    started = call(server, "CreateHttpNamespace", {"Name": name}, **headers).json["OperationId"]
    done = call(server, "GetOperation", {"OperationId": started}, **headers).json["Operation"]
    return call(server, "GetNamespace", {"Id": done["Targets"]["NAMESPACE"]}, **headers).json["Namespace"]["Arn"]


def test_a_key_that_names_no_account_acts_in_the_default_one(server):
    arn = arn_of(server, "by-a-user", authorization=credential("AKIAIOSFODNN7EXAMPLE", "eu-west-3"))
    assert arn.startswith("arn:aws:servicediscovery:eu-west-3:111122223333:namespace/")


def test_without_a_signature_the_defaults_count(server):
    assert arn_of(server, "by-nobody", authorization="").startswith(
        "arn:aws:servicediscovery:us-east-1:111122223333:namespace/"
    )


def test_a_presigned_query_names_account_and_region(server, account):
    scope = f"{account}%2F20261122%2Feu-west-1%2Fservicediscovery%2Faws4_request"
    headers = {"X-Amz-Target": f"{TARGET}.CreateHttpNamespace", "Content-Type": "application/x-amz-json-1.1"}
    response = send(server, "POST", f"/?X-Amz-Credential={scope}", b'{"Name": "shop"}', headers)
    assert response.status == 200
    listed = call(server, "ListNamespaces", authorization=credential(account, "eu-west-1"))
    assert [each["Name"] for each in listed.json["Namespaces"]] == ["shop"]


@pytest.mark.parametrize("region", ["..", "a/../../b", "US-EAST-1", "nowhere", "us-east-1;", "x" * 100 + "-y-1"])
def test_a_region_that_is_none_is_refused(server, region):
    response = call(server, "ListNamespaces", authorization=credential(region=region))
    assert response.status in (400, 403)
    assert response.json["__type"].endswith("Exception")


UNKNOWN = [
    f"{TARGET}.NoSuchOperation",
    f"{TARGET}.",
    f"{TARGET}.listnamespaces",
    "Route53AutoNaming_v20990101.ListNamespaces",
    "DynamoDB_20120810.ListTables",
    "ListNamespaces",
    "x",
]


@pytest.mark.parametrize("target", UNKNOWN)
def test_an_unknown_operation_is_told_without_a_message(server, target):
    response = call(server, "ListNamespaces", x_amz_target=target)
    assert response.status == 400
    assert response.json == {"__type": "UnknownOperationException"}
    assert response.headers["content-type"] == "application/x-amz-json-1.1"
    assert "x-amzn-requestid" in response.headers


def test_a_call_without_a_target_is_unknown(server):
    response = send(server, "POST", "/", b"{}", {"Content-Type": "application/x-amz-json-1.1"})
    assert (response.status, response.json) == (400, {"__type": "UnknownOperationException"})


GOOD_TYPES = [
    "application/x-amz-json-1.1",
    "application/x-amz-json-1.1; charset=utf-8",
    "APPLICATION/X-AMZ-JSON-1.1",
    "",
]


@pytest.mark.parametrize("content_type", GOOD_TYPES)
def test_content_types_that_say_json(server, content_type):
    assert call(server, "ListNamespaces", content_type=content_type).status == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "json"])
def test_a_content_type_that_says_something_else(server, content_type):
    response = call(server, "ListNamespaces", content_type=content_type)
    assert (response.status, response.json) == (400, {"__type": "UnknownOperationException"})


def test_a_body_in_chunks_is_read_whole(server, account):
    chunks = [b'{"Na', b'me": ', b'"shop"', b"}"]
    assert call(server, "CreateHttpNamespace", chunks, account=account).status == 200
    listed = call(server, "ListNamespaces", account=account).json["Namespaces"]
    assert [each["Name"] for each in listed] == ["shop"]


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large_is_refused(server, chunked):
    body = b'{"Name": "' + b"x" * (1 << 20) + b'"}'
    response = call(server, "CreateHttpNamespace", [body] if chunked else body)
    assert response.status == 413
    assert response.json["__type"] == "RequestEntityTooLargeException"


def test_a_large_body_below_the_limit_is_read(server):
    response = call(server, "CreateHttpNamespace", {"Name": "x" * 1_000_000})
    assert response.status == 400
    assert response.json["__type"] == "InvalidInput"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
def test_calls_are_posted(server, method):
    headers = {"X-Amz-Target": f"{TARGET}.ListNamespaces", "Content-Type": "application/x-amz-json-1.1"}
    response = send(server, method, "/", b"{}", headers)
    assert response.status in (200, 302, 303, 307, 308, 400, 403, 404, 405)
    assert b"Namespaces" not in response.body
    assert b"Traceback" not in response.body


@pytest.mark.parametrize("path", ["/", "/any/path"])
def test_the_target_decides_not_the_path(server, path):
    headers = {"X-Amz-Target": f"{TARGET}.ListNamespaces", "Content-Type": "application/x-amz-json-1.1"}
    assert send(server, "POST", path, b"{}", headers).status == 200
