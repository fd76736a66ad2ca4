"""What is measured: every operation of Cloud Map, and what has to be there before it can be called.

A workload's ``build`` fills a cleared server and answers with the members of the requests to send. To measure something
new, append a :class:`Workload` to :data:`WORKLOADS`; a measurement of another kind is a part of its own (``__main__``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.bench import consumed
from tests.bench.client import Expect
from tests.bench.room import ATTRIBUTES, Room, registration
from tests.bench.wire import IDEMPOTENCY_TOKEN, TOKEN, Members

Build = Callable[[Room], Sequence[Members]]

#: How many of what a list is asked for there are.
LISTED = 10
INSTANCES = 100

_OPERATION_ID = Expect(b"perationId")
_ANY = Expect()
_RECORDS = {"DnsRecords": [{"Type": "A", "TTL": 60}]}
_DNS = {**_RECORDS, "RoutingPolicy": "MULTIVALUE"}
_TAGS = [{"Key": "team", "Value": "platform"}, {"Key": "stage", "Value": "production"}]


@dataclass(frozen=True)
class Workload:
    """One operation in one situation."""

    name: str
    operation: str
    build: Build
    expect: Expect = _ANY
    #: Measured at every number of connections; the others only at the busy ones.
    main: bool = False
    #: The server is cleared and filled again before each slice, since the calls leave things behind.
    grows: bool = False
    #: Each request can be sent once: it takes away what ``build`` made.
    finite: bool = False


def _register(room: Room) -> Sequence[Members]:
    if room.server.product.reference:
        return [registration("srv-p5zdwlg5uvvzjita")]
    namespace = room.namespace()
    return [registration(room.service(namespace, f"backend-{number}")["Id"]) for number in range(LISTED)]


def _populated(room: Room, instances: int = INSTANCES) -> tuple[str, list[str]]:
    service = room.service(room.namespace(), HealthCheckCustomConfig={"FailureThreshold": 1})["Id"]
    return service, room.register(service, instances)


def _each_instance(**members: object) -> Build:
    def build(room: Room) -> Sequence[Members]:
        service, ids = _populated(room)
        return [{"ServiceId": service, "InstanceId": each, **members} for each in ids]

    return build


def _in_service(**members: object) -> Build:
    def build(room: Room) -> Sequence[Members]:
        return [{"ServiceId": _populated(room)[0], **members}]

    return build


def _discover(instances: int, **members: object) -> Build:
    def build(room: Room) -> Sequence[Members]:
        _populated(room, instances)
        return [{"NamespaceName": room.name, "ServiceName": "backend", **members}]

    return build


def _operations(room: Room) -> Sequence[Members]:
    service = room.service(room.namespace())["Id"]
    loaded = room.load("RegisterInstance", registration(service), b"OperationId", INSTANCES)
    return [{"OperationId": body.split(b'"')[3].decode()} for body in loaded.bodies]


def _lists(room: Room) -> Sequence[Members]:
    for number in range(LISTED):
        namespace = room.namespace(f"bench-{number}")
        room.service(namespace, f"backend-{number}")
    return [{"MaxResults": 100}]


def _on_namespace(kind: str = "Http", **members: object) -> Build:
    def build(room: Room) -> Sequence[Members]:
        return [{"Id": room.namespace("bench.test", kind), **members}]

    return build


def _on_service(**members: object) -> Build:
    def build(room: Room) -> Sequence[Members]:
        namespace = room.namespace("bench.test", "PublicDns")
        return [{"Id": room.service(namespace, DnsConfig=_DNS)["Id"], **members}]

    return build


def _on_attributes(**members: object) -> Build:
    def build(room: Room) -> Sequence[Members]:
        service = room.service(room.namespace())["Id"]
        room.call("UpdateServiceAttributes", ServiceId=service, Attributes=ATTRIBUTES)
        return [{"ServiceId": service, **members}]

    return build


def _on_tags(**members: object) -> Build:
    def build(room: Room) -> Sequence[Members]:
        arn = room.service(room.namespace(), Tags=_TAGS)["Arn"]
        return [{"ResourceARN": arn, **members}]

    return build


def _fixed(**members: object) -> Build:
    return lambda room: [members]


def _new_service(room: Room) -> Sequence[Members]:
    return [{"Name": f"backend-{TOKEN}", "NamespaceId": room.namespace(), "CreatorRequestId": IDEMPOTENCY_TOKEN}]


def _new_namespace(kind: str, **members: object) -> Workload:
    operation = f"Create{kind}Namespace"
    build = _fixed(Name=f"bench-{TOKEN}.test", CreatorRequestId=IDEMPOTENCY_TOKEN, **members)
    return Workload(operation, operation, build, _OPERATION_ID, grows=True)


def _update_namespace(kind: str) -> Workload:
    operation = f"Update{kind}Namespace"
    build = _on_namespace(kind, Namespace={"Description": f"change {TOKEN}"}, UpdaterRequestId=IDEMPOTENCY_TOKEN)
    return Workload(operation, operation, build, _OPERATION_ID, grows=True)


def _discovery(instances: int) -> Workload:
    build = _discover(instances, MaxResults=1000)
    return Workload(
        f"DiscoverInstances/{instances}", "DiscoverInstances", build, Expect(b"AWS_INSTANCE_IPV4", instances), main=True
    )


def _one(operation: str, build: Build, expect: Expect = _ANY) -> Workload:
    return Workload(operation, operation, build, expect)


def _growing(operation: str, build: Build, expect: Expect = _OPERATION_ID) -> Workload:
    return Workload(operation, operation, build, expect, grows=True)


def _taking(operation: str, build: Build, expect: Expect = _OPERATION_ID) -> Workload:
    return Workload(operation, operation, build, expect, grows=True, finite=True)


REGISTER = Workload("RegisterInstance", "RegisterInstance", _register, _OPERATION_ID, main=True, grows=True)
GET = Workload("GetInstance", "GetInstance", _each_instance(), Expect(b"AWS_INSTANCE_IPV4"), main=True)
DISCOVER = _discovery(100)

WORKLOADS: tuple[Workload, ...] = (
    REGISTER,
    GET,
    _discovery(10),
    DISCOVER,
    _discovery(1000),
    Workload(
        "ListInstances", "ListInstances", _in_service(MaxResults=100), Expect(b"AWS_INSTANCE_IPV4", INSTANCES), True
    ),
    Workload("GetOperation", "GetOperation", _operations, Expect(b"SUCCESS"), True),
    _new_namespace("Http"),
    _new_namespace("PrivateDns", Vpc=f"vpc-{TOKEN}"),
    _new_namespace("PublicDns"),
    _growing("CreateService", _new_service, Expect(b":service/")),
    _taking("DeleteNamespace", consumed.namespaces),
    _taking("DeleteService", consumed.services, _ANY),
    _taking("DeregisterInstance", consumed.instances),
    _one("GetNamespace", _on_namespace(), Expect(b"bench.test")),
    _one("GetService", _on_service(), Expect(b":service/")),
    _one("ListNamespaces", _lists, Expect(b":namespace/", LISTED)),
    _one("ListServices", _lists, Expect(b":service/", LISTED)),
    _one("ListOperations", _lists, Expect(b"SUCCESS", LISTED)),
    _one("DiscoverInstancesRevision", _discover(INSTANCES), Expect(b"InstancesRevision")),
    _one("GetInstancesHealthStatus", _in_service(MaxResults=100), Expect(b"HEALTHY", INSTANCES)),
    _one("UpdateInstanceCustomHealthStatus", _each_instance(Status="HEALTHY")),
    _growing("UpdateService", _on_service(Service={"Description": f"change {TOKEN}", "DnsConfig": _RECORDS})),
    _update_namespace("Http"),
    _update_namespace("PrivateDns"),
    _update_namespace("PublicDns"),
    _one("GetServiceAttributes", _on_attributes(), Expect(b"AWS_INSTANCE_IPV4")),
    _one("UpdateServiceAttributes", _on_attributes(Attributes={"stage": f"change {TOKEN}"})),
    _one("DeleteServiceAttributes", _on_attributes(Attributes=["stage"])),
    _one("ListTagsForResource", _on_tags(), Expect(b"platform")),
    _one("TagResource", _on_tags(Tags=[{"Key": "stage", "Value": f"change {TOKEN}"}])),
    _one("UntagResource", _on_tags(TagKeys=["stage"])),
)
