"""The console in Chromium: what the script does, the keyboard, narrow windows, dark and light."""

import json
from collections.abc import Iterator

import pytest

from tests.console.browser import DOWN, ENTER, SPACE, TAB, UP, Browser, until
from tests.console.conftest import HOSTILE, Scene
from tests.console.pages import addresses, names, twin
from tests.console.test_pages import ALL
from tests.serving.client import Client

COME_BACK = "document.dispatchEvent(new Event('visibilitychange'))"
USABLE = "a, button, input, select"
ROWS = "[...document.querySelectorAll('.events tbody [data-field=name]')].map(e => e.textContent)"


@pytest.mark.parametrize("name", ALL)
def test_a_page_fits_at_every_width_without_a_complaint(browser: Browser, client: Client, scene: Scene, name: str):
    browser.open(scene.page(addresses(client, scene)[name]))
    assert browser.run("document.querySelectorAll('h1').length") == 1
    for dark in (False, True):
        for width in (400, 1280):
            browser.show(width, dark=dark)
            assert browser.run("document.documentElement.scrollWidth") <= width
        behind = browser.run("getComputedStyle(document.documentElement).getPropertyValue('--paper').trim()")
        assert (_luminance(behind) < 0.05) is dark


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_colours_stand_out_from_what_is_behind_them(browser: Browser, scene: Scene, dark: bool):
    """What WCAG AA asks: a contrast of 4.5 for every colour that text has, 3 for what is drawn."""
    browser.show(1280, dark=dark)
    browser.open(scene.page("timeline"))
    texts = ["ink", "muted", "accent", "good", "bad", "wait", "key", "string", "word"]
    drawn = ["answered", "refused", "edge"]
    colours = dict(
        browser.run(
            "arguments[0].map(n => [n, getComputedStyle(document.documentElement).getPropertyValue('--' + n).trim()])",
            [*texts, *drawn, "paper", "raised", "accent-soft", "bad-soft"],
        )
    )
    for name in texts + drawn:
        for behind in ("paper", "raised"):
            assert _contrast(colours[name], colours[behind]) >= (3 if name in drawn else 4.5), (name, behind)
    assert _contrast(colours["paper"], colours["accent"]) >= 4.5  # what stands on a button
    assert min(_contrast(colours["ink"], colours[soft]) for soft in ("accent-soft", "bad-soft")) >= 4.5


def test_answered_and_refused_differ_without_colours(browser: Browser, client: Client, scene: Scene):
    """To who sees no red or green, and on paper: one is plain, the other striped."""
    browser.open(scene.page("timeline"))
    fills = browser.run(
        "['answered', 'refused'].map(c => getComputedStyle(document.querySelector(`.lane rect.${c}`)).fill)"
    )
    assert fills[0].startswith("rgb")
    assert fills[1] == 'url("#stripes")'
    assert browser.run("document.getElementById('stripes').childElementCount") == 2


