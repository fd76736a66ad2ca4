"""A Maptrail that checks signatures."""

from collections.abc import Iterator

import pytest

import emulator
from tests.auth.signing import FILE


@pytest.fixture(scope="module")
def signing_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[emulator.Emulator]:
    folder = tmp_path_factory.mktemp("identities")
    (folder / "identities.toml").write_text(FILE)
    with emulator.Emulator(identities=folder / "identities.toml", auth="signed", default_trail=False) as running:
        yield running
