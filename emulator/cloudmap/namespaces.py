"""Namespaces: https://docs.aws.amazon.com/cloud-map/latest/dg/working-with-namespaces.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.cloudmap import errors, references, tags
from emulator.cloudmap.filters import NAMESPACE_FILTERS, where
from emulator.cloudmap.pages import page
from emulator.cloudmap.registry import operation
from emulator.cloudmap.submission import Failure, Moment, effect, namespace_target, refuse_if_locked, submit
from emulator.quotas import NO_LIMIT

if TYPE_CHECKING:
    from mypy_boto3_servicediscovery import type_defs as types

    from emulator.call import Call
    from emulator.cloudmap.references import Namespace
    from emulator.operations import Result

_TYPES = {"Http": "HTTP", "PrivateDns": "DNS_PRIVATE", "PublicDns": "DNS_PUBLIC"}
_NAMESPACE_TYPE = {f"{verb}{name}Namespace": kind for name, kind in _TYPES.items() for verb in ("Create", "Update")}
_SAME_DOMAIN = (
    "The VPC {vpc} in region {region} has already been associated with the hosted zone {zone} with the same domain"
    " name. (Service: AmazonRoute53; Status Code: 400; Error Code: ConflictingDomainExists; Request ID: {request};"
    " Proxy: null)"
)


@operation("CreateHttpNamespace")
def create_http_namespace(call: Call, request: types.CreateHttpNamespaceRequestTypeDef) -> Result:
    """Create a namespace whose instances are found by DiscoverInstances only."""
    return _create(call, request)


@operation("CreatePrivateDnsNamespace")
def create_private_dns_namespace(call: Call, request: types.CreatePrivateDnsNamespaceRequestTypeDef) -> Result:
    """Create a namespace that is also a DNS zone within one VPC."""
    return _create(call, request)


@operation("CreatePublicDnsNamespace")
def create_public_dns_namespace(call: Call, request: types.CreatePublicDnsNamespaceRequestTypeDef) -> Result:
    """Create a namespace that is also a public DNS zone."""
    return _create(call, request)


@operation("GetNamespace")
def get_namespace(call: Call, request: types.GetNamespaceRequestTypeDef) -> Result:
    """Describe one namespace."""
    namespace = references.namespace(call, request["Id"])
    described = _described(call, namespace) | {"Properties": _properties(namespace)}
    if namespace.creator_request_id is not None:
        described["CreatorRequestId"] = namespace.creator_request_id
    return {"Namespace": described}


@operation("ListNamespaces")
def list_namespaces(call: Call, request: types.ListNamespacesRequestTypeDef) -> Result:
    """The namespaces of this account and region, a page at a time."""
    condition = where(call, NAMESPACE_FILTERS, request.get("Filters"))
    sql = f"SELECT id FROM namespace WHERE place = ?{condition.sql}"
    found = page(call, request, sql, [call.place.id, *condition.values], key="id")
    return {"Namespaces": [_summary(call, references.namespace(call, row[0])) for row in found.rows], **found.next}


@operation("UpdateHttpNamespace")
def update_http_namespace(call: Call, request: types.UpdateHttpNamespaceRequestTypeDef) -> Result:
    """Change an HTTP namespace's description."""
    return _update(call, request)


@operation("UpdatePrivateDnsNamespace")
def update_private_dns_namespace(call: Call, request: types.UpdatePrivateDnsNamespaceRequestTypeDef) -> Result:
    """Change a private DNS namespace's description or its SOA's TTL."""
    return _update(call, request)


@operation("UpdatePublicDnsNamespace")
def update_public_dns_namespace(call: Call, request: types.UpdatePublicDnsNamespaceRequestTypeDef) -> Result:
    """Change a public DNS namespace's description or its SOA's TTL."""
    return _update(call, request)


