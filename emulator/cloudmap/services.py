"""Services: https://docs.aws.amazon.com/cloud-map/latest/dg/working-with-services.html."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import orjson

from emulator.cloudmap import errors, references, tags
from emulator.cloudmap.filters import SERVICE_FILTERS, where
from emulator.cloudmap.pages import page
from emulator.cloudmap.references import Namespace, Service
from emulator.cloudmap.registry import operation
from emulator.cloudmap.service_rules import (
    check_configuration,
    check_health_check,
    check_update,
    name_key,
    record_types,
    service_type,
)
from emulator.cloudmap.submission import Moment, Target, effect, namespace_target, running_action, submit

if TYPE_CHECKING:
    from mypy_boto3_servicediscovery import type_defs as types

    from emulator.call import Call
    from emulator.operations import Result

_OF_NAME = "SELECT id, request FROM service WHERE place = ? AND namespace = ? AND name = ?"
_OF_KEY = "SELECT id, request FROM service WHERE place = ? AND namespace = ? AND name_key = ?"
_INSERT = """
INSERT INTO service
    (place, id, namespace, name, name_key, type, description, dns_config, health_check_config,
    health_check_custom_config, created, creator_request_id, created_by, request)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_INSERT_TALLY = "INSERT INTO service_tally VALUES (?, ?, ?, ?, ?)"
_COUNT = "UPDATE namespace SET service_count = ? WHERE place = ? AND id = ?"
_SERVICE_LOCK = "service/"
_CUSTOM_HEALTH = {"FailureThreshold": 1}


