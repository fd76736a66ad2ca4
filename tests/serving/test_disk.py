"""A disk that takes no more: every call says so, and works again when it does."""

import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree, which
from typing import Any

import pytest

from emulator.cli import run
from tests.serving.client import Client, instance, service
from tests.serving.files import log_files, request_ids
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


@pytest.fixture
def small(serve: Serve, tmp_path: Path) -> Server:
    """A server whose buckets lie on a disk of their own, of 256 KiB: a mount in a namespace that it alone is in."""
    inside = ("unshare", "--user", "--map-root-user", "--mount")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = 'mount -t tmpfs -o size=256k none "$0"'
    if which("unshare") is None or subprocess.run([*inside, "sh", "-c", mount, disk], check=False).returncode:
        pytest.skip("a mount of one's own takes unshare, and the right to a user namespace")
    prefix = (*inside, "sh", "-c", f'{mount} && exec "$@"', str(disk))
    server = serve("--delivery-interval", "300", "--s3-dir", str(disk), prefix=prefix)
    server.s3 = Path(f"/proc/{server.pid}/root{disk}")
    return server


def _fill(folder: Path) -> Path:
    filler = folder / "filler"
    with pytest.raises(OSError, match="No space left on device"):
        filler.write_bytes(bytes(1 << 20))
    return filler


def _status(client: Client) -> dict[str, Any]:
    answer = client.call("GetTrailStatus", {"Name": "maptrail"}, X_Amz_Target="CloudTrail_20131101.GetTrailStatus")
    assert answer.status == 200, answer
    return dict(answer.json)


def test_log_files_and_digests_wait_for_room_and_are_then_all_there(small: Server, tmp_path: Path):
    with small.client() as client:
        filler = _fill(small.s3)
        asked = [client.call("ListNamespaces") for _ in range(20)]
        assert client.request("POST", "/_maptrail/flush?digest=1").json == {"keys": []}
        told = _status(client)
        assert told["LatestDeliveryError"] == told["LatestDigestDeliveryError"] == "InternalError"
        assert log_files(small.s3) == list((small.s3 / ".incoming").iterdir()) == []
        filler.unlink()
        client.flush()
        found = request_ids(small.s3)
        assert [found.count(answer.request_id) for answer in asked] == [1] * 20
        told = _status(client)
        assert not {"LatestDeliveryError", "LatestDigestDeliveryError"} & told.keys()
        assert len(list(small.s3.rglob("*_CloudTrail-Digest_*.json.gz"))) == 2
    copied = copytree(small.s3, tmp_path / "copied")
    assert run(["verify", "--data", str(small.data), "--s3-dir", str(copied)]) == 0
