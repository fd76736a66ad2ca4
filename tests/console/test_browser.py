"""The console in Chromium: what the script does, the keyboard, narrow windows, dark and light."""

import json
from collections.abc import Iterator

import pytest

from tests.console.browser import ENTER, SPACE, TAB, Browser, until
from tests.console.conftest import HOSTILE, Scene
from tests.console.pages import addresses, names, twin
from tests.console.test_pages import ALL
from tests.serving.client import Client

USABLE = "a, button, input, select"
ROWS = "[...document.querySelectorAll('.events tbody [data-field=name]')].map(e => e.textContent)"


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_page_fits_at_every_width_without_a_complaint(
    browser: Browser, client: Client, scene: Scene, name: str, dark: bool
):
    address = scene.page(addresses(client, scene)[name])
    for width in (400, 1280):
        browser.show(width, dark=dark)
        browser.open(address)
        assert browser.run("document.documentElement.scrollWidth") <= width
        assert browser.run("document.querySelectorAll('h1').length") == 1
    behind = browser.run("getComputedStyle(document.documentElement).getPropertyValue('--paper').trim()")
    assert (_luminance(behind) < 0.05) is dark


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(browser: Browser, scene: Scene, dark: bool):
    """The contrast that WCAG AA asks of text, 4.5, for every colour that text has."""
    browser.show(1280, dark=dark)
    browser.open(scene.page("history"))
    names = ["ink", "muted", "accent", "good", "bad", "wait", "key", "string", "word"]
    colours = browser.run(
        "arguments[0].map(n => getComputedStyle(document.documentElement).getPropertyValue('--' + n).trim())",
        [*names, "paper", "raised"],
    )
    *texts, paper, raised = map(_luminance, colours)
    for name, text in zip(names, texts, strict=True):
        for behind in (paper, raised):
            lighter, darker = max(text, behind), min(text, behind)
            assert (lighter + 0.05) / (darker + 0.05) >= 4.5, name


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_new_call_shows_up_by_itself(browser: Browser, client: Client, scene: Scene):
    browser.open(scene.page("history"))
    assert browser.run(ROWS) == names(client, "")
    client.call("GetInstance", {"ServiceId": HOSTILE, "InstanceId": "i-9"}, User_Agent=HOSTILE)
    client.call("ListServices")
    until(lambda: browser.run(ROWS)[:2] == ["ListServices", "GetInstance"])
    assert browser.text("[data-live-status]").endswith(("new event", "new events"))
    followed = browser.run("[...document.querySelectorAll('.events tbody tr')].map(e => e.innerText)")
    browser.open(scene.page("history"))
    assert browser.run("[...document.querySelectorAll('.events tbody tr')].map(e => e.innerText)") == followed
    assert browser.run("document.querySelector('.events tbody a').pathname").startswith("/_maptrail/console/history/")


def test_what_does_not_match_the_filter_does_not_show_up(browser: Browser, client: Client, scene: Scene):
    browser.open(scene.page("history?failed=1"))
    before = browser.run(ROWS)
    client.call("ListServices")
    client.call("GetService", {"Id": "srv-none"})
    until(lambda: browser.run(ROWS) == ["GetService", *before])


def test_the_first_call_takes_the_place_of_the_greeting(browser: Browser, client: Client, scene: Scene):
    client.request("POST", "/_maptrail/reset")
    browser.open(scene.page("history"))
    assert "No calls yet" in browser.text("main")
    client.call("ListServices")
    until(lambda: browser.run(ROWS) == ["ListServices"])
    assert "No calls yet" not in browser.text("main")


def test_following_can_be_stopped(browser: Browser, client: Client, scene: Scene):
    browser.open(scene.page("history"))
    browser.click("[data-live]")
    assert browser.run("document.querySelector('[data-live]').getAttribute('aria-pressed')") == "false"
    client.call("ListServices")
    browser.click("[data-live]")
    until(lambda: browser.run(ROWS)[0] == "ListServices")