@operation("DeleteNamespace")
def delete_namespace(call: Call, request: types.DeleteNamespaceRequestTypeDef) -> Result:
    """Delete a namespace that has no services."""
    namespace = references.namespace(call, request["Id"])
    change_id = "C" + call.ids.upper(13) if namespace.hosted_zone_id else None
    target = namespace_target(namespace.name, namespace.id, change_id)
    refuse_if_locked(call, target)
    if namespace.service_count:
        raise errors.namespace_in_use()
    return {"OperationId": submit(call, target, {"id": namespace.id})}


def _create(call: Call, request: Any) -> Result:
    name, kind = request["Name"], _NAMESPACE_TYPE[call.operation.name]
    if kind == "DNS_PUBLIC" and call.place.partition == references.GOVCLOUD:
        raise errors.invalid_input("Public DNS namespaces are not supported in this Region.")
    new_tags = tags.checked(call, request.get("Tags", ()), resource=name)
    identifier = "ns-" + call.ids.base32(16)
    target = namespace_target(name, identifier)
    refuse_if_locked(call, target)
    _refuse_if_there(call, kind, request)
    _refuse_over_quota(call)
    soa = request.get("Properties", {}).get("DnsProperties", {}).get("SOA", {})
    arguments = {
        "id": identifier,
        "name": name,
        "hash": call.ids.base32(10),
        "type": kind,
        "description": request.get("Description"),
        "vpc": request.get("Vpc"),
        "hosted_zone_id": None if kind == "HTTP" else "Z" + call.ids.upper(20),
        "soa_ttl": soa.get("TTL"),
        "creator_request_id": request.get("CreatorRequestId"),
        "tags": new_tags,
        "region": call.region,
        "request_id": call.request_id,
    }
    return {"OperationId": submit(call, target, arguments)}


def _refuse_if_there(call: Call, kind: str, request: Any) -> None:
    """A private namespace may share its name with one in another VPC; HTTP and public ones are unique by name."""
    rows = call.execute(
        "SELECT id, creator_request_id, operation FROM namespace INDEXED BY namespace_name"
        " WHERE place = ? AND name = ? AND type = ?",
        call.place.id,
        request["Name"],
        kind,
    ).fetchall()
    for identifier, creator_request_id, operation_id in rows:
        if creator_request_id is not None and creator_request_id == request.get("CreatorRequestId"):
            raise errors.duplicate_request(call.operation.name, operation_id, "has completed")
        if kind != "DNS_PRIVATE":
            raise errors.namespace_already_exists(identifier, creator_request_id)


def _refuse_over_quota(call: Call) -> None:
    limit = call.facilities.quotas.namespaces
    if limit == NO_LIMIT:
        return
    (count,) = call.row("SELECT count(*) FROM namespace WHERE place = ?", call.place.id)
    (coming,) = call.row(
        "SELECT count(*) FROM operation INDEXED BY operation_running"
        " WHERE place = ? AND running AND action LIKE 'Create%'",
        call.place.id,
    )
    if count + coming >= limit:
        raise errors.resource_limit_exceeded("namespaces in this Region", limit)


@effect("CreateHttpNamespace")
@effect("CreatePrivateDnsNamespace")
@effect("CreatePublicDnsNamespace")
def _created(moment: Moment, arguments: dict[str, Any]) -> Failure | None:
    execute, place = moment.connection.execute, moment.place
    if arguments["type"] == "DNS_PRIVATE":
        there = execute(
            "SELECT hosted_zone_id FROM namespace INDEXED BY namespace_name WHERE place = ? AND name = ? AND vpc = ?",
            (place, arguments["name"], arguments["vpc"]),
        ).fetchone()
        if there is not None:
            message = _SAME_DOMAIN.format(
                vpc=arguments["vpc"], region=arguments["region"], zone=there[0], request=arguments["request_id"]
            )
            return Failure("CANNOT_CREATE_HOSTED_ZONE", message)
    made = {"place": place, "created": moment.at, "operation": moment.identifier}
    values = {**arguments, **made, "http_name": _http_name(moment, arguments)}
    execute(
        "INSERT INTO namespace (place, id, name, http_name, type, description, vpc, hosted_zone_id, soa_ttl, created,"
        " creator_request_id, operation) VALUES (:place, :id, :name, :http_name, :type, :description, :vpc,"
        " :hosted_zone_id, :soa_ttl, :created, :creator_request_id, :operation)",
        {name: value for name, value in values.items() if name != "tags"},
    )
    tags.put(moment.connection, place, f"namespace/{arguments['id']}", arguments["tags"])
    return None


