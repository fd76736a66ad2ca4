"""Pages of a list: ``MaxResults`` items, and a token that names the last of them.

A page is always full while there is more: AWS filters after it has read a page, so that pages may be short, but clients
that read one page only would break on that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from emulator.cloudmap import errors
from emulator.paging import ForgedTokenError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from emulator.call import Call
    from emulator.cloudmap.references import Service
    from emulator.operations import Result

    Read = Callable[[Call, Service, Any], tuple[Result, int, int | None]]

__all__ = ["Page", "page", "remembered"]

_DEFAULT = 100


@dataclass(slots=True)
class Page:
    """The rows of a page; ``next`` holds ``NextToken`` unless it is the last."""

    rows: list[Any]
    next: dict[str, str] = field(default_factory=dict)


def page(
    call: Call, request: Mapping[str, Any], sql: str, values: Sequence[Any], *, key: str, descending: bool = False
) -> Page:
    """Read a page of ``sql`` (ending in its WHERE clause), ordered by the unique column ``key``, its first column.

    Raises ``InvalidInput`` for a token that was not given out for this list.
    """
    size = request.get("MaxResults", _DEFAULT)
    parameters = {name: value for name, value in request.items() if name not in ("MaxResults", "NextToken")}
    scope = [call.operation.name, call.place.id, parameters]
    token = request.get("NextToken")
    if token is not None:
        try:
            last = call.facilities.tokens.read(scope, token)
        except ForgedTokenError:
            raise errors.invalid_input("The NextToken is not one that was returned for this request.") from None
        sql += f" AND {key} {'<' if descending else '>'} ?"
        values = [*values, last]
    sql += f" ORDER BY {key} {'DESC' if descending else 'ASC'} LIMIT ?"
    rows = call.connection.execute(sql, [*values, size + 1]).fetchall()
    if len(rows) <= size:
        return Page(rows)
    del rows[size:]
    return Page(rows, {"NextToken": call.facilities.tokens.make(scope, rows[-1][0])})


def remembered(call: Call, service: Service, request: Mapping[str, Any], read: Read) -> Result:
    """The answer to a question about a service's instances, read once while nothing of them changes.

    ``read(call, service, request)`` tells the answer, the number of instances in it, and from when on (milliseconds)
    it will be another, if that is known.
    """
    memory, asked = call.facilities.memory, orjson.dumps(request).decode()
    key = (call.operation.name, call.place.id, call.codec.name, asked)
    revision = (service.id, service.revision, service.health_revision)
    answer: Result | None = memory.get(key, revision, call.now)
    if answer is None:
        answer, weight, until = read(call, service, request)
        memory.keep(key, revision, answer, weight=weight, until=until)
    return answer
