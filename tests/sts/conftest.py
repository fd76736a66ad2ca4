"""One Maptrail with an identities file for the tests of this folder, and one without."""

from collections.abc import Iterator

import pytest

import emulator
from tests.sts.world import World, write


@pytest.fixture(scope="module")
def _listed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[emulator.Emulator]:
    file = write(tmp_path_factory.mktemp("identities"))
    with emulator.Emulator(identities=file, default_trail=False) as running:
        yield running


@pytest.fixture
def world(_listed: emulator.Emulator) -> Iterator[World]:
    world = World(_listed)
    yield world
    world.clock(reset=True)
    world.close()


@pytest.fixture(scope="module")
def _unlisted() -> Iterator[emulator.Emulator]:
    with emulator.Emulator(default_trail=False) as running:
        yield running


@pytest.fixture
def open_world(_unlisted: emulator.Emulator) -> Iterator[World]:
    """A world without identities: everybody is who their key says."""
    world = World(_unlisted)
    yield world
    world.close()
