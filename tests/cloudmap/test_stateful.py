"""A service with custom health beside a plain dictionary, whatever is done to both; and what the history says of it."""

import itertools
import json
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import hypothesis.strategies as st
import pytest
from botocore.exceptions import ClientError
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests import sdk

if TYPE_CHECKING:
    from emulator import Emulator

INSTANCES = st.sampled_from(["a", "b", "c", "d"])
COLORS = st.sampled_from(["green", "blue"])
HEALTH = st.sampled_from(["HEALTHY", "UNHEALTHY"])
FILTERS = st.sampled_from(["HEALTHY", "UNHEALTHY", "ALL", "HEALTHY_OR_ELSE_ALL"])
DATA_EVENTS = {"DiscoverInstances", "DiscoverInstancesRevision", "GetServiceAttributes"}

accounts = itertools.count(700_000_000_000)


class Registry(RuleBasedStateMachine):
    server: "Emulator"
    protocol: str

    def __init__(self) -> None:
        super().__init__()
        self.account = str(next(accounts))
        self.client = sdk.client(self.server.url, self.account, protocol=self.protocol)
        self.calls: list[tuple[str, str | None]] = []
        self.colors: dict[str, str] = {}
        self.health: dict[str, str] = {}
        self.revision = 0
        self.call("CreateHttpNamespace", Name="shop")
        namespace = self.call("ListNamespaces")["Namespaces"][0]["Id"]
        parts = {"Name": "cart", "NamespaceId": namespace, "HealthCheckCustomConfig": {}}
        self.service = self.call("CreateService", **parts)["Service"]["Id"]

    def teardown(self) -> None:
        try:
            with urlopen(f"{self.server.url}/_maptrail/events?account={self.account}&limit=1000") as answer:
                records = [json.loads(line) for line in answer]
            told = [(each["eventName"], each.get("errorCode")) for each in records]
            assert [each for each in told if each[0] not in DATA_EVENTS] == [
                each for each in self.calls if each[0] not in DATA_EVENTS
            ]
            assert len({each["requestID"] for each in records}) == len(records)
        finally:
            self.client.close()

    def call(self, operation: str, **parameters: Any) -> Any:
        """Call, and remember that it was called and how it ended."""
        try:
            response = self.client._make_api_call(operation, parameters)
        except ClientError as error:
            self.calls.append((operation, error.response["Error"]["Code"]))
            return error.response["Error"]["Code"]
        self.calls.append((operation, None))
        return response

    @rule(instance=INSTANCES, color=COLORS, health=st.none() | HEALTH)
    def register(self, instance: str, color: str, health: str | None) -> None:
        attributes = {"color": color} | ({} if health is None else {"AWS_INIT_HEALTH_STATUS": health})
        self.call("RegisterInstance", ServiceId=self.service, InstanceId=instance, Attributes=attributes)
        self.colors[instance] = color
        self.health[instance] = health or "HEALTHY"
        self.revision_has_grown()

    @rule(instance=INSTANCES)
    def deregister(self, instance: str) -> None:
        answer = self.call("DeregisterInstance", ServiceId=self.service, InstanceId=instance)
        assert (answer == "InstanceNotFound") == (instance not in self.colors)
        if instance in self.colors:
            del self.colors[instance], self.health[instance]
            self.revision_has_grown()

    @rule(instance=INSTANCES, health=HEALTH)
    def tell_health(self, instance: str, health: str) -> None:
        told = {"ServiceId": self.service, "InstanceId": instance, "Status": health}
        answer = self.call("UpdateInstanceCustomHealthStatus", **told)
        assert (answer == "InstanceNotFound") == (instance not in self.colors)
        if instance in self.colors:
            self.health[instance] = health

    @rule(health=FILTERS, color=st.none() | COLORS, optional=st.none() | COLORS, most=st.integers(1, 5))
    def discover(self, health: str, color: str | None, optional: str | None, most: int) -> None:
        asked: dict[str, Any] = {"NamespaceName": "shop", "ServiceName": "cart", "HealthStatus": health}
        if color is not None:
            asked["QueryParameters"] = {"color": color}
        if optional is not None:
            asked["OptionalParameters"] = {"color": optional}
        answer = self.call("DiscoverInstances", **asked, MaxResults=most)
        found = {each["InstanceId"]: each for each in answer["Instances"]}
        wanted = self.wanted(health, color, optional)
        assert len(found) == len(answer["Instances"]) == min(most, len(wanted))
        assert found.keys() <= wanted
        for instance, each in found.items():
            assert each["Attributes"]["color"] == self.colors[instance]
            assert each["HealthStatus"] == self.health[instance]
        assert answer["InstancesRevision"] == self.revision or not self.revision

    def wanted(self, health: str, color: str | None, optional: str | None) -> set[str]:
        """What a reader of the documentation would expect to find."""
        matching = {each for each, own in self.colors.items() if color in (None, own)}
        by_health = {each for each in matching if self.health[each] == health.partition("_OR_")[0]}
        if health == "ALL" or (health == "HEALTHY_OR_ELSE_ALL" and not by_health):
            by_health = matching
        return {each for each in by_health if self.colors[each] == optional} or by_health

    @rule(instance=INSTANCES)
    def get(self, instance: str) -> None:
        answer = self.call("GetInstance", ServiceId=self.service, InstanceId=instance)
        if instance in self.colors:
            assert answer["Instance"]["Attributes"]["color"] == self.colors[instance]
        else:
            assert answer == "InstanceNotFound"

    @rule(size=st.integers(1, 3))
    def walk(self, size: int) -> None:
        seen, more = [], {}
        while True:
            page = self.call("ListInstances", ServiceId=self.service, MaxResults=size, **more)
            seen += [each["Id"] for each in page["Instances"]]
            if "NextToken" not in page:
                break
            more = {"NextToken": page["NextToken"]}
        assert sorted(seen) == sorted(self.colors)

    @rule()
    def delete_the_service(self) -> None:
        if self.colors:
            assert self.call("DeleteService", Id=self.service) == "ResourceInUse"

    def revision_has_grown(self) -> None:
        asked = {"NamespaceName": "shop", "ServiceName": "cart"}
        revision = self.call("DiscoverInstancesRevision", **asked)["InstancesRevision"]
        assert revision > self.revision
        self.revision = revision

    @invariant()
    def counts_agree(self) -> None:
        count = self.call("GetService", Id=self.service)["Service"]["InstanceCount"]
        assert count == len(self.colors)
        status = self.call("GetInstancesHealthStatus", ServiceId=self.service)["Status"]
        assert status == self.health


@pytest.mark.parametrize("protocol", ["json", "cbor"])
def test_a_service_behaves_like_a_dictionary(server, protocol):
    machine = type("Machine", (Registry,), {"server": server, "protocol": protocol})
    few = settings(max_examples=15, stateful_step_count=20, deadline=None, database=None)
    run_state_machine_as_test(machine, settings=few)
