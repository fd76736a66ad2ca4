"""Discovery: https://docs.aws.amazon.com/cloud-map/latest/api/API_DiscoverInstances.html.

The most frequent call there is. A service's instances are kept in memory, each encoded once for the codec that asked,
until the service's revision or some instance's health changes; an answer is their encoded parts, joined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from emulator.cloudmap import errors, references
from emulator.cloudmap.health import HEALTH_NOW
from emulator.cloudmap.registry import NAMESPACE, SERVICE, operation
from emulator.wire import Ready

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_servicediscovery import type_defs as types

    from emulator.call import Call
    from emulator.operations import Result

_DEFAULT = 100
_FOREVER = 1 << 62


class _Service(NamedTuple):
    """What discovery needs to know of a service."""

    id: str
    name: str
    custom: str | None
    checked: str | None
    revision: int
    health_revision: int
    http_name: str


class _Instance(NamedTuple):
    """One instance, with the item it is in an answer."""

    part: bytes
    health: str
    attributes: dict[str, str]


class _Instances(NamedTuple):
    """All instances of a service, and their parts alone; good until some pending change of health."""

    all: list[_Instance]
    parts: list[bytes]
    until: int


@operation("DiscoverInstances", data=(NAMESPACE, SERVICE))
def discover_instances(call: Call, request: types.DiscoverInstancesRequestTypeDef) -> Result:
    """The instances of a service that match, in an order of its own each time."""
    service = _service(call, request)
    parts = _selected(_instances(call, service), service, request)
    size = request.get("MaxResults", _DEFAULT)
    if len(parts) > size:
        parts = call.ids.sample(parts, size)
    else:
        call.ids.shuffle(parts)
    return {"Instances": Ready(parts), "InstancesRevision": service.revision}


@operation("DiscoverInstancesRevision", data=(NAMESPACE, SERVICE))
def discover_instances_revision(call: Call, request: types.DiscoverInstancesRevisionRequestTypeDef) -> Result:
    """The number that grows whenever a service's instances change."""
    return {"InstancesRevision": _service(call, request).revision}


def _selected(instances: _Instances, service: _Service, request: Any) -> list[bytes]:
    """The parts that match: required parameters first, then health, then optional parameters if they leave any."""
    checked = service.custom is not None or service.checked is not None
    if not checked and "QueryParameters" not in request and "OptionalParameters" not in request:
        return instances.parts.copy()
    found = instances.all
    if "QueryParameters" in request:
        found = _matching(found, request["QueryParameters"])
    if checked:
        found = _of_health(found, request.get("HealthStatus", "HEALTHY"))
    if "OptionalParameters" in request:
        found = _matching(found, request["OptionalParameters"]) or found
    return [instance.part for instance in found]


def _service(call: Call, request: Any) -> _Service:
    """The service of that name in the namespace of that HttpName (or ARN); both go into the record."""
    namespace = _namespace(call, request)
    call.touch(NAMESPACE, references.arn(call, f"namespace/{namespace[0]}"))
    row = call.row(
        "SELECT id, name, health_check_custom_config, health_check_config, revision, health_revision FROM service"
        " WHERE place = ? AND namespace = ? AND name = ?",
        call.place.id,
        namespace[0],
        request["ServiceName"],
    )
    if row is None:
        raise errors.service_not_found()
    call.touch(SERVICE, references.arn(call, f"service/{row[0]}"))
    return _Service._make((*row, namespace[1]))


def _namespace(call: Call, request: Any) -> tuple[str, str]:
    name = request["NamespaceName"]
    if request.get("OwnerAccount", call.account) != call.account:
        raise errors.namespace_not_found()
    if name.startswith("arn:"):
        namespace = references.namespace(call, name)
        return namespace.id, namespace.http_name
    row = call.row("SELECT id FROM namespace WHERE place = ? AND http_name = ?", call.place.id, name)
    if row is None:
        raise errors.namespace_not_found()
    return row[0], name


def _instances(call: Call, service: _Service) -> _Instances:
    key = (call.place.id, service.id, call.codec.name)
    revision = (service.revision, service.health_revision, service.custom, service.checked, service.http_name)
    memory = call.facilities.memory
    kept: _Instances | None = memory.get(key, revision)
    if kept is None or kept.until <= call.now:
        kept = _read(call, service)
        memory.keep(key, revision, kept, len(kept.all))
    return kept


def _read(call: Call, service: _Service) -> _Instances:
    rows = call.execute(
        f"SELECT id, attributes, {HEALTH_NOW}, CASE WHEN health_due > ? THEN health_due END FROM instance"
        " WHERE place = ? AND service = ?",
        call.now,
        call.now,
        call.place.id,
        service.id,
    )
    encode = call.codec.encode_item
    unchecked = service.custom is None and service.checked is None
    found, until = [], _FOREVER
    for identifier, text, health, due in rows:
        attributes = orjson.loads(text)
        status = "UNKNOWN" if unchecked else health
        item = {
            "InstanceId": identifier,
            "NamespaceName": service.http_name,
            "ServiceName": service.name,
            "HealthStatus": status,
            "Attributes": attributes,
        }
        found.append(_Instance(encode(item), status, attributes))
        until = min(until, due or _FOREVER)
    return _Instances(found, [instance.part for instance in found], until)


def _matching(instances: list[_Instance], parameters: Mapping[str, str]) -> list[_Instance]:
    wanted = parameters.items()
    return [instance for instance in instances if wanted <= instance.attributes.items()]


def _of_health(instances: list[_Instance], wanted: str) -> list[_Instance]:
    """Those of the wanted health; ``HEALTHY_OR_ELSE_ALL`` fails open when none is healthy."""
    if wanted == "ALL":
        return instances
    status = "HEALTHY" if wanted == "HEALTHY_OR_ELSE_ALL" else wanted
    found = [instance for instance in instances if instance.health == status]
    return instances if wanted == "HEALTHY_OR_ELSE_ALL" and not found else found
