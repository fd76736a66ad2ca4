"""What a request is to the gateway, and what a call is to an operation: plain values, nothing of Flask or sockets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trail.record import Resource

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from emulator.access_log import Entry
    from emulator.caller import Caller
    from emulator.facilities import Facilities
    from emulator.faults import Fault
    from emulator.ids import Ids
    from emulator.operations import Operation
    from emulator.wire import Codec
    from trail.place import Place

__all__ = ["Call", "Request", "Response"]


@dataclass(slots=True)
class Request:
    """An HTTP request, read whole. ``headers`` finds a value by its lower-case name."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    remote: str


@dataclass(slots=True)
class Response:
    """An HTTP answer; ``entry`` is its line in the log, written once the call is committed.

    ``fault`` is what befalls it on its way to the caller.
    """

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    entry: Entry | None = None
    fault: Fault | None = None


@dataclass(slots=True)
class Call:
    """One call of an operation: who, where, when, and everything it may use.

    An operation reads no clock, draws no randomness and opens no transaction: ``now`` (milliseconds), ``ids`` and the
    open transaction's ``connection`` come with the call. What it touches on a data event it adds to ``resources``.
    ``parameters`` takes the place of the request on the record, ``told`` that of the answer; ``additional`` is what the
    service adds. ``shared`` is who gets a copy of the record, and whom that names. ``fault`` is what befalls it.
    """

    operation: Operation
    codec: Codec
    caller: Caller
    place: Place
    now: int
    ids: Ids
    connection: sqlite3.Connection
    facilities: Facilities
    request_id: str
    resources: list[Resource] = field(default_factory=list)
    parameters: Mapping[str, Any] | None = None
    told: Mapping[str, Any] | None = None
    additional: Mapping[str, Any] | None = None
    shared: tuple[str, Mapping[str, Any]] | None = None
    fault: Fault | None = None

    @property
    def account(self) -> str:
        """The account the call is made in."""
        return self.place.account

    @property
    def region(self) -> str:
        """The region the call is made in."""
        return self.place.region

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        """Run a statement in the call's transaction."""
        return self.connection.execute(sql, parameters)

    def row(self, sql: str, *parameters: Any) -> Any:
        """The first row of a query, or None."""
        return self.connection.execute(sql, parameters).fetchone()

    def touch(self, resource_type: str, arn: str, account: str | None = None) -> None:
        """Name a resource in the record: one of the caller's account unless another is said."""
        self.resources.append(Resource(account or self.place.account, resource_type, arn))

    def share(self, account: str, identity: Mapping[str, Any]) -> None:
        """Have a copy of the record of this call, if it succeeds, in an account, with this ``userIdentity``.

        In the account of the call itself the one record stands for both.
        """
        self.shared = (account, identity)
