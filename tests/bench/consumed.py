"""What the deleting operations take away: made before each slice, for as long as the slice will last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench.room import Room, found_ids, registration
from tests.bench.wire import IDEMPOTENCY_TOKEN, TOKEN, Members

if TYPE_CHECKING:
    from collections.abc import Sequence

#: At most so many things are made, and for so long.
CALLS = 4000
SECONDS = 0.4


def instances(room: Room) -> Sequence[Members]:
    """Deregister each registered instance."""
    service = room.service(room.namespace())["Id"]
    made = room.load("RegisterInstance", registration(service), b"OperationId", CALLS, SECONDS)
    return [{"ServiceId": service, "InstanceId": f"i-{number:010d}"} for number in range(len(made.bodies))]


def services(room: Room) -> Sequence[Members]:
    """Delete each empty service."""
    members = {"Name": f"backend-{TOKEN}", "NamespaceId": room.namespace(), "CreatorRequestId": IDEMPOTENCY_TOKEN}
    made = room.load("CreateService", members, b":service/", CALLS, SECONDS)
    return [{"Id": each} for each in found_ids(made.bodies, "srv")]


def namespaces(room: Room) -> Sequence[Members]:
    """Delete each empty namespace."""
    members = {"Name": f"bench-{TOKEN}", "CreatorRequestId": IDEMPOTENCY_TOKEN}
    room.load("CreateHttpNamespace", members, b"OperationId", CALLS, SECONDS)
    return [{"Id": each} for each in room.namespaces()]
