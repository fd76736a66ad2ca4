"""AssumeRole: whom a role trusts, for how long, and what goes with the session."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.sdk import refused
from tests.sts.world import AUDIT, CLOSED, CODEBUILD, DEPLOY, GUARDED, HOME, NOBODY, OTHER, ROOT, SMITH, World

POLICY = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'


def _denied(who: str, role: str, action: str = "AssumeRole") -> tuple[str, str]:
    return "AccessDenied", f"User: {who} is not authorized to perform: sts:{action} on resource: {role}"


def test_a_trusted_user_gets_credentials(world: World) -> None:
    world.clock(freeze="2026-11-22T16:35:00.750Z")
    answer = world.assume(SMITH)
    told = answer["Credentials"]
    assert told["AccessKeyId"].startswith("ASIA")
    assert len(told["AccessKeyId"]) == 20
    assert len(told["SecretAccessKey"]) == 40
    assert told["Expiration"] == datetime(2026, 11, 22, 17, 35, tzinfo=UTC)
    assert answer["AssumedRoleUser"] == {
        "AssumedRoleId": "AROADEPLOYDEPLOY00001:ci",
        "Arn": f"arn:aws:sts::{HOME}:assumed-role/deploy/ci",
    }
    assert "PackedPolicySize" not in answer


def test_the_account_can_be_read_from_the_key(world: World) -> None:
    answer = world.assume(SMITH, AUDIT)
    assert world.client(NOBODY).get_access_key_info(AccessKeyId=answer["Credentials"]["AccessKeyId"]) | {
        "ResponseMetadata": 0
    } == {"Account": OTHER, "ResponseMetadata": 0}


@pytest.mark.parametrize(
    ("who", "name", "role"),
    [
        (NOBODY, "user/nobody", DEPLOY),
        (SMITH, "user/staff/smithj", CLOSED),
        (SMITH, "user/staff/smithj", f"arn:aws:iam::{HOME}:role/deploy"),
        (SMITH, "user/staff/smithj", f"arn:aws:iam::{HOME}:role/none"),
        ("unlisted", "user/unlisted", DEPLOY),
    ],
)
def test_a_role_that_does_not_trust_or_is_not_there(world: World, who: str, name: str, role: str) -> None:
    call = world.client(who).assume_role
    assert refused(call, RoleArn=role, RoleSessionName="ci") == _denied(f"arn:aws:iam::{HOME}:{name}", role)


def test_a_federated_user_assumes_no_role(world: World, open_world: World) -> None:
    for each, role in ((world, AUDIT), (open_world, DEPLOY)):
        jane = each.client(each.client(SMITH).get_federation_token(Name="jane"))
        code, told = refused(jane.assume_role, RoleArn=role, RoleSessionName="ci")
        assert code == "AccessDenied"
        assert ":federated-user/jane is not authorized to perform: sts:AssumeRole on resource: " in told


def test_an_external_id_and_a_device(world: World) -> None:
    device = {"SerialNumber": f"arn:aws:iam::{HOME}:mfa/smithj", "TokenCode": "123456"}
    ours = {"ExternalId": "ours:1"}
    world.assume(SMITH, GUARDED, **ours, **device)
    world.assume(world.client(SMITH).get_session_token(**device), GUARDED, **ours)
    session = world.client(SMITH).get_session_token()
    for who, more in ((SMITH, ours), (SMITH, device), (SMITH, {"ExternalId": "theirs", **device}), (session, ours)):
        code, told = refused(world.client(who).assume_role, RoleArn=GUARDED, RoleSessionName="ci", **more)
        assert (code, told.endswith(f"sts:AssumeRole on resource: {GUARDED}")) == ("AccessDenied", True)


def test_an_account_that_is_trusted(world: World) -> None:
    assert world.assume(NOBODY, AUDIT)["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{OTHER}:assumed-role/audit/ci"


def test_a_service_that_is_trusted(world: World) -> None:
    assert world.assume(CODEBUILD)["AssumedRoleUser"]["AssumedRoleId"] == "AROADEPLOYDEPLOY00001:ci"
    call = world.client(CODEBUILD).assume_role
    assert refused(call, RoleArn=AUDIT, RoleSessionName="ci") == _denied("codebuild.amazonaws.com", AUDIT)


@pytest.mark.parametrize("who", [ROOT, "root"])
def test_root_assumes_no_role(world: World, open_world: World, who: str) -> None:
    call = (world if who == ROOT else open_world).client(who).assume_role
    told = "AccessDenied", "Roles may not be assumed by root accounts."
    assert refused(call, RoleArn=AUDIT, RoleSessionName="ci") == told


def test_without_identities_anyone_has_any_role(open_world: World) -> None:
    answer = open_world.assume("smithj", "arn:aws:iam::999988887777:role/a/b/any", DurationSeconds=43200)
    assert answer["AssumedRoleUser"]["Arn"] == "arn:aws:sts::999988887777:assumed-role/any/ci"
    again = open_world.assume("jonesa", "arn:aws:iam::999988887777:role/any")
    assert answer["AssumedRoleUser"] == again["AssumedRoleUser"]


@pytest.mark.parametrize("arn", ["arn:aws:iam::1:role/short-account", f"arn:aws:iam::{HOME}:user/somebody", "x" * 20])
def test_what_is_no_role(world: World, arn: str) -> None:
    call = world.client(SMITH).assume_role
    assert refused(call, RoleArn=arn, RoleSessionName="ci") == ("ValidationError", f"{arn} is invalid")


CONSTRAINT = "1 validation error detected: Value '{}' at '{}' failed to satisfy constraint: Member must {}"


@pytest.mark.parametrize(
    ("given", "constraint"),
    [
        (
            {"RoleSessionName": "c i"},
            ("c i", "roleSessionName", r"satisfy regular expression pattern: [\w+=,.@-]*"),
        ),
        ({"RoleSessionName": "x" * 65}, ("x" * 65, "roleSessionName", "have length less than or equal to 64")),
        ({"RoleSessionName": "x"}, ("x", "roleSessionName", "have length greater than or equal to 2")),
        ({"DurationSeconds": 899}, ("899", "durationSeconds", "have value greater than or equal to 900")),
        ({"DurationSeconds": 43201}, ("43201", "durationSeconds", "have value less than or equal to 43200")),
        ({"RoleArn": "short"}, ("short", "roleArn", "have length greater than or equal to 20")),
        (
            {"Tags": [{"Key": "k" * 129, "Value": ""}]},
            ("k" * 129, "tags.1.member.key", "have length less than or equal to 128"),
        ),
        (
            {"Tags": [{"Key": "a&b", "Value": ""}]},
            ("a&b", "tags.1.member.key", r"satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+"),
        ),
    ],
)
def test_what_breaks_a_constraint(world: World, given: dict[str, Any], constraint: tuple[str, str, str]) -> None:
    call = world.client(SMITH, parameter_validation=False).assume_role
    code, message = refused(call, **{"RoleArn": DEPLOY, "RoleSessionName": "ci", **given})
    assert code == "ValidationError"
    assert CONSTRAINT.format(*constraint) in message


def test_a_duration_within_the_roles(world: World) -> None:
    world.clock(freeze="2026-11-22T16:35:00Z")
    expires = world.assume(SMITH, DurationSeconds=7200)["Credentials"]["Expiration"]
    assert expires == datetime(2026, 11, 22, 18, 35, tzinfo=UTC)
    call = world.client(SMITH).assume_role
    assert refused(call, RoleArn=DEPLOY, RoleSessionName="ci", DurationSeconds=7201) == (
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    )


def test_a_chain_of_roles_lasts_an_hour_a_link(world: World) -> None:
    first = world.assume(SMITH)
    assert world.assume(first, AUDIT, "link", DurationSeconds=3600)["AssumedRoleUser"]["Arn"].endswith("audit/link")
    call = world.client(first).assume_role
    assert refused(call, RoleArn=AUDIT, RoleSessionName="link", DurationSeconds=3601) == (
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
    )


def test_a_source_identity_goes_through_a_chain_and_stays(world: World) -> None:
    first = world.assume(SMITH, SourceIdentity="john")
    second = world.assume(first, AUDIT)
    assert first["SourceIdentity"] == second["SourceIdentity"] == "john"
    assert world.assume(first, AUDIT, SourceIdentity="john")["SourceIdentity"] == "john"
    call = world.client(first).assume_role
    refusal = refused(call, RoleArn=AUDIT, RoleSessionName="ci", SourceIdentity="jane")
    assert refusal == _denied(first["AssumedRoleUser"]["Arn"], AUDIT, "SetSourceIdentity")


def test_transitive_tags_go_through_a_chain(world: World) -> None:
    tags = [{"Key": "Department", "Value": "R é D"}, {"Key": "Other", "Value": ""}]
    first = world.assume(SMITH, Tags=tags, TransitiveTagKeys=["Department"])
    world.assume(first, AUDIT, "a1", Tags=[{"Key": "Email", "Value": "a@example.com"}])
    parameters = world.last()["requestParameters"]
    assert list(parameters) == ["incomingTransitiveTags", "roleArn", "roleSessionName", "tags"]
    assert parameters["incomingTransitiveTags"] == {"Department": "R é D"}
    call = world.client(first).assume_role
    code, message = refused(call, RoleArn=AUDIT, RoleSessionName="a1", Tags=[{"Key": "department", "Value": "x"}])
    assert code == "InvalidParameterValue"
    assert "conflicts with a transitive tag key from the calling session" in message


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]}, "Duplicate tag keys found"),
        ({"Tags": [{"Key": "a", "Value": "1"}], "TransitiveTagKeys": ["b"]}, "must be included in the requested tags"),
        ({"Tags": [{"Key": "AWS:a", "Value": "1"}]}, "it is reserved"),
    ],
)
def test_tags_that_do_not_go_together(world: World, given: dict[str, Any], words: str) -> None:
    code, message = refused(world.client(SMITH).assume_role, RoleArn=DEPLOY, RoleSessionName="ci", **given)
    assert code == "InvalidParameterValue"
    assert words in message


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("{", "The policy is not in the valid JSON format."),
        ("[]", "Syntax errors in policy."),
        ('{"Statement": [{"Effect": "Maybe", "Action": "*", "Resource": "*"}]}', "Syntax errors in policy."),
        ('{"Statement": []}', "Syntax errors in policy."),
        ('{"Statement": [{"Effect": "Deny", "Resource": "*"}]}', "Syntax errors in policy."),
        (POLICY.replace('"Effect"', '"Condition": {"Is": {"a": "b"}}, "Effect"'), "Syntax errors in policy."),
    ],
)
def test_a_session_policy_that_is_none(world: World, policy: str, words: str) -> None:
    call = world.client(SMITH).assume_role
    refusal = refused(call, RoleArn=DEPLOY, RoleSessionName="ci", Policy=policy)
    assert refusal == ("MalformedPolicyDocument", words)
    assert world.last()["errorCode"] == "MalformedPolicyDocumentException"


def test_session_policies_are_kept_and_measured(world: World) -> None:
    answer = world.assume(SMITH, Policy=POLICY, PolicyArns=[{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}])
    assert answer["PackedPolicySize"] == 6
    with world.server.machine.database.reading() as connection:
        from emulator.sts.sessions import find

        session = find(connection, answer["Credentials"]["AccessKeyId"])
    assert session is not None
    assert session.policy is not None
    assert session.policy["Statement"]["Effect"] == "Allow"
    assert session.policy_arns == ("arn:aws:iam::aws:policy/ReadOnlyAccess",)


def test_too_much_policy(world: World) -> None:
    long = POLICY.replace('"*"', f'"s:{"s" * 2998}"', 1)
    code, message = refused(world.client(SMITH).assume_role, RoleArn=DEPLOY, RoleSessionName="ci", Policy=long)
    assert code == "PackedPolicyTooLarge"
    assert message == "Packed policy consumes 151% of allotted space, please use smaller policy."


def test_half_a_second_factor(world: World) -> None:
    call = world.client(SMITH).assume_role
    code, message = refused(call, RoleArn=DEPLOY, RoleSessionName="ci", TokenCode="123456")
    assert (code, message.split(",")[0]) == ("AccessDenied", "MultiFactorAuthentication failed")


def test_a_refused_call_keeps_no_session(world: World) -> None:
    def sessions() -> int:
        with world.server.machine.database.reading() as connection:
            return connection.execute("SELECT count(*) FROM session").fetchone()[0]

    before = sessions()
    refused(world.client(NOBODY).assume_role, RoleArn=CLOSED, RoleSessionName="ci")
    assert sessions() == before


def test_sessions_that_expired_long_ago_are_dropped(world: World) -> None:
    key = world.assume(SMITH)["Credentials"]["AccessKeyId"]
    world.clock(advance=timedelta(days=2).total_seconds())
    world.assume(SMITH)
    with world.server.machine.database.reading() as connection:
        assert connection.execute("SELECT 1 FROM session WHERE access_key = ?", (key,)).fetchone() is None
