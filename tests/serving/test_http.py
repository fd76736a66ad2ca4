"""HTTP as clients really speak it: chunks, kept connections, odd methods, paths and bodies."""

import json
import socket

import pytest

import emulator
from tests.serving import raw
from tests.serving.client import Client
from tests.serving.process import until

LISTING = {"Namespaces": []}
METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"]
PATHS = ["/", "/nothing", "/service/x", "/_maptrail/health", "/_maptrail/reset", "/_maptrail/nothing", "/%00", "/a//b"]


def _recorded(running: emulator.Emulator) -> int:
    with running.machine.database.reading() as connection:
        return connection.execute("SELECT count(*) FROM event").fetchone()[0]


def test_a_chunked_body(running: emulator.Emulator):
    body = json.dumps({"MaxResults": 5}).encode()
    with raw.connect(running.url) as connection:
        connection.sendall(raw.head("ListNamespaces", "Transfer-Encoding: chunked"))
        for start in range(0, len(body), 4):
            connection.sendall(raw.chunk(body[start : start + 4]))
        connection.sendall(b"0\r\n\r\n")
        assert raw.answers(connection, 1) == [(200, LISTING)]


def test_the_chunks_of_a_body_are_what_is_read(running: emulator.Emulator):
    with raw.connect(running.url) as connection:
        body = raw.chunk(b'{"MaxRes') + raw.chunk(b'ults": 0}') + b"0\r\n\r\n"
        connection.sendall(raw.head("ListNamespaces", "Transfer-Encoding: chunked") + body)
        ((status, answer),) = raw.answers(connection, 1)
    assert (status, answer["__type"]) == (400, "InvalidInput")


def test_many_calls_on_one_connection(client: Client):
    client.ok("ListNamespaces")
    sock = client.http.sock
    for _ in range(20):
        client.ok("ListNamespaces")
        assert client.call("GetNamespace", {"Id": "ns-x"}).status == 400
        assert client.get("/nothing").status == 404
    assert client.http.sock is sock


def test_pipelined_calls_are_answered_in_order(running: emulator.Emulator):
    with raw.connect(running.url) as connection:
        connection.sendall(raw.request("ListNamespaces") + raw.request("GetNamespace") + raw.request("ListServices"))
        first, second, third = raw.answers(connection, 3)
    assert (first, second[0], third) == ((200, LISTING), 400, (200, {"Services": []}))


def test_a_client_that_waits_to_be_asked_for_its_body(running: emulator.Emulator):
    with raw.connect(running.url) as connection:
        connection.sendall(raw.head("ListNamespaces", "Content-Length: 2", "Expect: 100-continue"))
        assert connection.recv(1000).startswith(b"HTTP/1.1 100")
        connection.sendall(b"{}")
        assert raw.answers(connection, 1) == [(200, LISTING)]


@pytest.mark.parametrize("request_line", [b"HTTP/1.0", b"HTTP/1.1\r\nConnection: close"], ids=["1.0", "1.1"])
def test_a_connection_for_one_call_is_closed_after_it(running: emulator.Emulator, request_line: bytes):
    with raw.connect(running.url) as connection:
        connection.sendall(raw.request("ListNamespaces").replace(b"HTTP/1.1", request_line))
        with connection.makefile("rb") as stream:
            received = stream.read()
    assert received.startswith(b"HTTP/1.1 200")
    assert received.endswith(b'{"Namespaces":[]}')


def test_the_host_does_not_matter(running: emulator.Emulator):
    with raw.connect(running.url) as connection:
        request = raw.request("ListNamespaces").replace(
            b"Host: x", b"Host: data-servicediscovery.eu-west-3.amazonaws.com"
        )
        connection.sendall(request)
        assert raw.answers(connection, 1) == [(200, LISTING)]


@pytest.mark.parametrize("sent", [b"", b'{"Max'], ids=["before the body", "in the body"])
def test_a_caller_that_leaves_in_the_middle_has_called_nothing(running: emulator.Emulator, client: Client, sent: bytes):
    before = _recorded(running)
    for _ in range(5):
        with raw.connect(running.url) as connection:
            connection.sendall(raw.head("ListNamespaces", "Content-Length: 20") + sent)
    client.ok("ListServices")
    until(lambda: _recorded(running) == before + 1)
    client.ok("ListServices")
    assert _recorded(running) == before + 2


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", METHODS)
def test_whatever_is_asked_the_answer_is_json_or_of_s3_or_nothing(client: Client, method: str, path: str):
    answer = client.request(method, path)
    assert answer.status < 500
    assert "html" not in answer.headers.get("content-type", "")
    if answer.body.startswith(b"<?xml"):
        assert b"<Error><Code>" in answer.body
        assert "x-amz-request-id" in answer.headers
    elif answer.body:
        assert isinstance(answer.json, dict)


@pytest.mark.parametrize("path", ["/", "/service/x", "/service/Route53AutoNaming_v20170314/operation/Nothing"])
def test_a_post_that_names_no_operation_gets_an_error_of_aws(client: Client, path: str):
    answer = client.request("POST", path, b"")
    assert answer.status in (400, 404)
    assert b"UnknownOperationException" in answer.body


def test_a_refusal_is_one_sentence(client: Client):
    answer = client.get("/_maptrail/nothing/here")
    assert answer.status == 404
    assert answer.json["error"].count(". ") == 0


def test_what_is_no_http_is_refused(running: emulator.Emulator):
    with raw.connect(running.url) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n")
        received = connection.recv(1000)
    assert received.startswith(b"HTTP/1.1 400")
    assert b"<" not in received


def test_two_lengths_are_refused(running: emulator.Emulator):
    with raw.connect(running.url) as connection:
        connection.sendall(raw.head("ListNamespaces", "Content-Length: 2", "Transfer-Encoding: chunked") + b"{}")
        connection.shutdown(socket.SHUT_WR)
        assert b" 200 " not in connection.recv(1000)


def test_a_body_beyond_everything_is_refused(client: Client):
    answer = client.request("POST", "/_maptrail/clock", b" " * (65 << 20))
    assert (answer.status, list(answer.json)) == (413, ["error"])


def test_odd_headers_are_survived(client: Client):
    answer = client.call("ListNamespaces", X_Odd="\xe9\xff", Content_Encoding="gzip", Cookie="a=b; ;;", X_1="1" * 8000)
    assert answer.status == 200


def test_a_name_that_is_no_text_is_recorded_as_it_is(running: emulator.Emulator, client: Client):
    answer = client.call("GetNamespace", b'{"Id": "a\\ud800b"}')
    assert answer.status == 400
