"""Who a record says has called, by the access key alone."""

import re
from typing import Any

import pytest

import emulator
from tests.audit.world import World
from tests.serving.client import Client

ACCOUNT = "111122223333"


def _identity(world: World, key: str | None, region: str = "us-east-1") -> dict[str, Any]:
    mark = world.mark()
    with Client(world.url, key or "", region) as client:
        answer = client.call("ListNamespaces", Authorization="") if key is None else client.call("ListNamespaces")
        assert answer.status == 200
    (record,) = world.records(mark)
    assert record["recipientAccountId"] == record["userIdentity"]["accountId"]
    return record["userIdentity"]


def _user(name: str, account: str, principal: str, key: str | None = None) -> list[tuple[str, str]]:
    members = {
        "type": "IAMUser",
        "principalId": principal,
        "arn": f"arn:aws:iam::{account}:user/{name}",
        "accountId": account,
        "accessKeyId": key or name,
        "userName": name,
    }
    return list(members.items())


def test_twelve_digits_are_the_account(world: World):
    identity = _identity(world, "999988887777")
    assert list(identity.items()) == _user("999988887777", "999988887777", identity["principalId"])


def test_any_other_key_is_a_user_of_its_name_in_the_default_account(world: World):
    identity = _identity(world, "smithj")
    assert list(identity.items()) == _user("smithj", ACCOUNT, identity["principalId"])


def test_root(world: World):
    assert list(_identity(world, "root").items()) == [
        ("type", "Root"),
        ("principalId", ACCOUNT),
        ("arn", f"arn:aws:iam::{ACCOUNT}:root"),
        ("accountId", ACCOUNT),
        ("accessKeyId", "root"),
    ]


@pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_the_partition_of_the_region(world: World, region: str, partition: str):
    assert _identity(world, "smithj", region)["arn"] == f"arn:{partition}:iam::{ACCOUNT}:user/smithj"


def test_an_unsigned_call_has_no_access_key(world: World):
    identity = _identity(world, None)
    assert "accessKeyId" not in identity
    assert identity["type"] == "IAMUser"


def test_a_principal_id_has_the_form_of_aws(world: World):
    assert re.fullmatch("AIDA[A-Z2-7]{17}", _identity(world, "smithj")["principalId"])


def test_principal_ids_differ_by_name_and_by_account(world: World):
    keys = ["smithj", "jonesa", "111122223333", "444455556666"]
    assert len({_identity(world, key)["principalId"] for key in keys}) == len(keys)


def test_a_principal_id_is_the_same_in_another_process_and_region(world: World):
    here = _identity(world, "smithj")["principalId"]
    with emulator.Emulator() as other, Client(other.url, "smithj", "eu-west-1") as client:
        client.ok("ListNamespaces")
        with other.machine.database.reading() as connection:
            ((record,),) = connection.execute("SELECT record FROM event").fetchall()
    assert here.encode() in record
