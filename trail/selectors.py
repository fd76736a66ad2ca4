"""Event selectors: which events a trail wants. Pure functions of settings in the words of the CloudTrail API.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
Selectors are ORed and the fields of one ANDed; within a field the positive operators are ORed and every negative one
must hold. Basic selectors are rewritten as advanced ones, so that there is one way to decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trail.record import Event

__all__ = ["DEFAULT", "FIELDS", "OPERATORS", "Matcher", "compile_selectors"]

Settings = Mapping[str, Sequence[Mapping[str, Any]]]
"""``{"EventSelectors": […]}`` or ``{"AdvancedEventSelectors": […]}``."""

DEFAULT: Settings = {
    "EventSelectors": [
        {
            "ReadWriteType": "All",
            "IncludeManagementEvents": True,
            "DataResources": [],
            "ExcludeManagementEventSources": [],
        }
    ]
}
"""What a new trail has, and what GetEventSelectors answers for it."""

OPERATORS = ("Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith")

_BOOLEAN = {True: "true", False: "false"}
_PLAIN: dict[str, Callable[[Event], str]] = {
    "eventCategory": lambda event: "Management" if event.management else "Data",
    "eventSource": lambda event: event.source,
    "eventName": lambda event: event.name,
    "readOnly": lambda event: _BOOLEAN[event.read_only],
    "eventType": lambda event: event.event_type,
    "errorCode": lambda event: event.error_code or "",
    "userIdentity.arn": lambda event: str(event.identity.get("arn", "")),
    "sessionCredentialFromConsole": lambda event: _BOOLEAN[event.session_credential_from_console],
    "vpcEndpointId": lambda event: str((event.more or {}).get("vpcEndpointId", "")),
}
_TYPE, _ARN = "resources.type", "resources.ARN"
_PER_RECORD = {"errorCode", "userIdentity.arn", "sessionCredentialFromConsole", "vpcEndpointId", _ARN}

FIELDS = (*_PLAIN, _TYPE, _ARN)
"""The fields that selectors may name."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What one field selector asks of a value; a value that is not there is the empty string."""

    equals: frozenset[str]
    starts: tuple[str, ...]
    ends: tuple[str, ...]
    not_equals: frozenset[str]
    not_starts: tuple[str, ...]
    not_ends: tuple[str, ...]

    def holds(self, value: str) -> bool:
        """Whether no negative operator objects and, if there are positive ones, one of them agrees."""
        if value in self.not_equals or value.startswith(self.not_starts) or value.endswith(self.not_ends):
            return False
        if self.equals or self.starts or self.ends:
            return value in self.equals or value.startswith(self.starts) or value.endswith(self.ends)
        return True


@dataclass(frozen=True, slots=True)
class _Selector:
    plain: tuple[tuple[Callable[[Event], str], Condition], ...]
    types: tuple[Condition, ...]
    arns: tuple[Condition, ...]

    def matches(self, event: Event) -> bool:
        for read, condition in self.plain:
            if not condition.holds(read(event)):
                return False
        if not (self.types or self.arns):
            return True
        return any(
            all(condition.holds(kind) for condition in self.types)
            and all(condition.holds(arn) for condition in self.arns)
            for kind, arn in _touched(event)
        )


@dataclass(frozen=True, slots=True)
class Matcher:
    """Compiled selectors. ``per_record`` tells that the decision needs more than the kind of the event."""

    selectors: tuple[_Selector, ...]
    per_record: bool

    def matches(self, event: Event) -> bool:
        """Whether any selector wants the event."""
        return any(selector.matches(event) for selector in self.selectors)


def compile_selectors(settings: Settings) -> Matcher:
    """The matcher of basic or advanced selectors; ``ValueError`` for a field or operator that does not exist."""
    advanced: Iterable[Mapping[str, Any]] = settings.get("AdvancedEventSelectors") or []
    if not advanced:
        advanced = [each for basic in settings.get("EventSelectors") or [] for each in _as_advanced(basic)]
    fields = [selector["FieldSelectors"] for selector in advanced]
    per_record = any(each["Field"] in _PER_RECORD for selector in fields for each in selector)
    return Matcher(tuple(_selector(each) for each in fields), per_record)


def _selector(fields: Sequence[Mapping[str, Any]]) -> _Selector:
    plain, types, arns = [], [], []
    for field in fields:
        name, condition = field["Field"], _condition(field)
        if name == _TYPE:
            types.append(condition)
        elif name == _ARN:
            arns.append(condition)
        elif name in _PLAIN:
            plain.append((_PLAIN[name], condition))
        else:
            raise ValueError(f"no field {name}")
    return _Selector(tuple(plain), tuple(types), tuple(arns))


def _condition(field: Mapping[str, Any]) -> Condition:
    unknown = field.keys() - {"Field", *OPERATORS}
    if unknown:
        raise ValueError(f"no operator {min(unknown)}")
    equals, starts, ends, *negative = (tuple(field.get(operator) or ()) for operator in OPERATORS)
    return Condition(frozenset(equals), starts, ends, frozenset(negative[0]), negative[1], negative[2])


def _touched(event: Event) -> Iterator[tuple[str, str]]:
    """Type and ARN of what the event touches. A failed call names no resource, only the types it asked for."""
    named = [(resource.type, resource.arn) for resource in event.resources]
    known = {kind for kind, _ in named}
    yield from named
    for kind in event.resource_types:
        if kind not in known:
            yield kind, ""


def _as_advanced(basic: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    read_only = {"ReadOnly": ["true"], "WriteOnly": ["false"]}.get(basic.get("ReadWriteType", "All"))
    common = [{"Field": "readOnly", "Equals": read_only}] if read_only else []
    if basic.get("IncludeManagementEvents", True):
        excluded = basic.get("ExcludeManagementEventSources") or []
        source = [{"Field": "eventSource", "NotEquals": excluded}] if excluded else []
        yield {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}, *source, *common]}
    for resource in basic.get("DataResources") or []:
        if resource.get("Values"):
            fields = [
                {"Field": "eventCategory", "Equals": ["Data"]},
                {"Field": _TYPE, "Equals": [resource["Type"]]},
                {"Field": _ARN, "StartsWith": resource["Values"]},
            ]
            yield {"FieldSelectors": fields + common}
