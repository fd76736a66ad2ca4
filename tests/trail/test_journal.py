"""The journal: what is written, in which order, in which transaction."""

import json

import pytest

from tests.trail.house import ACCOUNT, House, make_event
from trail.journal import DATA, MANAGEMENT, number_of, row_range
from trail.record import Resource, encode

SERVICE = Resource(ACCOUNT, "AWS::ServiceDiscovery::Service", "arn:1")


def rows(house):
    with house.database.reading() as connection:
        return connection.execute("SELECT seq, time, route, record FROM event ORDER BY seq").fetchall()


def test_a_record_is_kept_as_it_goes_into_the_file(house):
    event = make_event()
    with house.database.transaction() as connection:
        house.journal.append(connection, house.places.ensure(connection, ACCOUNT, "us-west-2"), event)
    [(_, time, route, record)] = rows(house)
    assert record == encode(event)
    assert (time, route) == (event.time, 0)


def test_without_a_trail_management_events_stay_and_data_events_leave_nothing(house):
    assert house.record()
    assert house.record("GetServiceAttributes", management=False, resources=[SERVICE]) is None
    assert len(rows(house)) == 1


def test_under_the_default_trail_discover_instances_leaves_nothing(house):
    house.default_trail()
    assert house.record("DiscoverInstances", management=False, resources=[SERVICE]) is None
    assert house.record("DiscoverInstancesRevision", management=False, resources=[SERVICE])
    assert house.record("GetServiceAttributes", management=False, resource_types=[SERVICE.type], error_code="X")
    assert len(rows(house)) == 2


def test_numbers_count_over_all_places_and_rows_lie_together_by_place(house):
    house.default_trail()
    names = [
        house.record("A"),
        house.record("B", region="eu-west-1"),
        house.record("C", management=False, resources=[SERVICE]),
        house.record("D"),
    ]
    assert all(names)
    found = [(number_of(seq), json.loads(record)["eventName"]) for seq, _, _, record in rows(house)]
    assert found == [(1, "A"), (4, "D"), (3, "C"), (2, "B")]


def test_the_range_of_a_place_holds_its_events_of_a_category_and_no_others():
    first, last = row_range(7, DATA)
    assert row_range(7, MANAGEMENT)[1] + 1 == first
    assert row_range(8, MANAGEMENT)[0] == last + 1
    assert row_range(7, DATA, 5, 5) == (first + 5, first + 5)


def test_the_record_stays_when_the_call_is_undone(house):
    place = house.place()

    def fail():
        with house.database.savepoint() as inner:
            inner.execute("INSERT INTO route VALUES (1, 99, '[]')")
            raise ZeroDivisionError

    with house.database.transaction() as connection:
        with pytest.raises(ZeroDivisionError):
            fail()
        house.journal.append(connection, place, make_event(error_code="InternalFailure"))
    assert len(rows(house)) == 1
    with house.database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM route").fetchone() == (0,)


def test_a_rollback_leaves_a_gap_and_no_number_is_given_twice(house):
    house.record("A")

    def lost():
        with house.database.transaction() as connection:
            house.journal.append(connection, house.places.ensure(connection, ACCOUNT, "us-west-2"), make_event())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        lost()
    house.record("B")
    assert [number_of(seq) for seq, *_ in rows(house)] == [1, 3]


def test_a_route_that_a_rollback_took_back_is_written_again(house):
    house.default_trail()
    place = house.place()

    def lost():
        with house.database.transaction() as connection:
            house.journal.append(connection, place, make_event())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        lost()
    house.record()
    house.delivery.deliver()
    assert len(house.delivered()) == 1


def test_numbers_go_on_after_a_restart(house):
    house.record("A")
    house.record("B", region="eu-west-1")
    again = House(house.root)
    again.record("C")
    assert sorted(number_of(seq) for seq, *_ in rows(house)) == [1, 2, 3]
    again.database.close()


def test_numbers_go_on_when_all_was_delivered_and_purged(house):
    house.default_trail()
    house.record("A")
    house.delivery.deliver()
    with house.database.transaction() as connection:
        connection.execute("DELETE FROM event")
    again = House(house.root, unique=1000)
    again.record("B")
    again.delivery.deliver()
    assert len(again.delivered()) == 2
    again.database.close()


def test_a_trail_gets_its_own_start_and_stop(house):
    """The calls are recorded for the trails of before and of after."""
    home = house.place()
    with house.database.transaction() as connection:
        trail = house.trails.create(connection, home, "mine", "maptrail-logs", house.now)

    def call(name, act):
        nonlocal trail
        with house.database.transaction() as connection:
            before = house.trails.routing(connection, home)
            trail = act(connection, trail, house.now)
            house.journal.append(connection, home, make_event(name, event_id=name), also=before)

    house.record("CreateTrail")
    call("StartLogging", house.trails.start)
    house.record("RegisterInstance", event_id="between")
    call("StopLogging", house.trails.stop)
    house.record("GetTrailStatus")
    house.delivery.deliver()
    assert house.delivered() == ["StartLogging", "StopLogging", "between"]
