"""A Maptrail for the documents: where a reader of them would have one, in ``./maptrail-data``."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from emulator import Emulator
from emulator.environment import Endpoint, variables
from tests.docs.markdown import DOCUMENTS, Block, name

DEFAULT_URL = "http://127.0.0.1:4610"


@dataclass(frozen=True)
class Reader:
    """Somebody who reads a document and does what it says, in a directory of their own beside a running server."""

    folder: Path
    url: str
    environment: dict[str, str]

    def run(self, block: Block, *words: str) -> None:
        """Run a program on a block's text, which names the server's usual address."""
        file = self.folder / f"test_line_{block.line}.{'py' if block.language == 'python' else 'sh'}"
        file.write_text(block.text.replace(DEFAULT_URL, self.url))
        done = subprocess.run(
            [*words, str(file)],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{block} ended with {done.returncode}:\n{done.stdout}{done.stderr}"


@pytest.fixture(params=DOCUMENTS, ids=name)
def document(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    (tmp_path / ".venv").symlink_to(sys.prefix)
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "MAPTRAIL_"))}
    environment["PATH"] = f"{Path(sys.prefix, 'bin')}{os.pathsep}{environment['PATH']}"
    with Emulator(data=tmp_path / "maptrail-data", delivery_interval=0) as server:
        told = variables(Endpoint(server.url, "us-east-1", "111122223333"), with_s3=True)
        told["AWS_ACCESS_KEY_ID"] = "smithj"
        yield Reader(tmp_path, server.url, environment | told)
