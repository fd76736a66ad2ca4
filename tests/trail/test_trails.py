"""Trails: their defaults, their state, and who gets an event."""

import sqlite3

import pytest

from tests.trail.house import ACCOUNT, make_event
from trail import default
from trail.record import Resource
from trail.selectors import DEFAULT

SERVICE = "AWS::ServiceDiscovery::Service"
EVERYTHING_BY_BOB = {
    "AdvancedEventSelectors": [
        {
            "FieldSelectors": [
                {"Field": "eventCategory", "Equals": ["Management"]},
                {"Field": "userIdentity.arn", "EndsWith": ["/bob"]},
            ]
        }
    ]
}


@pytest.fixture
def trails(house):
    return house.trails


@pytest.fixture
def connection(house):
    with house.database.transaction() as connection:
        yield connection


@pytest.fixture
def home(house, connection):
    return house.places.ensure(connection, ACCOUNT, "us-west-2")


def routed(house, connection, place, event):
    """The names of the trails an event goes to."""
    ids = house.trails.routing(connection, place).trails(event)
    return {trail.name for trail in house.trails.list(connection, place.account) if trail.id in ids}


def test_a_new_trail_has_the_defaults_of_cloudtrail(trails, connection, home):
    trail = trails.create(connection, home, "mine", "bucket", 5)
    assert not trail.logging
    assert trail.global_events
    assert not (trail.multi_region)
    assert not (trail.validation)
    assert not (trail.organization)
    assert not (trail.is_default)
    assert trail.selectors == DEFAULT
    assert not trail.has_custom_selectors
    assert trail.arn == f"arn:aws:cloudtrail:us-west-2:{ACCOUNT}:trail/mine"
    assert trails.get(connection, ACCOUNT, "us-west-2", "mine") == trail


def test_a_home_has_one_trail_of_a_name(trails, connection, home):
    trails.create(connection, home, "mine", "bucket", 5)
    with pytest.raises(sqlite3.IntegrityError):
        trails.create(connection, home, "mine", "other", 6)


def test_a_name_is_free_again_after_the_end(trails, connection, home):
    first = trails.create(connection, home, "mine", "bucket", 5)
    trails.delete(connection, first, 6)
    assert trails.get(connection, ACCOUNT, "us-west-2", "mine") is None
    assert trails.create(connection, home, "mine", "bucket", 7).id != first.id


def test_settings_change_and_the_rest_stays(trails, connection, home):
    trail = trails.create(connection, home, "mine", "bucket", 5, prefix="p", multi_region=True)
    changed = trails.update(connection, trail, 6, prefix=None, selectors=default.SELECTORS)
    assert trails.get(connection, ACCOUNT, "us-west-2", "mine") == changed
    assert changed.multi_region
    assert changed.has_custom_selectors


def test_trails_seen_from_a_region(house, trails, connection, home):
    east = house.places.ensure(connection, ACCOUNT, "us-east-1")
    other = house.places.ensure(connection, "999988887777", "us-west-2")
    trails.create(connection, home, "west", "b", 5)
    trails.create(connection, home, "everywhere", "b", 5, multi_region=True)
    trails.create(connection, east, "east", "b", 5)
    trails.create(connection, other, "foreign", "b", 5, multi_region=True)
    assert [trail.name for trail in trails.list(connection, ACCOUNT)] == ["east", "everywhere", "west"]
    assert [trail.name for trail in trails.list(connection, ACCOUNT, "us-west-2")] == ["everywhere", "west"]
    assert [trail.name for trail in trails.list(connection, ACCOUNT, "us-east-1")] == ["east", "everywhere"]


def test_status_tells_the_last_start_and_stop(trails, connection, home):
    trail = trails.create(connection, home, "mine", "bucket", 5)
    status = trails.status(connection, trail)
    assert status.started is None
    assert status.stopped is None
    trail = trails.start(connection, trail, 10)
    trail = trails.start(connection, trail, 11)
    trail = trails.stop(connection, trail, 20)
    trail = trails.stop(connection, trail, 21)
    status = trails.status(connection, trail)
    assert (status.started, status.stopped) == (10, 20)


def test_tags(trails, connection, home):
    trail = trails.create(connection, home, "mine", "bucket", 5)
    trails.tag(connection, trail, {"b": "1", "a": None})
    trails.tag(connection, trail, {"b": "2"})
    assert trails.tags(connection, trail) == {"a": None, "b": "2"}
    trails.untag(connection, trail, ["a", "nothing"])
    assert trails.tags(connection, trail) == {"b": "2"}
    trails.delete(connection, trail, 9)
    assert trails.tags(connection, trail) == {}


