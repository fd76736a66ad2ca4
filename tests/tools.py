"""Programs that tests call and that nothing here depends on: `make readers` installs them, beside everything else."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / ".venv-readers" / "bin"


def tool(name: str) -> Path:
    """The path of a program; the test is skipped where it is not installed."""
    program = FOLDER / name
    if not program.exists():
        pytest.skip(f"{name} is not installed: make readers")
    return program
