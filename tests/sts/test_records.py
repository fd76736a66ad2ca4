"""What is on the record of calls of STS, and of calls with what it gave out: every member, in order."""

import re
from base64 import b64decode
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.sdk import ask, refused
from tests.sts.world import (
    AUDIT,
    CLOSED,
    CODEBUILD,
    DEPLOY,
    EC2,
    ECS,
    HOME,
    INSTANCE,
    OTHER,
    ROOT,
    SMITH,
    SMITHS_STACKS,
    STACKS,
    World,
)

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
ORDER = [
    "eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress",
    "userAgent", "errorCode", "errorMessage", "requestParameters", "responseElements", "additionalEventData",
    "requestID", "eventID", "readOnly", "resources", "eventType", "managementEvent", "recipientAccountId",
    "sharedEventID", "eventCategory",
]  # fmt: skip

SMITH_USER = {
    "type": "IAMUser",
    "principalId": "AIDASMITHJSMITHJ00001",
    "arn": f"arn:aws:iam::{HOME}:user/staff/smithj",
    "accountId": HOME,
    "accessKeyId": SMITH,
    "userName": "smithj",
}
DEPLOY_ISSUER = {
    "type": "Role",
    "principalId": "AROADEPLOYDEPLOY00001",
    "arn": DEPLOY,
    "accountId": HOME,
    "userName": "deploy",
}


@pytest.fixture(autouse=True)
def _stopped_clock(world: World) -> None:
    world.clock(freeze="2026-11-22T16:35:00Z")


def same(found: Any, wanted: Any) -> None:
    """Equal, members in the same order."""
    assert _ordered(found) == _ordered(wanted)


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return [(name, _ordered(item)) for name, item in value.items()]
    return [_ordered(item) for item in value] if isinstance(value, list) else value


def members(record: dict[str, Any], *absent: str) -> None:
    assert list(record) == [name for name in ORDER if name not in absent]


def told(answer: Any) -> dict[str, str]:
    """The credentials of an answer, as a record has them: without the secret."""
    credentials = answer["Credentials"]
    at = credentials["Expiration"]
    return {
        "accessKeyId": credentials["AccessKeyId"],
        "sessionToken": credentials["SessionToken"],
        "expiration": f"Nov {at.day}, 2026, {at.hour % 12 or 12}:{at:%M:%S} {at:%p}",
    }


def test_assume_role(world: World) -> None:
    answer = world.assume(
        SMITH, SourceIdentity="john", ExternalId="ours", SerialNumber="arn:aws:iam::1:mfa/j", TokenCode="123456"
    )
    record = world.last()
    members(record, "errorCode", "errorMessage", "sharedEventID")
    same(record["userIdentity"], SMITH_USER)
    parameters = {
        "roleArn": DEPLOY,
        "roleSessionName": "ci",
        "externalId": "ours",
        "serialNumber": "arn:aws:iam::1:mfa/j",
        "sourceIdentity": "john",
    }
    same(record["requestParameters"], parameters)
    user = {"assumedRoleId": "AROADEPLOYDEPLOY00001:ci", "arn": f"arn:aws:sts::{HOME}:assumed-role/deploy/ci"}
    elements = {"credentials": told(answer), "assumedRoleUser": user, "sourceIdentity": "john"}
    same(record["responseElements"], elements)
    same(record["resources"], [{"accountId": HOME, "type": "AWS::IAM::Role", "ARN": DEPLOY}])
    assert (record["eventSource"], record["eventName"]) == ("sts.amazonaws.com", "AssumeRole")
    assert (record["readOnly"], record["managementEvent"], record["awsRegion"]) == (True, True, "eu-west-1")
    assert record["requestID"] == answer["ResponseMetadata"]["RequestId"]


