"""What a place for files refuses, in S3's words, and how the file system's refusals become such."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from trail.walk import KEY_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DestinationError", "check_key", "finding", "no_such_key", "refusing"]


class DestinationError(Exception):
    """An object was refused; ``code`` is S3's word for it (``NoSuchBucket``, ``AccessDenied``, …)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    @property
    def is_denial(self) -> bool:
        """Whether it is who asks that is refused, so that another may be let in."""
        return self.code == "AccessDenied"


def check_key(key: str) -> None:
    """Refuse what S3 takes for no key."""
    try:
        length = len(key.encode())
    except UnicodeEncodeError:
        length = 0
    if length == 0:
        raise DestinationError("InvalidArgument", f"The key is empty, or no text: {key!r}")
    if length > KEY_LIMIT:
        raise DestinationError("KeyTooLongError", "Your key is too long")


@contextmanager
def refusing(name: str) -> Iterator[None]:
    """What the file system refuses, the destination does."""
    try:
        yield
    except OSError as error:
        raise DestinationError("InternalError", f"{error.strerror}: {name}") from error


@contextmanager
def finding(key: str) -> Iterator[None]:
    """What has gone meanwhile is not there."""
    with refusing(key):
        try:
            yield
        except FileNotFoundError as error:
            raise no_such_key(key) from error


def no_such_key(key: str) -> DestinationError:
    """There is no object of this key."""
    return DestinationError("NoSuchKey", f"The specified key does not exist: {key}")
