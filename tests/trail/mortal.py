"""A process that dies between two steps: after so many writes to the database or the disk nothing happens any more."""

from typing import Any

import pytest

from tests.trail.house import House
from trail import keys
from trail.shelf import Shelf


class Death(BaseException):
    """The process is gone."""


class Mortal:
    """Runs out of steps: every commit and every file put into its place is one, and the last one may not return."""

    def __init__(self, house: House, steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps = steps
        settle, commit, write = Shelf.settle, house.database.commit, keys._write
        monkeypatch.setattr(Shelf, "settle", lambda *arguments: self.step(settle, *arguments))
        monkeypatch.setattr(keys, "_write", lambda *arguments: self.step(write, *arguments))
        monkeypatch.setattr(house.database, "commit", lambda: self.step(commit))

    def step(self, act: Any, *arguments: Any) -> Any:
        if self.steps == 0:
            raise Death
        self.steps -= 1
        result = act(*arguments)
        if self.steps == 0:
            raise Death
        return result
