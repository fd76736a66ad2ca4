"""`maptrail clock` and `maptrail faults`, at a running server; and the ways to name one."""

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import emulator
from emulator.faults import CHAOS
from tests.cli.conftest import Run
from tests.serving.client import Client

FROZEN = "2026-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def server() -> Iterator[emulator.Emulator]:
    with emulator.Emulator() as started:
        yield started


@pytest.fixture
def client(server: emulator.Emulator) -> Iterator[Client]:
    with Client(server.url) as connected:
        yield connected
        connected.request("POST", "/_maptrail/reset")


@pytest.mark.usefixtures("client")
class TestClock:
    """What it tells is the time there."""

    @pytest.mark.parametrize(
        ("duration", "time"),
        [
            ("90", "00:01:30"),
            ("90s", "00:01:30"),
            ("5m", "00:05:00"),
            ("1h30m", "01:30:00"),
            ("1h0m1.5s", "01:00:01"),
        ],
    )
    def test_it_moves(self, run: Run, server: emulator.Emulator, duration: str, time: str) -> None:
        assert run("clock", "freeze", FROZEN, "--url", server.url).stdout == f"{FROZEN}  frozen\n"
        told = f"2026-01-01T{time}Z  frozen\n"
        assert run("clock", "advance", duration, "--url", server.url).stdout == told
        assert run("clock", "--url", server.url).stdout == run("clock", "show", "--url", server.url).stdout == told

    def test_it_runs_ahead_or_behind_until_it_is_put_right(self, run: Run, server: emulator.Emulator) -> None:
        assert run("clock", "advance", "2d", MAPTRAIL_URL=server.url).stdout.endswith("Z  172800 s ahead\n")
        assert run("clock", "advance", "--", "-3d", MAPTRAIL_URL=server.url).stdout.endswith("Z  86400 s behind\n")
        assert run("clock", "reset", MAPTRAIL_URL=server.url).stdout.endswith("Z  running\n")

    def test_it_is_frozen_now(self, run: Run, server: emulator.Emulator, client: Client) -> None:
        assert re.fullmatch(r"\S+Z  frozen\n", run("clock", "freeze", "--url", server.url).stdout)
        assert client.get("/_maptrail/clock").json["frozen"]

    @pytest.mark.parametrize("duration", ["", "-", "1x", "5m1h", "now", "1.5h"])
    def test_what_is_no_duration(self, run: Run, server: emulator.Emulator, duration: str) -> None:
        done = run("clock", "advance", "--url", server.url, "--", duration)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"maptrail: DURATION is {duration!r}: it takes seconds, or a time such as 5m")

    def test_what_is_no_time(self, run: Run, server: emulator.Emulator) -> None:
        done = run("clock", "freeze", "soon", "--url", server.url)
        told = "maptrail: 'soon' is no time, such as 2026-11-22T16:35:00Z.\n"
        assert (done.returncode, done.stdout, done.stderr) == (1, "", told)


class TestFaults:
    """What it lists can be put again."""

    def test_rules_are_put_listed_and_cleared(
        self, run: Run, server: emulator.Emulator, client: Client, tmp_path: Path
    ) -> None:
        (tmp_path / "rules.json").write_text(json.dumps(CHAOS))
        done = run("faults", "put", "rules.json", "--fault-seed", "7", "--url", server.url)
        assert json.loads(done.stdout) == CHAOS
        assert len(done.stdout.splitlines()) == len(CHAOS) + 2
        assert client.get("/_maptrail/faults").headers["x-maptrail-fault-seed"] == "7"
        assert run("faults", "--url", server.url).stdout == run("faults", "list", "--url", server.url).stdout
        assert run("faults", "list", "--url", server.url).stdout == done.stdout
        assert run("faults", "clear", "--url", server.url).returncode == 0
        assert run("faults", "--url", server.url).stdout == "[]\n"

    def test_rules_come_in(self, run: Run, server: emulator.Emulator, client: Client) -> None:
        rule = {"operation": "ListServices", "throttle": True, "times": 1}
        done = run("faults", "put", "-", "--url", server.url, stdin=json.dumps([rule]))
        assert done.stdout == f"[\n  {json.dumps(rule)}\n]\n"
        assert client.call("ListServices").code == "ThrottlingException"

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ('[{"opration": "x"}]', "rules[0].opration is unknown; did you mean operation?"),
            ("{}", 'The body must be a list of rules, such as [{"latency_ms": 100}].'),
            ("[", "The rules on standard input are not JSON: Expecting value: line 1 column 2 (char 1)."),
        ],
    )
    def test_what_is_no_rule(
        self, run: Run, server: emulator.Emulator, client: Client, text: str, sentence: str
    ) -> None:
        done = run("faults", "put", "-", "--url", server.url, stdin=text)
        assert (done.returncode, done.stdout, done.stderr) == (1, "", f"maptrail: {sentence}\n")
        assert client.get("/_maptrail/faults").json == []

    def test_what_is_no_seed(self, run: Run, server: emulator.Emulator, client: Client) -> None:
        done = run("faults", "put", "-", "--fault-seed", "x", "--url", server.url, stdin="[]")
        assert (done.returncode, done.stderr) == (1, "maptrail: seed is 'x': it takes a whole number, 0 or more.\n")
        assert client.get("/_maptrail/faults").status == 200


def test_a_server_is_named_by_port_as_well(run: Run, server: emulator.Emulator) -> None:
    port = server.url.rpartition(":")[2]
    assert run("health", "--port", port).stdout == f"ok: maptrail {emulator.__version__} at {server.url}\n"
    assert run("health", "--host", "localhost", "--port", port).returncode == 0
    assert run("events", "--port", port).returncode == 0


@pytest.mark.parametrize(("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_what_was_refused_is_red_in_a_terminal(
    server: emulator.Emulator,
    client: Client,
    clean_environment: dict[str, str],
    variables: dict[str, str],
    coloured: bool,
) -> None:
    client.call("GetNamespace", {"Id": "ns-1"})
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "emulator", "events", "--name", "GetNamespace", "--url", server.url]
    environment = clean_environment | {"TERM": "xterm"} | variables
    subprocess.run(command, env=environment, stdout=theirs, timeout=60, check=True)
    os.close(theirs)
    told = os.read(ours, 10_000).decode()
    os.close(ours)
    assert told.rstrip().endswith("\x1b[31mNamespaceNotFound\x1b[0m" if coloured else "  NamespaceNotFound")
