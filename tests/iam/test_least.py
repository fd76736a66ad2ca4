"""`maptrail policy`: what somebody did is allowed by it, and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from emulator.cli import run
from tests.iam.world import DEPLOY, HEAD, HOME, KEYS, allow, made, write
from tests.sdk import refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from tests.sts.world import World

    Start = Callable[..., World]
SMITH = KEYS["smithj"]


def told(world: World, capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert run(["policy", *words, "--url", world.server.url]) == 0
    return json.loads(capsys.readouterr().out)


def play(client: Any, service: str) -> None:
    identifier = service.rpartition("/")[2]
    answer = client.register_instance(
        ServiceId=identifier, InstanceId="i", Attributes={"AWS_INSTANCE_IPV4": "10.0.0.1"}
    )
    client.get_operation(OperationId=answer["OperationId"])
    client.discover_instances(NamespaceName="shop", ServiceName="cart")
    client.get_service(Id=identifier)
    client.list_namespaces()


def record_discovery(world: World) -> None:
    """A trail of data events: what no trail takes is on no record."""
    world.server.machine.buckets.create("logs")
    client = world.client(KEYS["root"], "cloudtrail")
    client.create_trail(Name="data", S3BucketName="logs")
    wanted = [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::ServiceDiscovery::Service"]},
    ]
    client.put_event_selectors(TrailName="data", AdvancedEventSelectors=[{"FieldSelectors": wanted}])
    client.start_logging(Name="data")


def test_the_least_policy_allows_what_was_done_and_nothing_else(
    authorizing: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = authorizing(allow("*"))
    record_discovery(world)
    namespace, service = made(world)
    client = world.cloudmap(SMITH)
    play(client, service)
    refused(client.get_namespace, Id="ns-nobodysnamespace")
    policy = told(world, capsys, "--user", "smithj")
    assert policy == {
        "Version": "2012-10-17",
        "Statement": [
            allow("servicediscovery:DiscoverInstances", [namespace, service]),
            allow("servicediscovery:GetOperation", f"{HEAD}namespace/*"),
            allow(["servicediscovery:GetService", "servicediscovery:RegisterInstance"], service),
            allow("servicediscovery:ListNamespaces"),
        ],
    }
    assert told(world, capsys, "--user", "smithj", "--account", HOME) == policy
    write(tmp_path, policy["Statement"])
    world.server.machine.identities.reload()
    play(client, service)
    for operation, asked in (
        (client.list_services, {}),
        (client.get_namespace, {"Id": namespace}),
        (client.get_instance, {"ServiceId": service, "InstanceId": "i"}),
        (client.deregister_instance, {"ServiceId": service, "InstanceId": "i"}),
        (client.get_service, {"Id": "srv-another"}),
    ):
        assert refused(operation, **asked)[0] == "AccessDeniedException"
    assert told(world, capsys, "--user", "smithj") == policy


def test_of_a_role_and_of_who_assumed_it(authorizing: Start, capsys: pytest.CaptureFixture[str]) -> None:
    world = authorizing(allow("*"), role=[allow("*")])
    session = world.assume(SMITH, DEPLOY, Tags=[{"Key": "team", "Value": "red"}], SourceIdentity="john")
    world.client(session, "cloudtrail").describe_trails()
    world.client(session, "cloudtrail").list_tags(ResourceIdList=[])
    world.client(session).get_caller_identity()
    actions = ["cloudtrail:DescribeTrails", "cloudtrail:ListTags"]
    assert told(world, capsys, "--role", "deploy")["Statement"] == [allow(actions)]
    actions = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]
    assert told(world, capsys, "--user", "smithj")["Statement"] == [allow(actions, DEPLOY)]


def test_tags_on_what_is_made(authorizing: Start, capsys: pytest.CaptureFixture[str]) -> None:
    world = authorizing(allow("*"))
    world.cloudmap(SMITH).create_http_namespace(Name="shop", Tags=[{"Key": "team", "Value": "red"}])
    actions = ["servicediscovery:CreateHttpNamespace", "servicediscovery:TagResource"]
    assert told(world, capsys, "--user", "smithj")["Statement"] == [allow(actions)]


def test_who_did_nothing_has_no_policy(authorizing: Start, capsys: pytest.CaptureFixture[str]) -> None:
    world = authorizing()
    assert run(["policy", "--user", "nobody", "--url", world.server.url]) == 1
    assert f"No call of the user nobody of {HOME} is on the record" in capsys.readouterr().err
    assert run(["policy", "--url", world.server.url]) == 2
    assert "one of --user and --role" in capsys.readouterr().err
