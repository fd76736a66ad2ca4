"""Identities in a running server: who is let in, who is named, and a file that is read again."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import emulator
from emulator.settings import Settings, SettingsError, StartError
from tests.sdk import refused
from tests.serving.process import Server
from tests.sts.world import FILE, HOME, SMITH, World, write

INVALID = "The security token included in the request is invalid."
MISSING = "Request is missing Authentication Token"


def test_known_lets_in_who_is_listed_and_their_sessions(tmp_path: Path) -> None:
    with emulator.Emulator(identities=write(tmp_path), auth="known", default_trail=False) as server:
        world = World(server)
        world.cloudmap(SMITH).list_namespaces()
        world.cloudmap(world.assume(SMITH)).list_namespaces()
        mark = world.mark()
        assert refused(world.cloudmap("other").list_namespaces) == ("UnrecognizedClientException", INVALID)
        assert refused(world.client("other").get_caller_identity) == ("InvalidClientTokenId", INVALID)
        assert refused(world.cloudmap(None).list_namespaces) == ("MissingAuthenticationTokenException", MISSING)
        assert refused(world.client(None).get_caller_identity) == ("MissingAuthenticationToken", MISSING)
        code, _ = refused(world.client(SMITH).get_access_key_info, AccessKeyId="AKIAUNLISTEDUNLISTED")
        assert code == "ValidationError"
        assert [record["eventName"] for record in world.records(mark)] == ["GetAccessKeyInfo"]
        world.close()


def test_a_long_lived_key_has_no_session_token(tmp_path: Path) -> None:
    with emulator.Emulator(identities=write(tmp_path), auth="known", default_trail=False) as server:
        world = World(server)
        client = world.cloudmap(SMITH)
        client._request_signer._credentials.token = "left over"
        assert refused(client.list_namespaces) == ("UnrecognizedClientException", INVALID)
        client._request_signer._credentials.token = None
        client.list_namespaces()
        world.close()


def test_open_lets_in_everybody(tmp_path: Path) -> None:
    with emulator.Emulator(identities=write(tmp_path), default_trail=False) as server:
        world = World(server)
        world.cloudmap("999988887777").list_namespaces()
        assert world.last()["userIdentity"]["userName"] == "999988887777"
        world.cloudmap(SMITH).list_namespaces()
        assert world.last()["userIdentity"]["userName"] == "smithj"
        world.close()


def test_known_needs_a_file() -> None:
    told = "auth is 'known': it takes identities, too, the file that lists the keys."
    with pytest.raises(SettingsError) as caught:
        Settings(auth="known")
    assert str(caught.value) == told


def test_a_file_that_is_off_starts_nothing(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"^Unknown table usr in .*; did you mean user\?$"):
        emulator.Emulator(identities=write(tmp_path, "[[usr]]"))


def test_forwarded_addresses_are_on_the_record_of_trusted_proxies(tmp_path: Path) -> None:
    for trusted, found in (("", "127.0.0.1"), ("127.0.0.0/8", "2001:db8::1")):
        with emulator.Emulator(trusted_proxies=trusted, default_trail=False) as server:
            world = World(server)
            client = world.cloudmap("smithj")
            client.meta.events.register("before-send", _forwarded)
            client.list_namespaces()
            assert world.last()["sourceIPAddress"] == found
            world.close()


def _forwarded(request: Any, **_: object) -> None:
    request.headers["X-Forwarded-For"] = "2001:db8::1"


@pytest.fixture
def name(connect: Callable[..., Any]) -> Callable[[Server], str]:
    """Who a server says that Smith's key is."""

    def name(server: Server) -> str:
        world = World(server)  # type: ignore[arg-type]
        arn: str = world.client(SMITH).get_caller_identity()["Arn"]
        world.close()
        return arn.rpartition("/")[2]

    return name


def test_a_file_is_read_again_on_sighup(tmp_path: Path, name: Callable[[Server], str]) -> None:
    file = write(tmp_path)
    with Server(tmp_path, "--identities", str(file)) as server:
        assert name(server) == "smithj"
        write(tmp_path, FILE.replace('"smithj"', '"jonesa"').replace("user/staff/smithj", "user/staff/jonesa"))
        os.kill(server.pid, signal.SIGHUP)
        _wait(lambda: name(server) == "jonesa")
        write(tmp_path, "[[usr]]")
        os.kill(server.pid, signal.SIGHUP)
        _wait(lambda: "did you mean user? The identities read before stay in force." in server.errors.read_text())
        assert name(server) == "jonesa"


def _wait(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_listed_user_has_the_arn_of_its_path(tmp_path: Path) -> None:
    with emulator.Emulator(identities=write(tmp_path), default_trail=False) as server:
        world = World(server)
        world.cloudmap(SMITH, region="cn-north-1").list_namespaces()
        assert world.last()["userIdentity"]["arn"] == f"arn:aws-cn:iam::{HOME}:user/staff/smithj"
        world.close()
