"""What a call asks of policies: an action on a resource, and the condition keys that come with it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.iam.patterns import Keys, Value

__all__ = ["Context", "Question", "Tags"]

Tags = Mapping[str, str | None]


def _no_tags() -> Tags:
    return {}


@dataclass(frozen=True, slots=True)
class Question:
    """May this be done? ``keys`` are the service's own condition keys, lower case, as values or what finds them out.

    ``request_tags`` come with the request, ``tag_keys`` names those to be taken away; ``resource_tags`` finds those the
    resource has. ``granted``: the resource's own policy lets the caller in.
    """

    action: str
    resource: str = "*"
    keys: Mapping[str, Value | Callable[[], Value]] = field(default_factory=dict)
    request_tags: Tags = field(default_factory=dict)
    tag_keys: tuple[str, ...] = ()
    resource_tags: Callable[[], Tags] = _no_tags
    granted: bool = False


class Context:
    """The condition keys of one question, found out when a policy asks for them."""

    __slots__ = ("_common", "_principal_tags", "_question")

    def __init__(self, question: Question, common: Keys, principal_tags: Callable[[], Tags]) -> None:
        self._question = question
        self._common = common
        self._principal_tags = principal_tags

    def get(self, key: str) -> Value:
        """The value of a key, by its lower-case name."""
        own = self._question.keys.get(key)
        if own is not None:
            return own() if callable(own) else own
        common = self._common.get(key)
        if common is not None:
            return common
        if key == "aws:tagkeys":
            return (*self._question.request_tags, *self._question.tag_keys)
        kind, _, name = key.partition("/")
        return _tag(self._tags(kind), name) if name else None

    def _tags(self, kind: str) -> Tags:
        if kind == "aws:requesttag":
            return self._question.request_tags
        if kind == "aws:resourcetag":
            return self._question.resource_tags()
        return self._principal_tags() if kind == "aws:principaltag" else {}


def _tag(tags: Tags, key: str) -> str | None:
    """The value of a tag; condition keys have no case."""
    return next((value or "" for name, value in tags.items() if name.lower() == key), None)