def test_assume_role_across_accounts_is_recorded_in_both(world: World) -> None:
    mark = world.mark()
    answer = world.assume(SMITH, AUDIT)
    other, own = sorted(world.records(mark), key=lambda record: record["userIdentity"]["type"])
    members(own, "errorCode", "errorMessage")
    members(other, "errorCode", "errorMessage")
    same(own["userIdentity"], SMITH_USER)
    same(other["userIdentity"], {"type": "AWSAccount", "principalId": "AIDASMITHJSMITHJ00001", "accountId": HOME})
    assert (own["recipientAccountId"], other["recipientAccountId"]) == (HOME, OTHER)
    assert own["sharedEventID"] == other["sharedEventID"]
    assert len({own["eventID"], other["eventID"], own["sharedEventID"]}) == 3
    assert all(UUID.fullmatch(own[name]) for name in ("eventID", "sharedEventID"))
    different = {"userIdentity", "recipientAccountId", "eventID"}
    assert {name for name in own if own[name] != other[name]} == different
    assert own["responseElements"]["credentials"] == told(answer)


def test_a_refusal_has_no_parameters_and_is_recorded_once(world: World) -> None:
    mark = world.mark()
    code, message = refused(world.client("nobody").assume_role, RoleArn=CLOSED, RoleSessionName="ci")
    (record,) = world.records(mark)
    members(record, "resources", "sharedEventID")
    assert (record["errorCode"], record["errorMessage"]) == (code, message)
    assert record["requestParameters"] is None
    assert record["responseElements"] is None


def test_what_breaks_a_constraint_keeps_its_parameters(world: World) -> None:
    refused(world.client(SMITH).assume_role, RoleArn=DEPLOY, RoleSessionName="c i")
    record = world.last()
    assert record["errorCode"] == "ValidationException"
    assert record["requestParameters"] == {"roleArn": DEPLOY, "roleSessionName": "c i"}


def test_get_caller_identity(world: World) -> None:
    world.client(SMITH).get_caller_identity()
    record = world.last()
    members(record, "errorCode", "errorMessage", "sharedEventID", "resources")
    assert (record["requestParameters"], record["responseElements"], record["readOnly"]) == (None, None, True)


def test_every_record_says_which_endpoint_was_called_and_where(world: World) -> None:
    mark = world.mark()
    world.client(SMITH).get_caller_identity()
    refused(world.client("nobody").assume_role, RoleArn=CLOSED, RoleSessionName="ci")
    for record in world.records(mark):
        details = record["additionalEventData"]
        assert list(details) == ["ExtendedRequestId", "RequestDetails"]
        same(details["RequestDetails"], {"endpointType": "regional", "awsServingRegion": "eu-west-1"})
        at = int(datetime(2026, 11, 22, 16, 35, tzinfo=UTC).timestamp() * 1000)
        extended = b64decode(details["ExtendedRequestId"]).decode()
        assert re.fullmatch(f"1:eu-west-1:S:{at}:R:[A-Za-z0-9]{{8}}", extended)


def test_a_call_that_is_made_to_fail_says_so_too(world: World) -> None:
    rule = {"operation": "GetCallerIdentity", "error": {"code": "InternalFailure", "statusCode": 500}}
    faults = f"{world.server.url}/_maptrail/faults"
    ask("PUT", faults, [rule])
    refused(world.client(SMITH).get_caller_identity)
    ask("DELETE", faults)
    record = world.last()
    assert (record["eventName"], record["errorCode"]) == ("GetCallerIdentity", "InternalFailure")
    assert record["additionalEventData"]["RequestDetails"]["awsServingRegion"] == "eu-west-1"


def test_a_service_assumes_a_role(world: World) -> None:
    mark = world.mark()
    answer = world.assume(CODEBUILD)
    (record,) = world.records(mark)
    members(record, "errorCode", "errorMessage")
    same(record["userIdentity"], {"type": "AWSService", "invokedBy": "codebuild.amazonaws.com"})
    same(record["responseElements"], {"credentials": told(answer)})
    assert UUID.fullmatch(record["sharedEventID"])
    world.cloudmap(answer).list_namespaces()
    assert "ec2RoleDelivery" not in world.last()["userIdentity"]["sessionContext"]


