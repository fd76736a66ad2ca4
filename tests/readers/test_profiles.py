"""The AWS CLI with profiles that assume roles, signed and checked: who called is in the records."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emulator import Emulator
from tests.tools import tool

Aws = Callable[..., "subprocess.CompletedProcess[str]"]
ROLE = "arn:aws:iam::111122223333:role/deploy"
IDENTITIES = """
[[user]]
name = "ana"
account = "111122223333"
access_key = "AKIAANAANAANAANAANAA"
secret_key = "a secret of ana"

[[role]]
name = "deploy"
account = "111122223333"
trust = ["arn:aws:iam::111122223333:user/ana"]

[[role]]
name = "other"
account = "111122223333"
trust = ["ecs.amazonaws.com"]
"""
PROFILES = """
[profile ana]
region = eu-west-1
[profile deploy]
region = eu-west-1
role_arn = arn:aws:iam::111122223333:role/deploy
role_session_name = ci
source_profile = ana
[profile other]
region = eu-west-1
role_arn = arn:aws:iam::111122223333:role/other
source_profile = ana
"""
KEYS = "[ana]\naws_access_key_id = AKIAANAANAANAANAANAA\naws_secret_access_key = {}\n"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Emulator]:
    identities = tmp_path / "identities.toml"
    identities.write_text(IDENTITIES)
    with Emulator(identities=identities, auth="signed") as running:
        yield running


@pytest.fixture
def aws(running: Emulator, tmp_path: Path) -> Aws:
    program = tool("aws")
    (tmp_path / "config").write_text(PROFILES)

    def aws(*words: str, secret: str = "a secret of ana") -> "subprocess.CompletedProcess[str]":
        (tmp_path / "credentials").write_text(KEYS.format(secret))
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "AWS_CONFIG_FILE": str(tmp_path / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
            "AWS_ENDPOINT_URL": running.url,
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
            "AWS_PAGER": "",
        }
        return subprocess.run(
            [program, *words], env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    return aws


def records(running: Emulator) -> list[dict]:
    with running.machine.database.reading() as connection:
        return [json.loads(record) for (record,) in connection.execute("SELECT record FROM event ORDER BY seq")]


def test_a_role_assumed_by_a_profile_is_who_calls(running: Emulator, aws: Aws):
    done = aws("servicediscovery", "create-http-namespace", "--name", "shop", "--profile", "deploy")
    assert done.returncode == 0, done.stderr
    assumed, created = records(running)
    assert (assumed["eventName"], assumed["userIdentity"]["userName"]) == ("AssumeRole", "ana")
    identity = created["userIdentity"]
    assert identity["arn"] == "arn:aws:sts::111122223333:assumed-role/deploy/ci"
    assert identity["sessionContext"]["sessionIssuer"]["arn"] == ROLE
    assert identity["accessKeyId"] == assumed["responseElements"]["credentials"]["accessKeyId"]


def test_who_am_i(aws: Aws):
    told = json.loads(aws("sts", "get-caller-identity", "--profile", "deploy").stdout)
    assert told["Arn"] == "arn:aws:sts::111122223333:assumed-role/deploy/ci"
    assert json.loads(aws("sts", "get-caller-identity", "--profile", "ana").stdout)["Arn"].endswith(":user/ana")


def test_a_role_that_trusts_somebody_else(running: Emulator, aws: Aws):
    done = aws("servicediscovery", "list-namespaces", "--profile", "other")
    assert done.returncode != 0
    assert "AccessDenied" in done.stderr
    assert [record["errorCode"] for record in records(running)] == ["AccessDenied"]


def test_a_wrong_secret_calls_nothing(running: Emulator, aws: Aws):
    done = aws("servicediscovery", "list-namespaces", "--profile", "ana", secret="another")
    assert done.returncode != 0
    assert "InvalidSignatureException" in done.stderr
    assert records(running) == []
