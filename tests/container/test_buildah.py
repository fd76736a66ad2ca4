"""The image without an engine: built by buildah, unpacked, and run as its configuration says, as process 1 of its own.

Needs root, buildah and a base image: BASE_IMAGE names one.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.sdk import client

ROOT = Path(__file__).resolve().parents[2]
IMAGE = "localhost/maptrail-test"

pytestmark = [
    pytest.mark.skipif(shutil.which("buildah") is None, reason="buildah is not installed"),
    pytest.mark.skipif("BASE_IMAGE" not in os.environ, reason="BASE_IMAGE names no base image"),
]


def buildah(*words: str) -> str:
    done = subprocess.run(["buildah", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@dataclass(frozen=True)
class Container:
    """An unpacked image and its configuration."""

    root: Path
    config: dict[str, object]

    def command(self, *words: str, user: str, **variables: str) -> list[str]:
        """How to run words in the container, without the environment that is outside."""
        values = dict(pair.split("=", 1) for pair in self.config["Env"]) | variables  # type: ignore[attr-defined]
        assignments = [f"{name}={value}" for name, value in values.items()]
        return ["chroot", f"--userspec={user}", str(self.root), "env", "-i", "-C", "/data", *assignments, *words]


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    base = os.environ["BASE_IMAGE"]
    buildah("build", "--quiet", "--format", "docker", "--build-arg", f"BASE_IMAGE={base}", "--tag", IMAGE, str(ROOT))
    yield IMAGE
    buildah("rmi", "--force", IMAGE)


@pytest.fixture
def container(image: str) -> Iterator[Container]:
    name = buildah("from", "--pull-never", image)
    config = json.loads(json.loads(buildah("inspect", "--type", "image", image))["Config"])["config"]
    yield Container(Path(buildah("mount", name)), config)
    buildah("rm", name)


@pytest.mark.parametrize("user", ["10001:0", "123456:0"])
def test_it_serves_is_healthy_and_ends_on_sigterm_as_process_1(container: Container, user: str) -> None:
    words = [*container.config["Entrypoint"], *container.config["Cmd"]]  # type: ignore[misc]
    command = container.command(*words, user=user, MAPTRAIL_PORT="0", MAPTRAIL_DELIVERY_INTERVAL="300")
    alone = ["unshare", "--pid", "--fork", "--kill-child", *command]
    with subprocess.Popen(alone, stdout=subprocess.PIPE, text=True) as outer:
        try:
            assert outer.stdout is not None
            assert "Ready.\n" in outer.stdout
            check = container.command("maptrail", "health", user=user)
            assert subprocess.run(check, check=False, capture_output=True).returncode == 0
            url = json.loads((container.root / "data/endpoint.json").read_text())["url"]
            with contextlib.closing(client(url, "smithj")) as cloudmap:
                cloudmap.create_http_namespace(Name="shop")
            (inner,) = Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text().split()
            begun = time.monotonic()
            os.kill(int(inner), signal.SIGTERM)
            assert outer.wait(10) == 0
            assert time.monotonic() - begun < 2
        finally:
            outer.kill()
    assert len(list((container.root / "data/s3").rglob("*.json.gz"))) == 1