def _http_name(moment: Moment, arguments: dict[str, Any]) -> str:
    """The namespace's name, or, where another has it already, the name with a hash appended."""
    name: str = arguments["name"]
    taken = moment.connection.execute(
        "SELECT 1 FROM namespace WHERE place = ? AND http_name = ?", (moment.place, name)
    ).fetchone()
    return f"{name}-{arguments['hash']}" if taken else name


def _update(call: Call, request: Any) -> Result:
    namespace = references.namespace(call, request["Id"])
    kind = _NAMESPACE_TYPE[call.operation.name]
    if namespace.type != kind:
        raise errors.invalid_input(f"Namespace {namespace.id} is of type {namespace.type}, not {kind}.")
    change = request["Namespace"]
    soa = change.get("Properties", {}).get("DnsProperties", {}).get("SOA", {})
    arguments = {"id": namespace.id, "description": change.get("Description"), "soa_ttl": soa.get("TTL")}
    return {"OperationId": submit(call, namespace_target(namespace.name, namespace.id), arguments)}


@effect("UpdateHttpNamespace")
@effect("UpdatePrivateDnsNamespace")
@effect("UpdatePublicDnsNamespace")
def _updated(moment: Moment, arguments: dict[str, Any]) -> None:
    moment.connection.execute(
        "UPDATE namespace SET description = coalesce(?, description), soa_ttl = coalesce(?, soa_ttl)"
        " WHERE place = ? AND id = ?",
        (arguments["description"], arguments["soa_ttl"], moment.place, arguments["id"]),
    )
    _drop(moment, arguments["id"])


@effect("DeleteNamespace")
def _deleted(moment: Moment, arguments: dict[str, Any]) -> None:
    key = (moment.place, arguments["id"])
    moment.connection.execute("DELETE FROM namespace WHERE place = ? AND id = ?", key)
    _drop(moment, arguments["id"])
    tags.clear(moment.connection, moment.place, f"namespace/{arguments['id']}")


def _drop(moment: Moment, identifier: str) -> None:
    known = moment.facilities.known
    known.drop(known.namespaces, moment.place, identifier)


def _described(call: Call, namespace: Namespace) -> dict[str, Any]:
    described: dict[str, Any] = {
        "Id": namespace.id,
        "Arn": references.arn(call, f"namespace/{namespace.id}"),
        "ResourceOwner": call.account,
        "Name": namespace.name,
        "Type": namespace.type,
    }
    if namespace.description is not None:
        described["Description"] = namespace.description
    return described | {"ServiceCount": namespace.service_count, "CreateDate": namespace.created}


def _summary(call: Call, namespace: Namespace) -> dict[str, Any]:
    """A namespace as lists show it: an ``SOA`` is always there, empty when never set."""
    properties = _properties(namespace)
    properties["DnsProperties"].setdefault("SOA", {})
    return _described(call, namespace) | {"Properties": properties}


def _properties(namespace: Namespace) -> dict[str, Any]:
    dns: dict[str, Any] = {}
    if namespace.hosted_zone_id is not None:
        dns["HostedZoneId"] = namespace.hosted_zone_id
    if namespace.soa_ttl is not None:
        dns["SOA"] = {"TTL": namespace.soa_ttl}
    return {"DnsProperties": dns, "HttpProperties": {"HttpName": namespace.http_name}}
