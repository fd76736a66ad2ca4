"""The image, built in an engine of its own as the documents say, and containers of it.

Where ``BASE_IMAGE`` names an image in buildah's storage, it stands in for the base image that the Dockerfile names.
"""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.container.engine import Engine, lacking, started, unable, until

ROOT = Path(__file__).resolve().parents[2]
BASE = "python:3.13-slim"
PUBLISHED = "registry.example/maptrail:0.1.0"  # as the documents call the image that a reader has published

Start = Callable[..., "Container"]


class Container:
    """A container that was started."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self.name = name

    def inspect(self, part: str) -> Any:
        return json.loads(self._engine.docker("inspect", "--format", f"{{{{json .{part}}}}}", self.name))

    def exec(self, *words: str) -> str:
        return self._engine.docker("exec", self.name, *words)

    def python(self, program: str) -> str:
        return self.exec("python", "-c", program)

    def logs(self) -> str:
        return self._engine.run("sh", "-c", f"docker logs --timestamps {self.name} 2>&1")

    def ready(self) -> "Container":
        """Wait until it takes calls, which is sooner than the engine says so."""
        until(lambda: "Ready." in self.logs(), 10, self.logs)
        return self

    def healthy(self, seconds: float = 10) -> "Container":
        """Wait until the engine says that it is."""
        until(lambda: self.inspect("State.Health.Status") == "healthy", seconds, self.logs)
        return self


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    if reason := lacking() or unable():
        pytest.skip(reason)
    with started() as running:
        if "BASE_IMAGE" in os.environ:
            stand_in(running, os.environ["BASE_IMAGE"])
        yield running


def stand_in(engine: Engine, name: str) -> None:
    archive = engine.socket.with_name("base.tar")
    engine.run("buildah", "push", "--quiet", name, f"docker-archive:{archive}:{BASE}")
    engine.docker("load", "--quiet", "--input", archive)
    archive.unlink()


@pytest.fixture(scope="session")
def image(engine: Engine) -> str:
    engine.docker("build", "--quiet", "--tag", "maptrail", ROOT)
    engine.docker("tag", "maptrail", PUBLISHED)
    return "maptrail"


@pytest.fixture
def start(engine: Engine, image: str) -> Iterator[Start]:
    """Starts a container with these options of ``docker run``, its command last if it is not the image's."""
    names: list[str] = []

    def start(*options: str, command: tuple[str, ...] = ()) -> Container:
        names.append(engine.docker("run", "--detach", *options, image, *command))
        return Container(engine, names[-1])

    yield start
    if names:
        engine.docker("rm", "--force", "--volumes", *names)
