"""Every page and its twin: there, safe to look at, and about what was asked for."""

from urllib.parse import urlencode

import pytest

import emulator
from tests.console.conftest import HOSTILE, Scene
from tests.console.pages import CONSOLE, Reader, addresses, names, page, submit, twin
from tests.serving.client import Client, instance

ALL = [
    "history", "record", "cloudmap", "namespace", "service", "operations", "operation", "trails", "trail", "file",
    "digests", "timeline", "faults", "clock",
]  # fmt: skip
UNKNOWN = [
    "history/00000000-0000-0000-0000-000000000000",
    "cloudmap/namespaces/ns-aaaaaaaaaaaaaaaa",
    "cloudmap/services/srv-aaaaaaaaaaaaaaaa",
    "cloudmap/operations/aaaaaaaa",
    "trails/trail?arn=arn:aws:cloudtrail:us-east-1:111122223333:trail/nobodys",
    "trails/trail?arn=nothing",
    "trails/file?arn=arn:aws:cloudtrail:us-east-1:111122223333:trail/maptrail&key=../../maptrail.db",
]
REFUSED = [
    "history?access=all", "history?within=2y", "history?since=soon", "history?until=9999999", "history?before=x",
    "history?after=-1",
    "history/x?at=x", "cloudmap?page=0", "cloudmap?page=x", "timeline?span=2y", "trails/trail",
]  # fmt: skip


@pytest.mark.parametrize("name", ALL)
def test_a_page_and_its_twin(client: Client, scene: Scene, name: str):
    address = addresses(client, scene)[name]
    read = Reader(page(client, address))
    assert len(read.all("h1")) == len(read.all("main")) == 1
    assert read.all("html") == [{"lang": "en"}]
    (alternate,) = [a["href"] for a in read.all("a") if a.get("rel") == "alternate"]
    assert isinstance(client.get(alternate).json, dict)


@pytest.mark.parametrize("name", ALL)
def test_what_callers_sent_is_text(client: Client, scene: Scene, name: str):
    read = Reader(page(client, addresses(client, scene)[name]))
    assert [tag for tag in read.all("script") if tag != {"src": f"{CONSOLE}static/console.js", "defer": None}] == []
    assert not [attributes for _, attributes in read.tags if any(key.startswith("on") for key in attributes)]
    assert not [attributes for _, attributes in read.tags if "style" in attributes]


@pytest.mark.parametrize("name", ["history", "cloudmap", "namespace", "service"])
def test_and_it_is_shown(client: Client, scene: Scene, name: str):
    assert HOSTILE in "".join(Reader(page(client, addresses(client, scene)[name])).text)


@pytest.mark.parametrize("word", ["name", "user", "resource", "source", "account", "region"])
def test_what_a_link_asks_for_is_text(client: Client, scene: Scene, word: str):
    address = f"history?{urlencode({word: HOSTILE, 'call': HOSTILE})}"
    read = Reader(page(client, address))
    assert [tag for tag in read.all("script") if "src" not in tag] == []
    assert HOSTILE in "".join(read.text) + str(read.all("input"))


def test_a_hostile_user_agent(client: Client, scene: Scene):
    event = twin(client, "history?name=GetInstance")["events"][0]
    assert (event["userAgent"], event["resourceNames"]) == (HOSTILE, [HOSTILE, "i-1"])
    assert HOSTILE in "".join(Reader(page(client, f"history/{event['eventID']}")).text)


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_loaded_from_elsewhere(client: Client, scene: Scene, name: str):
    read = Reader(page(client, addresses(client, scene)[name]))
    loaded = [
        attributes.get("href") or attributes.get("src") for tag in ("link", "script") for attributes in read.all(tag)
    ]
    assert len(loaded) == 3
    for path in loaded:
        answer = client.get(path)
        assert (answer.status, answer.headers["x-content-type-options"]) == (200, "nosniff")


@pytest.mark.parametrize("address", ["history", "history.json", "static/console.js", "download.csv", "trails/trail"])
def test_the_headers_that_keep_a_page_safe(client: Client, scene: Scene, address: str):
    headers = client.get(CONSOLE + address).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("address", UNKNOWN)
def test_what_is_not_there(client: Client, scene: Scene, address: str):
    check_wrong(client, address, 404)


@pytest.mark.parametrize("address", REFUSED)
def test_what_makes_no_sense(client: Client, scene: Scene, address: str):
    check_wrong(client, address, 400)


def check_wrong(client: Client, address: str, status: int) -> None:
    """A page says what is wrong in a sentence; its twin says the same."""
    path, mark, query = address.partition("?")
    answer, in_json = client.get(CONSOLE + address), client.get(f"{CONSOLE}{path}.json{mark}{query}")
    assert (answer.status, in_json.status) == (status, status)
    assert answer.headers["content-type"].startswith("text/html")
    assert in_json.json["error"] in "".join(Reader(answer.body.decode()).text)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods(client: Client, method: str):
    assert client.request(method, f"{CONSOLE}history").status == 405
    assert client.request("POST", f"{CONSOLE}history").status == 405
    assert client.get(f"{CONSOLE}cloudmap/DeleteService").status == 405


