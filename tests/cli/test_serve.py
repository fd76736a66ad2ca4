"""`maptrail serve` as a process: how it starts, is ready and ends; and the commands that speak with it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from tests.cli.conftest import Run

Serve = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def serve(tmp_path: Path, clean_environment: dict[str, str]) -> Iterator[Serve]:
    """Starts `maptrail WORDS…` and returns when it says that it is ready."""
    started = []

    def serve(*words: str, **variables: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "emulator", *words],
            cwd=tmp_path,
            env=clean_environment | variables,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        for line in process.stdout:
            if line == "Ready.\n":
                return process
        raise AssertionError("it ended without being ready")

    yield serve
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def heard_interrupts() -> Iterator[None]:
    """Processes hear Ctrl-C, even if a shell started the tests in the background, where all ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def url_of(folder: Path) -> str:
    return str(json.loads((folder / "maptrail-data" / "endpoint.json").read_text())["url"])


def call(url: str, name: str) -> None:
    client = boto3.client(
        "servicediscovery",
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id="smithj",
        aws_secret_access_key="x",
        config=Config(inject_host_prefix=False, retries={"total_max_attempts": 1}),
    )
    client.create_http_namespace(Name=name)
    client.close()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_serve_is_the_default_and_the_port_is_written_to_the_port_file(serve: Serve, tmp_path: Path) -> None:
    serve("--port", "0", "--port-file", "port")
    port = int((tmp_path / "port").read_text())
    assert url_of(tmp_path) == f"http://127.0.0.1:{port}"
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/_maptrail/health") as response:
        assert json.load(response)["status"] == "ok"


def test_the_environment_and_the_file_say_it_too(serve: Serve, run: Run, tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "maptrail.toml").write_text('region = "eu-north-1"\ndata = "elsewhere"\n')
    serve(MAPTRAIL_PORT=str(port))
    values = json.loads(run("env", "--format", "json").stdout)
    assert (values["AWS_ENDPOINT_URL_STS"], values["AWS_REGION"]) == (f"http://127.0.0.1:{port}", "eu-north-1")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_0_within_2_seconds_and_what_was_pending_is_delivered(
    serve: Serve, tmp_path: Path, number: signal.Signals
) -> None:
    process = serve("--port", "0", "--delivery-interval", "300")
    call(url_of(tmp_path), "pending")
    begun = time.monotonic()
    process.send_signal(number)
    assert process.wait(10) == 0
    assert time.monotonic() - begun < 2
    assert len(list((tmp_path / "maptrail-data" / "s3").rglob("*.json.gz"))) == 1


def test_sigterm_ends_it_with_0_while_it_still_starts(clean_environment: dict[str, str]) -> None:
    """As process 1 of a container, which no signal ends that it does not handle."""
    program = (
        "import os, signal, sys, emulator.serving\n"
        "emulator.serving.serve = lambda _: os.kill(os.getpid(), signal.SIGTERM)\n"
        "sys.argv = ['maptrail', 'serve']\n"
        "import emulator.cli; emulator.cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", program], env=clean_environment, check=False)
    assert done.returncode == 0


