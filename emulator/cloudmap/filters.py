"""Filters of the List operations, as SQL: which names there are, under which conditions, on which column."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from emulator.call import Call
from emulator.cloudmap import errors, references

__all__ = [
    "NAMESPACE_FILTERS",
    "OPERATION_FILTERS",
    "SERVICE_FILTERS",
    "SINCE",
    "STATUS",
    "TYPE_OF_ACTION",
    "Filter",
    "Where",
    "where",
]

_MOST_FILTERS = 100
_ALL_TIME = 1 << 62

Values = list[str]
ToSql = Callable[[Call, str, Values], "Where"]


@dataclass(slots=True)
class Where:
    """The end of a WHERE clause, each part beginning with `` AND``, and its values.

    ``resource`` is the namespace or service that everything found has to do with, if there is such a one.
    """

    sql: str = ""
    values: list[Any] = field(default_factory=list)
    resource: str | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter name: the conditions it takes, the values it may have (any, if none are named), its SQL."""

    conditions: tuple[str, ...]
    sql: ToSql
    enum: tuple[str, ...] = ()


def where(call: Call, known: Mapping[str, Filter], filters: Sequence[Any] | None) -> Where:
    """All filters together: several are ANDed. Raises ``InvalidInput`` for a condition or value a filter lacks."""
    whole = Where()
    if filters and len(filters) > _MOST_FILTERS:
        raise errors.invalid_input(f"A request can have at most {_MOST_FILTERS} filters.")
    for each in filters or ():
        name, condition = each["Name"], each.get("Condition", "EQ")
        values = list(dict.fromkeys(each["Values"])) if condition == "IN" else each["Values"]
        part = _checked(name, known[name], condition, values).sql(call, condition, values)
        whole.sql += part.sql
        whole.values += part.values
        whole.resource = part.resource or whole.resource
    return whole


def _checked(name: str, kind: Filter, condition: str, values: Values) -> Filter:
    if condition not in kind.conditions:
        raise errors.invalid_input(f"Condition {condition} is not supported for filter {name}.")
    if not values:
        raise errors.invalid_input(f"Filter {name} requires at least one value.")
    if condition in ("EQ", "BEGINS_WITH") and len(values) != 1:
        raise errors.invalid_input(f"Condition {condition} of filter {name} takes exactly one value.")
    if condition == "BETWEEN" and len(values) != 2:
        raise errors.invalid_input(f"Condition BETWEEN of filter {name} takes exactly two values.")
    for value in values if kind.enum and condition != "BEGINS_WITH" else ():
        if value not in kind.enum:
            raise errors.invalid_input(f"Value {value} is not valid for filter {name}: [{', '.join(kind.enum)}].")
    return kind


def _column(column: str) -> ToSql:
    def sql(_call: Call, condition: str, values: Values) -> Where:
        if condition == "BEGINS_WITH":
            return Where(f" AND {column} >= ? AND {column} < ?", [values[0], values[0] + chr(0x10FFFF)])
        return Where(f" AND {column} IN ({', '.join('?' * len(values))})", list(values))

    return sql


def _owner(_call: Call, _condition: str, values: Values) -> Where:
    """Everything here is the account's own: nothing is shared to it."""
    return Where() if values[0] == "SELF" else Where(" AND 0")


def _namespace(call: Call, _condition: str, values: Values) -> Where:
    identifier = values[0]
    if identifier.startswith("arn:"):
        resource = references.resource_of(call, identifier) or ""
        identifier = resource.removeprefix("namespace/")
    return Where(" AND namespace = ?", [identifier], identifier)


def _service(_call: Call, _condition: str, values: Values) -> Where:
    return Where(" AND service = ?", values, values[0])


_OPERATION_TYPES = {
    "CREATE_NAMESPACE": ("CreateHttpNamespace", "CreatePrivateDnsNamespace", "CreatePublicDnsNamespace"),
    "DELETE_NAMESPACE": ("DeleteNamespace",),
    "UPDATE_NAMESPACE": ("UpdateHttpNamespace", "UpdatePrivateDnsNamespace", "UpdatePublicDnsNamespace"),
    "UPDATE_SERVICE": ("UpdateService",),
    "REGISTER_INSTANCE": ("RegisterInstance",),
    "DEREGISTER_INSTANCE": ("DeregisterInstance",),
}
TYPE_OF_ACTION = {action: kind for kind, actions in _OPERATION_TYPES.items() for action in actions}

_HALFWAY = "(created + completes) / 2"
STATUS = (
    f"CASE WHEN running AND ? < {_HALFWAY} THEN 'SUBMITTED' WHEN running THEN 'PENDING'"
    " WHEN error_code IS NULL THEN 'SUCCESS' ELSE 'FAIL' END"
)
"""An operation's status in SQL; its one parameter is now. Halfway it turns from SUBMITTED to PENDING."""
SINCE = f"CASE WHEN NOT running THEN completes WHEN ? < {_HALFWAY} THEN created ELSE {_HALFWAY} END"
"""Since when an operation has its status, in SQL; its one parameter is now."""


def _type(_call: Call, _condition: str, values: Values) -> Where:
    actions = [action for value in values for action in _OPERATION_TYPES[value]]
    return Where(f" AND action IN ({', '.join('?' * len(actions))})", list(actions))


def _status(call: Call, _condition: str, values: Values) -> Where:
    return Where(f" AND {STATUS} IN ({', '.join('?' * len(values))})", [call.now, *values])


def _update_date(call: Call, _condition: str, values: Values) -> Where:
    try:
        start, end = (max(-_ALL_TIME, min(round(float(value) * 1000), _ALL_TIME)) for value in values)
    except (ValueError, OverflowError):
        raise errors.invalid_input("Values of filter UPDATE_DATE must be dates in Unix time, in seconds.") from None
    if start > end:
        raise errors.invalid_input("The start date of filter UPDATE_DATE must not be after its end date.")
    return Where(f" AND {SINCE} BETWEEN ? AND ?", [call.now, start, end])


_OWNER = Filter(("EQ",), _owner, ("SELF", "OTHER_ACCOUNTS"))

NAMESPACE_FILTERS = {
    "TYPE": Filter(("EQ", "BEGINS_WITH"), _column("type"), ("DNS_PUBLIC", "DNS_PRIVATE", "HTTP")),
    "NAME": Filter(("EQ", "BEGINS_WITH"), _column("name")),
    "HTTP_NAME": Filter(("EQ", "BEGINS_WITH"), _column("http_name")),
    "RESOURCE_OWNER": _OWNER,
}
SERVICE_FILTERS = {
    "NAMESPACE_ID": Filter(("EQ",), _namespace),
    "RESOURCE_OWNER": _OWNER,
}
OPERATION_FILTERS = {
    "NAMESPACE_ID": Filter(("EQ",), _namespace),
    "SERVICE_ID": Filter(("EQ",), _service),
    "STATUS": Filter(("EQ", "IN"), _status, ("SUBMITTED", "PENDING", "SUCCESS", "FAIL")),
    "TYPE": Filter(("EQ", "IN"), _type, tuple(_OPERATION_TYPES)),
    "UPDATE_DATE": Filter(("BETWEEN",), _update_date),
}
