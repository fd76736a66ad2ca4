"""One emulator for the whole contract; each test has an account of its own in it."""

from collections.abc import Iterator

import pytest

import emulator
from emulator.quotas import AWS
from tests.audit.world import Lines, World


@pytest.fixture(scope="module")
def lines() -> Lines:
    return Lines()


@pytest.fixture(scope="module")
def running(lines: Lines) -> Iterator[emulator.Emulator]:
    with emulator.Emulator() as started:
        started.machine.access_log = lines
        yield started


@pytest.fixture
def world(running: emulator.Emulator, lines: Lines) -> Iterator[World]:
    world = World(running, lines)
    yield world
    world.client.close()
    facilities = running.machine.facilities
    facilities.operation_delay, facilities.quotas = 0, AWS


@pytest.fixture
def everything_wanted(world: World) -> World:
    """The account's trail takes every event, DiscoverInstances too."""
    machine = world.machine
    world.ok("ListNamespaces", {})
    with machine.database.transaction() as connection:
        trail = machine.trails.list(connection, world.account)[0]
        wanted = [{"Field": "eventCategory", "Equals": ["Management"]}]
        selectors = [{"FieldSelectors": wanted}, *map(_data_events, ("Namespace", "Service"))]
        machine.trails.update(connection, trail, machine.clock.now(), selectors={"AdvancedEventSelectors": selectors})
    return world


def _data_events(kind: str) -> dict[str, object]:
    fields = {"eventCategory": "Data", "resources.type": f"AWS::ServiceDiscovery::{kind}"}
    return {"FieldSelectors": [{"Field": field, "Equals": [value]} for field, value in fields.items()]}
