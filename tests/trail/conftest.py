"""The fixtures of the trail's tests: a house, and a maker of events."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.trail.house import House, make_event
from trail.record import Event


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.database.close()


@pytest.fixture
def event() -> Callable[..., Event]:
    return make_event
