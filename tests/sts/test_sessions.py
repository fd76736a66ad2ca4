"""What temporary credentials are good for, and for how long."""

from typing import Any

import pytest

from tests.sdk import ask, refused
from tests.sts.world import HOME, ROOT, SMITH, World

INVALID = "The security token included in the request is invalid."
EXPIRED = "The security token included in the request is expired"


def _both(world: World, who: Any) -> list[tuple[str, str]]:
    """What the JSON service and the query service say to somebody."""
    return [refused(world.cloudmap(who).list_namespaces), refused(world.client(who).get_caller_identity)]


def _changed(answer: Any, **members: str) -> Any:
    return {"Credentials": answer["Credentials"] | members}


def test_a_session_calls_in_its_own_account_in_any_region(world: World) -> None:
    answer = world.assume(SMITH)
    world.cloudmap(answer).list_namespaces()
    assert world.client(answer, region="us-west-2").get_caller_identity()["Account"] == HOME


def test_it_expires_by_the_clock(world: World) -> None:
    world.clock(freeze="2026-11-22T16:35:00.900Z")
    answer = world.assume(SMITH, DurationSeconds=900)
    world.clock(freeze="2026-11-22T16:49:59.999Z")
    world.cloudmap(answer).list_namespaces()
    mark = world.mark()
    world.clock(freeze="2026-11-22T16:50:00Z")
    assert _both(world, answer) == [("ExpiredTokenException", EXPIRED), ("ExpiredToken", EXPIRED)]
    assert world.records(mark) == []
    world.clock(freeze="2026-11-22T16:40:00Z")
    world.cloudmap(answer).list_namespaces()


@pytest.mark.parametrize("token", ["x", "", "IQoJb3JpZ2luX21hcHRyYWls"])
def test_another_token(world: World, token: str) -> None:
    answer = _changed(world.assume(SMITH), SessionToken=token)
    mark = world.mark()
    assert _both(world, answer) == [("UnrecognizedClientException", INVALID), ("InvalidClientTokenId", INVALID)]
    assert world.records(mark) == []


def test_no_token(world: World) -> None:
    key = world.assume(SMITH)["Credentials"]["AccessKeyId"]
    assert _both(world, key) == [("UnrecognizedClientException", INVALID), ("InvalidClientTokenId", INVALID)]


def test_a_session_of_before_a_reset(open_world: World) -> None:
    answer = open_world.assume("smithj", f"arn:aws:iam::{HOME}:role/any")
    open_world.cloudmap(answer).list_namespaces()
    ask("POST", f"{open_world.server.url}/_maptrail/reset")
    assert _both(open_world, answer)[0] == ("UnrecognizedClientException", INVALID)


def test_temporary_credentials_of_elsewhere_are_somebodys_key(open_world: World) -> None:
    elsewhere = {
        "Credentials": {"AccessKeyId": "ASIAELSEWHERE0000001", "SecretAccessKey": "s", "SessionToken": "IQoJb3JpZ2lu"}
    }
    told = open_world.client(elsewhere).get_caller_identity()
    assert told["Arn"] == f"arn:aws:iam::{HOME}:user/ASIAELSEWHERE0000001"


def test_a_session_outlives_a_restart(tmp_path: Any) -> None:
    import emulator

    with emulator.Emulator(data=tmp_path, default_trail=False) as first:
        answer = World(first).assume("smithj", f"arn:aws:iam::{HOME}:role/any")
    with emulator.Emulator(data=tmp_path, default_trail=False) as second:
        world = World(second)
        assert world.client(answer).get_caller_identity()["Arn"] == answer["AssumedRoleUser"]["Arn"]
        world.close()


def test_session_token_of_a_user(world: World) -> None:
    world.clock(freeze="2026-11-22T16:35:00Z")
    answer = world.client(SMITH).get_session_token()
    assert answer["Credentials"]["Expiration"].isoformat() == "2026-11-23T04:35:00+00:00"
    told = world.client(answer).get_caller_identity()
    assert (told["UserId"], told["Arn"]) == ("AIDASMITHJSMITHJ00001", f"arn:aws:iam::{HOME}:user/staff/smithj")
    assert world.assume(answer)["AssumedRoleUser"]["Arn"].endswith("deploy/ci")


def test_session_token_of_root_lasts_an_hour(world: World) -> None:
    world.clock(freeze="2026-11-22T16:35:00Z")
    answer = world.client(ROOT).get_session_token(DurationSeconds=43200)
    assert answer["Credentials"]["Expiration"].isoformat() == "2026-11-22T17:35:00+00:00"
    assert world.client(answer).get_caller_identity()["Arn"] == f"arn:aws:iam::{HOME}:root"


def test_federation_token(world: World) -> None:
    answer = world.client(SMITH).get_federation_token(Name="bob", DurationSeconds=900)
    arn = f"arn:aws:sts::{HOME}:federated-user/bob"
    assert answer["FederatedUser"] == {"FederatedUserId": f"{HOME}:bob", "Arn": arn}
    told = world.client(answer).get_caller_identity()
    assert (told["UserId"], told["Account"], told["Arn"]) == (f"{HOME}:bob", HOME, arn)


@pytest.mark.parametrize("call", ["get_session_token", "get_federation_token"])
def test_a_session_gets_no_session(world: World, call: str) -> None:
    name = "".join(part.title() for part in call.split("_"))
    more = {"Name": "bob"} if name == "GetFederationToken" else {}
    for who in (world.assume(SMITH), world.client(SMITH).get_session_token()):
        refusal = refused(getattr(world.client(who), call), **more)
        assert refusal == ("AccessDenied", f"Cannot call {name} with session credentials")


@pytest.mark.parametrize(
    ("key", "account"), [(SMITH, HOME), ("AKIAUNLISTEDUNLISTED", HOME), ("1234567890123456", HOME)]
)
def test_the_account_of_a_key(world: World, key: str, account: str) -> None:
    assert world.client(SMITH).get_access_key_info(AccessKeyId=key)["Account"] == account


def test_only_sessions_of_roles_ask_for_the_account_of_a_key(world: World) -> None:
    assert world.client(world.assume(SMITH)).get_access_key_info(AccessKeyId=SMITH)["Account"] == HOME
    client = world.client(SMITH)
    for who in (client.get_session_token(), client.get_federation_token(Name="bob")):
        refusal = refused(world.client(who).get_access_key_info, AccessKeyId=SMITH)
        assert refusal == ("AccessDenied", "Cannot call GetAccessKeyInfo with session credentials")