def test_a_port_that_is_taken_is_one_sentence(run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("serve", "--port", str(port))
    assert done.returncode == 1
    assert done.stderr == (
        f"maptrail: Cannot listen on 127.0.0.1 port {port} (Address already in use): choose another with --port.\n"
    )


@pytest.mark.parametrize(
    ("host", "name"),
    [("127.0.0.1", "127.0.0.1"), ("127.0.0.1", "localhost"), ("0.0.0.0", "127.0.0.1"), ("::1", "[::1]")],
)
def test_delivery_to_the_server_itself_is_one_sentence(run: Run, host: str, name: str) -> None:
    port = free_port()
    done = run("serve", "--host", host, "--port", str(port), "--s3-endpoint-url", f"http://{name}:{port}")
    assert done.returncode == 1
    assert done.stderr == (
        "maptrail: --s3-endpoint-url is the address of this server, which would wait for itself: "
        "leave it away, and files are delivered to the buckets here.\n"
    )


def test_a_second_server_on_one_data_directory_is_one_sentence(serve: Serve, run: Run, tmp_path: Path) -> None:
    serve("--port", "0")
    done = run("serve", "--port", "0")
    assert done.returncode == 1
    assert done.stderr == (
        f"maptrail: Another Maptrail runs on the data directory {tmp_path / 'maptrail-data'}: "
        "stop it, or choose another with --data.\n"
    )


def test_a_data_directory_that_cannot_be_made_is_one_sentence(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("serve", "--port", "0", "--data", "file/data")
    assert done.returncode == 1
    assert done.stderr.startswith("maptrail: The data directory ")
    assert done.stderr.endswith(": choose another with --data.\n")
    assert done.stderr.count("\n") == 1


def test_a_killed_server_leaves_nothing_that_stops_the_next(serve: Serve, run: Run, tmp_path: Path) -> None:
    port = str(free_port())
    process = serve("--port", port)
    call(url_of(tmp_path), "kept")
    process.kill()
    process.wait()
    serve("--port", port)
    assert "CreateHttpNamespace" in run("events").stdout


def test_what_a_killed_temporary_server_left_is_removed_by_the_next(serve: Serve, tmp_path: Path) -> None:
    there = tmp_path / "tmp"
    not_ours = [there / name for name in ("maptrail-ephemeral-own", "maptrail-ephemeral-begun", "maptrail-data")]
    for folder, text in zip(not_ours, (None, "", "This directory goes with its server.\n"), strict=True):
        folder.mkdir(parents=True)
        (folder / "kept").write_text("")
        if text is not None:
            (folder / "maptrail.lock").write_text(text)
    killed = serve("--ephemeral", "--port", "0", TMPDIR=str(there))
    living = serve("--ephemeral", "--port", "0", TMPDIR=str(there))
    assert len(list(there.iterdir())) == 5
    killed.kill()
    killed.wait()
    assert len(list(there.iterdir())) == 5
    last = serve("--ephemeral", "--port", "0", TMPDIR=str(there))
    assert len(list(there.iterdir())) == 5
    for process in (living, last):
        process.terminate()
        assert process.wait(10) == 0
    assert sorted(there.iterdir()) == sorted(not_ours)
    assert all((folder / "kept").exists() for folder in not_ours)


class TestRemote:
    """Health, events, flush and reset, of the server last started on the data directory."""

    @pytest.fixture(autouse=True)
    def server(self, serve: Serve) -> None:
        serve("--port", "0", "--delivery-interval", "300")

    def test_health(self, run: Run, tmp_path: Path) -> None:
        assert run("health").stdout == f"ok: maptrail 0.1.0 at {url_of(tmp_path)}\n"

    def test_events_a_line_each_or_as_they_are(self, run: Run, tmp_path: Path) -> None:
        assert run("events").stdout == ""
        call(url_of(tmp_path), "a")
        call(url_of(tmp_path), "b")
        lines = [line.split() for line in run("events").stdout.splitlines()]
        assert [line[1:] for line in lines] == [
            ["111122223333", "eu-west-1", "smithj", "CreateHttpNamespace", "ok"]
        ] * 2
        records = [json.loads(line) for line in run("events", "--format", "json").stdout.splitlines()]
        assert [record["requestParameters"]["name"] for record in records] == ["a", "b"]

    @pytest.mark.parametrize(
        ("words", "found"),
        [
            ("--name CreateHttpNamespace", 1),
            ("--name CreateService", 0),
            ("--user smithj --region eu-west-1", 1),
            ("--user root", 0),
            ("--access-key smithj --account 111122223333", 1),
            ("--region us-east-1", 0),
            ("--error InvalidInput", 0),
            ("--source servicediscovery.amazonaws.com", 1),
            ("--request-id x", 0),
            ("--resource a", 1),
        ],
    )
    def test_events_are_filtered(self, run: Run, tmp_path: Path, words: str, found: int) -> None:
        call(url_of(tmp_path), "a")
        done = run("events", *words.split())
        assert (done.returncode, done.stderr, len(done.stdout.splitlines())) == (0, "", found)

    @pytest.mark.usefixtures("heard_interrupts")
    def test_events_are_followed(self, tmp_path: Path, clean_environment: dict[str, str]) -> None:
        call(url_of(tmp_path), "before")
        command = [sys.executable, "-m", "emulator", "events", "--follow", "--format", "json"]
        with subprocess.Popen(
            command, cwd=tmp_path, env=clean_environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as follower:
            try:
                assert follower.stdout is not None
                assert json.loads(follower.stdout.readline())["requestParameters"]["name"] == "before"
                call(url_of(tmp_path), "after")
                assert json.loads(follower.stdout.readline())["requestParameters"]["name"] == "after"
                follower.send_signal(signal.SIGINT)
                assert follower.communicate(timeout=10) == ("", "")
                assert follower.returncode == 0
            finally:
                follower.kill()

    def test_a_server_that_comes_back_is_followed_on_and_a_reset_too(
        self, serve: Serve, run: Run, tmp_path: Path, clean_environment: dict[str, str]
    ) -> None:
        first = url_of(tmp_path)
        call(first, "before")
        command = [sys.executable, "-m", "emulator", "events", "--follow", "--format", "json"]
        with subprocess.Popen(
            command, cwd=tmp_path, env=clean_environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as follower:
            try:
                assert follower.stdout is not None
                assert follower.stderr is not None
                assert json.loads(follower.stdout.readline())["requestParameters"]["name"] == "before"
                os.kill(json.loads((tmp_path / "maptrail-data" / "endpoint.json").read_text())["pid"], signal.SIGKILL)
                told = follower.stderr.readline()
                assert told.startswith(f"maptrail: No Maptrail answers at {first} (")
                assert told.endswith("); waiting for it.\n")
                serve("--port", "0")
                for name in ("after", "later"):
                    call(url_of(tmp_path), name)
                    assert json.loads(follower.stdout.readline())["requestParameters"]["name"] == name
                    assert run("reset").returncode == 0
            finally:
                follower.kill()

    def test_flush_prints_the_keys_of_the_files(self, run: Run, tmp_path: Path) -> None:
        call(url_of(tmp_path), "a")
        (key,) = run("flush").stdout.splitlines()
        assert (tmp_path / "maptrail-data" / "s3" / key).is_file()
        assert run("flush").stdout == ""

    def test_reset_clears_history_and_files_unless_they_are_to_be_kept(self, run: Run, tmp_path: Path) -> None:
        call(url_of(tmp_path), "a")
        (key,) = run("flush").stdout.splitlines()
        file = tmp_path / "maptrail-data" / "s3" / key
        assert run("reset", "--keep-files").returncode == 0
        assert run("events").stdout == ""
        assert file.is_file()
        assert run("reset").returncode == 0
        assert not file.exists()
