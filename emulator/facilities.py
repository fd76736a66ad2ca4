"""What operations may use besides the transaction: how this Maptrail is set, and what it keeps in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.cloudmap.references import Namespace, Service
    from emulator.identities.directory import Directory
    from emulator.paging import Tokens
    from emulator.quotas import Quotas
    from trail.destination import Buckets
    from trail.keys import Keys
    from trail.trails import Trails

__all__ = ["Due", "Facilities", "Known", "Memory"]

_HEAVIEST = 20_000
_MOST_KNOWN = 4096
_FOREVER = 1 << 62


@dataclass(slots=True)
class Due:
    """When the next unfinished operation ends, in milliseconds; None when nothing is pending.

    Kept so that a call with nothing pending asks no table. ``stale`` at the start and after a rollback: read it again.
    """

    at: int | None = None
    stale: bool = True

    def expect(self, at: int) -> None:
        """Something ends then."""
        self.at = at if self.at is None else min(self.at, at)


class Memory:
    """Values derived from tables, each good for one revision; the oldest go when they weigh too much together.

    Dropping them loses time only. A value's weight is the number of instances it holds; from ``until`` (milliseconds)
    on it is no longer good.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[object, ...], tuple[object, Any, int, int]] = {}
        self._weight = 0

    def get(self, key: tuple[object, ...], revision: object, now: int) -> Any:
        """The value kept under ``key``, or None if there is none of this revision."""
        found = self._kept.get(key)
        return found[1] if found is not None and found[0] == revision and now < found[3] else None

    def keep(
        self, key: tuple[object, ...], revision: object, value: Any, *, weight: int, until: int | None = None
    ) -> None:
        """Keep a value for the next call."""
        self._drop(key)
        self._kept[key] = (revision, value, weight + 1, _FOREVER if until is None else until)
        self._weight += weight + 1
        while self._weight > _HEAVIEST and len(self._kept) > 1:
            self._drop(next(iter(self._kept)))

    def forget(self) -> None:
        """Drop everything: after a rollback a revision may come again with other content."""
        self._kept.clear()
        self._weight = 0

    def _drop(self, key: tuple[object, ...]) -> None:
        found = self._kept.pop(key, None)
        if found is not None:
            self._weight -= found[2]


class Known:
    """Namespaces and services that calls have met, as they stand in the open transaction, to be read but once.

    What changes is dropped, and everything when something is undone after anything was changed. What is counted (the
    services of a namespace, a service's tally, ``instances``) is written here and there at once.
    """

    def __init__(self) -> None:
        self.namespaces: dict[tuple[int, str], Namespace] = {}
        """By place and id."""
        self.services: dict[tuple[int, str], Service] = {}
        """By place and id."""
        self.named: dict[tuple[int, str, str], Service] = {}
        """By place, the namespace's HttpName and the service's name; good as long as the same is in ``services``."""
        self.instances: dict[tuple[int, str], int] = {}
        """How many instances there are in a namespace, by place and the namespace's id."""
        self.changed = False

    def make_room(self) -> None:
        """Before something is added: start over rather than grow without end."""
        if len(self.namespaces) + len(self.services) + len(self.named) + len(self.instances) > _MOST_KNOWN:
            self.forget()

    def drop(self, kept: dict[tuple[int, str], Any], place: int, identifier: str) -> None:
        """Read a namespace or a service anew: its definition has changed, or it is gone."""
        kept.pop((place, identifier), None)
        self.changed = True

    def undone(self) -> None:
        """Some call's writes were taken back: what was changed here may be wrong now."""
        if self.changed:
            self.forget()
            self.changed = False

    def forget(self) -> None:
        """Drop everything: the tables have changed."""
        self.namespaces.clear()
        self.services.clear()
        self.named.clear()
        self.instances.clear()
        self.changed = True


@dataclass(slots=True)
class Facilities:
    """Settings that operations follow, and memory they share. Delays in milliseconds.

    ``directory`` has the identities in force, ``account_of`` tells whose an access key is.
    ``sequences`` holds, for each place, the number of its last asynchronous operation.
    """

    quotas: Quotas
    operation_delay: int
    custom_health_delay: int
    tokens: Tokens
    directory: Directory
    account_of: Callable[[str], str | None]
    trails: Trails
    buckets: Buckets
    keys: Keys
    due: Due = field(default_factory=Due)
    memory: Memory = field(default_factory=Memory)
    known: Known = field(default_factory=Known)
    sequences: dict[int, int] = field(default_factory=dict)

    def forget(self) -> None:
        """Drop what was derived from tables: after a rollback, a reset or a restored snapshot."""
        self.due.stale = True
        self.memory.forget()
        self.known.forget()
        self.sequences.clear()
