"""Assertions on what is on the record: a test asks for the calls it expects, and a failure shows all there were."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from emulator.nearest import nearest
from trail.identity import user_name
from trail.record import MEMBERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from emulator.testing import Maptrail

__all__ = ["Audit", "AuditError"]

Record = dict[str, Any]

_HEAD = ("", "eventTime", "account", "region", "who", "eventName", "outcome", "requestParameters")
_WIDEST = 60
_MOST = 50


class AuditError(AssertionError):
    """What is on the record is not what was asked for; the message shows all of it."""

    shows_the_record = True


class Audit:
    """The records of a test: of its account, where it has one of its own, else of all since the reset before it."""

    def __init__(self, maptrail: Maptrail) -> None:
        self._maptrail = maptrail

    def events(self, name: str | None = None, /, **members: Any) -> list[Record]:
        """The records of calls of this name whose members are these, in the order of the calls.

        A member that is None is null or not there; a dictionary is found in one that has more.
        """
        _check(members)
        wanted = members if name is None else {"eventName": name, **members}
        return [record for record in self._all() if not _differences(wanted, record)]

    def one(self, name: str | None = None, /, **members: Any) -> Record:
        """The only record of such a call. ``AuditError`` if there is none, or more than one."""
        __tracebackhide__ = True
        _check(members)
        wanted = members if name is None else {"eventName": name, **members}
        records = self._all()
        found = [record for record in records if not _differences(wanted, record)]
        if len(found) != 1:
            raise AuditError(_told(wanted, found, records))
        return found[0]

    def files(self) -> list[Path]:
        """The log files, everything that is pending delivered; of the test's account, where it has one of its own.

        ``RuntimeError`` if their folder is out of reach.
        """
        folder = self._maptrail.s3
        if folder is None:
            raise RuntimeError("The files of a server that runs elsewhere are read through its S3 API.")
        self._maptrail.flush()
        account = "*" if self._maptrail.alone else self._maptrail.account
        return sorted(folder.rglob(f"AWSLogs/{account}/CloudTrail/**/*.json.gz"))

    def table(self) -> str:
        """All that is on the record, a line each."""
        return _table(self._all())

    def _all(self) -> list[Record]:
        place = {} if self._maptrail.alone else {"account": self._maptrail.account}
        return list(self._maptrail.records(**place))


def _check(members: Mapping[str, Any]) -> None:
    __tracebackhide__ = True
    for name in members:
        if name not in MEMBERS:
            raise TypeError(f"A record has no member {name}" + nearest(name, MEMBERS))


def _differences(wanted: Mapping[str, Any], record: Record) -> list[str]:
    """The members that are not as wanted."""
    return [name for name, value in wanted.items() if not _holds(value, record.get(name))]


def _holds(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(_holds(value, found.get(name)) for name, value in wanted.items())
    return bool(wanted == found)


def _told(wanted: Mapping[str, Any], found: list[Record], records: list[Record]) -> str:
    """How many there are, the one that comes nearest if there is none, and all in a table."""
    asked = ", ".join(f"{name}={value!r}" for name, value in wanted.items()) or "any call"
    lines = [f"{len(found)} of {len(records)} records are as wanted, instead of one: {asked}"]
    alike = [record for record in records if record["eventName"] == wanted.get("eventName")]
    if not found and alike:
        record = min(alike, key=lambda each: len(_differences(wanted, each)))
        number = records.index(record) + 1
        lines += [f"  call {number}: {name} is {record.get(name)!r}" for name in _differences(wanted, record)]
    if not found and not alike and wanted.get("eventName") == "DiscoverInstances":
        lines.append("  The default trail does not take DiscoverInstances: see PutEventSelectors.")
    return "\n".join([*lines, "", _table(records)])


def _table(records: list[Record]) -> str:
    if not records:
        return "There are no calls on the record."
    rows = [_HEAD, *(_row(number, record) for number, record in enumerate(records, 1))]
    left_out = [f"… {len(records) - _MOST} calls before these"] if len(records) > _MOST else []
    rows = [rows[0], *rows[1:][-_MOST:]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join([*left_out, *(line.rstrip() for line in lines)])


def _row(number: int, record: Record) -> tuple[str, ...]:
    identity = record["userIdentity"]
    parameters = json.dumps(record["requestParameters"], ensure_ascii=False)
    return (
        str(number),
        record["eventTime"],
        record["recipientAccountId"],
        record["awsRegion"],
        user_name(identity) or identity["type"],
        record["eventName"],
        record.get("errorCode", "ok"),
        parameters if len(parameters) <= _WIDEST else parameters[: _WIDEST - 1] + "…",
    )
