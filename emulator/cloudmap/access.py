"""What the operations of Cloud Map ask of policies: resources and condition keys.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudmap.html
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from emulator.cloudmap import references
from emulator.cloudmap.submission import sequence_of
from emulator.iam.context import Question

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from emulator.call import Call
    from emulator.iam.context import Tags
    from emulator.iam.patterns import Value

__all__ = ["asked", "questions", "resources"]

_OF_NAMESPACE = ("DeleteNamespace", "GetNamespace")
_UPDATES_OF_NAMESPACE = ("UpdateHttpNamespace", "UpdatePrivateDnsNamespace", "UpdatePublicDnsNamespace")
_OF_SERVICE_BY_ID = ("DeleteService", "GetService", "UpdateService")
_OF_SERVICE = (
    *(
        "DeleteServiceAttributes",
        "DeregisterInstance",
        "GetInstance",
        "GetInstancesHealthStatus",
        "GetServiceAttributes",
    ),
    *("ListInstances", "RegisterInstance", "UpdateInstanceCustomHealthStatus", "UpdateServiceAttributes"),
)
_NAMED: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys((*_OF_NAMESPACE, *_UPDATES_OF_NAMESPACE), ("namespace", "Id")),
    **dict.fromkeys(_OF_SERVICE_BY_ID, ("service", "Id")),
    **dict.fromkeys(_OF_SERVICE, ("service", "ServiceId")),
    "CreateService": ("namespace", "NamespaceId"),
}
"""For each operation that names its resource, the resource's kind and the member that names it."""

_WITH_SERVICE_ARN = {
    *("DeregisterInstance", "GetInstance", "GetInstancesHealthStatus", "ListInstances", "RegisterInstance"),
    "UpdateInstanceCustomHealthStatus",
}
_WITH_CREATOR = {
    *("DeleteService", "DeleteServiceAttributes", "DeregisterInstance", "RegisterInstance"),
    *("UpdateInstanceCustomHealthStatus", "UpdateService", "UpdateServiceAttributes"),
}
_BY_NAME = ("DiscoverInstances", "DiscoverInstancesRevision")
_DISCOVERED = """
SELECT n.id, s.id FROM namespace AS n
LEFT JOIN service AS s ON s.place = n.place AND s.namespace = n.id AND s.name = ?
WHERE n.place = ? AND (n.http_name = ? OR n.id = ?)
"""
_OPERATION = """
SELECT o.id, coalesce(o.namespace, s.namespace) FROM operation AS o
LEFT JOIN service AS s ON s.place = o.place AND s.id = o.service
WHERE o.seq = ?
"""


def resources(name: str, request: Mapping[str, Any], arn: Callable[[str], str]) -> list[str]:
    """The ARNs that a request names; none where the operation takes ``*`` only, or finds them by other names."""
    kind, member = _NAMED.get(name, ("", ""))
    if not member or member not in request:
        return []
    reference: str = request[member]
    found = [reference if reference.startswith("arn:") else arn(f"{kind}/{reference}")]
    return [*found, arn("service/*")] if name == "CreateService" else found


def asked(name: str, request: Mapping[str, Any], found: Collection[str]) -> list[tuple[str, str]]:
    """Actions and their resources; to make something with tags takes to be allowed to tag, too."""
    actions = [(f"servicediscovery:{name}", each) for each in found or ("*",)]
    tagged = name.startswith("Create") and bool(request.get("Tags"))
    return [*actions, *[("servicediscovery:TagResource", "*")] * tagged]


def questions(call: Call, request: Mapping[str, Any]) -> list[Question]:
    """What is to be allowed before a call; of every resource, not of one."""
    name = call.operation.name
    if name in _BY_NAME:
        found = _discovered(call, request)
    elif name == "GetOperation":
        found = _of_operation(call, request["OperationId"])
    else:
        found = resources(name, request, partial(references.arn, call))
    keys = _keys(call, name, request, found)
    tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", ())}
    removed = tuple(request.get("TagKeys", ()))
    return [
        Question(action, each, keys, tags, removed, _tags_of(call, each))
        for action, each in asked(name, request, found)
    ]


def _keys(
    call: Call, name: str, request: Mapping[str, Any], found: list[str]
) -> dict[str, Value | Callable[[], Value]]:
    keys: dict[str, Value | Callable[[], Value]] = {}
    if name in _BY_NAME:
        keys["servicediscovery:namespacename"] = request["NamespaceName"]
        keys["servicediscovery:servicename"] = request["ServiceName"]
    if name == "CreateService" and found:
        keys["servicediscovery:namespacearn"] = found[0]
    if name in _WITH_SERVICE_ARN:
        keys["servicediscovery:servicearn"] = found[0]
    if name in _WITH_CREATOR:
        keys["servicediscovery:servicecreatedbyaccount"] = lambda: _creator(call, found[0])
    return keys


def _creator(call: Call, arn: str) -> str | None:
    sql = "SELECT created_by FROM service WHERE place = ? AND id = ?"
    row = call.row(sql, call.place.id, arn.rpartition("/")[2])
    return row[0] if row is not None else None


def _discovered(call: Call, request: Mapping[str, Any]) -> list[str]:
    namespace, service = request["NamespaceName"], request["ServiceName"]
    identifier = namespace.rpartition("/")[2] if namespace.startswith("arn:") else ""
    values = (service, call.place.id, namespace, identifier)
    row = call.row(_DISCOVERED, *values) or (None, None)
    kinds = zip(("namespace", "service"), row, strict=True)
    return [references.arn(call, f"{kind}/{found}") for kind, found in kinds if found is not None]


def _of_operation(call: Call, identifier: str) -> list[str]:
    seq = sequence_of(call, identifier)
    row = call.row(_OPERATION, seq) if seq is not None else None
    if row is None or row[0] != identifier:
        return []
    return [references.arn(call, f"namespace/{row[1] or '*'}")]  # that of a service that is gone is not known


def _tags_of(call: Call, arn: str) -> Callable[[], Tags]:
    def tags() -> Tags:
        sql = "SELECT key, value FROM tag WHERE place = ? AND resource = ?"
        return dict(call.execute(sql, call.place.id, arn.rpartition(":")[2]).fetchall())

    return tags
