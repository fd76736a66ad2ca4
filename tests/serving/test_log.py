"""One line a call, its request id that of the answer; who does not read it holds nobody up."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable

import pytest

from tests.serving.client import Client, instance, service
from tests.serving.process import Server, until

Serve = Callable[..., Server]
PIPE = 64 << 10


def _calls(client: Client) -> list[str]:
    """A success, a failure and a read; their request ids."""
    calls = [("CreateHttpNamespace", {"Name": "a.example"}), ("GetNamespace", {"Id": "ns-1"}), ("ListNamespaces", {})]
    return [client.call(*call).request_id for call in calls]


def _logged(server: Server, count: int = 3) -> list[str]:
    """The lines after ``Ready.``, once they are there."""
    until(lambda: len(server.lines()) - server.lines().index("Ready.") - 1 >= count)
    return server.lines()[server.lines().index("Ready.") + 1 :]


def test_text(serve: Serve):
    server = serve()
    with server.client("smithj", "eu-west-3") as client:
        request_ids = _calls(client)
    lines = _logged(server)
    assert [line.split()[-1] for line in lines] == request_ids
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    pattern = stamp + r" servicediscovery\.(\w+) => (.+) [\d.]+ms 111122223333 eu-west-3 smithj "
    found = [re.match(pattern, line) for line in lines]
    assert [match and match.groups() for match in found] == [
        ("CreateHttpNamespace", "200"),
        ("GetNamespace", "400 NamespaceNotFound"),
        ("ListNamespaces", "200"),
    ]


def test_json(serve: Serve):
    server = serve("--log-format", "json")
    with server.client("smithj", "eu-west-3") as client:
        request_ids = _calls(client)
    lines = [json.loads(line) for line in _logged(server)]
    assert [line["requestID"] for line in lines] == request_ids
    assert [line["errorCode"] for line in lines] == [None, "NamespaceNotFound", None]
    assert {(line["account"], line["region"], line["caller"]) for line in lines} == {
        ("111122223333", "eu-west-3", "smithj")
    }


def test_an_unread_record_has_its_line_too(serve: Serve):
    server = serve()
    with server.client() as client:
        answer = client.call("DiscoverInstances", {"NamespaceName": "none.example", "ServiceName": "app"})
    assert _logged(server, 1)[0].endswith(f" {answer.request_id}")


def test_what_is_refused_before_it_reaches_an_operation_has_one(serve: Serve):
    server = serve()
    with server.client() as client:
        answer = client.call("DropTables")
    line = _logged(server, 1)[0].split(maxsplit=1)[1]
    assert re.fullmatch(r"-\.- => 400 UnknownOperationException [\d.]+ms - - - " + answer.request_id, line)


def test_admin_requests_have_none(serve: Serve):
    server = serve()
    with server.client() as client:
        client.get("/_maptrail/health")
        client.ok("ListNamespaces")
    assert len(_logged(server, 1)) == 1


def test_the_lines_of_the_last_calls_are_written_at_the_end(serve: Serve):
    server = serve()
    with server.client() as client:
        request_ids = [client.call("ListNamespaces").request_id for _ in range(200)]
    server.end()
    assert [line.split()[-1] for line in _logged(server, 200)] == request_ids


@pytest.mark.parametrize("level", ["warning", "error"])
def test_a_higher_level_is_quiet(serve: Serve, level: str):
    server = serve("--log-level", level)
    with server.client() as client:
        client.ok("ListNamespaces")
    server.end()
    assert server.lines()[-1] == "Ready."


@pytest.fixture
def unread(serve: Serve) -> Server:
    """A server whose output nobody reads, after more calls than the pipe takes lines of."""
    server = serve(stdout=subprocess.PIPE)
    with server.client() as client:
        named = instance(service(client))
        for _ in range(PIPE // 100):
            client.ok("RegisterInstance", named)
    return server


def test_an_unread_pipe_blocks_no_call(unread: Server):
    with unread.client() as client:
        for _ in range(100):
            client.ok("ListNamespaces")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_unread_pipe_does_not_hold_up_the_end(unread: Server, number: int):
    status, seconds = unread.end(number)
    assert (status, unread.errors.read_text()) == (0, "")
    assert seconds < 2


def test_a_closed_pipe_does_no_harm(serve: Serve):
    reading, writing = os.pipe()
    server = serve(stdout=writing)
    os.close(writing)
    os.close(reading)
    with server.client() as client:
        for _ in range(50):
            client.ok("ListNamespaces")
    assert server.end()[0] == 0
    assert server.errors.read_text() == ""


def test_without_an_output_it_serves(serve: Serve):
    server = serve(prefix=("sh", "-c", 'exec "$@" >&-', "sh"))
    with server.client() as client:
        client.ok("ListNamespaces")
    assert server.end()[0] == 0
    assert server.errors.read_text() == ""
