"""Finding what a request names: an id, or an ARN wherever AWS takes one."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from emulator.cloudmap import errors

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from emulator.call import Call
    from emulator.errors import ServiceError
    from emulator.facilities import Known

__all__ = [
    "GOVCLOUD",
    "Namespace",
    "Service",
    "arn",
    "find_service",
    "namespace",
    "namespace_id",
    "resource_of",
    "service",
    "service_id",
    "write_tally",
]


GOVCLOUD = "aws-us-gov"
"""The partition where nothing of Cloud Map is public."""


@dataclass(slots=True)
class Namespace:
    """A row of ``namespace``. It is shared by all calls, as a service is; the count alone may be changed."""

    id: str
    name: str
    http_name: str
    type: str
    description: str | None
    vpc: str | None
    hosted_zone_id: str | None
    soa_ttl: int | None
    created: int
    creator_request_id: str | None
    service_count: int


@dataclass(slots=True)
class Service:
    """A row of ``service``, its configurations as JSON texts, with its tally and what it needs of its namespace.

    It is shared by all calls (:class:`emulator.facilities.Known`); the tally alone may be changed.
    """

    id: str
    namespace: str
    name: str
    type: str
    description: str | None
    dns_config: str | None
    health_check_config: str | None
    health_check_custom_config: str | None
    created: int
    creator_request_id: str | None
    created_by: str
    instance_count: int
    revision: int
    health_revision: int
    namespace_type: str
    http_name: str


_NAMESPACE = f"SELECT {', '.join(each.name for each in fields(Namespace))} FROM namespace WHERE place = ? AND id = ?"
_SERVICE = """
SELECT s.id, s.namespace, s.name, s.type, s.description, s.dns_config, s.health_check_config,
    s.health_check_custom_config, s.created, s.creator_request_id, s.created_by,
    t.instance_count, t.revision, t.health_revision, n.type, n.http_name
FROM service AS s
CROSS JOIN service_tally AS t ON t.place = s.place AND t.service = s.id
CROSS JOIN namespace AS n ON n.place = s.place AND n.id = s.namespace
WHERE s.place = ? AND s.id = ?
"""
_TALLY = """
UPDATE service_tally SET instance_count = ?, revision = ?, health_revision = ? WHERE place = ? AND service = ?
"""


def arn(call: Call, resource: str) -> str:
    """The ARN of a resource here: ``service/srv-…`` or ``namespace/ns-…``."""
    place = call.place
    return f"arn:{place.partition}:servicediscovery:{place.region}:{place.account}:{resource}"


def resource_of(call: Call, text: str) -> str | None:
    """The last part of an ARN of this account and region (``service/srv-…``), or None for any other text."""
    parts = text.split(":", 5)
    here = ["arn", call.place.partition, "servicediscovery", call.region, call.account]
    return parts[5] if parts[:5] == here and len(parts) == 6 else None


def _id_of(call: Call, reference: str, kind: str, not_found: Callable[[], ServiceError]) -> str:
    if not reference.startswith("arn:"):
        return reference
    resource = resource_of(call, reference)
    if resource is None or not resource.startswith(kind):
        raise not_found()
    return resource[len(kind) :]


def namespace_id(call: Call, reference: str) -> str:
    """The id in a namespace's id or ARN. Raises ``NamespaceNotFound`` for an ARN of elsewhere."""
    return _id_of(call, reference, "namespace/", errors.namespace_not_found)


def service_id(call: Call, reference: str) -> str:
    """The id in a service's id or ARN. Raises ``ServiceNotFound`` for an ARN of elsewhere."""
    return _id_of(call, reference, "service/", errors.service_not_found)


def namespace(call: Call, reference: str) -> Namespace:
    """The namespace of that id or ARN. Raises ``NamespaceNotFound``."""
    known, key = call.facilities.known, (call.place.id, namespace_id(call, reference))
    found = known.namespaces.get(key)
    if found is None:
        row = call.row(_NAMESPACE, *key)
        if row is None:
            raise errors.namespace_not_found()
        known.make_room()
        found = known.namespaces[key] = Namespace(*row)
    return found


def service(call: Call, reference: str) -> Service:
    """The service of that id or ARN. Raises ``ServiceNotFound``."""
    found = find_service(call.connection, call.facilities.known, call.place.id, service_id(call, reference))
    if found is None:
        raise errors.service_not_found()
    return found


def find_service(connection: sqlite3.Connection, known: Known, place: int, identifier: str) -> Service | None:
    """The service of an id in a place, if there is one."""
    found = known.services.get((place, identifier))
    if found is None:
        row = connection.execute(_SERVICE, (place, identifier)).fetchone()
        if row is None:
            return None
        known.make_room()
        found = known.services[place, identifier] = Service(*row)
    return found


def write_tally(connection: sqlite3.Connection, known: Known, place: int, service: Service) -> None:
    """Keep what was changed in a service's tally."""
    known.changed = True
    tally = (service.instance_count, service.revision, service.health_revision)
    connection.execute(_TALLY, (*tally, place, service.id))