def test_the_default_trail_is_made_once_and_stays_deleted(house, trails, connection):
    home = house.places.ensure(connection, ACCOUNT, "us-east-1")
    trail = trails.ensure_default(connection, home, 5)
    assert (trail.name, trail.bucket) == ("maptrail", "maptrail-logs")
    assert trail.is_default
    assert trail.logging
    assert trail.multi_region
    assert trail.validation
    assert trails.status(connection, trail).started == 5
    assert trails.ensure_default(connection, home, 6) is None
    trails.delete(connection, trail, 7)
    trails.forget()
    assert trails.ensure_default(connection, home, 8) is None
    assert trails.list(connection, ACCOUNT) == []


def test_the_default_trail_leaves_a_users_trail_of_that_name_alone(house, trails, connection):
    home = house.places.ensure(connection, ACCOUNT, "us-east-1")
    mine = trails.create(connection, home, "maptrail", "my-bucket", 5)
    assert trails.ensure_default(connection, home, 6) is None
    assert trails.list(connection, ACCOUNT) == [mine]


def test_only_logging_trails_that_cover_the_region_get_an_event(house, trails, connection, home):
    east = house.places.ensure(connection, ACCOUNT, "us-east-1")
    for name, place, settings in [
        ("here", home, {}),
        ("off", home, {}),
        ("elsewhere", east, {}),
        ("everywhere", east, {"multi_region": True}),
    ]:
        trail = trails.create(connection, place, name, "b", 5, **settings)
        if name != "off":
            trails.start(connection, trail, 5)
    assert routed(house, connection, home, make_event()) == {"here", "everywhere"}
    assert routed(house, connection, east, make_event()) == {"elsewhere", "everywhere"}


def test_a_decision_is_made_anew_when_settings_change(house, trails, connection, home):
    trail = trails.start(connection, trails.create(connection, home, "mine", "b", 5), 5)
    data = make_event("GetServiceAttributes", management=False, resources=[Resource(ACCOUNT, SERVICE, "arn")])
    assert routed(house, connection, home, data) == set()
    trail = trails.update(connection, trail, 6, selectors=default.SELECTORS)
    assert routed(house, connection, home, data) == {"mine"}
    trails.stop(connection, trail, 6)
    assert routed(house, connection, home, data) == set()


def test_a_decision_about_one_caller_is_not_kept_for_another(house, trails, connection, home):
    trail = trails.create(connection, home, "bobs", "b", 5, selectors=EVERYTHING_BY_BOB)
    trails.start(connection, trail, 5)
    bob = {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/bob"}
    assert routed(house, connection, home, make_event()) == set()
    assert routed(house, connection, home, make_event(identity=bob)) == {"bobs"}
    assert routed(house, connection, home, make_event()) == set()


def test_a_decision_about_one_type_of_resource_is_not_kept_for_another(house, trails, connection, home):
    trails.start(connection, trails.create(connection, home, "mine", "b", 5, selectors=default.SELECTORS), 5)
    other = make_event("X", management=False, resources=[Resource(ACCOUNT, "AWS::Other::Thing", "arn")])
    service = make_event("X", management=False, resources=[Resource(ACCOUNT, SERVICE, "arn")])
    asked = make_event("X", management=False, resource_types=[SERVICE])
    assert routed(house, connection, home, other) == set()
    assert routed(house, connection, home, service) == {"mine"}
    assert routed(house, connection, home, asked) == {"mine"}


def test_a_snapshot_outlives_a_change(house, trails, connection, home):
    trail = trails.start(connection, trails.create(connection, home, "mine", "b", 5), 5)
    before = trails.routing(connection, home)
    trails.stop(connection, trail, 6)
    assert before.trails(make_event()) == {trail.id}
    assert trails.routing(connection, home).trails(make_event()) == frozenset()


def test_what_a_rollback_took_back_is_not_remembered(house):
    place = house.place()
    with house.database.transaction() as connection:
        assert house.trails.routing(connection, place).trails(make_event()) == frozenset()

    def start():
        with house.database.transaction() as inner:
            trail = house.trails.create(inner, place, "mine", "b", 5)
            house.trails.start(inner, trail, 5)
            assert house.trails.routing(inner, place).trails(make_event()) == {trail.id}
            raise ZeroDivisionError

    with house.database.transaction() as connection:  # a call inside a group: its savepoint is undone
        with pytest.raises(ZeroDivisionError):
            start()
        assert house.trails.routing(connection, place).trails(make_event()) == frozenset()
    with pytest.raises(ZeroDivisionError):  # a whole transaction
        start()
    with house.database.transaction() as connection:
        assert house.trails.routing(connection, place).trails(make_event()) == frozenset()


def test_a_default_trail_that_a_rollback_took_back_is_made_again(house):
    home = house.place("us-east-1")

    def first_contact():
        with house.database.transaction() as connection:
            assert house.trails.ensure_default(connection, home, 5)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        first_contact()
    with house.database.transaction() as connection:
        assert house.trails.ensure_default(connection, home, 5)
