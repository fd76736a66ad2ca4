"""Instances: https://docs.aws.amazon.com/cloud-map/latest/dg/working-with-instances.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from emulator.cloudmap import errors, references
from emulator.cloudmap.ec2 import private_address
from emulator.cloudmap.instance_rules import check_attributes
from emulator.cloudmap.pages import page, remembered
from emulator.cloudmap.registry import operation
from emulator.cloudmap.service_rules import record_types
from emulator.cloudmap.submission import Moment, Target, effect, refuse_if_locked, submit
from emulator.wire import Ready

if TYPE_CHECKING:
    from mypy_boto3_servicediscovery import type_defs as types

    from emulator.call import Call
    from emulator.cloudmap.references import Service
    from emulator.operations import Result

_ROW = """
INTO instance
    (place, service, id, attributes, creator_request_id, operation, health, health_next, health_due)
VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL)
"""
_IN_NAMESPACE = """
SELECT coalesce(sum(t.instance_count), 0) FROM service AS s INDEXED BY service_namespace
CROSS JOIN service_tally AS t ON t.place = s.place AND t.service = s.id WHERE s.place = ? AND s.namespace = ?
"""


@operation("RegisterInstance")
def register_instance(call: Call, request: types.RegisterInstanceRequestTypeDef) -> Result:
    """Add or replace one instance of a service; answers with the operation's id."""
    service = references.service(call, request["ServiceId"])
    attributes, identifier = request["Attributes"], request["InstanceId"]
    _check(call, service, attributes)
    there = call.row(
        "SELECT creator_request_id, attributes, operation FROM instance WHERE place = ? AND service = ? AND id = ?",
        call.place.id,
        service.id,
        identifier,
    )
    text = orjson.dumps(_completed(attributes)).decode()
    creator_request_id = request.get("CreatorRequestId")
    target = _target(call, service, identifier)
    refuse_if_locked(call, target)
    if there is None:
        _refuse_over_quota(call, service)
    elif creator_request_id is not None and there[:2] == (creator_request_id, text):
        (identifier,) = call.row("SELECT id FROM operation WHERE seq = ?", there[2])
        return {"OperationId": identifier}
    arguments = {
        "service": service.id,
        "id": identifier,
        "attributes": text,
        "creator_request_id": creator_request_id,
        "health": _initial_health(service, attributes),
    }
    return {"OperationId": submit(call, target, arguments)}


@operation("DeregisterInstance")
def deregister_instance(call: Call, request: types.DeregisterInstanceRequestTypeDef) -> Result:
    """Remove one instance of a service; answers with the operation's id."""
    service = references.service(call, request["ServiceId"])
    identifier = request["InstanceId"]
    target = _target(call, service, identifier)
    refuse_if_locked(call, target)
    _instance(call, service, identifier)
    arguments = {"service": service.id, "id": identifier}
    return {"OperationId": submit(call, target, arguments)}


@operation("GetInstance")
def get_instance(call: Call, request: types.GetInstanceRequestTypeDef) -> Result:
    """Describe one instance, healthy or not."""
    service = references.service(call, request["ServiceId"])
    attributes, creator_request_id = _instance(call, service, request["InstanceId"])
    stored = call.codec.stored(attributes)
    instance = {"Id": request["InstanceId"], "Attributes": stored, "CreatedByAccount": call.account}
    if creator_request_id is not None:
        instance["CreatorRequestId"] = creator_request_id
    return {"ResourceOwner": call.account, "Instance": instance}


@operation("ListInstances")
def list_instances(call: Call, request: types.ListInstancesRequestTypeDef) -> Result:
    """A service's instances, healthy or not, a page at a time."""
    service = references.service(call, request["ServiceId"])
    return remembered(call, service, request, _listed)


def _listed(call: Call, service: Service, request: types.ListInstancesRequestTypeDef) -> tuple[Result, int, int | None]:
    sql = "SELECT id, attributes FROM instance WHERE place = ? AND service = ?"
    found = page(call, request, sql, [call.place.id, service.id], key="id")
    stored, encode = call.codec.stored, call.codec.encode_item
    parts = [
        encode({"Id": identifier, "Attributes": stored(attributes), "CreatedByAccount": call.account})
        for identifier, attributes in found.rows
    ]
    return {"ResourceOwner": call.account, "Instances": Ready(parts), **found.next}, len(parts), None


