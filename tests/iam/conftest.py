"""Servers that evaluate policies."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import emulator
from tests.iam.world import write
from tests.sts.world import World


@pytest.fixture
def authorizing(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Starts a server on policies that a test says."""
    with contextlib.ExitStack() as running:

        def start(*statements: dict[str, Any], **more: Any) -> World:
            file = write(tmp_path, list(statements), **more)
            server = running.enter_context(emulator.Emulator(identities=file, authorize=True, default_trail=False))
            world = World(server)
            running.callback(world.close)
            return world

        yield start
