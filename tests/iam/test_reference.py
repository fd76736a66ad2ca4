"""Resources of actions are those of AWS's service authorization reference, as it stood in October 2026."""

from __future__ import annotations

import pytest

from emulator.cloudmap import access as cloudmap
from emulator.cloudtrail import access as cloudtrail
from emulator.cloudtrail.api import OPERATIONS as TRAIL_OPERATIONS
from emulator.model import cloud_map
from emulator.sts import access as sts

# The actions with required resources. Discovery finds them by names, GetOperation by an id of its own.
NAMESPACE = "DeleteNamespace GetNamespace UpdateHttpNamespace UpdatePrivateDnsNamespace UpdatePublicDnsNamespace"
SERVICE = (
    "DeleteService DeleteServiceAttributes DeregisterInstance GetInstance GetInstancesHealthStatus GetService"
    " GetServiceAttributes ListInstances RegisterInstance UpdateInstanceCustomHealthStatus UpdateService"
    " UpdateServiceAttributes"
)
TRAIL = (
    "CreateTrail DeleteTrail GetEventSelectors GetTrail GetTrailStatus PutEventSelectors StartLogging StopLogging"
    " UpdateTrail AddTags RemoveTags ListTags GetInsightSelectors PutInsightSelectors"
)
MEMBERS = ("Id", "ServiceId", "NamespaceId", "Name", "TrailName", "ResourceId", "OperationId", "ResourceARN")
REQUEST = {**dict.fromkeys(MEMBERS, "x-1"), "ResourceIdList": ["x-1"]}


@pytest.mark.parametrize("name", sorted(cloud_map().operations))
def test_cloud_map(name: str) -> None:
    members = {member.name for member in cloud_map().operations[name].input.members}
    request = {member: value for member, value in REQUEST.items() if member in members}
    found = cloudmap.resources(name, request, "here:".__add__)
    if name == "CreateService":
        assert found == ["here:namespace/x-1", "here:service/*"]
    elif name in NAMESPACE.split():
        assert found == ["here:namespace/x-1"]
    elif name in SERVICE.split():
        assert found == ["here:service/x-1"]
    else:
        assert found == []


@pytest.mark.parametrize("name", sorted(TRAIL_OPERATIONS))
def test_cloudtrail(name: str) -> None:
    found = cloudtrail.resources(name, REQUEST, "here:".__add__)
    assert found == (["here:trail/x-1"] if name in TRAIL.split() else [])


def test_sts() -> None:
    role = {"RoleArn": "role", "Tags": [{}], "SourceIdentity": "me"}
    assert sts.asked("AssumeRole", role, "here:".__add__) == [
        ("AssumeRole", "role"),
        ("TagSession", "role"),
        ("SetSourceIdentity", "role"),
    ]
    assert sts.asked("GetFederationToken", {"Name": "jane"}, "here:".__add__) == [
        ("GetFederationToken", "here:federated-user/jane")
    ]
    assert sts.asked("GetAccessKeyInfo", {}, "here:".__add__) == [("GetAccessKeyInfo", "*")]
    assert sts.asked("GetCallerIdentity", {}, "here:".__add__) == []