def test_the_role_of_an_instance_is_handed_on_by_the_metadata_service(world: World) -> None:
    world.cloudmap(world.assume(EC2, INSTANCE, "i-0123456789abcdef0")).list_namespaces()
    context = world.last()["userIdentity"]["sessionContext"]
    assert list(context) == ["sessionIssuer", "attributes", "ec2RoleDelivery"]
    assert context["ec2RoleDelivery"] == "2.0"


def test_an_assumed_role(world: World) -> None:
    answer = world.assume(SMITH, SourceIdentity="john")
    world.cloudmap(answer).list_namespaces()
    same(
        world.last()["userIdentity"],
        {
            "type": "AssumedRole",
            "principalId": "AROADEPLOYDEPLOY00001:ci",
            "arn": f"arn:aws:sts::{HOME}:assumed-role/deploy/ci",
            "accountId": HOME,
            "accessKeyId": answer["Credentials"]["AccessKeyId"],
            "sessionContext": {
                "sessionIssuer": DEPLOY_ISSUER,
                "attributes": {"creationDate": "2026-11-22T16:35:00Z", "mfaAuthenticated": "false"},
                "sourceIdentity": "john",
            },
        },
    )


def test_a_chain_of_roles(world: World) -> None:
    first = world.assume(SMITH)
    mark = world.mark()
    second = world.assume(first, AUDIT)
    other, own = sorted(world.records(mark), key=lambda record: record["userIdentity"]["type"])
    assert own["userIdentity"]["sessionContext"]["sessionIssuer"] == DEPLOY_ISSUER
    wanted = {"type": "AWSAccount", "principalId": "AROADEPLOYDEPLOY00001:ci", "accountId": HOME}
    same(other["userIdentity"], wanted)
    world.cloudmap(second).list_namespaces()
    issuer = world.last()["userIdentity"]["sessionContext"]["sessionIssuer"]
    assert (issuer["arn"], world.last()["recipientAccountId"]) == (AUDIT, OTHER)


@pytest.mark.parametrize("mfa", [False, True])
def test_session_token(world: World, mfa: bool) -> None:
    device = {"SerialNumber": f"arn:aws:iam::{HOME}:mfa/j", "TokenCode": "123456"} if mfa else {}
    answer = world.client(SMITH).get_session_token(DurationSeconds=900, **device)
    record = world.last()
    members(record, "errorCode", "errorMessage", "sharedEventID", "resources")
    same(record["userIdentity"], SMITH_USER)
    serial = {"serialNumber": device["SerialNumber"]} if mfa else {}
    same(record["requestParameters"], {"durationSeconds": 900, **serial})
    same(record["responseElements"], {"credentials": told(answer)})
    world.cloudmap(answer).list_namespaces()
    context = {"attributes": {"creationDate": "2026-11-22T16:35:00Z", "mfaAuthenticated": "true" if mfa else "false"}}
    key = answer["Credentials"]["AccessKeyId"]
    same(world.last()["userIdentity"], {**SMITH_USER, "accessKeyId": key, "sessionContext": context})


def test_root_and_its_session(world: World) -> None:
    answer = world.client(ROOT).get_session_token()
    root = {
        "type": "Root",
        "principalId": HOME,
        "arn": f"arn:aws:iam::{HOME}:root",
        "accountId": HOME,
        "accessKeyId": ROOT,
        "userName": "example-corp",
    }
    same(world.last()["userIdentity"], root)
    world.cloudmap(answer).list_namespaces()
    context = {"attributes": {"creationDate": "2026-11-22T16:35:00Z", "mfaAuthenticated": "false"}}
    key = answer["Credentials"]["AccessKeyId"]
    same(world.last()["userIdentity"], {**root, "accessKeyId": key, "sessionContext": context})


