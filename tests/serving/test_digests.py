"""Digests of a running server: when they are due, and that no death breaks a chain."""

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from emulator.cli import run as maptrail
from tests.serving.client import Client, instance, service
from tests.serving.files import BUCKET, log_files
from tests.serving.process import Server, until
from tests.serving.test_kill import Load
from tests.trail.test_digests import MEMBERS

Serve = Callable[..., Server]
HOUR = 3600


@pytest.fixture(autouse=True)
def _clean(client: Client) -> None:
    client.request("POST", "/_maptrail/reset")


def digests(s3: Path) -> list[dict[str, object]]:
    found = sorted((s3 / BUCKET).rglob("*_CloudTrail-Digest_*.json.gz"))
    return [json.loads(gzip.decompress(path.read_bytes())) for path in found]


def flush(client: Client, query: str = "") -> list[str]:
    answer = client.request("POST", f"/_maptrail/flush{query}")
    assert answer.status == 200, answer
    return [key.partition("/")[2] for key in answer.json["keys"]]


def test_a_period_is_closed_by_hand(running, client):
    client.ok("ListServices")
    keys = flush(client, "?digest=1")
    kinds = [key.split("/")[2] for key in keys]
    assert kinds.count("CloudTrail-Digest") == 2
    starting, first = digests(running.machine.buckets.root)
    assert (list(starting), starting["logFiles"], len(first["logFiles"])) == (MEMBERS, [], 1)
    assert first["digestS3Object"] == keys[-1]
    assert flush(client) == []


def test_the_clock_makes_digests_due(running, client):
    client.ok("ListServices")
    client.request("PUT", "/_maptrail/clock", {"advance": 3 * HOUR})
    until(lambda: len(digests(running.machine.buckets.root)) == 4)  # nobody asks
    client.request("PUT", "/_maptrail/clock", {"advance": 2 * HOUR})
    assert len([key for key in flush(client) if "Digest" in key]) == 2
    client.request("PUT", "/_maptrail/clock", {"reset": True})
    client.ok("ListServices")
    assert len([key for key in flush(client, "?digest=1") if "Digest" in key]) == 1
    assert maptrail(["verify", "--data", str(running.machine.directory.path)]) == 0


@pytest.mark.parametrize("text", ["2", "true", ""])
def test_a_flush_is_asked_for_in_words_it_knows(client, text):
    answer = client.request("POST", f"/_maptrail/flush?digest={text}")
    assert (answer.status, answer.json) == (400, {"error": f"digest is '{text}': it takes 0 or 1."})


def test_markers_of_the_default_trail_are_there_at_once(running, client):
    folder = running.machine.buckets.root / BUCKET / "AWSLogs" / "111122223333"
    assert (folder / "CloudTrail").is_dir()
    assert (folder / "CloudTrail-Digest").is_dir()
    keys = running.machine.buckets.keys(BUCKET)
    assert [key for key in keys if key.endswith("/")] == [
        "AWSLogs/111122223333/CloudTrail-Digest/",
        "AWSLogs/111122223333/CloudTrail/",
    ]


def test_keys_survive_a_reset_and_no_private_one_is_in_the_database(running, client):
    flush(client, "?digest=1")
    client.request("POST", "/_maptrail/reset")
    [key] = running.machine.keys.history("us-east-1")
    folder = running.machine.directory.path
    private = (folder / "keys" / "us-east-1" / f"{key.fingerprint}.pem").read_bytes().splitlines()[1]
    for path in folder.glob("maptrail.db*"):
        assert private not in path.read_bytes()


@pytest.mark.parametrize("interval", ["0.05", "0"])
def test_killed_under_load_no_chain_breaks(serve: Serve, tmp_path: Path, interval: str):
    data, named = tmp_path / "data", {}
    flags = ("--delivery-interval", interval, "--digest-interval", "1")
    moments = random.Random(interval)
    for _ in range(3):
        server = serve(*flags, data=data)
        if not named:
            with server.client() as client:
                named = instance(service(client))
        Load(server, named).run_for(moments.uniform(0.9, 1.4))
    last = serve(*flags, data=data)
    with last.client() as client:
        flush(client, "?digest=1")
    last.end()
    assert maptrail(["verify", "--data", str(data)]) == 0
    made = digests(data / "s3")
    assert [each["previousDigestS3Object"] for each in made].count(None) == 1
    listed = sorted(file["s3Object"] for each in made for file in each["logFiles"])
    assert listed == sorted(str(path.relative_to(data / "s3" / BUCKET)) for path in log_files(data / "s3"))
