"""One server for the rules; each test begins and ends without any."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import emulator
from tests.serving.client import Answer, Client


@dataclass
class Lab:
    """A server whose faults a test decides, and a caller of it."""

    running: emulator.Emulator
    client: Client

    def put(self, *rules: Any) -> Answer:
        return self.client.request("PUT", "/_maptrail/faults", list(rules))

    def records(self, name: str) -> list[dict[str, Any]]:
        """The records of an operation, oldest first."""
        with self.running.machine.database.reading() as connection:
            rows = connection.execute("SELECT record FROM event ORDER BY seq & (1 << 40) - 1").fetchall()
        return [record for (text,) in rows if (record := json.loads(text))["eventName"] == name]


@pytest.fixture(scope="module")
def running() -> Iterator[emulator.Emulator]:
    with emulator.Emulator() as started:
        yield started


@pytest.fixture
def lab(running: emulator.Emulator) -> Iterator[Lab]:
    with Client(running.url) as client:
        client.request("POST", "/_maptrail/reset")
        yield Lab(running, client)
        client.request("POST", "/_maptrail/reset")
