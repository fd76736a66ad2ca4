"""The tools that read CloudTrail for a living, and a Maptrail with something to read.

`make readers` installs them, each where it disturbs nothing; a test whose tool is not there is skipped, in CI it fails.
"""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import which
from typing import Any
from urllib.request import Request, urlopen

import pytest

from emulator import Emulator
from tests.sdk import client
from tests.tools import tool

JAVASCRIPT = Path(__file__).with_name("javascript")
ACCOUNT = "111122223333"
BUCKET = "maptrail-logs"
ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/maptrail"
REGIONS = ("us-east-1", "eu-west-1")

Run = Callable[..., "subprocess.CompletedProcess[str]"]


class Audited:
    """A running Maptrail whose calls and hours a test makes."""

    def __init__(self, running: Emulator) -> None:
        self.running = running
        self.url = running.url
        self.machine = running.machine

    @property
    def data(self) -> Path:
        return self.machine.directory.path

    def client(self, service: str = "servicediscovery", region: str = "us-east-1") -> Any:
        return client(self.url, ACCOUNT, service=service, region=region)

    def call(self, times: int = 1, region: str = "us-east-1") -> None:
        """So many calls that leave a management event each."""
        made = self.client(region=region)
        for _ in range(times):
            made.list_namespaces()
        made.close()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(f"{self.url}/_maptrail/{path}", data, method=method)) as response:
            return json.load(response)

    def pass_time(self, seconds: int) -> None:
        self.ask("PUT", "clock", {"advance": seconds})

    def flush(self, *, digest: bool = False) -> list[str]:
        """Deliver; the keys of what was delivered."""
        return [key.partition("/")[2] for key in self.ask("POST", f"flush?digest={int(digest)}")["keys"]]

    def hours(self, number: int) -> None:
        """So many hours with a call in each region, delivered and in digests."""
        for _ in range(number):
            for region in REGIONS:
                self.call(region=region)
            self.flush()
            self.pass_time(3600)
            self.flush()


@pytest.fixture
def audited() -> Iterator[Audited]:
    with Emulator() as running:
        yield Audited(running)


def environment(url: str) -> dict[str, str]:
    """What the tools find in theirs: the Maptrail, an account's credentials, nothing of the user's own."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "AWS_ENDPOINT_URL_S3": url,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_PAGER": "",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def run(words: list[str | Path], url: str, text: str | None = None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        words, env=environment(url), input=text, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def aws(audited: Audited) -> Run:
    """The AWS CLI."""
    program = tool("aws")
    return lambda *words: run([program, "--endpoint-url", audited.url, *words], audited.url)


@pytest.fixture
def trailscraper(audited: Audited) -> Run:
    program = tool("trailscraper")
    return lambda *words, text=None: run([program, *words], audited.url, text)


@pytest.fixture
def duckdb(audited: Audited) -> Callable[[str], Any]:
    """DuckDB's answer to a query, its rows as JSON."""
    tool("trailscraper")  # which the environment has if it is there
    program = "import duckdb, json, sys; print(json.dumps(duckdb.sql(sys.argv[1]).fetchall(), default=str))"

    def ask(query: str) -> Any:
        done = run([tool("python"), "-c", program, query], audited.url)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return ask


@pytest.fixture
def javascript(audited: Audited) -> Any:
    """What the AWS SDK for JavaScript reads, as `read.mjs` tells it."""
    node = which("node")
    if node is None or not (JAVASCRIPT / "node_modules").is_dir():
        pytest.skip("Node or the AWS SDK for JavaScript is not installed: make readers")

    def read() -> Any:
        done = run([node, JAVASCRIPT / "read.mjs", audited.url], audited.url)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return read
