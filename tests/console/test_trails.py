"""Trails, their files and digests; and what is said when somebody has been at the files."""

import gzip
from collections.abc import Iterator

import pytest

import emulator
from tests.console.conftest import HOSTILE, Scene
from tests.console.pages import CONSOLE, Reader, page, twin
from tests.serving.client import Client

ARN = "arn:aws:cloudtrail:us-east-1:111122223333:trail/maptrail"
TRAIL = f"trails/trail?arn={ARN}"
DIGESTS = f"trails/digests?arn={ARN}"


@pytest.fixture(scope="module")
def running() -> Iterator[emulator.Emulator]:
    """Each call is in a file of its own."""
    with emulator.Emulator(delivery_interval=0) as started:
        yield started


@pytest.fixture
def key(client: Client, scene: Scene) -> str:
    """The latest log file."""
    found: str = twin(client, TRAIL)["files"][0]["key"]
    return found


def test_a_trail(client: Client, scene: Scene):
    told = twin(client, TRAIL)
    assert (told["trail"]["logging"], told["trail"]["multi_region"], told["trail"]["bucket"]) == (
        True,
        True,
        "maptrail-logs",
    )
    assert told["trail"]["delivered"] is not None
    assert "AdvancedEventSelectors" in told["selectors"]


def test_its_files_the_latest_first(client: Client, scene: Scene):
    files = twin(client, TRAIL)["files"]
    assert [file["events"] for file in files] == [1] * 8
    assert files == sorted(files, key=lambda file: -file["newest"])
    assert twin(client, f"{TRAIL}&region=eu-west-1")["files"] == []


def test_what_is_in_a_file(client: Client, scene: Scene, key: str):
    told = twin(client, f"trails/file?arn={ARN}&key={key}")
    assert [event["eventName"] for event in told["events"]] == ["GetInstance"]
    assert told["as_delivered"] is True
    read = Reader(page(client, f"trails/file?arn={ARN}&key={key}"))
    assert HOSTILE in "".join(read.text)
    (link,) = [a["href"] for a in read.all("a") if told["events"][0]["eventID"] in (a["href"] or "")]
    assert client.get(link).status == 200


@pytest.mark.parametrize(
    "content", [b"nothing", gzip.compress(b"nothing"), gzip.compress(b"[]"), gzip.compress(b'{"Records": [1]}')]
)
def test_a_file_that_somebody_changed(
    running: emulator.Emulator, client: Client, scene: Scene, key: str, content: bytes
):
    (running.machine.buckets.root / "maptrail-logs" / key).write_bytes(content)
    answer = client.get(f"{CONSOLE}trails/file?arn={ARN}&key={key}")
    assert (answer.status, "somebody has changed it" in answer.body.decode()) == (404, True)


def test_records_that_somebody_wrote(running: emulator.Emulator, client: Client, scene: Scene, key: str):
    odd = b'{"Records": [{}, {"eventName": "<b>", "userIdentity": 1, "resources": {}, "requestParameters": []}]}'
    (running.machine.buckets.root / "maptrail-logs" / key).write_bytes(gzip.compress(odd))
    text = "".join(Reader(page(client, f"trails/file?arn={ARN}&key={key}")).text)
    assert "<b>" in text
    assert "not what was delivered" in text


def test_a_file_that_somebody_removed(running: emulator.Emulator, client: Client, scene: Scene, key: str):
    (running.machine.buckets.root / "maptrail-logs" / key).unlink()
    answer = client.get(f"{CONSOLE}trails/file?arn={ARN}&key={key}")
    assert (answer.status, "does not exist" in answer.body.decode()) == (404, True)


def test_a_file_of_another_trail_is_not_shown(client: Client, scene: Scene, key: str):
    other = "arn:aws:cloudtrail:us-east-1:444455556666:trail/maptrail"
    assert client.get(f"{CONSOLE}trails/file?arn={other}&key={key}").status == 404


def test_before_the_first_digest(client: Client, scene: Scene):
    assert twin(client, DIGESTS)["verdict"]["digests"] == 0
    assert "No digest was delivered yet" in page(client, DIGESTS)


def test_a_valid_chain(client: Client, scene: Scene):
    client.request("POST", "/_maptrail/flush?digest=1")
    told = twin(client, DIGESTS)
    assert told["verdict"] == {"digests": 2, "files": 8, "truncated": False, "problems": []}
    assert [(each["files"], each["verdict"]) for each in told["digests"]] == [(8, "valid"), (0, "valid")]


def test_a_chain_that_somebody_broke(running: emulator.Emulator, client: Client, scene: Scene, key: str):
    client.request("POST", "/_maptrail/flush?digest=1")
    (running.machine.buckets.root / "maptrail-logs" / key).write_bytes(gzip.compress(b'{"Records":[]}'))
    problems = twin(client, DIGESTS)["verdict"]["problems"]
    assert [(each["key"], each["problem"]) for each in problems] == [(key, "hash value doesn't match")]
    assert [(each["verdict"], each["wrong"]) for each in twin(client, DIGESTS)["digests"]] == [
        ("valid", 1),
        ("valid", 0),
    ]
    assert "1 log file wrong" in page(client, DIGESTS)
    newest = twin(client, DIGESTS)["digests"][0]["key"]
    (running.machine.buckets.root / "maptrail-logs" / newest).write_bytes(gzip.compress(b"{}"))
    assert twin(client, DIGESTS)["digests"][0]["verdict"] == "invalid format"
    assert "not valid" in page(client, DIGESTS)