def test_a_browser_is_sent_to_the_console(client: Client):
    browsers = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    answer = client.request("GET", "/", Accept=browsers)
    assert (answer.status, answer.headers["location"]) == (302, "/_maptrail/")
    answer = client.get("/_maptrail/")
    assert (answer.status, answer.headers["location"]) == (302, f"{CONSOLE}history")
    assert client.get("/").status == 404
    assert client.request("GET", "/", Accept=browsers, Authorization="Bearer x").status == 404


def test_looking_leaves_no_record(running: emulator.Emulator, client: Client, scene: Scene):
    before = client.get("/_maptrail/events").body
    for address in addresses(client, scene).values():
        page(client, address)
        twin(client, address)
    assert client.get("/_maptrail/events").body == before


def test_the_account_and_region_chosen_are_kept(client: Client, scene: Scene):
    assert names(client, "account=444455556666&region=eu-west-1") == ["GetNamespace"]
    assert names(client, "region=ap-south-1") == []
    read = Reader(page(client, "history?account=444455556666&region=eu-west-1"))
    links = [a["href"] for a in read.all("a") if (a["href"] or "").startswith(f"{CONSOLE}cloudmap")]
    assert links
    assert all("account=444455556666&region=eu-west-1" in link for link in links)
    chosen = [dict(option) for option in read.all("option") if "selected" in option]
    assert len(chosen) >= 2
    assert twin(client, "cloudmap?account=444455556666")["namespaces"] == []
    assert len(twin(client, "cloudmap?account=111122223333")["namespaces"]) == 1
    assert len(twin(client, "trails")["trails"]) == 2
    assert len(twin(client, "trails?account=444455556666")["trails"]) == 1


def test_cloud_map(client: Client, scene: Scene):
    (namespace,) = twin(client, "cloudmap")["namespaces"]
    assert (namespace["Name"], namespace["ServiceCount"], namespace["region"]) == ("shop.example", 1, "us-east-1")
    told = twin(client, f"cloudmap/namespaces/{scene.namespace}")
    assert [each["Name"] for each in told["services"]] == ["cart"]
    told = twin(client, f"cloudmap/services/{scene.service}")
    assert {each["Id"]: each["Health"] for each in told["instances"]} == {"i-1": "HEALTHY", "i-2": "UNHEALTHY"}
    assert told["instances"][1]["Attributes"]["note"] == HOSTILE
    assert [each["Type"] for each in told["operations"]] == ["REGISTER_INSTANCE"] * 2
    types = [each["Type"] for each in twin(client, "cloudmap/operations")["operations"]]
    assert types == ["REGISTER_INSTANCE", "REGISTER_INSTANCE", "CREATE_NAMESPACE"]


def test_instances_come_in_pages(client: Client, scene: Scene):
    for number in range(100, 160):
        client.ok("RegisterInstance", instance(scene.service, number))
    address = f"cloudmap/services/{scene.service}"
    first = twin(client, address)
    second = twin(client, f"{address}?token={first['next']}")
    assert (len(first["instances"]), len(second["instances"]), second["next"]) == (50, 12, None)
    assert client.get(f"{CONSOLE}{address}?token=forged").status == 404
    operations = twin(client, "cloudmap/operations?page=2")
    assert (len(operations["operations"]), operations["pages"]["next"]) == (13, None)


def test_a_pending_operation_is_finished_when_one_looks(running: emulator.Emulator, client: Client, scene: Scene):
    running.machine.facilities.operation_delay = 60_000
    try:
        client.ok("CreateHttpNamespace", {"Name": "late.example"})
        assert twin(client, "cloudmap/operations")["operations"][0]["Status"] == "SUBMITTED"
        assert twin(client, "clock")["pending"][0]["count"] == 1
        assert submit(client, "clock", do="advance", amount="2", unit="minutes").status == 303
        assert twin(client, "cloudmap/operations")["operations"][0]["Status"] == "SUCCESS"
        assert len(twin(client, "cloudmap")["namespaces"]) == 2
    finally:
        running.machine.facilities.operation_delay = 0


def test_the_timeline(client: Client, scene: Scene):
    lanes = {each["name"]: each for each in twin(client, "timeline")["callers"]}
    assert set(lanes) == {"smithj", "444455556666"}
    assert (lanes["smithj"]["calls"], sum(lanes["smithj"]["refused"])) == (8, 2)
    assert lanes["444455556666"]["errors"] == {"NamespaceNotFound": 1}
    read = Reader(page(client, "timeline?account=111122223333"))
    assert [rect["class"] for rect in read.all("rect")].count("refused") >= 1


def test_more_callers_than_lanes(client: Client, scene: Scene):
    for number in range(20):
        client.key = f"caller-{number}"
        client.call("ListNamespaces")
    callers = twin(client, "timeline?span=5m")["callers"]
    assert (len(callers), callers[-1]["name"], callers[-1]["is_one"]) == (12, "everybody else", False)
    assert sum(each["calls"] for each in callers) == 29


def test_the_timeline_of_a_time_without_calls(client: Client, scene: Scene):
    submit(client, "clock", do="advance", amount="2", unit="days")
    assert twin(client, "timeline")["callers"] == []
    assert len(twin(client, "timeline?span=7d")["callers"]) == 2


def test_before_the_first_call_it_says_how_to_make_one(client: Client):
    client.request("POST", "/_maptrail/reset")
    text = "".join(Reader(page(client, "history")).text)
    assert f"export AWS_ENDPOINT_URL_SERVICEDISCOVERY=http://{client.http.host}:{client.http.port}" in text
    assert twin(client, "history")["head"] == "0"
