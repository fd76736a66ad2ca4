"""What the forms change: calls through the gateway, on the record; and who may not make them."""

import json
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

import emulator
from tests.console.conftest import Scene
from tests.console.pages import CONSOLE, Reader, names, page, submit, twin
from tests.serving.client import Answer, Client

PLACE = {"in_region": "us-east-1", "access_key": "console"}


def record_of(client: Client, answer: Answer) -> dict[str, Any]:
    """The record of the call that a form made."""
    assert answer.status == 303, answer
    request_id = parse_qs(urlsplit(answer.headers["location"]).query)["call"][0]
    line = client.get(f"/_maptrail/events?request_id={request_id}")
    (text,) = line.body.splitlines()
    record: dict[str, Any] = json.loads(text)
    return record


def test_a_write_is_a_call_on_the_record(client: Client, scene: Scene):
    here = f"cloudmap/services/{scene.service}"
    said = {"ServiceId": scene.service, "InstanceId": "i-1", "back": here, "then": here}
    answer = submit(client, "cloudmap/DeregisterInstance", **said, **PLACE)
    assert answer.headers["location"].startswith(f"{CONSOLE}{here}?call=")
    record = record_of(client, answer)
    assert record["eventName"] == "DeregisterInstance"
    assert record["userIdentity"]["arn"] == "arn:aws:iam::111122223333:user/console"
    assert (record["userAgent"], record["sourceIPAddress"]) == ("Browser/1", "127.0.0.1")
    assert record["requestParameters"] == {"serviceId": scene.service, "instanceId": "i-1"}
    assert [each["Id"] for each in twin(client, here)["instances"]] == ["i-2"]
    text = "".join(Reader(client.get(answer.headers["location"]).body.decode()).text)
    assert "DeregisterInstance by console:\n  done" in text


def test_a_refused_write_is_told_from_its_record(client: Client, scene: Scene):
    said = {"Id": scene.namespace, "back": f"cloudmap/namespaces/{scene.namespace}", "then": "cloudmap"}
    answer = submit(client, "cloudmap/DeleteNamespace", **said, **PLACE)
    assert answer.headers["location"].startswith(f"{CONSOLE}cloudmap/namespaces/")
    assert record_of(client, answer)["errorCode"] == "ResourceInUse"
    assert "ResourceInUse" in client.get(answer.headers["location"]).body.decode()


@pytest.mark.parametrize("status", ["UNHEALTHY", "HEALTHY"])
def test_custom_health(client: Client, scene: Scene, status: str):
    said = {"ServiceId": scene.service, "InstanceId": "i-2", "Status": status}
    submit(client, "cloudmap/UpdateInstanceCustomHealthStatus", **said, **PLACE)
    instances = twin(client, f"cloudmap/services/{scene.service}")["instances"]
    assert [each["Health"] for each in instances if each["Id"] == "i-2"] == [status]


def test_from_nothing_and_back(client: Client, scene: Scene):
    assert submit(client, "cloudmap/CreateHttpNamespace", Name="new.example", **PLACE).status == 303
    namespace = twin(client, "cloudmap")["namespaces"][0]["Id"]
    said = {"NamespaceId": namespace, "Name": "web", "HealthCheckCustomConfig": "1"}
    submit(client, "cloudmap/CreateService", **said, **PLACE)
    (service,) = twin(client, f"cloudmap/namespaces/{namespace}")["services"]
    lines = "AWS_INSTANCE_IPV4 = 10.0.0.9\n\nzone=a=b"
    submit(client, "cloudmap/RegisterInstance", ServiceId=service["Id"], InstanceId="i", Attributes=lines, **PLACE)
    told = twin(client, f"cloudmap/services/{service['Id']}")
    assert told["custom_health"] is True
    assert told["instances"][0]["Attributes"] == {"AWS_INSTANCE_IPV4": "10.0.0.9", "zone": "a=b"}
    submit(client, "cloudmap/DeregisterInstance", ServiceId=service["Id"], InstanceId="i", **PLACE)
    submit(client, "cloudmap/DeleteService", Id=service["Id"], **PLACE)
    submit(client, "cloudmap/DeleteNamespace", Id=namespace, **PLACE)
    assert [each["Name"] for each in twin(client, "cloudmap")["namespaces"]] == ["shop.example"]
    assert names(client, "user=console&failed=1") == []


def test_the_caller_is_whose_access_key_it_is(client: Client, scene: Scene):
    said = {"Name": "x.example", "in_region": "eu-west-1", "access_key": "444455556666"}
    submit(client, "cloudmap/CreateHttpNamespace", **said)
    (event,) = twin(client, "history?name=CreateHttpNamespace&user=444455556666")["events"]
    assert (event["accountId"], event["awsRegion"]) == ("444455556666", "eu-west-1")
    forms = Reader(page(client, f"cloudmap/namespaces/{twin(client, 'cloudmap')['namespaces'][0]['Id']}"))
    keys = {field["value"] for field in forms.all("input") if field.get("name") == "access_key"}
    assert keys == {"444455556666"}


@pytest.mark.parametrize("key", ["", "a/b", "a,b", "käse", "x" * 129])
def test_what_is_no_access_key(client: Client, scene: Scene, key: str):
    answer = submit(client, "cloudmap/CreateHttpNamespace", Name="x.example", in_region="us-east-1", access_key=key)
    assert (answer.status, "is no access key" in answer.body.decode()) == (400, True)


