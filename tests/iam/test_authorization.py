"""Who may do what, over boto3: allowed, refused in AWS's words, on the record as AWS writes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from emulator.settings import Settings, SettingsError
from tests.auth.signing import send, signed
from tests.iam.world import ARN, DEPLOY, ECS, HEAD, HOME, KEYS, STACKS, allow, deny, made, message
from tests.sdk import refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sts.world import World

    Start = Callable[..., World]
DENIED = "AccessDeniedException"
SMITH = KEYS["smithj"]


def test_what_no_policy_allows_is_refused_and_recorded(authorizing: Start) -> None:
    world = authorizing(allow("servicediscovery:List*"))
    client = world.cloudmap(SMITH)
    client.list_namespaces()
    told = message("servicediscovery:CreateHttpNamespace")
    assert refused(client.create_http_namespace, Name="shop") == (DENIED, told)
    record = world.last()
    assert (record["errorCode"], record["errorMessage"]) == ("AccessDenied", told)
    assert record["requestParameters"] is record["responseElements"] is None
    assert record["userIdentity"]["arn"] == ARN
    assert client.list_namespaces()["Namespaces"] == []


def test_the_answer_is_400_over_both_protocols(authorizing: Start) -> None:
    world = authorizing()
    path = "/service/Route53AutoNaming_v20170314/operation/ListNamespaces"
    headers = {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"}
    over_cbor = send(world.server, signed(world.server, path=path, headers=headers, credentials=(SMITH, "secret")))
    assert (over_cbor.status, b"AccessDeniedException" in over_cbor.body) == (400, True)
    with pytest.raises(Exception, match="not authorized") as caught:
        world.cloudmap(SMITH).list_namespaces()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_an_explicit_denial_wins(authorizing: Start) -> None:
    world = authorizing(allow("*"), deny("servicediscovery:Delete*"))
    namespace, _ = made(world)
    reason = "with an explicit deny in an identity-based policy"
    identifier = namespace.rpartition("/")[2]
    assert refused(world.cloudmap(SMITH).delete_namespace, Id=identifier) == (
        DENIED,
        message("servicediscovery:DeleteNamespace", namespace, reason),
    )
    world.cloudmap(SMITH).get_namespace(Id=identifier)


def test_root_and_services_may_everything_and_nobody_nothing(authorizing: Start) -> None:
    world = authorizing(deny("*"))
    world.cloudmap(KEYS["root"]).list_namespaces()
    world.cloudmap(ECS).list_namespaces()
    for key in (KEYS["nobody"], "unlisted"):
        assert refused(world.cloudmap(key).list_namespaces)[0] == DENIED


def test_resources_are_those_of_the_call(authorizing: Start) -> None:
    read = ["servicediscovery:GetService", "servicediscovery:RegisterInstance", "servicediscovery:GetOperation"]
    world = authorizing(
        allow(read, [f"{HEAD}service/srv-*", f"{HEAD}namespace/*"]), allow("servicediscovery:Discover*")
    )
    namespace, service = made(world)
    client = world.cloudmap(SMITH)
    identifier = service.rpartition("/")[2]
    client.get_service(Id=identifier)
    client.get_service(Id=service)
    answer = client.register_instance(
        ServiceId=identifier, InstanceId="i", Attributes={"AWS_INSTANCE_IPV4": "10.0.0.1"}
    )
    client.get_operation(OperationId=answer["OperationId"])
    assert len(client.discover_instances(NamespaceName="shop", ServiceName="cart")["Instances"]) == 1
    assert refused(client.get_namespace, Id=namespace)[1] == message("servicediscovery:GetNamespace", namespace)
    told = message("servicediscovery:ListNamespaces")
    assert refused(client.list_namespaces) == (DENIED, told)


def test_a_service_needs_its_namespace_and_itself(authorizing: Start) -> None:
    world = authorizing(allow("servicediscovery:CreateService", f"{HEAD}namespace/*"))
    namespace, _ = made(world)
    told = message("servicediscovery:CreateService", f"{HEAD}service/*")
    assert refused(world.cloudmap(SMITH).create_service, Name="other", NamespaceId=namespace) == (DENIED, told)


@pytest.mark.parametrize(
    ("condition", "let_in"),
    [
        ({"StringEquals": {"servicediscovery:NamespaceName": "shop"}}, True),
        ({"StringEquals": {"servicediscovery:NamespaceName": "other"}}, False),
        ({"StringLike": {"servicediscovery:ServiceName": "c?rt"}}, True),
        ({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "127.0.0.1"]}}, True),
        ({"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, False),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/s*"}}, True),
        ({"StringEquals": {"aws:PrincipalAccount": HOME, "aws:RequestedRegion": "eu-west-1"}}, True),
        ({"StringEquals": {"aws:username": "smithj", "aws:userid": "AIDASMITHJSMITHJ00001"}}, True),
        ({"StringLike": {"aws:UserAgent": "*Botocore*"}}, True),
        ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, True),
        ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, False),
        ({"NumericLessThan": {"aws:EpochTime": 1}}, False),
        ({"Null": {"aws:TokenIssueTime": "true"}}, True),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, False),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}, True),
        ({"StringEquals": {"aws:ResourceTag/team": "red"}}, False),  # the service has no tag
        ({"StringEquals": {"aws:PrincipalType": "User"}}, True),
    ],
    ids=str,
)
def test_conditions_of_discovery(authorizing: Start, condition: Any, let_in: bool) -> None:
    world = authorizing(allow("servicediscovery:DiscoverInstances", Condition=condition))
    made(world)
    client = world.cloudmap(SMITH)
    if let_in:
        client.discover_instances(NamespaceName="shop", ServiceName="cart")
    else:
        assert refused(client.discover_instances, NamespaceName="shop", ServiceName="cart")[0] == DENIED


def test_tags_of_requests_and_resources(authorizing: Start) -> None:
    red = {"StringEquals": {"aws:RequestTag/team": "red"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}
    own = {"StringEquals": {"aws:ResourceTag/team": "red"}}
    world = authorizing(
        allow(["servicediscovery:CreateHttpNamespace", "servicediscovery:TagResource"], Condition=red),
        allow("servicediscovery:GetNamespace", Condition=own),
        allow("servicediscovery:UntagResource", Condition={"ForAllValues:StringEquals": {"aws:TagKeys": "team"}}),
    )
    namespace, _ = made(world)
    client = world.cloudmap(SMITH)
    team, other = {"Key": "team", "Value": "red"}, {"Key": "other", "Value": "x"}
    client.create_http_namespace(Name="tagged", Tags=[team])
    for tags in ([], [other], [team, other]):
        assert refused(client.create_http_namespace, Name="refused", Tags=tags)[0] == DENIED
    client.get_namespace(Id=namespace)
    assert refused(client.untag_resource, ResourceARN=namespace, TagKeys=["team", "other"])[0] == DENIED
    client.untag_resource(ResourceARN=namespace, TagKeys=["team"])
    assert refused(client.get_namespace, Id=namespace)[0] == DENIED


def test_what_is_made_with_tags_takes_to_be_allowed_to_tag(authorizing: Start) -> None:
    world = authorizing(allow("servicediscovery:Create*"))
    client = world.cloudmap(SMITH)
    client.create_http_namespace(Name="plain")
    told = message("servicediscovery:TagResource")
    tags = [{"Key": "team", "Value": "red"}]
    assert refused(client.create_http_namespace, Name="tagged", Tags=tags) == (DENIED, told)
    (namespace,) = world.cloudmap(KEYS["root"]).list_namespaces()["Namespaces"]
    identifier = namespace["Id"]
    client.create_service(Name="plain", NamespaceId=identifier)
    assert refused(client.create_service, Name="tagged", NamespaceId=identifier, Tags=tags) == (DENIED, told)


def test_a_trail_with_tags_takes_to_be_allowed_to_tag(authorizing: Start) -> None:
    world = authorizing(allow("cloudtrail:CreateTrail"))
    world.server.machine.buckets.create("logs")
    client = world.client(SMITH, "cloudtrail")
    client.create_trail(Name="plain", S3BucketName="logs")
    arn = f"arn:aws:cloudtrail:eu-west-1:{HOME}:trail/tagged"
    tags = [{"Key": "team", "Value": "red"}]
    denied = (DENIED, message("cloudtrail:AddTags", arn))
    assert refused(client.create_trail, Name="tagged", S3BucketName="logs", TagsList=tags) == denied


def test_keys_of_services(authorizing: Start) -> None:
    world = authorizing(
        allow(
            "servicediscovery:ListInstances", Condition={"ArnLike": {"servicediscovery:ServiceArn": f"{HEAD}service/*"}}
        ),
        allow(
            "servicediscovery:DeleteService",
            Condition={"StringEquals": {"servicediscovery:ServiceCreatedByAccount": HOME}},
        ),
        allow(
            "servicediscovery:CreateService",
            Condition={"ArnEquals": {"servicediscovery:NamespaceArn": f"{HEAD}namespace/no"}},
        ),
    )
    namespace, service = made(world)
    client = world.cloudmap(SMITH)
    identifier = service.rpartition("/")[2]
    client.list_instances(ServiceId=identifier)
    assert refused(client.create_service, Name="a", NamespaceId=namespace)[0] == DENIED
    client.delete_service(Id=identifier)


def test_variables_stand_for_the_caller(authorizing: Start) -> None:
    trail = f"arn:aws:cloudtrail:eu-west-1:{HOME}:trail/${{aws:username}}-*"
    world = authorizing(allow("cloudtrail:*", trail), allow("s3:*"))
    client = world.client(SMITH, "cloudtrail")
    assert refused(client.get_trail, Name="smithj-one")[0] == "TrailNotFoundException"
    told = message("cloudtrail:GetTrail", f"arn:aws:cloudtrail:eu-west-1:{HOME}:trail/other")
    assert refused(client.get_trail, Name="other") == (DENIED, told)


def test_a_boundary_limits(authorizing: Start) -> None:
    world = authorizing(allow("*"), boundary=[allow("servicediscovery:List*"), deny("servicediscovery:ListServices")])
    client = world.cloudmap(SMITH)
    client.list_namespaces()
    action = "servicediscovery:CreateHttpNamespace"
    reason = f"because no permissions boundary allows the {action} action"
    assert refused(client.create_http_namespace, Name="a") == (DENIED, message(action, "*", reason))
    reason = "with an explicit deny in a permissions boundary"
    assert refused(client.list_services) == (DENIED, message("servicediscovery:ListServices", "*", reason))


def test_roles_and_session_policies(authorizing: Start) -> None:
    world = authorizing(allow("sts:AssumeRole", DEPLOY), role=[allow("servicediscovery:*")])
    world.cloudmap(world.assume(SMITH, DEPLOY)).list_namespaces()
    policy = json.dumps({"Version": "2012-10-17", "Statement": allow("servicediscovery:ListServices")})
    limited = world.cloudmap(world.assume(SMITH, DEPLOY, Policy=policy))
    limited.list_services()
    action, arn = "servicediscovery:ListNamespaces", f"arn:aws:sts::{HOME}:assumed-role/deploy/ci"
    reason = f"because no session policy allows the {action} action"
    assert refused(limited.list_namespaces) == (DENIED, message(action, "*", reason, arn))
    named = world.cloudmap(world.assume(SMITH, DEPLOY, PolicyArns=[{"arn": f"arn:aws:iam::{HOME}:policy/role"}]))
    named.list_namespaces()
    unknown = world.cloudmap(world.assume(SMITH, DEPLOY, PolicyArns=[{"arn": "arn:aws:iam::aws:policy/Unknown"}]))
    assert refused(unknown.list_namespaces)[0] == DENIED


def test_assuming_a_role_takes_a_policy_or_a_trust_by_name(authorizing: Start) -> None:
    world = authorizing(role=[allow("servicediscovery:*")])
    told = f"User: {ARN} is not authorized to perform: sts:AssumeRole on resource: {DEPLOY}"
    assert refused(world.client(SMITH).assume_role, RoleArn=DEPLOY, RoleSessionName="ci") == ("AccessDenied", told)
    assert world.last()["errorCode"] == "AccessDenied"
    named = authorizing(role=[allow("servicediscovery:*")], trust=ARN)
    named.cloudmap(named.assume(SMITH, DEPLOY)).list_namespaces()
    forbidden = authorizing(deny("sts:AssumeRole"), trust=ARN)
    told += " with an explicit deny in an identity-based policy"
    assert refused(forbidden.client(SMITH).assume_role, RoleArn=DEPLOY, RoleSessionName="ci") == ("AccessDenied", told)


def test_a_service_that_calls_for_a_user_may_what_the_user_may(authorizing: Start) -> None:
    through = {
        "Bool": {"aws:ViaAWSService": "true"},
        "StringEquals": {"aws:CalledViaFirst": "cloudformation.amazonaws.com"},
    }
    world = authorizing(allow("servicediscovery:List*"), deny("servicediscovery:ListServices", Condition=through))
    world.cloudmap(STACKS).list_namespaces()
    assert refused(world.cloudmap(STACKS).list_services)[0] == DENIED
    world.cloudmap(SMITH).list_services()


def test_how_long_ago_the_device_was_asked(authorizing: Start) -> None:
    fresh = {"NumericLessThan": {"aws:MultiFactorAuthAge": "600"}, "Bool": {"aws:MultiFactorAuthPresent": "true"}}
    world = authorizing(allow("servicediscovery:*", Condition=fresh))
    device = {"SerialNumber": f"arn:aws:iam::{HOME}:mfa/j", "TokenCode": "123456"}
    with_device = world.cloudmap(world.client(SMITH).get_session_token(**device))
    with_device.list_namespaces()
    assert refused(world.cloudmap(world.client(SMITH).get_session_token()).list_namespaces)[0] == DENIED
    world.clock(advance=700)
    assert refused(with_device.list_namespaces)[0] == DENIED


def test_the_account_of_a_role_that_is_asked_for(authorizing: Start) -> None:
    theirs = {"StringEquals": {"aws:ResourceAccount": "999988887777"}}
    world = authorizing(allow("sts:AssumeRole"), deny("sts:AssumeRole", Condition=theirs))
    world.assume(SMITH, DEPLOY)
    foreign = "arn:aws:iam::999988887777:role/theirs"
    _, told = refused(world.client(SMITH).assume_role, RoleArn=foreign, RoleSessionName="ci")
    assert told.endswith(f"{foreign} with an explicit deny in an identity-based policy")


def test_tags_of_a_session_are_those_of_its_principal(authorizing: Start) -> None:
    condition = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    world = authorizing(
        allow(["sts:AssumeRole", "sts:TagSession"], DEPLOY),
        role=[allow("servicediscovery:ListNamespaces", Condition=condition)],
    )
    red = world.assume(SMITH, DEPLOY, Tags=[{"Key": "team", "Value": "red"}])
    world.cloudmap(red).list_namespaces()
    assert refused(world.cloudmap(world.assume(SMITH, DEPLOY)).list_namespaces)[0] == DENIED


def test_tags_of_the_file_are_those_of_its_users_and_roles(authorizing: Start) -> None:
    red = {"StringEquals": {"aws:PrincipalTag/Team": "red"}}
    listing = allow("servicediscovery:ListNamespaces", Condition=red)
    world = authorizing(listing, allow("sts:*", DEPLOY), role=[listing], tags='team = "red"')
    world.cloudmap(SMITH).list_namespaces()
    world.cloudmap(world.client(SMITH).get_session_token()).list_namespaces()
    world.cloudmap(STACKS).list_namespaces()
    world.cloudmap(world.assume(SMITH, DEPLOY)).list_namespaces()
    blue = world.assume(SMITH, DEPLOY, Tags=[{"Key": "TEAM", "Value": "blue"}])
    assert refused(world.cloudmap(blue).list_namespaces)[0] == DENIED


def test_federated_users_have_what_both_policies_allow(authorizing: Start) -> None:
    world = authorizing(allow(["sts:GetFederationToken", "servicediscovery:ListNamespaces"]))
    client = world.client(SMITH)
    assert refused(world.cloudmap(client.get_federation_token(Name="jane")).list_namespaces)[0] == DENIED
    policy = json.dumps({"Version": "2012-10-17", "Statement": allow("*")})
    jane = world.cloudmap(client.get_federation_token(Name="jane", Policy=policy))
    jane.list_namespaces()
    assert refused(jane.list_services)[0] == DENIED


def test_who_one_is_needs_no_policy(authorizing: Start) -> None:
    world = authorizing(deny("*"))
    assert world.client(SMITH).get_caller_identity()["Arn"] == ARN
    world.client(SMITH).get_session_token()


def test_a_file_that_is_read_again_is_in_force(authorizing: Start) -> None:
    world = authorizing()
    client = world.cloudmap(SMITH)
    assert refused(client.list_namespaces)[0] == DENIED
    policy = world.server.machine.settings.identities.parent / "user.json"
    policy.write_text(json.dumps({"Statement": allow("*")}))
    world.server.machine.identities.reload()
    client.list_namespaces()


def test_policies_take_a_file() -> None:
    with pytest.raises(SettingsError, match="authorize is on: it takes identities, too"):
        Settings(authorize=True)
