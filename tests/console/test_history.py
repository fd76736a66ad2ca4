"""The event history: filters, pages, following, one record, downloads."""

import csv
import io

import pytest

from tests.console.conftest import HOSTILE, Scene
from tests.console.pages import CONSOLE, Reader, names, page, records, submit, twin
from tests.serving.client import Client

LATEST = ["GetNamespace", "GetInstance", "DeleteService", "UpdateInstanceCustomHealthStatus", "RegisterInstance"]
CALLS = [*LATEST, "RegisterInstance", "CreateService", "ListNamespaces", "CreateHttpNamespace"]


def test_the_newest_first(client: Client, scene: Scene):
    assert names(client, "") == CALLS


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=DeleteService", ["DeleteService"]),
        ("name=Delete", []),
        ("user=444455556666", ["GetNamespace"]),
        ("user=smithj", CALLS[1:]),
        ("source=servicediscovery.amazonaws.com", CALLS),
        ("source=sts.amazonaws.com", []),
        ("access=read", ["GetNamespace", "GetInstance", "ListNamespaces"]),
        ("access=write&name=CreateService", ["CreateService"]),
        ("failed=1", LATEST[:3]),
        ("failed=1&user=smithj&access=write", ["DeleteService"]),
        ("resource=i-2", ["UpdateInstanceCustomHealthStatus", "RegisterInstance"]),
        ("resource=%20i-2%20&name=", ["UpdateInstanceCustomHealthStatus", "RegisterInstance"]),
        ("since=2020-01-01T00:00", CALLS),
        ("until=2020-01-01T00:00:00Z", []),
        ("since=2020-01-01&until=2099-01-01T00:00:00%2B02:00", CALLS),
    ],
)
def test_filters(client: Client, scene: Scene, query: str, found: list[str]):
    assert names(client, query) == found


@pytest.mark.parametrize("path", ["history", "history.json", "download.csv", "download.json"])
def test_a_filter_that_there_is_not_is_refused(client: Client, scene: Scene, path: str):
    answer = client.get(f"{CONSOLE}{path}?user_name=smithj")
    assert answer.status == 400
    assert b"user_name is not a filter of events; the filters are name, user, resource" in answer.body


def test_a_time_holds_its_whole_second(client: Client, scene: Scene):
    submit(client, "clock", do="freeze", at="2030-01-01T12:00:00")
    client.call("ListServices")
    assert names(client, "since=2030-01-01T12:00:00&until=2030-01-01T12:00:00") == ["ListServices"]
    assert names(client, "since=2030-01-01T12:00:01") == []


def test_the_latest_time(client: Client, scene: Scene):
    submit(client, "clock", do="advance", amount="2", unit="hours")
    client.call("ListServices")
    assert names(client, "within=1h") == ["ListServices"]
    assert names(client, "within=24h") == ["ListServices", *CALLS]
    assert names(client, "within=24h&since=2099-01-01") == []
    assert names(client, "within=1h&since=2020-01-01") == ["ListServices"]


def test_the_form_shows_what_was_asked(client: Client, scene: Scene):
    query = "name=GetNamespace&user=444455556666&access=read&failed=1&since=2026-01-01T00:00:00"
    read = Reader(page(client, f"history?{query}"))
    fields = {field["name"]: field for field in read.all("input") if "name" in field}
    assert (fields["name"]["value"], fields["user"]["value"]) == ("GetNamespace", "444455556666")
    assert fields["since"]["value"] == "2026-01-01T00:00:00"
    assert "checked" in fields["failed"]
    assert [option["value"] for option in read.all("option") if "selected" in option and option.get("value")] == [
        "read"
    ]


def test_pages_go_back_without_a_gap(client: Client, scene: Scene):
    for _ in range(60):
        client.call("ListServices")
    first = twin(client, "history")
    assert (len(first["events"]), first["more"]) == (50, True)
    second = twin(client, f"history?before={first['cursor']}")
    assert [each["eventName"] for each in second["events"]] == ["ListServices"] * 10 + CALLS
    assert second["more"] is False
    (link,) = [a["href"] for a in Reader(page(client, "history")).all("a") if a.get("rel") == "next"]
    assert link == f"{CONSOLE}history?before={first['cursor']}"


