"""Signing in to a server that has an admin token: who comes in, with what, to where, and for how long."""

import re
from collections.abc import Iterator
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest

import emulator
from emulator.console.sessions import LIFETIME, Sessions, cookie_name
from tests.console.browser import ENTER, Browser, until
from tests.console.pages import CONSOLE, Reader
from tests.serving.client import Answer, Client

TOKEN = "a-token-of-one's-own"
PAGE = f"{CONSOLE}sign-in"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture(scope="module")
def guarded() -> Iterator[emulator.Emulator]:
    with emulator.Emulator(admin_token=TOKEN) as started:
        yield started


@pytest.fixture
def client(guarded: emulator.Emulator) -> Iterator[Client]:
    with Client(guarded.url, "smithj") as connected:
        yield connected


def ask(client: Client, path: str, **headers: str) -> Answer:
    return client.request("GET", path, Accept=BROWSER, **headers)


def post(client: Client, path: str, origin: str | None = "http://localhost", cookie: str = "", **fields: str) -> Answer:
    headers = {"Accept": BROWSER, "Content_Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    if origin is not None:
        headers["Origin"] = origin
    return client.request("POST", path, urlencode(fields).encode(), **headers)


def signed_in(client: Client, **fields: str) -> str:
    """The cookie, as a browser sends it, of who has shown the token."""
    answer = post(client, PAGE, token=TOKEN, **fields)
    assert answer.status == 303, answer
    return answer.headers["set-cookie"].partition(";")[0]


@pytest.mark.parametrize("path", ["/_maptrail/", f"{CONSOLE}history?failed=1", "/_maptrail/metrics"])
def test_a_browser_is_asked_for_the_token_where_it_was_going(client: Client, path: str):
    answer = ask(client, path)
    assert (answer.status, answer.headers["content-type"]) == (401, "text/html; charset=utf-8")
    read = Reader(answer.body.decode())
    fields = {field["name"]: field for field in read.all("input")}
    assert (fields["next"]["value"], fields["token"]["type"]) == (path, "password")
    assert [form["action"] for form in read.all("form")] == [PAGE]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("path", [f"{CONSOLE}history.json", "/_maptrail/events", "/_maptrail/clock"])
def test_anything_else_is_told_in_json(client: Client, path: str):
    answer = client.get(path)
    assert answer.json == {"error": "This needs the admin token: send it as 'Authorization: Bearer TOKEN'."}
    assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_a_twin_is_json_for_a_browser_too(client: Client):
    assert ask(client, f"{CONSOLE}history.json").headers["content-type"] == "application/json"


def test_with_the_token_one_comes_to_where_one_was_going(client: Client):
    answer = post(client, PAGE, token=f" {TOKEN} ", next=f"{CONSOLE}trails?region=eu-west-1")
    assert (answer.status, answer.headers["location"]) == (303, f"{CONSOLE}trails?region=eu-west-1")
    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert (cookie["path"], cookie["samesite"], cookie["httponly"]) == ("/_maptrail", "Strict", True)
    assert cookie["secure"] == cookie["max-age"] == cookie["expires"] == cookie["domain"] == ""
    assert re.fullmatch("[0-9a-f]{64}", cookie.value)
    said = f"{cookie.key}={cookie.value}"
    assert ask(client, answer.headers["location"], Cookie=said).status == 200
    assert client.request("GET", "/_maptrail/clock", Cookie=said).status == 200
    assert client.request("POST", "/_maptrail/flush", Cookie=said, Origin="http://localhost").status == 200


def test_the_page_has_what_it_is_made_with(client: Client):
    read = Reader(ask(client, PAGE).body.decode())
    loaded = [
        attributes.get("href") or attributes.get("src") for tag in ("link", "script") for attributes in read.all(tag)
    ]
    assert len(loaded) == 3
    assert [client.get(path).status for path in loaded if path] == [200] * 3


def test_two_sessions_are_two(client: Client):
    assert signed_in(client) != signed_in(client)


def test_a_page_over_https_gets_a_cookie_for_https(client: Client):
    answer = post(client, PAGE, "https://localhost", token=TOKEN)
    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert cookie["secure"] is True


@pytest.mark.parametrize("token", ["", "a-token", TOKEN + "x", TOKEN.upper(), "ü"])
def test_with_another_one_is_asked_again(client: Client, token: str):
    answer = post(client, PAGE, token=token, next=f"{CONSOLE}clock")
    assert (answer.status, "set-cookie" in answer.headers) == (401, False)
    read = Reader(answer.body.decode())
    assert "That is not the admin token." in "".join(read.text)
    kept = {field["name"]: field.get("value") for field in read.all("input")}
    assert (kept["next"], kept["token"]) == (f"{CONSOLE}clock", None)


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/", "//evil.example", "/\\evil.example", "/_maptrail/\\..\\..\\evil.example",
        "javascript:alert(1)", "/_maptrail/\r\nSet-Cookie: x=y", "/_maptrail", "/elsewhere", "",
    ],
)  # fmt: skip
def test_one_is_sent_to_no_page_of_elsewhere(client: Client, target: str):
    answer = post(client, PAGE, token=TOKEN, next=target)
    assert (answer.status, answer.headers["location"]) == (303, "/_maptrail/")