def test_a_bar_of_the_timeline_leads_to_its_calls(browser: Browser, scene: Scene):
    browser.open(scene.page("timeline?account=444455556666"))
    browser.run("document.querySelector('.lane a').dispatchEvent(new MouseEvent('click'))")
    until(lambda: "/history?" in browser.url)
    assert browser.run(ROWS) == ["GetNamespace"]


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted(map(_luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


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


def test_what_shows_up_takes_neither_the_focus_nor_the_place(browser: Browser, client: Client, scene: Scene):
    for _ in range(50):
        client.call("ListServices")
    browser.open(scene.page("history"))
    browser.run("document.querySelector('.events tbody tr:nth-child(30) a').focus()")
    place = "document.activeElement.getBoundingClientRect().top"
    browser.run("document.activeElement.scrollIntoView({block: 'center'})")
    before, at = browser.run("document.activeElement.href"), browser.run(place)
    for _ in range(3):
        client.call("ListOperations")
    browser.run(COME_BACK)
    until(lambda: browser.run(ROWS)[:3] == ["ListOperations"] * 3)
    assert browser.run("document.activeElement.href") == before
    assert abs(browser.run(place) - at) < 2


def test_the_arrows_go_from_row_to_row(browser: Browser, client: Client, scene: Scene):
    browser.open(scene.page("history"))
    browser.run("document.querySelector('.events tbody a').focus()")
    first, second = names(client, "")[:2]
    assert browser.focused() == ["A", first, True]
    browser.type(DOWN)
    assert browser.focused() == ["A", second, True]
    browser.type(UP + UP)
    assert browser.focused() == ["A", first, True]
    browser.type(DOWN + ENTER)
    until(lambda: browser.text("h1") == second)


def test_a_filter_is_taken_away(browser: Browser, client: Client, scene: Scene):
    browser.open(scene.page("history?user=smithj&failed=1&within=1h&region=us-east-1"))
    chips = browser.run("[...document.querySelectorAll('.chips a')].map(e => e.innerText.split('\\n')[0])")
    assert chips == ["user smithj ×", "errors only ×", "last hour ×", "Clear all"]
    browser.click(".chips li:nth-child(2) a")
    until(lambda: "failed" not in browser.url)
    assert ("user=smithj" in browser.url, "region=us-east-1" in browser.url) == (True, True)
    assert browser.run(ROWS) == names(client, "user=smithj")


def test_what_does_not_match_the_filter_does_not_show_up(browser: Browser, client: Client, scene: Scene):
    browser.open(scene.page("history?failed=1"))
    before = browser.run(ROWS)
    client.call("ListServices")
    client.call("GetService", {"Id": "srv-none"})
    browser.run(COME_BACK)
    until(lambda: browser.run(ROWS) == ["GetService", *before])


def test_the_first_call_takes_the_place_of_the_greeting(browser: Browser, client: Client, scene: Scene):
    client.request("POST", "/_maptrail/reset")
    browser.open(scene.page("history"))
    assert "No calls yet" in browser.text("main")
    client.call("ListServices")
    browser.run(COME_BACK)
    until(lambda: browser.run(ROWS) == ["ListServices"])
    assert "No calls yet" not in browser.text("main")


def test_following_can_be_stopped(browser: Browser, client: Client, scene: Scene):
    browser.open(scene.page("history"))
    browser.click("[data-live]")
    assert browser.run("document.querySelector('[data-live]').getAttribute('aria-pressed')") == "false"
    before = browser.run(ROWS)
    client.call("ListServices")
    browser.run(COME_BACK)
    assert browser.run(ROWS) == before
    browser.click("[data-live]")
    browser.run(COME_BACK)
    until(lambda: browser.run(ROWS)[0] == "ListServices")


def test_after_a_reset_the_history_is_shown_anew(browser: Browser, client: Client, scene: Scene):
    browser.open(scene.page("history"))
    client.request("POST", "/_maptrail/reset")
    client.call("ListOperations")
    browser.run(COME_BACK)
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


def test_on_a_narrow_screen_the_filters_wait_behind_a_word(browser: Browser, scene: Scene):
    browser.show(400)
    browser.open(scene.page("history"))
    shown = "document.querySelector('[name=user]').checkVisibility()"
    assert browser.run(shown) is False
    browser.click(".filtering summary")
    assert browser.run(shown) is True
    browser.open(scene.page("history?failed=1"))
    assert browser.run(shown) is True
    browser.open(scene.page("history"))
    browser.show(1280)
    until(lambda: browser.run(shown))


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
    browser.click("[data-copy='#record']")
    until(lambda: browser.text("[data-copy='#record']") == "Copied")
    told = twin(client, f"history/{event['eventID']}")
    browser.run("navigator.clipboard.readText().then(text => { window.copied = text })")
    assert json.loads(until(lambda: browser.run("window.copied"))) == told["record"]
    browser.click("[aria-label='Copy the event ID']")
    until(lambda: browser.text("[aria-label='Copy the event ID']") == "Copied")
    browser.run("navigator.clipboard.readText().then(text => { window.copied = text })")
    until(lambda: browser.run("window.copied") == event["eventID"])


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


def test_the_clock_runs(browser: Browser, scene: Scene):
    browser.open(scene.page("clock"))
    shown = browser.text(".now")
    until(lambda: browser.text(".now") != shown)


def test_a_rule_is_added_and_removed(browser: Browser, client: Client, scene: Scene):
    """Only what the chosen effect needs is asked for."""
    browser.open(scene.page("faults"))
    asked = "[...document.querySelectorAll('[data-of]')].filter(e => e.offsetParent).map(e => e.dataset.of)"
    assert browser.run(asked) == []
    browser.click("[value=operation_failure]")
    assert browser.run(asked) == ["operation_failure"] * 2
    browser.click("[value=error]")
    assert browser.run(asked) == ["error"] * 3
    browser.run("document.querySelector('[name=code]').focus()")
    browser.type("InternalFailure" + ENTER)
    until(lambda: "InternalFailure" in browser.text(".rules"))
    assert client.get("/_maptrail/faults").json == [{"error": {"code": "InternalFailure"}}]
    browser.click(".rules button")
    until(lambda: "No rules" in browser.text("main"))
    assert client.get("/_maptrail/faults").json == []


@pytest.fixture(autouse=True)
def _running_clock(client: Client) -> Iterator[None]:
    yield
    client.request("PUT", "/_maptrail/clock", {"reset": True})
