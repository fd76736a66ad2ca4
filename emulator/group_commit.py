"""Calls are answered one by one and committed together: what arrives in the same turns of the loop shares a commit.

A commit costs about as much as a call. No answer leaves before the commit of its call; if that fails, none of the calls
that share it has happened, and each caller is told so.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from emulator.access_log import log

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from emulator.call import Request, Response
    from emulator.machine import Machine
    from emulator.web import ApiDoor

    Done = Callable[[Exception | None], object]

__all__ = ["GroupCommit"]

_MOST_TOGETHER = 64
_log = logging.getLogger("maptrail")


class GroupCommit:
    """Answers calls of the API for a server with one event loop; with no ``door`` there are none."""

    def __init__(self, door: ApiDoor | None, machine: Machine) -> None:
        self._door = door
        self._machine = machine
        self._waiting: list[Done] = []
        self.connections: Collection[object] = ()
        """The server's open connections: when all of them wait, nobody else can join."""

    def takes(self, request: Request) -> bool:
        """Whether a request is a call of the API. Its body is not looked at."""
        return self._door is not None and self._door.takes(request)

    @property
    def faulty(self) -> bool:
        """Whether there are rules by which answers may be late or lost."""
        return bool(self._machine.faults.rules)

    def answer(self, request: Request, leave: Callable[[Response], object]) -> None:
        """Answer a call; ``leave`` is given the answer when it is committed, perhaps before this returns."""
        door, machine = self._door, self._machine
        assert door is not None
        response = door.answer(request)

        def done(error: Exception | None) -> None:
            if error is None:
                log(machine, response)
                leave(response)
            else:
                leave(door.unrecorded(request))

        if machine.uncommitted:
            self._join(done)
        else:
            done(None)

    async def answered(self, request: Request) -> Response:
        """The answer to a call, committed."""
        answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self.answer(request, partial(_settle, answer))
        return await answer

    async def committed(self) -> Exception | None:
        """Wait until what is open now is committed; an error if it could not be."""
        end: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self._join(partial(_settle, end))
        return await end

    def _join(self, done: Done) -> None:
        """Have ``done`` called after the commit, with an error if it could not be."""
        self._waiting.append(done)
        if len(self._waiting) == len(self.connections):
            self._commit()
        elif len(self._waiting) == 1:
            asyncio.get_running_loop().call_soon(self._commit_when_quiet, self._waiting, 0)

    def _commit_when_quiet(self, waiting: list[Done], seen: int) -> None:
        """Commit as soon as a turn of the loop has brought no further call: each more makes all cheaper."""
        if waiting is not self._waiting:
            return  # committed meanwhile
        if seen < len(waiting) < _MOST_TOGETHER:
            asyncio.get_running_loop().call_soon(self._commit_when_quiet, waiting, len(waiting))
        else:
            self._commit()

    def _commit(self) -> None:
        waiting, self._waiting = self._waiting, []
        error: Exception | None = None
        try:
            self._machine.commit()
        except Exception as refused:  # noqa: BLE001 -- whatever it is, somebody waits for an answer
            error = refused
        for done in waiting:
            try:
                done(error)
            except Exception:  # noqa: BLE001 -- what becomes of one answer is no matter of the others
                _log.exception("An answer could not leave.")


def _settle(future: asyncio.Future[Any], result: object) -> None:
    if not future.done():  # whoever waited for it may have been told to end
        future.set_result(result)