def test_where_one_was_going_is_text(client: Client):
    hostile = f"{CONSOLE}history?user=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&x='\"><script>"
    answer = post(client, PAGE, token="wrong", next=hostile)
    read = Reader(answer.body.decode())
    assert [tag for tag in read.all("script") if "src" not in tag] == []
    assert hostile in [field.get("value") for field in read.all("input")]


@pytest.mark.parametrize("cookie", ["", "maptrail=", "maptrail=x", "maptrail=ü", f"maptrail={TOKEN}"])
def test_a_cookie_that_was_not_given_opens_nothing(guarded: emulator.Emulator, client: Client, cookie: str):
    name = cookie_name(guarded.url)
    said = cookie.replace("maptrail", name).encode().decode("latin-1")
    assert client.request("GET", "/_maptrail/clock", Cookie=said).status == 401


def test_a_session_of_before_the_start_is_over(client: Client):
    said = signed_in(client)
    with emulator.Emulator(admin_token=TOKEN) as other, Client(other.url) as there:
        name, _, value = said.partition("=")
        assert name != cookie_name(other.url)
        assert there.request("GET", "/_maptrail/clock", Cookie=f"{cookie_name(other.url)}={value}").status == 401


def test_signing_out(client: Client):
    said, other = signed_in(client), signed_in(client)
    read = Reader(ask(client, f"{CONSOLE}history", Cookie=said).body.decode())
    assert f"{CONSOLE}sign-out" in [form["action"] for form in read.all("form")]
    answer = post(client, f"{CONSOLE}sign-out", cookie=said)
    assert (answer.status, answer.headers["location"]) == (303, PAGE)
    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert (cookie.value, cookie["max-age"], cookie["path"]) == ("", "0", "/_maptrail")
    assert client.request("GET", "/_maptrail/clock", Cookie=said).status == 401
    assert client.request("GET", "/_maptrail/clock", Cookie=other).status == 200
    assert ask(client, PAGE).status == 200


@pytest.mark.parametrize("path", [PAGE, f"{CONSOLE}sign-out", f"{CONSOLE}clock"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_pages_of_elsewhere_neither_sign_in_nor_out(client: Client, path: str, origin: str):
    said = signed_in(client)
    answer = post(client, path, origin, cookie=said, token=TOKEN, do="freeze")
    assert (answer.status, "set-cookie" in answer.headers) == (403, False)
    assert client.request("GET", "/_maptrail/clock", Cookie=said).json["frozen"] is False


def test_a_form_of_who_is_signed_out_leads_to_signing_in(client: Client):
    answer = post(client, f"{CONSOLE}clock", do="freeze")
    fields = {field["name"]: field.get("value") for field in Reader(answer.body.decode()).all("input")}
    assert (answer.status, fields["next"]) == (401, "/_maptrail/")


def test_who_is_signed_in_is_sent_on(client: Client):
    assert ask(client, PAGE, Cookie=signed_in(client)).headers["location"] == "/_maptrail/"


def test_without_a_token_there_is_nothing_to_sign_in_to():
    with emulator.Emulator() as started, Client(started.url) as client:
        assert ask(client, PAGE).headers["location"] == "/_maptrail/"
        answer = post(client, PAGE, token="x")
        assert (answer.status, "set-cookie" in answer.headers) == (303, False)
        assert "Sign out" not in ask(client, f"{CONSOLE}history").body.decode()


class Asked:
    """A request as far as sessions look at it."""

    host = "127.0.0.1:4610"

    def __init__(self, name: str) -> None:
        self.cookies = {"maptrail_4610": name}


def test_a_session_lasts_half_a_day_and_no_longer():
    now = 0
    sessions = Sessions(lambda: now, lambda count: b"\x07" * count)
    name = sessions.begin()
    now = LIFETIME - 1
    assert sessions.holds(Asked(name))
    now = LIFETIME
    assert not sessions.holds(Asked(name))


def test_very_many_sessions_are_not_kept():
    drawn = iter(range(10_000))
    sessions = Sessions(lambda: 0, lambda count: next(drawn).to_bytes(count))
    first, *rest = [sessions.begin() for _ in range(1_001)]
    assert not sessions.holds(Asked(first))
    assert all(sessions.holds(Asked(name)) for name in rest)


def test_in_a_browser(browser: Browser, guarded: emulator.Emulator):
    """By keyboard alone: asked, refused, let in where one was going, and out again."""
    browser.open(f"{guarded.url}{CONSOLE}timeline?span=24h")
    assert browser.focused()[1] == "token"
    browser.type("wrong" + ENTER)
    until(lambda: "That is not the admin token." in browser.text(".notice"))
    browser.type(TOKEN + ENTER)
    until(lambda: browser.text("h1") == "Timeline")
    assert browser.url.endswith("timeline?span=24h")
    assert browser.run("document.cookie") == ""
    browser.open(f"{guarded.url}{CONSOLE}history")
    browser.click(".leave button")
    until(lambda: browser.url.endswith("/sign-in"))
    assert len([text for text in browser.complaints() if "401" not in text]) == 0