def test_federation_token(world: World) -> None:
    policy = '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
    answer = world.client(SMITH).get_federation_token(Name="bob", Policy=policy)
    record = world.last()
    assert record["readOnly"] is False
    same(record["requestParameters"], {"name": "bob", "policy": policy})
    arn = f"arn:aws:sts::{HOME}:federated-user/bob"
    user = {"federatedUserId": f"{HOME}:bob", "arn": arn}
    elements = {"credentials": told(answer), "federatedUser": user, "packedPolicySize": 3}
    same(record["responseElements"], elements)
    world.cloudmap(answer).list_namespaces()
    issuer = {name: value for name, value in SMITH_USER.items() if name != "accessKeyId"}
    same(
        world.last()["userIdentity"],
        {
            "type": "FederatedUser",
            "principalId": f"{HOME}:bob",
            "arn": arn,
            "accountId": HOME,
            "accessKeyId": answer["Credentials"]["AccessKeyId"],
            "sessionContext": {
                "sessionIssuer": issuer,
                "attributes": {"creationDate": "2026-11-22T16:35:00Z", "mfaAuthenticated": "false"},
            },
        },
    )


def test_a_service_through_its_role(world: World) -> None:
    world.cloudmap(ECS).list_namespaces()
    record = world.last()
    identity = record["userIdentity"]
    arn = f"arn:aws:iam::{HOME}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
    principal = identity["sessionContext"]["sessionIssuer"]["principalId"]
    assert re.fullmatch("AROA[A-Z2-7]{17}", principal)
    same(
        identity,
        {
            "type": "AssumedRole",
            "principalId": f"{principal}:ecs-service-scheduler",
            "arn": f"arn:aws:sts::{HOME}:assumed-role/AWSServiceRoleForECS/ecs-service-scheduler",
            "accountId": HOME,
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": principal,
                    "arn": arn,
                    "accountId": HOME,
                    "userName": "AWSServiceRoleForECS",
                },
                "attributes": {
                    "creationDate": identity["sessionContext"]["attributes"]["creationDate"],
                    "mfaAuthenticated": "false",
                },
            },
            "invokedBy": "ecs.amazonaws.com",
        },
    )
    assert record["sourceIPAddress"] == record["userAgent"] == "ecs.amazonaws.com"


def test_the_session_of_a_service_is_renewed_each_hour(world: World) -> None:
    def created() -> str:
        world.cloudmap(ECS).list_namespaces()
        return str(world.last()["userIdentity"]["sessionContext"]["attributes"]["creationDate"])

    world.clock(freeze="2030-01-01T00:00:00Z")
    assert created() == "2030-01-01T00:00:00Z"
    world.clock(freeze="2030-01-01T00:59:59Z")
    assert created() == "2030-01-01T00:00:00Z"
    world.clock(freeze="2030-01-01T01:00:00Z")
    assert created() == "2030-01-01T01:00:00Z"


def test_a_service_through_a_role_of_ones_own_has_a_key(world: World) -> None:
    world.cloudmap(STACKS).list_namespaces()
    record = world.last()
    identity = record["userIdentity"]
    assert re.fullmatch("ASIA[A-Z2-7]{16}", identity["accessKeyId"])
    same(
        identity,
        {
            "type": "AssumedRole",
            "principalId": "AROADEPLOYDEPLOY00001:AWSCloudFormation",
            "arn": f"arn:aws:sts::{HOME}:assumed-role/deploy/AWSCloudFormation",
            "accountId": HOME,
            "accessKeyId": identity["accessKeyId"],
            "sessionContext": {
                "sessionIssuer": DEPLOY_ISSUER,
                "attributes": {"creationDate": "2026-11-22T16:35:00Z", "mfaAuthenticated": "false"},
            },
            "invokedBy": "cloudformation.amazonaws.com",
        },
    )
    assert record["sourceIPAddress"] == record["userAgent"] == "cloudformation.amazonaws.com"


