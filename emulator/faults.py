"""Faults: what goes wrong on purpose, by rules that a test or its author sets.

The first rule that meets a call decides what befalls it. What is left to chance depends on nothing but the seed, the
rule's place in the list, the caller, the operation, and how often this caller has called it: whoever repeats their
calls meets the same faults again, whatever others do meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emulator.fault_rules import FaultsError, Rule, read_rules
from emulator.ids import chance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emulator.call import Call
    from emulator.errors import ServiceError

__all__ = ["CHAOS", "Fault", "Faults"]

CHAOS: list[dict[str, Any]] = [
    {"probability": 0.03, "throttle": True},
    {"probability": 0.01, "error": {"code": "InternalFailure"}},
    {"probability": 0.01, "error": {"code": "ServiceUnavailable"}},
    {"probability": 0.02, "drop": True},
    {"probability": 0.03, "operation_failure": {"ErrorCode": "INTERNAL_FAILURE", "ErrorMessage": "Internal failure."}},
    {"probability": 0.2, "latency_ms": 20, "jitter_ms": 280},
]
"""The rules of ``--chaos``: of 100 calls 7 fail or lose their answer, 18 come late; of 100 operations 3 fail."""


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

    @property
    def effects(self) -> str:
        """What it does, in a word, or several with ``+`` between."""
        told = (("error", self.error), ("operation_failure", self.failure), ("late", self.delay), ("drop", self.drop))
        return "+".join(name for name, there in told if there)


class Faults:
    """The rules there are, and how often one has struck. ``rules`` is empty when there are none.

    ``seed`` is what chance is drawn from; with ``chaos`` :meth:`reset` puts down the rules of :data:`CHAOS`.
    """

    def __init__(self, seed: int = 0, *, chaos: bool = False) -> None:
        self.rules: Sequence[_Armed] = ()
        self.seed = seed
        self.struck = 0
        self._usual_seed = seed
        self._preset = CHAOS if chaos else []
        self._calls: dict[tuple[str, ...], int] = {}

    def put(self, document: Any, seed: int | None = None, account: str | None = None) -> None:
        """Put these rules in the place of all; calls are counted anew, chance is drawn from the usual seed or this one.

        With an account: in the place of those of that account. They come before the others, which stay as they are.
        Raises ``FaultsError`` for a document that is not a list of such rules; then nothing has changed.
        """
        rules = read_rules(document)
        if account is None:
            others, self.seed = [], self._usual_seed if seed is None else seed
        else:
            _check_account(account, rules, seed)
            others = [armed for armed in self.rules if armed.account != account]
        self.rules = [*(_Armed(rule, number) for number, rule in enumerate(rules)), *others]
        self._calls = {who: count for who, count in self._calls.items() if account not in (None, who[0])}

    def reset(self) -> None:
        """Have the rules that there are at the start: none, or those of ``--chaos``."""
        self.put(self._preset)

    def told(self, account: str | None = None) -> list[dict[str, Any]]:
        """The rules as they were put, all or those of an account; ``times`` counts what is left."""
        return [armed.told() for armed in self.rules if account in (None, armed.account)]

    def strike(self, call: Call) -> Fault | None:
        """What befalls this call, if anything."""
        who = (call.account, call.region, call.caller.name, call.operation.name)
        self._calls[who] = count = self._calls.get(who, 0) + 1
        draw = (self.seed, count, *who)
        for armed in self.rules:
            if armed.meets(call, draw):
                self.struck += 1
                return armed.strike(call, draw)
        return None


def _check_account(account: str, rules: list[Rule], seed: int | None) -> None:
    if seed is not None:
        raise FaultsError("The seed is that of all rules: leave out seed, or account.")
    for number, rule in enumerate(rules):
        if rule.account != account:
            raise FaultsError(f"rules[{number}] is not of the account {account}: give it that account.")


class _Armed:
    """A rule at work: its place in the list, how often it has struck and how many times are left."""

    def __init__(self, rule: Rule, number: int) -> None:
        self._rule = rule
        self._number = number
        self._left = rule.times
        self.struck = 0

    @property
    def account(self) -> str | None:
        return self._rule.account

    def meets(self, call: Call, draw: tuple[object, ...]) -> bool:
        rule = self._rule
        if self._left == 0 or not _is_meant(rule, call):
            return False
        return rule.probability >= 1 or chance("meets", rule.account, self._number, *draw) < rule.probability

    def strike(self, call: Call, draw: tuple[object, ...]) -> Fault:
        rule = self._rule
        self.struck += 1
        if self._left is not None:
            self._left -= 1
        jitter = chance("jitter", rule.account, self._number, *draw) * rule.jitter_ms if rule.jitter_ms else 0
        return Fault(rule.service_error(call.operation), rule.failure, (rule.latency_ms + jitter) / 1000, rule.drop)

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
