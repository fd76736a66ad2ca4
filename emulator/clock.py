"""The product's clock: the machine's time, shifted or frozen as a test needs it.

Everything that depends on time (operations that finish, health that changes, files that are stamped, sessions that
expire) compares columns with this clock's now, so moving it finishes pending work.
"""

from __future__ import annotations

import time

__all__ = ["Clock"]


class Clock:
    """Milliseconds since the epoch, movable."""

    def __init__(self) -> None:
        self._offset = 0
        self._frozen: int | None = None

    def now(self) -> int:
        """Milliseconds since 1970-01-01T00:00:00Z."""
        if self._frozen is not None:
            return self._frozen
        return time.time_ns() // 1_000_000 + self._offset

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still."""
        return self._frozen is not None

    @property
    def offset(self) -> int:
        """How far ahead of the machine's clock this one is, in milliseconds."""
        return self.now() - time.time_ns() // 1_000_000

    def advance(self, milliseconds: int) -> None:
        """Move forward (or back, if negative); a frozen clock stays frozen at the new time."""
        if self._frozen is not None:
            self._frozen += milliseconds
        else:
            self._offset += milliseconds

    def freeze(self, at: int | None = None) -> None:
        """Stand still, now or at the given time."""
        self._frozen = self.now() if at is None else at

    def reset(self) -> None:
        """Back to the machine's time, running."""
        self._offset = 0
        self._frozen = None
