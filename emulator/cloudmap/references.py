"""Finding what a request names: an id, or an ARN wherever AWS takes one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from emulator.cloudmap import errors

if TYPE_CHECKING:
    from emulator.call import Call
    from emulator.errors import ServiceError

__all__ = ["Namespace", "Service", "arn", "namespace", "namespace_id", "resource_of", "service", "service_id"]


class Namespace(NamedTuple):
    """A row of ``namespace``."""

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
    instance_count: int


class Service(NamedTuple):
    """A row of ``service``, its configurations as JSON texts."""

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


NAMESPACE_COLUMNS = ", ".join(Namespace._fields)
SERVICE_COLUMNS = ", ".join(Service._fields)
_NAMESPACE = f"SELECT {NAMESPACE_COLUMNS} FROM namespace WHERE place = ? AND id = ?"
_SERVICE = f"SELECT {SERVICE_COLUMNS} FROM service WHERE place = ? AND id = ?"


def arn(call: Call, resource: str) -> str:
    """The ARN of a resource here: ``service/srv-…`` or ``namespace/ns-…``."""
    place = call.place
    return f"arn:{place.partition}:servicediscovery:{place.region}:{place.account}:{resource}"


def resource_of(call: Call, text: str) -> str | None:
    """The last part of an ARN of this account and region (``service/srv-…``), or None for any other text."""
    parts = text.split(":", 5)
    here = ["arn", call.place.partition, "servicediscovery", call.region, call.account]
    return parts[5] if parts[:5] == here and len(parts) == 6 else None


def _id_of(call: Call, reference: str, kind: str, not_found: ServiceError) -> str:
    if not reference.startswith("arn:"):
        return reference
    resource = resource_of(call, reference)
    if resource is None or not resource.startswith(kind):
        raise not_found
    return resource[len(kind) :]


def namespace_id(call: Call, reference: str) -> str:
    """The id in a namespace's id or ARN. Raises ``NamespaceNotFound`` for an ARN of elsewhere."""
    return _id_of(call, reference, "namespace/", errors.namespace_not_found())


def service_id(call: Call, reference: str) -> str:
    """The id in a service's id or ARN. Raises ``ServiceNotFound`` for an ARN of elsewhere."""
    return _id_of(call, reference, "service/", errors.service_not_found())


def namespace(call: Call, reference: str) -> Namespace:
    """The namespace of that id or ARN. Raises ``NamespaceNotFound``."""
    row = call.row(_NAMESPACE, call.place.id, namespace_id(call, reference))
    if row is None:
        raise errors.namespace_not_found()
    return Namespace._make(row)


def service(call: Call, reference: str) -> Service:
    """The service of that id or ARN. Raises ``ServiceNotFound``."""
    row = call.row(_SERVICE, call.place.id, service_id(call, reference))
    if row is None:
        raise errors.service_not_found()
    return Service._make(row)