def test_a_service_for_a_user(world: World) -> None:
    world.assume(SMITHS_STACKS)  # a role that trusts the user trusts whoever calls for the user
    world.clock(freeze="2027-01-01T00:00:00Z")
    world.cloudmap(SMITHS_STACKS).list_namespaces()
    record = world.last()
    identity = record["userIdentity"]
    key = identity["accessKeyId"]
    assert re.fullmatch("ASIA[A-Z2-7]{16}", key)
    context = {"attributes": {"creationDate": "2027-01-01T00:00:00Z", "mfaAuthenticated": "false"}}
    via = {"sessionContext": context, "invokedBy": "cloudformation.amazonaws.com"}
    same(identity, {**SMITH_USER, "accessKeyId": key, **via})
    assert record["sourceIPAddress"] == record["userAgent"] == "cloudformation.amazonaws.com"
    world.cloudmap(SMITHS_STACKS).list_namespaces()
    assert world.last()["userIdentity"]["accessKeyId"] == key
    world.clock(freeze="2027-01-01T01:00:00Z")
    world.cloudmap(SMITHS_STACKS).list_namespaces()
    assert world.last()["userIdentity"]["accessKeyId"] != key


def test_a_service_by_itself(world: World) -> None:
    world.cloudmap(CODEBUILD).list_namespaces()
    record = world.last()
    same(record["userIdentity"], {"type": "AWSService", "invokedBy": "codebuild.amazonaws.com"})
    assert record["sourceIPAddress"] == record["userAgent"] == "codebuild.amazonaws.com"
    assert record["recipientAccountId"] == HOME


def test_no_secret_is_on_the_record_or_in_the_answer_to_an_error(world: World) -> None:
    answers = [world.assume(SMITH), world.client(SMITH).get_session_token()]
    text = str(world.records())
    for answer in answers:
        assert answer["Credentials"]["SecretAccessKey"] not in text
    assert "secret" not in text


def touched(world: World, who: Any, name: str) -> list[tuple[str, str]]:
    asked = [{"AttributeKey": "EventName", "AttributeValue": name}]
    event = world.client(who, "cloudtrail").lookup_events(LookupAttributes=asked, MaxResults=1)["Events"][0]
    return [(each["ResourceType"], each["ResourceName"]) for each in event["Resources"]]


def test_the_history_tells_whose_the_credentials_are(world: World) -> None:
    answer = world.assume(SMITH)
    key = answer["Credentials"]["AccessKeyId"]
    session, role = "AWS::STS::AssumedRole", ("AWS::IAM::Role", DEPLOY)
    names = [f"arn:aws:sts::{HOME}:assumed-role/deploy/ci", "AROADEPLOYDEPLOY00001:ci", "ci"]
    wanted = [("AWS::IAM::AccessKey", key), *((session, name) for name in names), role]
    assert touched(world, SMITH, "AssumeRole") == wanted
    history = world.client(SMITH, "cloudtrail")
    found = history.lookup_events(LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": key}])["Events"]
    assert [event["EventName"] for event in found] == ["AssumeRole"]
    refused(world.client("nobody").assume_role, RoleArn=CLOSED, RoleSessionName="ci")
    assert touched(world, SMITH, "AssumeRole") == []


def test_the_history_of_a_service_has_no_user_name(world: World) -> None:
    answer = world.assume(CODEBUILD)
    key = ("AWS::IAM::AccessKey", answer["Credentials"]["AccessKeyId"])
    assert touched(world, SMITH, "AssumeRole") == [key, ("AWS::STS::AssumedRole", "ci"), ("AWS::IAM::Role", DEPLOY)]
    asked = [{"AttributeKey": "EventName", "AttributeValue": "AssumeRole"}]
    event = world.client(SMITH, "cloudtrail").lookup_events(LookupAttributes=asked, MaxResults=1)["Events"][0]
    assert not {"Username", "AccessKeyId"} & set(event)


def test_the_history_of_federated_users_and_session_tokens(world: World) -> None:
    answer = world.client(SMITH).get_federation_token(Name="bob")
    kind, arn = "AWS::STS::FederatedUser", f"arn:aws:sts::{HOME}:federated-user/bob"
    wanted = [("AWS::IAM::AccessKey", answer["Credentials"]["AccessKeyId"])]
    wanted += [(kind, f"{HOME}:bob"), (kind, arn), (kind, "bob")]
    assert touched(world, SMITH, "GetFederationToken") == wanted
    key = world.client(SMITH).get_session_token()["Credentials"]["AccessKeyId"]
    assert touched(world, SMITH, "GetSessionToken") == [("AWS::IAM::AccessKey", key)]
