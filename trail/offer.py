"""Offering to a bucket, in order, what was noted for it: log files and digests alike.

To whom alone the bucket is denied, alone waits; for want of the bucket all of its trails do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from trail.refusals import DestinationError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Noted", "offer"]


class Noted(Protocol):
    """What was noted: an object to be written for a trail."""

    @property
    def trail_id(self) -> int:
        """Whose it is."""

    @property
    def bucket(self) -> str:
        """Where it goes."""

    @property
    def key(self) -> str:
        """Under which key."""


Each = TypeVar("Each", bound=Noted)
Written = TypeVar("Written")


def offer(
    waiting: Callable[[list[int]], list[Each]],
    write: Callable[[Each], Written],
    settle: Callable[[list[Written]], None],
    refuse: Callable[[Each, DestinationError], None],
) -> list[tuple[str, str]]:
    """Write what waits for one bucket, as far as it goes; the buckets and keys of what was written.

    ``waiting`` gives a batch of it, without that of some trails; ``write`` writes one; ``settle`` notes what was
    written, before the next batch; ``refuse`` that one was refused.
    """
    taken: list[tuple[str, str]] = []
    denied: list[int] = []
    while batch := waiting(denied):
        written: list[Written] = []
        refusal: DestinationError | None = None
        for each in batch:
            try:
                written.append(write(each))
            except DestinationError as error:
                refusal = error
                break
        settle(written)
        taken += [(each.bucket, each.key) for each in batch[: len(written)]]
        if refusal is not None:
            refuse(batch[len(written)], refusal)
            if not refusal.is_denial:
                break
            denied.append(batch[len(written)].trail_id)
    return taken