@operation("CreateService")
def create_service(call: Call, request: types.CreateServiceRequestTypeDef) -> Result:
    """Create a service at once; the same request made again answers with the service it made."""
    namespace = _namespace_of(call, request)
    check_configuration(request, namespace.name, namespace.type)
    kind = service_type(request, namespace.type)
    name, key = request["Name"], name_key(request["Name"], kind)
    there = call.row(_OF_NAME, call.place.id, namespace.id, name)
    if there is None and key is not None:
        there = call.row(_OF_KEY, call.place.id, namespace.id, key)
    asked = blake2b(orjson.dumps(request, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()
    if there is not None:
        service = references.service(call, there[0])
        if there[1] != asked or service.creator_request_id is None:
            arn = references.arn(call, f"service/{service.id}")
            raise errors.service_already_exists(service.id, arn, service.creator_request_id)
        return {"Service": described(call, service)}
    service = _new(call, request, namespace, kind)
    _insert(call, service, asked)
    _count(call, namespace, 1)
    resource = f"service/{service.id}"
    new_tags = tags.checked(call, request.get("Tags", ()), resource=references.arn(call, resource))
    tags.put(call.connection, call.place.id, resource, new_tags)
    return {"Service": described(call, service)}


@operation("GetService")
def get_service(call: Call, request: types.GetServiceRequestTypeDef) -> Result:
    """Describe one service."""
    return {"Service": described(call, references.service(call, request["Id"]))}


@operation("ListServices")
def list_services(call: Call, request: types.ListServicesRequestTypeDef) -> Result:
    """The services of this account and region, or of one namespace, a page at a time."""
    condition = where(call, SERVICE_FILTERS, request.get("Filters"))
    sql = f"SELECT id FROM service WHERE place = ?{condition.sql}"
    found = page(call, request, sql, [call.place.id, *condition.values], key="id")
    return {"Services": [_common(call, references.service(call, row[0])) for row in found.rows], **found.next}


@operation("UpdateService")
def update_service(call: Call, request: types.UpdateServiceRequestTypeDef) -> Result:
    """Replace a service's TTLs, health check and description; what the request leaves out is removed."""
    service = references.service(call, request["Id"])
    change = request["Service"]
    if service.namespace_type == "HTTP":
        raise errors.invalid_input("A service in a namespace that has a type of HTTP can't be updated.")
    records = record_types(_loaded(service.dns_config))
    check_update(records, change, _loaded(service.health_check_config))
    if "HealthCheckConfig" in change:
        if service.health_check_custom_config is not None:
            raise errors.invalid_input("A service with a HealthCheckCustomConfig can't have a HealthCheckConfig.")
        check_health_check(change["HealthCheckConfig"], records, service.namespace_type)
    arguments = {
        "id": service.id,
        "description": change.get("Description"),
        "dns_config": _changed_records(service, change),
        "health_check_config": _health_check(change),
    }
    target = Target(_SERVICE_LOCK + service.id, service.namespace, service.id)
    return {"OperationId": submit(call, target, arguments)}


@operation("DeleteService")
def delete_service(call: Call, request: types.DeleteServiceRequestTypeDef) -> Result:
    """Delete a service that has no instances, with its attributes and tags."""
    service = references.service(call, request["Id"])
    if service.instance_count or _registrations_running(call, service):
        raise errors.service_in_use()
    key = (call.place.id, service.id)
    call.execute("DELETE FROM service WHERE place = ? AND id = ?", *key)
    call.execute("DELETE FROM service_tally WHERE place = ? AND service = ?", *key)
    call.execute("DELETE FROM service_attribute WHERE place = ? AND service = ?", *key)
    _count(call, references.namespace(call, service.namespace), -1)
    known = call.facilities.known
    known.drop(known.services, *key)
    tags.clear(call.connection, call.place.id, f"service/{service.id}")
    return {}


@effect("UpdateService")
def _updated(moment: Moment, arguments: dict[str, Any]) -> None:
    moment.connection.execute(
        "UPDATE service SET description = coalesce(:description, description), dns_config = :dns_config,"
        " health_check_config = :health_check_config WHERE place = :place AND id = :id",
        {**arguments, "place": moment.place},
    )
    known = moment.facilities.known
    known.drop(known.services, moment.place, arguments["id"])


def described(call: Call, service: Service) -> dict[str, Any]:
    """A service as GetService and CreateService answer it."""
    whole = _common(call, service) | {"NamespaceId": service.namespace}
    if service.dns_config is not None:
        whole["DnsConfig"] = {"NamespaceId": service.namespace, **orjson.loads(service.dns_config)}
    if service.creator_request_id is not None:
        whole["CreatorRequestId"] = service.creator_request_id
    return whole


def _common(call: Call, service: Service) -> dict[str, Any]:
    common: dict[str, Any] = {
        "Id": service.id,
        "Arn": references.arn(call, f"service/{service.id}"),
        "ResourceOwner": call.account,
        "Name": service.name,
        "InstanceCount": service.instance_count,
        "DnsConfig": _loaded(service.dns_config) or {},
        "Type": service.type,
        "CreateDate": service.created,
        "CreatedByAccount": service.created_by,
    }
    if service.description is not None:
        common["Description"] = service.description
    if service.health_check_config is not None:
        common["HealthCheckConfig"] = orjson.loads(service.health_check_config)
    if service.health_check_custom_config is not None:
        common["HealthCheckCustomConfig"] = orjson.loads(service.health_check_custom_config)
    return common


def _namespace_of(call: Call, request: Any) -> Namespace:
    """The namespace a service is to be in, named at the top or, as older clients do, inside ``DnsConfig``."""
    outer = request.get("NamespaceId")
    inner = request.get("DnsConfig", {}).get("NamespaceId")
    reference = outer or inner
    if not reference:
        raise errors.invalid_input("A NamespaceId must be specified.")
    if outer and inner and references.namespace_id(call, outer) != references.namespace_id(call, inner):
        raise errors.invalid_input(
            "The NamespaceId of the request and the NamespaceId of its DnsConfig must be the same."
        )
    namespace = references.namespace(call, reference)
    if running_action(call, namespace_target(namespace.name, namespace.id)) == "DeleteNamespace":
        raise errors.namespace_not_found()
    return namespace


def _new(call: Call, request: Any, namespace: Namespace, kind: str) -> Service:
    custom = "HealthCheckCustomConfig" in request
    return Service(
        id="srv-" + call.ids.base32(16),
        namespace=namespace.id,
        name=request["Name"],
        type=kind,
        description=request.get("Description"),
        dns_config=_dns_config(request.get("DnsConfig")) if kind == "DNS_HTTP" else None,
        health_check_config=_health_check(request),
        health_check_custom_config=orjson.dumps(_CUSTOM_HEALTH).decode() if custom else None,
        created=call.now,
        creator_request_id=request.get("CreatorRequestId"),
        created_by=call.account,
        instance_count=0,
        revision=call.now,
        health_revision=0,
        namespace_type=namespace.type,
        http_name=namespace.http_name,
    )


def _insert(call: Call, s: Service, request: bytes) -> None:
    place, key = call.place.id, name_key(s.name, s.type)
    configurations = (s.dns_config, s.health_check_config, s.health_check_custom_config)
    made = (s.created, s.creator_request_id, s.created_by)
    call.execute(_INSERT, place, s.id, s.namespace, s.name, key, s.type, s.description, *configurations, *made, request)
    call.execute(_INSERT_TALLY, place, s.id, s.instance_count, s.revision, s.health_revision)


def _count(call: Call, namespace: Namespace, change: int) -> None:
    """Keep how many services a namespace has, here and in its row."""
    call.facilities.known.changed = True
    namespace.service_count += change
    call.execute(_COUNT, namespace.service_count, call.place.id, namespace.id)


def _dns_config(config: Any) -> str:
    """A DnsConfig as it is kept: without the namespace, which is the service's own."""
    kept = {"RoutingPolicy": config.get("RoutingPolicy", "MULTIVALUE"), "DnsRecords": config["DnsRecords"]}
    return orjson.dumps(kept).decode()


def _changed_records(service: Service, change: Any) -> str | None:
    if "DnsConfig" not in change:
        return None
    kept = _loaded(service.dns_config) or {}
    return orjson.dumps({**kept, "DnsRecords": change["DnsConfig"]["DnsRecords"]}).decode()


def _health_check(request: Any) -> str | None:
    """A HealthCheckConfig with its defaults; paths belong to HTTP and HTTPS checks."""
    config = request.get("HealthCheckConfig")
    if config is None:
        return None
    kept = {"Type": config["Type"]}
    if config["Type"] != "TCP":
        kept["ResourcePath"] = config.get("ResourcePath") or "/"
    kept["FailureThreshold"] = config.get("FailureThreshold", 1)
    return orjson.dumps(kept).decode()


def _registrations_running(call: Call, service: Service) -> bool:
    if call.facilities.due.at is None:
        return False
    return (
        call.row(
            "SELECT 1 FROM operation INDEXED BY operation_running"
            " WHERE place = ? AND service = ? AND running AND instance IS NOT NULL",
            call.place.id,
            service.id,
        )
        is not None
    )


def _loaded(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)
