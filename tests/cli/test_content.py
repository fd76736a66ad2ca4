"""Seeds, by --seed at the first start and by `maptrail seed` at any time; snapshots, saved and loaded."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import emulator
from emulator.seed import SeedError
from emulator.settings import StartError
from tests.cli.conftest import Run
from tests.serving.client import Client

SHOP = [
    {"operation": "CreateHttpNamespace", "parameters": {"Name": "shop"}, "as": "smithj"},
    {"operation": "GetOperation", "parameters": {"OperationId": "${0.OperationId}"}},
    {
        "service": "servicediscovery",
        "operation": "CreateService",
        "parameters": {
            "Name": "cart",
            "NamespaceId": "${1.Operation.Targets.NAMESPACE}",
            "Description": "in ${1.Operation.Targets.NAMESPACE}, by ${0.OperationId}",
        },
        "as": "smithj",
    },
    {"operation": "ListNamespaces", "region": "eu-west-1"},
    {"operation": "ListServices"},
    {
        "operation": "RegisterInstance",
        "parameters": {
            "ServiceId": "${4.Services.0.Id}",
            "InstanceId": "cart-1",
            "Attributes": {"AWS_INSTANCE_IPV4": "10.0.0.1"},
        },
    },
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return _written(tmp_path, SHOP)


def _written(folder: Path, calls: Any) -> Path:
    file = folder / "seed.json"
    file.write_text(calls if isinstance(calls, str) else json.dumps(calls))
    return file


def _events(client: Client) -> list[dict[str, Any]]:
    return [json.loads(line) for line in client.get("/_maptrail/events").body.splitlines()]


def _started(file: Path, **options: Any) -> Iterator[Client]:
    with emulator.Emulator(seed=file, **options) as started, Client(started.url) as client:
        yield client


def test_what_was_seeded_is_there_and_on_the_record(file: Path):
    for client in _started(file):
        found = client.ok("DiscoverInstances", {"NamespaceName": "shop", "ServiceName": "cart"})["Instances"]
        assert [instance["InstanceId"] for instance in found] == ["cart-1"]
        events = _events(client)
        assert [event["eventName"] for event in events] == [call["operation"] for call in SHOP]
        assert {event["userAgent"] for event in events} == {"maptrail-seed"}
        assert [event["userIdentity"]["userName"] for event in events] == [
            call.get("as", "111122223333") for call in SHOP
        ]
        assert [event["awsRegion"] for event in events] == [call.get("region", "us-east-1") for call in SHOP]


def test_references_within_a_text(file: Path):
    for client in _started(file):
        (service,) = client.ok("ListServices")["Services"]
        namespace, operation = client.ok("ListNamespaces")["Namespaces"][0]["Id"], _events(client)[0]
        told = operation["responseElements"]["operationId"]
        assert service["Description"] == f"in {namespace}, by {told}"


def test_operations_of_a_seed_end_at_once(file: Path):
    for client in _started(file, operation_delay=60):
        assert len(client.ok("ListNamespaces")["Namespaces"]) == 1
        operation = client.ok("CreateHttpNamespace", {"Name": "late"})
        assert client.ok("GetOperation", operation)["Operation"]["Status"] == "SUBMITTED"


def test_a_second_start_makes_no_calls(file: Path, tmp_path: Path):
    for _ in range(2):
        for client in _started(file, data=tmp_path / "data"):
            events = _events(client)
    assert len(events) == len(SHOP)


def test_a_reset_leaves_nothing_of_it_until_the_next_start(file: Path, tmp_path: Path):
    for client in _started(file, data=tmp_path / "data"):
        client.ok("ListNamespaces")
        client.request("POST", "/_maptrail/reset")
        assert client.get("/_maptrail/events").body == b""
    for client in _started(file, data=tmp_path / "data"):
        assert len(_events(client)) == len(SHOP)


def test_a_refused_call_fails_the_start_and_leaves_nothing(tmp_path: Path):
    calls = [SHOP[0], {"operation": "GetNamespace", "parameters": {"Id": "ns-aaaaaaaaaaaaaaaa"}}]
    file = _written(tmp_path, calls)
    with pytest.raises(StartError, match=r"seed\.json, call 1 \(GetNamespace\) was refused: NamespaceNotFound"):
        emulator.Emulator(seed=file, data=tmp_path / "data").start()
    with emulator.Emulator(data=tmp_path / "data") as started, Client(started.url) as client:
        assert _events(client) == []
        assert client.ok("ListNamespaces") == {"Namespaces": []}


REFUSED: list[tuple[Any, str]] = [
    ("{", "The seed FILE is not JSON: "),
    ({}, "The seed FILE is not a list of calls."),
    ([1], 'FILE, call 0 is not a call, such as {"operation": "ListNamespaces"}.'),
    ([{}], 'FILE, call 0 is not a call, such as {"operation": "ListNamespaces"}.'),
    (
        [{"operation": "ListNamespaces", "paramters": {}}],
        "FILE, call 0 has an unknown member paramters; did you mean parameters?",
    ),
    ([{"operation": "ListNamespaces", "parameters": []}], "FILE, call 0: parameters is [], it takes an object."),
    (
        [{"operation": "ListNamespaces"}, {"operation": "ListService"}],
        "FILE, call 1: servicediscovery has no ListService; did you mean ListServices?",
    ),
    (
        [{"service": "s3", "operation": "ListBuckets"}],
        "FILE, call 0: service is 's3', it takes servicediscovery or cloudtrail.",
    ),
    ([{"operation": "ListNamespaces", "as": "a b"}], "FILE, call 0: as is 'a b', which is no access key id."),
    (
        [{"operation": "ListNamespaces", "region": "x"}],
        "FILE, call 0: region is 'x', it takes a region, such as us-east-1.",
    ),
    (
        [{"operation": "GetOperation", "parameters": {"OperationId": "${0.OperationId}"}}],
        "FILE, call 0 (GetOperation) names ${0.OperationId}, but only calls before it have answered.",
    ),
    (
        [{"operation": "ListNamespaces"}, {"operation": "GetNamespace", "parameters": {"Id": "${0.Namespaces.0.Id}"}}],
        "FILE, call 1 (GetNamespace) names ${0.Namespaces.0.Id}, but the answer has no 0 there.",
    ),
    (
        [{"operation": "GetNamespace", "parameters": {"Id": {"a": 1}}}],
        "FILE, call 0 (GetNamespace) was refused: SerializationException",
    ),
]


@pytest.mark.parametrize(("calls", "sentence"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_is_no_seed_is_said_in_a_sentence(tmp_path: Path, calls: Any, sentence: str):
    file = _written(tmp_path, calls)
    with pytest.raises(SeedError) as caught:
        emulator.Emulator(seed=file).start()
    assert str(caught.value).startswith(sentence.replace("FILE", str(file)))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(SeedError, match=r"cannot be read \(No such file or directory\)\."):
        emulator.Emulator(seed=tmp_path / "none.json").start()


@pytest.fixture
def known(tmp_path: Path) -> Path:
    """An identities file with one key."""
    file = tmp_path / "identities.toml"
    file.write_text(
        f'[[user]]\nname = "smithj"\naccount = "111122223333"\naccess_key = "{KEY}"\nsecret_key = "{"s" * 40}"\n'
    )
    return file


KEY = "AKIASMITHJEXAMPLE111"


@pytest.mark.parametrize("auth", ["known", "signed"])
def test_calls_are_signed_with_the_secrets_of_the_identities(run: Run, tmp_path: Path, known: Path, auth: str):
    mine = _written(tmp_path, [{"operation": "CreateHttpNamespace", "parameters": {"Name": "shop"}, "as": KEY}])
    with emulator.Emulator(seed=mine, identities=known, auth=auth) as started, Client(started.url) as client:
        (record,) = _events(client)
        assert record["userIdentity"]["userName"] == "smithj"
        mine.write_text(mine.read_text().replace("shop", "other"))
        done = run("seed", str(mine), "--identities", str(known), "--url", started.url)
        assert (done.returncode, done.stdout) == (0, f"1 call made at {started.url}\n")
        done = run("seed", str(mine), "--url", started.url)
        told = {"known": "NamespaceAlreadyExists: ", "signed": "InvalidSignatureException: "}[auth]
        assert (done.returncode, f"(CreateHttpNamespace) was refused: {told}" in done.stderr) == (1, True), done.stderr
        mine.write_text(mine.read_text().replace(KEY, "somebody"))
        done = run("seed", str(mine), "--identities", str(known), "--url", started.url)
        assert "was refused: UnrecognizedClientException: " in done.stderr


class TestCommand:
    """`maptrail seed FILE`, at a running server."""

    def test_it_makes_the_calls(self, run: Run, file: Path) -> None:
        with emulator.Emulator() as started, Client(started.url) as client:
            done = run("seed", str(file), "--url", started.url)
            assert (done.returncode, done.stdout) == (0, f"{len(SHOP)} calls made at {started.url}\n")
            assert len(_events(client)) == len(SHOP)

    def test_it_stops_at_the_first_that_is_refused(self, run: Run, file: Path) -> None:
        with emulator.Emulator() as started, Client(started.url) as client:
            run("seed", str(file), "--url", started.url)
            done = run("seed", str(file), "--url", started.url)
            assert (done.returncode, done.stdout) == (1, "")
            assert f"{file}, call 0 (CreateHttpNamespace) was refused: NamespaceAlreadyExists" in done.stderr
            assert len(_events(client)) == len(SHOP) + 1

    def test_without_a_server(self, run: Run, file: Path) -> None:
        done = run("seed", str(file), "--url", "http://127.0.0.1:9")
        assert (done.returncode, done.stderr.partition(" (")[0]) == (
            1,
            "maptrail: No Maptrail answers at http://127.0.0.1:9",
        )


class TestSnapshot:
    """`maptrail snapshot`, there and back."""

    def test_save_and_load(self, run: Run, tmp_path: Path) -> None:
        with emulator.Emulator() as started, Client(started.url) as client:
            client.ok("CreateHttpNamespace", {"Name": "a.example"})
            done = run("snapshot", "save", "kept.db", "--url", started.url)
            size = (tmp_path / "kept.db").stat().st_size
            assert (done.returncode, done.stdout) == (0, f"kept.db: {size} bytes\n")
            client.request("POST", "/_maptrail/reset")
            assert run("snapshot", "load", "kept.db", "--url", started.url).returncode == 0
            assert len(client.ok("ListNamespaces")["Namespaces"]) == 1
            assert [path.name for path in tmp_path.glob("kept*")] == ["kept.db"]

    def test_with_and_without_the_token(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "kept.db").write_bytes(b"x" * (8 << 20))
        with emulator.Emulator(admin_token="secret") as started:
            for words in (("save", "new.db"), ("load", "kept.db")):
                done = run("snapshot", *words, "--url", started.url)
                assert done.returncode == 1
                assert done.stderr == (
                    f"maptrail: The server at {started.url} asks for its admin token: "
                    "give it by --admin-token or MAPTRAIL_ADMIN_TOKEN.\n"
                )
            assert not (tmp_path / "new.db").exists()
            done = run("snapshot", "save", "new.db", "--url", started.url, MAPTRAIL_ADMIN_TOKEN="secret")
            assert done.returncode == 0
            done = run("snapshot", "load", "new.db", "--url", started.url, "--admin-token", "secret")
            assert done.returncode == 0

    @pytest.mark.parametrize("name", ["none.db", "text.db"])
    def test_a_file_that_is_none(self, run: Run, tmp_path: Path, name: str) -> None:
        (tmp_path / "text.db").write_text("no snapshot")
        with emulator.Emulator() as started:
            done = run("snapshot", "load", name, "--url", started.url)
            assert (done.returncode, done.stderr.count("\n")) == (1, 1)
