"""Faults: what goes wrong on purpose, by rules that whoever tests has put down.

The first rule that meets a call decides what befalls it. What is left to chance is drawn from numbers that begin anew
with each list of rules, so that the same rules and the same calls give the same faults.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emulator.fault_rules import Rule, read_rules
from emulator.ids import chance

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from emulator.call import Call
    from emulator.errors import ServiceError

__all__ = ["Fault", "Faults"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What befalls one call.

    ``error`` is answered in the operation's place. ``failure`` is the code and message that an accepted asynchronous
    operation ends in. The answer leaves ``delay`` seconds late, or, with ``drop``, never: its connection is closed.
    """

    error: ServiceError | None
    failure: tuple[str, str] | None
    delay: float
    drop: bool


class Faults:
    """The rules there are, and how often each has struck. ``rules`` is empty when there are none."""

    def __init__(self) -> None:
        self.rules: Sequence[_Armed] = ()
        self.struck = 0

    def put(self, document: Any) -> None:
        """Put these rules in the place of all. Raises ``FaultsError`` for a document that is not a list of rules."""
        rules = read_rules(document)
        self.rules = [_Armed(rule, chance(number)) for number, rule in enumerate(rules)]

    def clear(self) -> None:
        """Have no rules."""
        self.rules = ()

    def told(self) -> list[dict[str, Any]]:
        """The rules as they were put; ``times`` counts what is left."""
        return [armed.told() for armed in self.rules]

    def strike(self, call: Call) -> Fault | None:
        """What befalls this call, if anything."""
        for armed in self.rules:
            if armed.meets(call):
                self.struck += 1
                return armed.strike()
        return None


class _Armed:
    """A rule at work: how many times are left, and its own numbers of chance."""

    def __init__(self, rule: Rule, draw: Callable[[], float]) -> None:
        self._rule = rule
        self._draw = draw
        self._left = rule.times

    def meets(self, call: Call) -> bool:
        rule = self._rule
        if self._left == 0 or not _is_meant(rule, call):
            return False
        return rule.probability >= 1 or self._draw() < rule.probability

    def strike(self) -> Fault:
        rule = self._rule
        if self._left is not None:
            self._left -= 1
        delay = rule.latency_ms + (self._draw() * rule.jitter_ms if rule.jitter_ms else 0)
        return Fault(rule.service_error(), rule.failure, delay / 1000, rule.drop)

    def told(self) -> dict[str, Any]:
        return self._rule.document | ({} if self._left is None else {"times": self._left})


def _is_meant(rule: Rule, call: Call) -> bool:
    operation, caller = call.operation, call.caller
    asked = (
        (rule.service, operation.service.endpoint_prefix),
        (rule.operation, operation.name),
        (rule.region, call.region),
        (rule.account, call.account),
    )
    if any(wanted is not None and wanted != found for wanted, found in asked):
        return False
    if rule.failure is not None and not operation.asynchronous:
        return False
    identity = caller.identity
    return rule.principal is None or rule.principal in (caller.name, identity.get("arn"), identity.get("accessKeyId"))
