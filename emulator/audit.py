"""Assertions on what is on the record: a test asks for the calls it expects, and a failure shows all there were."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from emulator.nearest import nearest
from trail.identity import caller_name
from trail.record import MEMBERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from emulator.testing import Maptrail

__all__ = ["Audit", "AuditError"]

Record = dict[str, Any]

_HEAD = ("", "eventTime", "account", "region", "who", "eventName", "outcome", "requestParameters")
_OFTEN_ALIKE = ("account", "region", "who")
_INDENT = 8  # of what pytest shows of an error
_PARAMETERS = range(16, 100)
_NARROW = 24
_MOST = 50
_MADE_UP = "creatorRequestId"  # by SDKs, for callers that give none


class AuditError(AssertionError):
    """What is on the record is not what was asked for; the message shows all of it."""

    shows_the_record = True


class Audit:
    """The records of a test: of its account, where it has one of its own, else of all since the reset before it."""

    def __init__(self, maptrail: Maptrail, new_folder: Callable[[], Path]) -> None:
        self._maptrail = maptrail
        self._new_folder = new_folder

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

        Those of a server that runs elsewhere are fetched into a folder of the test.
        """
        self._maptrail.flush()
        account = "*" if self._maptrail.alone else self._maptrail.account
        folder = self._maptrail.s3
        if folder is None:
            return sorted(self._maptrail.download(self._new_folder(), f"AWSLogs/{account}/CloudTrail/"))
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


def _differences(wanted: Mapping[str, Any], record: Record, above: str = "") -> list[str]:
    """The members that are not as wanted, down to the innermost, a sentence each."""
    told: list[str] = []
    for name, value in wanted.items():
        found = record.get(name)
        if isinstance(value, dict) and isinstance(found, dict):
            told += _differences(value, found, f"{above}{name}.")
        elif value != found:
            told.append(f"{above}{name} is {_short(repr(found), _PARAMETERS.stop)}, not {value!r}")
    return told


def _told(wanted: Mapping[str, Any], found: list[Record], records: list[Record]) -> str:
    """How many there are, the one that comes nearest if there is none, and all in a table."""
    name = wanted.get("eventName")
    many = f"{len(found)} {name or 'calls'}" if found else f"no {name or 'call'}"
    lines = [f"{many} as wanted, instead of one, among {len(records)} on the record"]
    lines += [f"  wanted: {member}={value!r}" for member, value in wanted.items() if member != "eventName"]
    alike = [record for record in records if record["eventName"] == name]
    if not found and alike:
        nearest_one = min(alike, key=lambda each: len(_differences(wanted, each)))
        number = records.index(nearest_one) + 1
        lines += [f"  call {number}: {difference}" for difference in _differences(wanted, nearest_one)]
    elif not found and name == "DiscoverInstances":
        lines.append("  The default trail does not take DiscoverInstances: see PutEventSelectors.")
    elif not found and name:
        lines[0] += nearest(name, {record["eventName"] for record in records}).removesuffix(".")
    return "\n".join([*lines, "", _table(records)])


def _table(records: list[Record]) -> str:
    """A line a call, as wide as the terminal; what is the same in all of them is said once, above."""
    if not records:
        return "There are no calls on the record."
    shown = list(enumerate(records, 1))[-_MOST:]
    columns = dict(zip(_HEAD, map(list, zip(*(_row(*each) for each in shown), strict=True)), strict=True))
    same = [f"{name} {columns.pop(name)[0]}" for name in _OFTEN_ALIKE if len(set(columns[name])) == 1]
    if len({time[:10] for time in columns["eventTime"]}) == 1:
        same.insert(0, columns["eventTime"][0][:10])
        columns["eventTime"] = [time[11:] for time in columns["eventTime"]]
    widths = {name: max(map(len, (name, *cells))) + 2 for name, cells in columns.items()}
    room = shutil.get_terminal_size().columns - _INDENT - sum([*widths.values()][:-1])
    if room < _NARROW and len(columns["eventTime"][0]) < len("yyyy-mm-dd"):
        del columns["eventTime"]
        room += widths.pop("eventTime")
    room = min(max(room, _PARAMETERS.start), _PARAMETERS.stop)
    columns[_HEAD[-1]] = [_short(each, room) for each in columns[_HEAD[-1]]]
    rows = zip(*([name, *cells] for name, cells in columns.items()), strict=True)
    lines = ["".join(map(str.ljust, row, widths.values())).rstrip() for row in rows]
    left_out = [f"{len(records) - len(shown)} calls before these are left out"] if len(records) > len(shown) else []
    return "\n".join([*left_out, *([f"All of them: {', '.join(same)}"] if same else []), *lines])


def _row(number: int, record: Record) -> tuple[str, ...]:
    identity = record["userIdentity"]
    given = {name: value for name, value in (record["requestParameters"] or {}).items() if name != _MADE_UP}
    return (
        str(number),
        record["eventTime"],
        record["recipientAccountId"],
        record["awsRegion"],
        caller_name(identity),
        record["eventName"],
        record.get("errorCode", "ok"),
        " ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in given.items()),
    )


def _short(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"
