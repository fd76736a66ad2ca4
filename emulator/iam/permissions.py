"""What an identity may do: its policies, its boundary and those of its session, together.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from emulator.iam.patterns import Keys
    from emulator.iam.statements import Statement

__all__ = ["BOUNDARY", "IDENTITY", "SESSION", "Layer", "Permissions"]

IDENTITY, BOUNDARY, SESSION = "identity-based policy", "permissions boundary", "session policy"
_ARTICLE = {IDENTITY: "an", BOUNDARY: "a", SESSION: "a"}


class _Relevant(NamedTuple):
    denies: tuple[Statement, ...]
    allows: tuple[Statement, ...]


class Layer:
    """The policies of one kind. What they say of an action is looked for once."""

    def __init__(self, kind: str, statements: Iterable[Statement]) -> None:
        self.kind = kind
        self._statements = tuple(statements)
        self._relevant: dict[str, _Relevant] = {}

    def denies(self, action: str, resource: str, keys: Keys) -> bool:
        """Whether one of them denies it."""
        return any(each.applies_to(resource, keys) for each in self._of(action).denies)

    def allows(self, action: str, resource: str, keys: Keys) -> bool:
        """Whether one of them allows it."""
        return any(each.applies_to(resource, keys) for each in self._of(action).allows)

    def _of(self, action: str) -> _Relevant:
        found = self._relevant.get(action)
        if found is None:
            named = [each for each in self._statements if each.names_action(action)]
            found = _Relevant(
                tuple(each for each in named if not each.allows), tuple(each for each in named if each.allows)
            )
            self._relevant[action] = found
        return found


class Permissions:
    """All that is asked before a call: no layer may deny it, and every layer has to allow it."""

    def __init__(self, layers: Iterable[Layer]) -> None:
        self._layers = tuple(layers)

    def refusal(self, action: str, resource: str, keys: Keys, *, granted: bool = False) -> str | None:
        """Why it is refused, in AWS's words; None if it is allowed.

        ``granted``: the resource's own policy lets the identity in, which then needs no policy for it.
        """
        for layer in self._layers:
            if layer.denies(action, resource, keys):
                return f"with an explicit deny in {_ARTICLE[layer.kind]} {layer.kind}"
        for layer in self._layers:
            if not (granted and layer.kind == IDENTITY) and not layer.allows(action, resource, keys):
                return f"because no {layer.kind} allows the {action} action"
        return None