@pytest.mark.parametrize(
    ("path", "said", "status"),
    [
        ("cloudmap/ListNamespaces", {}, 404),
        ("cloudmap/CreateHttpNamespace", {"Name": "x", "in_region": "../..", "access_key": "a"}, 400),
        ("cloudmap/CreateHttpNamespace", {"Name": "x", "in_region": "somewhere", "access_key": "a"}, 400),
        ("cloudmap/RegisterInstance", {"Attributes": "nothing", "access_key": "a"}, 400),
        ("clock", {"do": "hold"}, 400),
        ("clock", {"do": "advance", "amount": "much"}, 400),
        ("clock", {"do": "advance", "amount": "nan"}, 400),
        ("clock", {"do": "advance", "amount": "1", "unit": "weeks"}, 400),
        ("clock", {"do": "freeze", "at": "soon"}, 400),
    ],
)
def test_forms_that_make_no_sense(client: Client, scene: Scene, path: str, said: dict[str, str], status: int):
    before = client.get("/_maptrail/events").body
    answer = submit(client, path, **said)
    assert (answer.status, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert client.get("/_maptrail/events").body == before


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example", "http://["])
@pytest.mark.parametrize("path", ["clock", "cloudmap/CreateHttpNamespace"])
def test_pages_of_somewhere_else_may_not(client: Client, scene: Scene, path: str, origin: str):
    before = client.get("/_maptrail/events").body
    answer = submit(client, path, origin, do="freeze", Name="x.example", **PLACE)
    assert (answer.status, "may not write here" in answer.body.decode()) == (403, True)
    assert client.get("/_maptrail/events").body == before
    assert twin(client, "clock")["frozen"] is False


def test_one_is_not_sent_elsewhere_afterwards(client: Client, scene: Scene):
    for then in ("//evil.example", "https://evil.example", "../../..", "cloudmap/services/x?y"):
        answer = submit(client, "cloudmap/CreateHttpNamespace", Name="x.example", back=then, then=then, **PLACE)
        assert answer.headers["location"].startswith(f"{CONSOLE}cloudmap?call=")


def test_what_a_link_says_of_a_call_is_not_believed(client: Client, scene: Scene):
    read = Reader(page(client, "cloudmap?call=nothing-of-the-sort"))
    assert not [div for div in read.all("div") if "notice" in (div.get("class") or "")]


def test_the_clock(client: Client, scene: Scene):
    assert submit(client, "clock", do="freeze", at="2030-01-01T12:00").headers["location"] == f"{CONSOLE}clock"
    assert twin(client, "clock")["now"] == "2030-01-01T12:00:00Z"
    submit(client, "clock", do="advance", amount="1.5", unit="hours")
    assert (twin(client, "clock")["now"], twin(client, "clock")["frozen"]) == ("2030-01-01T13:30:00Z", True)
    assert "clock frozen" in page(client, "history")
    submit(client, "clock", do="run")
    assert twin(client, "clock")["frozen"] is False
    submit(client, "clock", do="freeze")
    assert twin(client, "clock")["frozen"] is True


def test_a_call_that_cannot_be_recorded_is_said_not_to_have_happened(
    running: emulator.Emulator, client: Client, scene: Scene, monkeypatch: pytest.MonkeyPatch
):
    def refuse() -> None:
        running.machine.database.rollback()
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(running.machine.database, "commit", lambda: refuse() if running.machine.database.open else None)
        answer = submit(client, "cloudmap/CreateHttpNamespace", Name="x.example", **PLACE)
    assert (answer.status, "disk is full" in answer.body.decode()) == (503, True)
    assert len(twin(client, "cloudmap")["namespaces"]) == 1
    assert names(client, "user=console") == []


IDENTITIES = """
[[user]]
name = "ops"
account = "111122223333"
access_key = "AKIAOPSOPSOPSOPSOPSO"
secret_key = "secret"
"""


@pytest.mark.parametrize("auth", ["known", "signed"])
def test_where_only_listed_keys_are_let_in(tmp_path: Path, auth: str):
    (tmp_path / "identities.toml").write_text(IDENTITIES)
    with (
        emulator.Emulator(identities=tmp_path / "identities.toml", auth=auth) as started,
        Client(started.url) as client,
    ):
        fields = Reader(page(client, "cloudmap")).all("input")
        (key,) = {field["value"] for field in fields if field.get("name") == "access_key"}
        said = {"Name": "x.example", "in_region": "us-east-1"}
        assert submit(client, "cloudmap/CreateHttpNamespace", access_key=key, **said).status == 303
        assert names(client, "user=ops") == ["CreateHttpNamespace"]
        answer = submit(client, "cloudmap/CreateHttpNamespace", access_key="console", **said)
        assert (answer.status, "security token" in answer.body.decode()) == (400, True)


def test_a_browser_behind_a_trusted_proxy():
    with emulator.Emulator(trusted_proxies="127.0.0.1") as started, Client(started.url) as client:
        headers = {"Content_Type": "application/x-www-form-urlencoded", "X_Forwarded_For": "192.0.2.7"}
        said = b"Name=x.example&access_key=console&in_region=us-east-1"
        client.request("POST", f"{CONSOLE}cloudmap/CreateHttpNamespace", said, **headers)
        assert twin(client, "history")["events"][0]["sourceIPAddress"] == "192.0.2.7"
