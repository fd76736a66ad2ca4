"""Pages as their readers find them: the address of each, and what stands in its HTML."""

import json
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from tests.console.conftest import Scene
from tests.serving.client import Answer, Client

CONSOLE = "/_maptrail/console/"


def addresses(client: Client, scene: Scene) -> dict[str, str]:
    """Every page there is, by a word for it."""
    client.flush()
    event = twin(client, "history?name=CreateService")["events"][0]
    arn = twin(client, "trails")["trails"][0]["arn"]
    key = twin(client, f"trails/trail?arn={arn}")["files"][0]["key"]
    operation = twin(client, "cloudmap/operations")["operations"][0]["Id"]
    return {
        "history": "history",
        "record": f"history/{event['eventID']}?at={event['number']}",
        "cloudmap": "cloudmap",
        "namespace": f"cloudmap/namespaces/{scene.namespace}",
        "service": f"cloudmap/services/{scene.service}",
        "operations": "cloudmap/operations",
        "operation": f"cloudmap/operations/{operation}",
        "trails": "trails",
        "trail": f"trails/trail?arn={arn}",
        "file": f"trails/file?arn={arn}&key={key}",
        "digests": f"trails/digests?arn={arn}",
        "timeline": "timeline",
        "faults": "faults",
        "clock": "clock",
    }


def page(client: Client, address: str) -> str:
    answer = client.get(CONSOLE + address)
    assert answer.status == 200, answer
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer.body.decode()


def twin(client: Client, address: str) -> Any:
    path, mark, query = address.partition("?")
    answer = client.get(f"{CONSOLE}{path}.json{mark}{query}")
    assert answer.status == 200, answer
    return answer.json


def names(client: Client, query: str) -> list[str]:
    """The events that a query of the history finds, the newest first."""
    return [event["eventName"] for event in twin(client, f"history?{query}")["events"]]


def submit(client: Client, path: str, origin: str | None = "http://127.0.0.1:4610", **fields: str) -> Answer:
    """What a browser sends for a form."""
    headers = {"Content_Type": "application/x-www-form-urlencoded", "User_Agent": "Browser/1"}
    if origin is not None:
        headers["Origin"] = origin
    return client.request("POST", CONSOLE + path, urlencode(fields).encode(), **headers)


class Reader(HTMLParser):
    """The tags of a page, and the text that can be read."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for each, attributes in self.tags if each == tag]


def records(body: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(body)["Records"]
    return found