@effect("RegisterInstance")
def _registered(moment: Moment, arguments: dict[str, Any]) -> None:
    execute, a = moment.connection.execute, arguments
    key = (moment.place, a["service"], a["id"])
    row = (*key, a["attributes"], a["creator_request_id"], moment.operation, a["health"])
    new = execute(f"INSERT OR IGNORE {_ROW}", row).rowcount
    if not new:
        execute(f"INSERT OR REPLACE {_ROW}", row)
    _count(moment, a, new)


@effect("DeregisterInstance")
def _deregistered(moment: Moment, arguments: dict[str, Any]) -> None:
    key = (moment.place, arguments["service"], arguments["id"])
    moment.connection.execute("DELETE FROM instance WHERE place = ? AND service = ? AND id = ?", key)
    _count(moment, arguments, -1)


def _count(moment: Moment, arguments: dict[str, Any], change: int) -> None:
    """Keep the counts; the service's revision grows with every change, also across a deleted service of its name."""
    connection, place, known = moment.connection, moment.place, moment.facilities.known
    service = references.find_service(connection, known, place, arguments["service"])
    if service is None:
        return
    service.instance_count += change
    service.revision = max(service.revision + 1, moment.at)
    references.write_tally(connection, known, place, service)
    namespace = place, service.namespace
    if namespace in known.instances:
        known.instances[namespace] += change


def _target(call: Call, service: Service, identifier: str) -> Target:
    change_id = "C" + call.ids.upper(13) if service.dns_config is not None else None
    return Target(f"instance/{service.id}/{identifier}", service.namespace, service.id, identifier, change_id)


def _instance(call: Call, service: Service, identifier: str) -> Any:
    row = call.row(
        "SELECT attributes, creator_request_id FROM instance WHERE place = ? AND service = ? AND id = ?",
        call.place.id,
        service.id,
        identifier,
    )
    if row is None:
        raise errors.instance_not_found()
    return row


def _check(call: Call, service: Service, attributes: Any) -> None:
    if "AWS_ALIAS_DNS_NAME" in attributes and call.place.partition == references.GOVCLOUD:
        raise errors.invalid_input("AWS_ALIAS_DNS_NAME is not supported in this Region.")
    dns_config = {} if service.dns_config is None else orjson.loads(service.dns_config)
    check_attributes(
        attributes,
        namespace_type=service.namespace_type,
        records=record_types(dns_config),
        routing_policy=dns_config.get("RoutingPolicy", "MULTIVALUE"),
        health_check=service.health_check_config is not None,
    )


def _completed(attributes: Any) -> dict[str, str]:
    """The attributes as they are kept: an EC2 instance's primary private address is filled in."""
    if "AWS_EC2_INSTANCE_ID" not in attributes:
        return dict(attributes)
    return {**attributes, "AWS_INSTANCE_IPV4": private_address(attributes["AWS_EC2_INSTANCE_ID"])}


def _initial_health(service: Service, attributes: Any) -> str:
    """Only a custom check starts as told; without one, an instance counts as healthy until a check says otherwise."""
    if service.health_check_custom_config is None:
        return "HEALTHY"
    return str(attributes.get("AWS_INIT_HEALTH_STATUS", "HEALTHY"))


def _refuse_over_quota(call: Call, service: Service) -> None:
    quotas = call.facilities.quotas
    in_service, in_namespace = _coming(call, service)
    if service.instance_count + in_service >= quotas.instances_per_service:
        raise errors.resource_limit_exceeded("instances in a service", quotas.instances_per_service)
    if _count_in_namespace(call, service) + in_namespace >= quotas.instances_per_namespace:
        raise errors.resource_limit_exceeded("instances in a namespace", quotas.instances_per_namespace)


def _count_in_namespace(call: Call, service: Service) -> int:
    """How many instances there are in a service's namespace."""
    known, key = call.facilities.known, (call.place.id, service.namespace)
    count = known.instances.get(key)
    if count is None:
        known.make_room()
        (count,) = call.row(_IN_NAMESPACE, *key)
        known.instances[key] = count
    return count


def _coming(call: Call, service: Service) -> tuple[int, int]:
    """How many instances are on their way into the service, and into its namespace."""
    if call.facilities.due.at is None:
        return 0, 0
    row: tuple[int, int] = call.row(
        "SELECT total(service = ?), count(*) FROM operation o INDEXED BY operation_running"
        " WHERE place = ? AND namespace = ? AND running AND action = 'RegisterInstance' AND NOT EXISTS"
        " (SELECT 1 FROM instance i WHERE i.place = o.place AND i.service = o.service AND i.id = o.instance)",
        service.id,
        call.place.id,
        service.namespace,
    )
    return row
