"""A Maptrail whose operations take time, and the clock that finishes them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.sdk import ask

if TYPE_CHECKING:
    from emulator import Emulator


class Clock:
    """The product's clock, standing still until a test moves it."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/_maptrail/clock"
        self.start = datetime.fromisoformat("2026-11-22T16:35:00+00:00")
        ask("PUT", self._url, {"freeze": self.start.isoformat()})

    def advance(self, seconds: float) -> None:
        ask("PUT", self._url, {"advance": seconds})

    def after(self, seconds: float) -> datetime:
        """The time so many seconds after the test began."""
        return self.start + timedelta(seconds=seconds)


@pytest.fixture
def clock(slow_server: "Emulator") -> Clock:
    """The clock of the slow server; asking for it empties the server."""
    ask("POST", f"{slow_server.url}/_maptrail/reset")
    return Clock(slow_server.url)


@pytest.fixture
def slow(slow_server: "Emulator", connect: Callable[..., Any], clock: Clock, protocol: str) -> Any:
    """A client of a server whose operations take a minute and whose health takes half of one."""
    return connect(slow_server, protocol=protocol)