def test_after_a_reset_the_history_is_shown_anew(browser: Browser, client: Client, scene: Scene):
    browser.open(scene.page("history"))
    client.request("POST", "/_maptrail/reset")
    client.call("ListOperations")
    until(lambda: browser.run(ROWS) == ["ListOperations"])


def test_filtering_by_keyboard(browser: Browser, scene: Scene):
    browser.open(scene.page("history"))
    browser.type(TAB)
    assert browser.focused() == ["A", "Skip to the content", True]
    browser.type(ENTER)
    seen = []
    while (at := browser.focused())[1] != "name":
        browser.type(TAB)
        seen.append(at)
    assert all(visible for tag, _, visible in seen if tag not in ("MAIN", "BODY"))
    browser.type("DeleteService" + ENTER)
    until(lambda: "name=DeleteService" in browser.url)
    assert browser.run(ROWS) == ["DeleteService"]


def test_every_element_that_can_be_used_can_be_reached(browser: Browser, scene: Scene):
    browser.open(scene.page("history"))
    usable = browser.run(
        "[...document.querySelectorAll(arguments[0])].filter(e => e.offsetParent && e.type != 'hidden').length", USABLE
    )
    reached = 0
    browser.type(TAB)
    while browser.run("document.activeElement !== document.body && !document.activeElement.dataset.seen"):
        reached += browser.run(
            "(document.activeElement.dataset.seen = 1, document.activeElement.matches('a, button, input, select'))"
        )
        browser.type(TAB if browser.run("document.activeElement.type") != "datetime-local" else TAB * 8)
    assert reached == usable


def test_a_record_is_copied_whole(browser: Browser, client: Client, scene: Scene):
    event = twin(client, "history?name=DeleteService")["events"][0]
    browser.command("Browser.grantPermissions", origin=scene.url, permissions=["clipboardReadWrite"])
    browser.open(scene.page(f"history/{event['eventID']}"))
    browser.click("[data-copy]")
    until(lambda: browser.text("[data-copy]") == "Copied")
    told = twin(client, f"history/{event['eventID']}")
    browser.run("navigator.clipboard.readText().then(text => { window.copied = text })")
    assert json.loads(until(lambda: browser.run("window.copied"))) == told["record"]


def test_an_account_is_chosen(browser: Browser, scene: Scene):
    browser.open(scene.page("history?failed=1"))
    browser.run("document.querySelector('[name=account]').focus()")
    browser.type("4444")
    until(lambda: "account=444455556666" in browser.url)
    assert "failed=1" in browser.url
    until(lambda: browser.run(ROWS) == ["GetNamespace"])


def test_an_instance_is_deregistered_by_keyboard(browser: Browser, client: Client, scene: Scene):
    browser.open(scene.page(f"cloudmap/services/{scene.service}"))
    browser.run("document.querySelector('.instances summary').focus()")
    browser.type(SPACE + TAB)
    assert browser.focused()[1] == "access_key"
    browser.type(TAB + TAB + ENTER)
    until(lambda: "call=" in browser.url)
    assert until(lambda: browser.text(".notice")).startswith("DeregisterInstance by console: done")
    assert [each["Id"] for each in twin(client, f"cloudmap/services/{scene.service}")["instances"]] == ["i-2"]
    browser.click(".notice a")
    until(lambda: "Mozilla/5.0" in browser.text("#record"))


def test_the_clock_is_frozen(browser: Browser, client: Client, scene: Scene):
    browser.open(scene.page("clock"))
    browser.click("button[value=freeze]")
    until(lambda: "frozen" in browser.text(".head"))
    assert client.get("/_maptrail/clock").json["frozen"] is True


@pytest.fixture(autouse=True)
def _running_clock(client: Client) -> Iterator[None]:
    yield
    client.request("PUT", "/_maptrail/clock", {"reset": True})