def test_following_by_cursor(client: Client, scene: Scene):
    head = twin(client, "history")["head"]
    assert twin(client, f"history?after={head}")["events"] == []
    client.call("ListServices")
    client.call("ListOperations")
    answer = twin(client, f"history?after={head}")
    assert [event["eventName"] for event in answer["events"]] == ["ListServices", "ListOperations"]
    assert twin(client, f"history?after={answer['cursor']}")["events"] == []
    assert twin(client, f"history?after={head}&name=ListOperations")["events"] == answer["events"][1:]


def test_who_follows_learns_of_a_reset(client: Client, scene: Scene):
    before = twin(client, "history")
    client.request("POST", "/_maptrail/reset")
    assert twin(client, f"history?after={before['head']}")["epoch"] != before["epoch"]


def test_one_record_in_full(client: Client, scene: Scene):
    event = twin(client, "history?name=DeleteService")["events"][0]
    told = twin(client, f"history/{event['eventID']}?at={event['number']}")
    assert told == twin(client, f"history/{event['eventID']}")
    assert told["record"]["requestParameters"] == {"id": scene.service}
    assert (told["event"]["errorCode"], told["event"]["userName"]) == ("ResourceInUse", "smithj")
    text = "".join(Reader(page(client, f"history/{event['eventID']}")).text)
    assert '"eventSource": "servicediscovery.amazonaws.com"' in text
    assert client.get(f"{CONSOLE}history/{event['eventID']}?at={event['number'] - 1}").status == 404


def test_a_call_that_names_an_arn(client: Client, scene: Scene):
    arn = f"arn:aws:servicediscovery:us-east-1:111122223333:service/{scene.service}"
    client.ok("TagResource", {"ResourceARN": arn, "Tags": [{"Key": "team", "Value": "shop"}]})
    event = twin(client, f"history?resource={arn}")["events"][0]
    assert (event["resourceTypes"], event["resourceNames"]) == (["AWS::ServiceDiscovery::Service"], [arn])


def test_a_call_of_cloudtrail_names_its_trail(client: Client, scene: Scene):
    said = {"X_Amz_Target": "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.StopLogging"}
    assert client.call("StopLogging", {"Name": "maptrail"}, **said).status == 200
    (event,) = twin(client, "history?source=cloudtrail.amazonaws.com")["events"]
    assert (event["resourceTypes"], event["resourceNames"]) == (["AWS::CloudTrail::Trail"], ["maptrail"])
    assert [each["logging"] for each in twin(client, "trails?account=111122223333")["trails"]] == [False]


def test_the_download_as_json_is_that_of_the_records(client: Client, scene: Scene):
    answer = client.get(f"{CONSOLE}download.json?failed=1")
    assert [record["eventName"] for record in records(answer.body)] == LATEST[:3]
    assert answer.headers["content-disposition"] == 'attachment; filename="event_history.json"'
    events = client.get("/_maptrail/events?failed=true").body.splitlines()
    assert answer.body == b'{"Records":[' + b",".join(reversed(events)) + b"]}"


def test_the_download_as_csv(client: Client, scene: Scene):
    answer = client.get(f"{CONSOLE}download.csv?user=smithj")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="event_history.csv"'
    lines = list(csv.DictReader(io.StringIO(answer.body.decode())))
    assert [line["Event name"] for line in lines] == CALLS[1:]
    assert list(lines[0])[:4] == ["Event ID", "Event name", "Event time", "User name"]
    assert (lines[0]["User agent"], lines[0]["Read-only"]) == (HOSTILE, "true")
    assert lines[1]["Resource name"] == scene.service
    assert lines[1]["Error code"] == "ResourceInUse"


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_no_cell_of_the_csv_is_a_formula(client: Client, scene: Scene, start: str):
    formula = start + "cmd|' /C calc'!A0"
    client.call("GetService", {"Id": formula}, User_Agent=formula)
    body = client.get(f"{CONSOLE}download.csv?name=GetService").body.decode()
    (line,) = csv.DictReader(io.StringIO(body))
    assert line["User agent"] == f"'{formula}"
    assert not [cell for cell in line.values() if cell.startswith(start)]


def test_a_download_ignores_the_page(client: Client, scene: Scene):
    for _ in range(60):
        client.call("ListServices")
    assert len(records(client.get(f"{CONSOLE}download.json").body)) == 69
