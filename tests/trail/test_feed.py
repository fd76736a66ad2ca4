"""The feed: filters, cursors, and that following it misses nothing."""

import json
import threading

import pytest

from tests.trail.house import ACCOUNT, NOW
from trail.feed import Filter, read
from trail.record import Resource

SERVICE = Resource(ACCOUNT, "AWS::ServiceDiscovery::Service", "arn:srv-1")


@pytest.fixture
def house(house):
    house.default_trail()
    return house


def fed(house, wanted=Filter(), **options):  # noqa: B008
    with house.database.reading() as connection:
        return read(connection, wanted, **options)


def ids(house, **wanted):
    return [json.loads(record)["eventID"] for record in fed(house, Filter(**wanted)).records]


def test_every_record_comes_in_the_order_of_recording(house):
    found = [
        house.record("A"),
        house.record("B", region="eu-west-1"),
        house.record("C", management=False, resources=[SERVICE]),
        house.record("D", account="999988887777"),
        house.record("E"),
    ]
    assert ids(house) == found
    assert [json.loads(record)["eventID"] for record in fed(house, newest=True).records] == found[::-1]


def test_filters(house):
    bob = {"type": "IAMUser", "arn": "arn:bob", "accountId": ACCOUNT, "accessKeyId": "AKBOB", "userName": "bob"}
    plain = house.record("A", request_id="req-1")
    europe = house.record("A", region="eu-west-1", source="cloudtrail.amazonaws.com")
    foreign = house.record("A", account="999988887777")
    failed = house.record("B", error_code="ServiceNotFound", request_parameters={"serviceId": "srv-9"})
    data = house.record("C", management=False, read_only=True, resources=[SERVICE])
    bobs = house.record("A", identity=bob, time=NOW + 60_000, response_elements={"service": {"ids": ["srv-9"]}})
    everything = [plain, europe, foreign, failed, data, bobs]

    assert ids(house, region="eu-west-1") == [europe]
    assert ids(house, account="999988887777") == [foreign]
    assert ids(house, account=ACCOUNT, region="us-west-2") == [plain, failed, data, bobs]
    assert ids(house, account="000000000000") == []
    assert ids(house, name="A") == [plain, europe, foreign, bobs]
    assert ids(house, source="cloudtrail.amazonaws.com") == [europe]
    assert ids(house, user_name="bob") == [bobs]
    assert ids(house, event_id=failed) == [failed]
    assert ids(house, access_key="AKBOB") == [bobs]
    assert ids(house, read_only=True) == [data]
    assert ids(house, read_only=False) == [each for each in everything if each != data]
    assert ids(house, management=False) == [data]
    assert ids(house, failed=True) == [failed]
    assert ids(house, failed=False) == [each for each in everything if each != failed]
    assert ids(house, error_code="ServiceNotFound") == [failed]
    assert ids(house, error_code="ServiceNot") == []
    assert ids(house, request_id="req-1") == [plain]
    assert ids(house, resource="arn:srv-1") == [data]
    assert ids(house, resource="srv-9") == [failed, bobs]
    assert ids(house, resource="srv") == []
    assert ids(house, since=NOW + 60_000) == [bobs]
    assert ids(house, until=NOW) == everything[:-1]
    assert ids(house, name="A", user_name="ana", region="us-west-2") == [plain, foreign]


def test_a_value_in_another_place_is_not_taken_for_the_one_asked_for(house):
    house.record("A", request_parameters={"name": "B", "eventSource": "x", "errorCode": "y"})
    assert ids(house, name="B") == []
    assert ids(house, source="x") == []
    assert ids(house, error_code="y") == []
    assert ids(house, failed=True) == []


def test_following_by_cursor(house):
    cursor, seen = None, []
    for _ in range(5):
        recorded = [house.record(region=region) for region in ("us-west-2", "eu-west-1")]
        page = fed(house, after=cursor)
        assert [json.loads(record)["eventID"] for record in page.records] == recorded
        assert not page.more
        cursor = page.cursor
        seen += recorded
    assert fed(house, after=cursor).records == []
    assert fed(house, after=cursor).cursor == cursor


@pytest.mark.parametrize("newest", [False, True])
@pytest.mark.parametrize("limit", [1, 3, 1000])
def test_pages_by_cursor(house, limit, newest, monkeypatch):
    monkeypatch.setattr("trail.feed._WINDOW", 4)
    monkeypatch.setattr("trail.feed.EXAMINED", 8)
    found = [house.record("A" if each % 3 else "B", region=f"eu-west-{each % 2}") for each in range(40)]
    wanted = [each for number, each in enumerate(found) if number % 3 == 0]
    cursor, seen, more = None, [], True
    while more:
        page = fed(house, Filter(name="B"), after=cursor, limit=limit, newest=newest)
        assert len(page.records) <= limit
        seen += [json.loads(record)["eventID"] for record in page.records]
        cursor, more = page.cursor, page.more
    assert seen == (wanted[::-1] if newest else wanted)


def test_a_page_that_finds_nothing_examines_no_more_than_its_share(house, monkeypatch):
    monkeypatch.setattr("trail.feed.EXAMINED", 250)
    for _ in range(600):
        house.record()
    page = fed(house, Filter(name="X"))
    assert (page.records, page.cursor, page.more) == ([], "250", True)


def test_a_gap_is_skipped(house):
    house.record()
    with house.database.transaction() as connection:
        connection.execute("DELETE FROM event")
    house.journal._number = 10_000_000
    late = house.record()
    page = fed(house)
    assert [json.loads(record)["eventID"] for record in page.records] == [late]
    assert not page.more


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "٣", str(1 << 60)])
def test_a_cursor_of_ones_own_making_is_refused(house, cursor):
    with pytest.raises(ValueError, match="not a cursor"):
        fed(house, after=cursor)


def test_a_follower_misses_nothing_while_events_come(house):
    total = 400
    done = threading.Event()

    def record():
        for each in range(total):
            house.record(region=f"eu-west-{each % 3}", management=each % 5 > 0, resources=[SERVICE])
        done.set()

    writer = threading.Thread(target=record)
    writer.start()
    cursor, seen = None, []
    while True:
        last = done.is_set()
        page = fed(house, after=cursor, limit=17)
        seen += [json.loads(record)["eventID"] for record in page.records]
        cursor = page.cursor
        if last and not page.more:
            break
    writer.join()
    assert seen == [f"00000000-0000-4000-8000-{each:012}" for each in range(1, total + 1)]
