"""The command line as its users meet it: a process, its exit code and what it says."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def clean_environment() -> dict[str, str]:
    """This process's environment without what would speak to Maptrail or an SDK."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("MAPTRAIL_", "AWS_"))}


@pytest.fixture
def run(tmp_path: Path, clean_environment: dict[str, str]) -> Run:
    """Runs `maptrail WORDS…` in an empty directory, with these variables set and this coming in."""

    def run(*words: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "emulator", *words],
            cwd=tmp_path,
            env=clean_environment | variables,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run
