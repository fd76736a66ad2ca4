"""Discovery: https://docs.aws.amazon.com/cloud-map/latest/api/API_DiscoverInstances.html.

The most frequent call there is. A service's instances are kept in memory, each encoded once for the codec that asked,
until the service's revision or some instance's health changes; an answer is their encoded parts, joined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from emulator.cloudmap import errors, references
from emulator.cloudmap.health import HEALTH_CHANGES, HEALTH_NOW, first_change
from emulator.cloudmap.registry import NAMESPACE, SERVICE, operation
from emulator.wire import Ready

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_servicediscovery import type_defs as types

    from emulator.call import Call
    from emulator.cloudmap.references import Service
    from emulator.operations import Result

_DEFAULT = 100


class _Instance(NamedTuple):
    """One instance, with the item it is in an answer."""

    part: bytes
    health: str
    attributes: dict[str, str]


class _Instances(NamedTuple):
    """All instances of a service, and their parts alone."""

    all: list[_Instance]
    parts: list[bytes]


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


def _selected(instances: _Instances, service: Service, request: Any) -> list[bytes]:
    """The parts that match: required parameters first, then health, then optional parameters if they leave any."""
    checked = _is_checked(service)
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


def _service(call: Call, request: Any) -> Service:
    """The service of that name in the namespace of that HttpName (or ARN); both go into the record."""
    if request.get("OwnerAccount", call.account) != call.account:
        raise errors.namespace_not_found()
    known, key = call.facilities.known, (call.place.id, request["NamespaceName"], request["ServiceName"])
    service = known.named.get(key)
    if service is None or known.services.get((key[0], service.id)) is not service:
        known.make_room()
        service = known.named[key] = _found(call, *key[1:])
    call.touch(NAMESPACE, references.arn(call, f"namespace/{service.namespace}"))
    call.touch(SERVICE, references.arn(call, f"service/{service.id}"))
    return service


def _found(call: Call, namespace: str, name: str) -> Service:
    if namespace.startswith("arn:"):
        identifier = references.namespace(call, namespace).id
    else:
        row = call.row("SELECT id FROM namespace WHERE place = ? AND http_name = ?", call.place.id, namespace)
        if row is None:
            raise errors.namespace_not_found()
        identifier = row[0]
    row = call.row(
        "SELECT id FROM service WHERE place = ? AND namespace = ? AND name = ?", call.place.id, identifier, name
    )
    if row is None:
        raise errors.service_not_found()
    return references.service(call, row[0])


def _is_checked(service: Service) -> bool:
    """Whether anybody finds out how the service's instances are."""
    return service.health_check_custom_config is not None or service.health_check_config is not None


def _instances(call: Call, service: Service) -> _Instances:
    key = (call.place.id, service.id, call.codec.name)
    revision = (service.revision, service.health_revision, _is_checked(service), service.http_name)
    memory = call.facilities.memory
    kept: _Instances | None = memory.get(key, revision, call.now)
    if kept is None:
        kept, until = _read(call, service)
        memory.keep(key, revision, kept, weight=len(kept.all), until=until)
    return kept


def _read(call: Call, service: Service) -> tuple[_Instances, int | None]:
    """A service's instances, and when the health of one of them will be another, if that is known."""
    rows = call.execute(
        f"SELECT id, attributes, {HEALTH_NOW}, {HEALTH_CHANGES} FROM instance WHERE place = ? AND service = ?",
        call.now,
        call.now,
        call.place.id,
        service.id,
    ).fetchall()
    encode = call.codec.encode_item
    unchecked = not _is_checked(service)
    found = []
    for identifier, text, health, _ in rows:
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
    return _Instances(found, [instance.part for instance in found]), first_change(row[3] for row in rows)


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
