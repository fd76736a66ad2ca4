"""Suites of other people, run in processes of their own where the plugin is installed."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Suite = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """This process's environment, and a user's AWS settings that lead nowhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MAPTRAIL_", "PYTEST_"))}
    return kept | {"AWS_PROFILE": "nobody", "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture
def suite(tmp_path: Path, environment: dict[str, str]) -> Suite:
    """Runs a text as a file of tests."""

    def run(text: str, *words: str, folder: Path = tmp_path, **variables: str) -> subprocess.CompletedProcess[str]:
        if text:
            (folder / "test_it.py").write_text(text)
            (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--tb=short", "-rN", *words]
        return subprocess.run(
            command, cwd=folder, env=environment | variables, capture_output=True, text=True, timeout=120, check=False
        )

    return run


def passed(done: subprocess.CompletedProcess[str], count: int) -> bool:
    """Whether so many tests passed and none did anything else."""
    last = done.stdout.strip().splitlines()[-1].strip("= ")
    assert last.startswith(f"{count} passed in "), done.stdout + done.stderr
    return done.returncode == 0
