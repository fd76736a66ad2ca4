"""A disk that takes no more: every call says so, and works again when it does."""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.serving.client import instance, service
from tests.serving.files import request_ids
from tests.serving.process import Server

Serve = Callable[..., Server]


@pytest.fixture
def server(serve: Serve) -> Server:
    return serve("--delivery-interval", "300")


@contextmanager
def _no_room(server: Server) -> Iterator[None]:
    """The server's files may not grow beyond what its database has."""
    size = (server.data / "maptrail.db-wal").stat().st_size
    before = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size, before[1]))
    yield
    if server.process.poll() is None:
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, before)


def test_a_call_says_why(server: Server):
    with server.client() as client, _no_room(server):
        answer = client.call("ListNamespaces")
    assert (answer.status, answer.code) == (500, "InternalFailure")
    assert "Calls cannot be recorded: " in answer.json["message"]


def test_health_says_why(server: Server):
    with server.client() as client, _no_room(server):
        client.call("ListNamespaces")
        answer = client.get("/_maptrail/health")
    assert answer.status == 503
    assert "Calls cannot be recorded: " in answer.json["reason"]


def test_what_was_refused_has_not_happened_and_the_rest_has(server: Server):
    with server.client() as client:
        named = instance(service(client))
        with _no_room(server):
            refused = [client.call("RegisterInstance", named) for _ in range(5)]
        assert {answer.status for answer in refused} == {500}
        assert client.ok("ListInstances", {"ServiceId": named["ServiceId"]})["Instances"] == []
        accepted = client.call("RegisterInstance", named)
        client.flush()
    assert accepted.status == 200
    found = request_ids(server.s3)
    assert found[-1] == accepted.request_id
    assert not {answer.request_id for answer in refused} & set(found)


def test_health_is_well_again(server: Server):
    with server.client() as client:
        with _no_room(server):
            client.call("ListNamespaces")
        assert client.get("/_maptrail/health").status == 200


def test_a_flush_without_room_answers_json(server: Server):
    with server.client() as client:
        client.ok("ListNamespaces")
        with _no_room(server):
            answer = client.request("POST", "/_maptrail/flush")
        assert answer.headers["content-type"] == "application/json"
        client.flush()
    assert len(request_ids(server.s3)) == 1


def test_it_ends_in_order_all_the_same_and_the_next_start_delivers(server: Server, serve: Serve):
    with server.client() as client:
        answer = client.call("ListNamespaces")
    with _no_room(server):
        assert server.end()[0] == 0
    assert "Traceback" not in server.errors.read_text()
    serve("--delivery-interval", "300", data=server.data).end()
    assert request_ids(server.s3) == [answer.request_id]
