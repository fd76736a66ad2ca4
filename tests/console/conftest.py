"""A server to look at, and what is on it: a namespace, a service, instances, and calls by several callers."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

import emulator
from tests.console.browser import CHROMIUM, DRIVER, Browser
from tests.serving.client import Client, instance

HOSTILE = '"><script>alert(1)</script>'


@dataclass(frozen=True)
class Scene:
    """What was made: in account 111122223333 and us-east-1, by smithj."""

    url: str
    namespace: str
    service: str

    def page(self, path: str) -> str:
        return f"{self.url}/_maptrail/console/{path}"


@pytest.fixture(scope="module")
def running() -> Iterator[emulator.Emulator]:
    """Its files are delivered when a test asks for them: that takes longer than all the rest."""
    with emulator.Emulator(delivery_interval=300) as started:
        yield started


@pytest.fixture
def client(running: emulator.Emulator) -> Iterator[Client]:
    with Client(running.url, "smithj") as connected:
        yield connected


@pytest.fixture
def scene(running: emulator.Emulator, client: Client) -> Scene:
    """A fresh server with a service of two instances, one of them unhealthy, and three refused calls."""
    client.request("POST", "/_maptrail/reset")
    client.ok("CreateHttpNamespace", {"Name": "shop.example", "Description": HOSTILE})
    namespace = client.ok("ListNamespaces")["Namespaces"][0]["Id"]
    said = {"Name": "cart", "NamespaceId": namespace, "HealthCheckCustomConfig": {}}
    service = client.ok("CreateService", said)["Service"]["Id"]
    client.ok("RegisterInstance", instance(service, 1))
    attributes = {"AWS_INSTANCE_IPV4": "10.0.0.2", "note": HOSTILE}
    client.ok("RegisterInstance", {"ServiceId": service, "InstanceId": "i-2", "Attributes": attributes})
    client.ok("UpdateInstanceCustomHealthStatus", {"ServiceId": service, "InstanceId": "i-2", "Status": "UNHEALTHY"})
    client.call("DeleteService", {"Id": service})
    client.call("GetInstance", {"ServiceId": HOSTILE, "InstanceId": "i-1"}, User_Agent=HOSTILE)
    with Client(running.url, "444455556666", "eu-west-1") as other:
        other.call("GetNamespace", {"Id": "ns-aaaaaaaaaaaaaaaa"})
    return Scene(running.url, namespace, service)


@pytest.fixture(scope="session")
def _window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("chromium and chromedriver are not installed")
    with Browser(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture
def browser(_window: Browser) -> Iterator[Browser]:
    """A window of 1280 pixels; whatever it complains about fails the test."""
    _window.show(1280)
    yield _window
    complaints = _window.complaints()
    _window.open("about:blank")
    assert complaints == []
