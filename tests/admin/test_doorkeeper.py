"""Who comes in by the admin doors: the token, the origins, and what browsers are told."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import emulator
from emulator.doorkeeper import warning
from emulator.settings import Settings, SettingsError
from emulator.web import create_app
from tests.serving.client import Answer, Client
from tests.serving.process import Server

TOKEN = "a-token"
OPEN = {"/_maptrail/health", "/_localstack/health"}
SIGN_IN = {"/", "/_maptrail/console/sign-in"}
Ask = Callable[..., Answer]


@pytest.fixture(scope="module")
def guarded() -> Iterator[emulator.Emulator]:
    with emulator.Emulator(admin_token=TOKEN, allowed_origins="tools.example, https://one.example:8443") as started:
        yield started


@pytest.fixture
def client(guarded: emulator.Emulator) -> Iterator[Client]:
    with Client(guarded.url) as connected:
        yield connected


def _doors(running: emulator.Emulator) -> set[tuple[str, str]]:
    rules = create_app(running.machine).url_map.iter_rules()
    return {(method, rule.rule) for rule in rules for method in rule.methods or () if "<" not in rule.rule}


def test_every_door_but_health_asks_for_the_token(guarded: emulator.Emulator, client: Client):
    closed = {door for door in _doors(guarded) if door[1] not in OPEN | SIGN_IN}
    assert ("PUT", "/_maptrail/snapshot") in closed
    for method, path in closed:
        answer = client.request(method, path)
        assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer"), (method, path)


@pytest.mark.parametrize("path", sorted(OPEN))
def test_health_is_open(client: Client, path: str):
    assert client.get(path).status == 200


def test_calls_of_the_api_need_no_token(client: Client):
    client.ok("ListNamespaces")


@pytest.mark.parametrize("shown", ["Bearer a-token", "bearer a-token"])
def test_who_shows_it_comes_in(client: Client, shown: str):
    assert client.request("GET", "/_maptrail/clock", Authorization=shown).status == 200


@pytest.mark.parametrize(
    "shown", ["Bearer", "Bearer a-toke", "Bearer a-token2", "Basic a-token", "a-token", "Bearer \xe9"]
)
def test_who_shows_another_does_not(client: Client, shown: str):
    answer = client.request("POST", "/_maptrail/reset", Authorization=shown)
    assert answer.json == {"error": "This needs the admin token: send it as 'Authorization: Bearer TOKEN'."}


def test_a_refused_file_is_not_read(guarded: emulator.Emulator, client: Client):
    """The answer comes before the body has."""
    client.http.putrequest("PUT", "/_maptrail/snapshot")
    client.http.putheader("Content-Length", str(1 << 30))
    client.http.endheaders()
    assert client.http.getresponse().status == 401
    assert [path for path in guarded.machine.directory.path.iterdir() if path.name.startswith("snapshot")] == []


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://tools.example", 200),
        ("https://TOOLS.example:99", 200),
        ("https://one.example:8443", 200),
        ("https://one.example", 403),
        ("http://localhost:4610", 403),
        ("null", 403),
    ],
)
def test_whose_pages_may_write(client: Client, origin: str, status: int):
    answer = client.request("POST", "/_maptrail/flush", Authorization=f"Bearer {TOKEN}", Origin=origin)
    assert answer.status == status


def test_browsers_are_told_to_do_nothing_with_it(client: Client):
    headers = client.get("/_maptrail/health").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("options", [{"admin_token": ""}, {"admin_token": "a b"}, {"allowed_origins": ""}])
def test_an_option_that_is_off(options: dict[str, str]):
    with pytest.raises(SettingsError, match="it takes"):
        emulator.Emulator(**options)


@pytest.mark.parametrize(
    ("host", "token", "warns"),
    [
        ("127.0.0.1", None, False),
        ("127.9.9.9", None, False),
        ("::1", None, False),
        ("localhost", None, False),
        ("0.0.0.0", None, True),
        ("::", None, True),
        ("192.0.2.1", None, True),
        ("0.0.0.0", TOKEN, False),
    ],
)
def test_a_server_for_everybody_without_a_token_is_warned_of(host: str, token: str | None, warns: bool):
    assert (warning(Settings(host=host, admin_token=token)) is not None) is warns


def test_the_warning_is_a_sentence_on_stderr(tmp_path: Path):
    with Server(tmp_path, "--host", "0.0.0.0") as server:
        server.ready()
        (line,) = server.errors.read_text().splitlines()
        assert line.startswith("maptrail: Anyone who reaches this server at 0.0.0.0")
