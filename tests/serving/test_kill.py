"""kill -9 at any moment: what was acknowledged is in the history and in the files, once."""

import http.client
import json
import os
import random
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.serving.client import instance, service
from tests.serving.files import log_files, request_ids
from tests.serving.process import Server, until

Serve = Callable[..., Server]
MOMENTS = 6
CALLERS = 4
INTERVALS = ["0.05", "0", "300"]


class Load:
    """Several callers that call until the server is gone; ``acknowledged`` are the request ids they were told."""

    def __init__(self, server: Server, named: dict[str, object]) -> None:
        self.acknowledged: list[str] = []
        self._server, self._named = server, named
        self._threads = [threading.Thread(target=self._call, args=(number,)) for number in range(CALLERS)]

    def run_for(self, seconds: float) -> None:
        for thread in self._threads:
            thread.start()
        until(lambda: len(self.acknowledged) >= CALLERS)
        time.sleep(seconds)
        self._server.kill()
        for thread in self._threads:
            thread.join()

    def _call(self, number: int) -> None:
        calls = 0
        with self._server.client() as client:
            while True:
                calls += 1
                parameters = {**self._named, "InstanceId": f"i-{number}-{calls % 50}"}
                try:
                    answer = client.call("RegisterInstance", parameters)
                except (OSError, http.client.HTTPException):
                    return
                assert answer.status == 200
                self.acknowledged.append(answer.request_id)


def _history(data: Path) -> list[str]:
    with sqlite3.connect(data / "maptrail.db") as connection:
        rows = connection.execute("SELECT record FROM event").fetchall()
    connection.close()
    return [json.loads(record)["requestID"] for (record,) in rows]


def _repeated(found: list[str]) -> list[str]:
    return [name for name, times in Counter(found).items() if times > 1]


@pytest.mark.parametrize("interval", INTERVALS)
def test_killed_under_load_many_times(serve: Serve, tmp_path: Path, interval: str):
    data, acknowledged, named = tmp_path / "data", [], {}
    moments = random.Random(interval)
    for moment in range(MOMENTS):
        server = serve("--delivery-interval", interval, data=data)
        if not named:
            with server.client() as client:
                named = instance(service(client))
        load = Load(server, named)
        load.run_for(moments.uniform(0, 0.25) if moment else 0)
        acknowledged += load.acknowledged
    last = serve("--delivery-interval", interval, data=data)
    with last.client() as client:
        assert client.ok("ListInstances", {"ServiceId": named["ServiceId"]})["Instances"]
        client.flush()
    delivered, history = request_ids(data / "s3"), _history(data)
    assert set(acknowledged) <= set(history)
    assert _repeated(history) == _repeated(delivered) == []
    assert sorted(delivered) == sorted(history)


def test_killed_while_it_starts_or_ends(serve: Serve, tmp_path: Path):
    """The moments at which what a predecessor left is delivered."""
    data, moments = tmp_path / "data", random.Random(1)
    first = serve("--delivery-interval", "300", data=data)
    with first.client() as client:
        for number in range(300):
            client.region = f"eu-west-{number % 20 + 1}"
            client.ok("ListNamespaces")
    os.kill(first.pid, signal.SIGTERM)
    time.sleep(0.02)
    first.kill()
    for _ in range(MOMENTS):
        server = serve("--delivery-interval", "300", wait=False, data=data)
        time.sleep(moments.uniform(0.1, 0.5))
        os.kill(server.pid, moments.choice([signal.SIGKILL, signal.SIGTERM]))
        server.kill()
    assert serve(data=data).end()[0] == 0
    assert sorted(request_ids(data / "s3")) == sorted(_history(data))
    assert len(_history(data)) == 300


def test_what_was_pending_is_delivered_by_the_next_start(serve: Serve, tmp_path: Path):
    killed = serve("--delivery-interval", "300", data=tmp_path / "data")
    with killed.client() as client:
        answer = client.call("ListNamespaces").request_id
    killed.kill()
    assert log_files(killed.s3) == []
    serve("--delivery-interval", "300", data=tmp_path / "data").end()
    assert request_ids(killed.s3) == [answer]


def test_the_next_start_has_the_state(serve: Serve, tmp_path: Path):
    killed = serve(data=tmp_path / "data")
    with killed.client() as client:
        named = instance(service(client))
        client.ok("RegisterInstance", named)
    killed.kill()
    with serve(data=tmp_path / "data").client() as client:
        found = client.ok("GetInstance", {name: named[name] for name in ("ServiceId", "InstanceId")})
    assert found["Instance"]["Attributes"] == named["Attributes"]


def test_a_page_token_outlives_the_server(serve: Serve, tmp_path: Path):
    killed = serve(data=tmp_path / "data")
    with killed.client() as client:
        for number in range(2):
            client.ok("CreateHttpNamespace", {"Name": f"{number}.example"})
        token = client.ok("ListNamespaces", {"MaxResults": 1})["NextToken"]
    killed.kill()
    with serve(data=tmp_path / "data").client() as client:
        rest = client.ok("ListNamespaces", {"MaxResults": 1, "NextToken": token})
    assert len(rest["Namespaces"]) == 1


def test_the_port_is_free_for_the_next(serve: Serve, tmp_path: Path):
    killed = serve(data=tmp_path / "data")
    port = killed.port
    with killed.client() as client:
        client.ok("ListNamespaces")
        killed.kill()
    following = serve("--port", str(port), data=tmp_path / "data")
    assert following.port == port


def test_no_process_is_left(serve: Serve):
    server = serve()
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children")
    if not children.exists():
        pytest.skip("the kernel does not tell the children of a process")
    assert children.read_text() == ""


def test_nothing_half_written_is_seen_as_a_file(serve: Serve, tmp_path: Path):
    killed = serve("--delivery-interval", "0", data=tmp_path / "data")
    with killed.client() as client:
        named = instance(service(client))
    load = Load(killed, named)
    load.run_for(0.1)
    assert set(load.acknowledged) <= set(request_ids(killed.s3))
