"""What is kept ends after ninety days, in small steps, and never before it is delivered."""

import gzip
import itertools

import pytest

from tests.trail.house import ACCOUNT, BUCKET, HOUR, NOW
from trail.index import Indexer
from trail.lookup import Query, look_up
from trail.record import Resource
from trail.retention import REDELIVERY, purge

DAY = 86_400_000
SERVICE = Resource(ACCOUNT, "AWS::ServiceDiscovery::Service", "arn:1")


@pytest.fixture
def house(house):
    house.default_trail()
    return house


def count(house, table):
    with house.database.reading() as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def fill(house, number=450):
    for each in range(number):
        house.record(region="eu-west-1" if each % 2 else "us-west-2", management=each % 3 > 0, resources=[SERVICE])
    house.delivery.deliver()
    Indexer(house.database, house.journal).run()


def test_everything_goes_after_ninety_days_with_its_index(house):
    fill(house)
    recent = house.record(time=NOW + DAY)
    house.delivery.deliver()
    assert purge(house.database, NOW + 90 * DAY) == 0
    assert purge(house.database, NOW + 90 * DAY + 1) == 450
    assert count(house, "event") == 1
    assert count(house, "lookup") == 0
    with house.database.transaction() as connection:
        found = look_up(connection, house.place(), Query(("Username", "ana")), NOW + 90 * DAY)
    assert [entry.event_id for entry in found.entries] == [recent]


def test_what_is_not_delivered_stays(house):
    old = NOW - 89 * DAY
    house.record(time=old)
    house.delivery.deliver()
    house.buckets.clear()
    waiting = [house.record(time=old), house.record(time=old, region="eu-west-1")]
    house.delivery.deliver()
    unplanned = house.record(time=old)
    assert purge(house.database, NOW + 2 * DAY) == 1
    assert count(house, "event") == 3
    house.buckets.create(BUCKET)
    house.delivery.deliver()
    assert house.delivered() == [*waiting, unplanned]


def test_a_bucket_is_offered_a_file_for_thirty_days(house):
    house.record()
    house.buckets.remove(BUCKET)
    house.delivery.deliver()
    purge(house.database, NOW + REDELIVERY)
    assert house.delivery.pending()
    purge(house.database, NOW + REDELIVERY + 1)
    assert not house.delivery.pending()


def test_notes_of_files_and_deleted_trails_go_too(house):
    home = house.place()
    with house.database.transaction() as connection:
        trail = house.trails.create(connection, home, "mine", BUCKET, NOW)
        trail = house.trails.start(connection, trail, NOW)
        [default] = [each for each in house.trails.list(connection, ACCOUNT) if each.is_default]
    house.record()
    house.delivery.deliver()
    with house.database.transaction() as connection:
        house.trails.delete(connection, trail, NOW)
        house.trails.delete(connection, default, NOW)
    purge(house.database, NOW + 90 * DAY)
    assert (count(house, "file"), count(house, "trail")) == (2, 2)
    purge(house.database, NOW + 90 * DAY + 1)
    assert count(house, "file") == 0
    with house.database.transaction() as connection:
        house.trails.forget()
        assert house.trails.ensure_default(connection, home, NOW) is None
    assert count(house, "trail") == 1


def test_the_writer_is_never_held_for_long(house, monkeypatch):
    """Each transaction deletes a small batch."""
    monkeypatch.setattr("trail.retention._BATCH", 50)
    fill(house)
    sizes = []
    transaction = house.database.transaction

    def counting():
        before = house.database._writer.total_changes
        sizes.append(before)
        return transaction()

    monkeypatch.setattr(house.database, "transaction", counting)
    assert purge(house.database, NOW + 91 * DAY) == 450
    sizes.append(house.database._writer.total_changes)
    assert max(after - before for before, after in itertools.pairwise(sizes)) <= 50 * 7
    assert len(sizes) > 9


def test_numbers_and_deliveries_go_on_after_a_purge(house):
    fill(house, 10)
    purge(house.database, NOW + 91 * DAY)
    house = house.reopened()
    house.record()
    house.delivery.deliver()
    assert len(house.delivered()) == 11
    house.database.close()


def test_digests_and_chains_go_with_their_trail_but_the_end_of_a_chain_that_goes_on(house):
    house.user_trail("mine", validation=True)
    house.record()
    house.now += HOUR
    house.digester.run()
    house.change("delete", "mine")
    house.digester.run()
    house.now += HOUR
    house.digester.run()
    purge(house.database, house.now + 91 * DAY)
    chains, digests = rows(house, "chain", "place_id, trail_id"), rows(house, "digest", "place_id, trail_id")
    assert sorted(chains) == sorted(digests)
    assert {trail_id for _, trail_id in chains} == {house.trail().id}
    assert count(house, "trail") == 1
    next_one = gzip.decompress(house.buckets.get(BUCKET, house.digester.close_period()[-1][1]))
    assert b'"previousDigestS3Bucket":"maptrail-logs"' in next_one


def rows(house, table, columns):
    with house.database.reading() as connection:
        return connection.execute(f"SELECT {columns} FROM {table}").fetchall()
