"""The fixtures of the trail's tests: a house, and a maker of events."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.trail.house import House, make_event
from tests.trail.listener import Listener, listening
from tests.trail.mortal import Mortal
from trail.record import Event


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.database.close()


@pytest.fixture
def event() -> Callable[..., Event]:
    return make_event


@pytest.fixture
def mortal(monkeypatch: pytest.MonkeyPatch) -> Callable[[House, int], Mortal]:
    """Make a house die after so many steps of its delivery."""
    return lambda house, steps: Mortal(house, steps, monkeypatch)


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener
