"""Event history: what is found, in which order, a page at a time, with and without the index."""

import functools
import json
import operator
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trail.house import ACCOUNT, NOW, House
from trail import index
from trail.identity import assumed_role, aws_service, issuer_role, root, session
from trail.index import Indexer
from trail.lookup import Page, Query, TokenError, look_up
from trail.record import Resource

CLOUDTRAIL = "cloudtrail.amazonaws.com"
DAY = 86_400_000


def page(house, query=Query(), region="us-west-2", **options) -> Page:  # noqa: B008
    place = house.place(region)
    with house.database.transaction() as connection:
        return look_up(connection, place, query, house.now, **options)


def ids(house, key=None, value=None, **span):
    query = Query((key, value) if key else None, **span)
    return [entry.event_id for entry in page(house, query).entries]


def test_an_entry_tells_what_lookup_events_does(house):
    event_id = house.record(
        "CreateTrail",
        source=CLOUDTRAIL,
        request_parameters={"name": "mine", "s3BucketName": "b"},
        response_elements={"name": "mine", "trailARN": "arn:mine"},
        time=NOW - 1,
    )
    [entry] = page(house).entries
    assert (entry.event_id, entry.name, entry.read_only) == (event_id, "CreateTrail", False)
    assert (entry.access_key, entry.user_name, entry.source) == ("AKIAEXAMPLE", "ana", CLOUDTRAIL)
    assert entry.time == NOW - 1_000
    assert entry.resources == [("AWS::CloudTrail::Trail", "arn:mine"), ("AWS::CloudTrail::Trail", "mine")]
    assert json.loads(entry.record)["eventID"] == event_id


def test_the_newest_come_first(house):
    found = [house.record() for _ in range(5)]
    assert ids(house) == found[::-1]


def test_only_management_events_of_the_place_are_history(house):
    house.default_trail()
    mine = house.record()
    house.record(region="eu-west-1")
    house.record(account="999988887777")
    house.record(
        "GetServiceAttributes", management=False, resources=[Resource(ACCOUNT, "AWS::ServiceDiscovery::Service", "a")]
    )
    assert ids(house) == [mine]
    assert ids(house, "ReadOnly", "false") == [mine]
    assert ids(house, start=0) == [mine]


@pytest.mark.parametrize("backlog", [1000, 0])
def test_every_key_finds_its_own(house, monkeypatch, backlog):
    """From the index, or read through as a long backlog is."""
    monkeypatch.setattr("trail.lookup._BACKLOG", backlog)
    role = assumed_role(session(NOW, issuer=issuer_role(f"arn:aws:iam::{ACCOUNT}:role/x", "AROA")), "ci", "ASIA")
    by_user = house.record("RegisterInstance")
    by_role = house.record("GetInstance", read_only=True, identity=role)
    by_service = house.record("DeregisterInstance", identity=aws_service("ecs.amazonaws.com"))
    by_root = house.record("GetTrail", source=CLOUDTRAIL, read_only=True, identity=root(ACCOUNT, access_key="AKROOT"))
    stopped = house.record(
        "StopLogging", source=CLOUDTRAIL, request_parameters={"name": "arn:mine"}, identity={"accountId": ACCOUNT}
    )
    failed = house.record(
        "StopLogging", source=CLOUDTRAIL, request_parameters={"name": "arn:mine"}, error_code="TrailNotFoundException"
    )
    assert ids(house, "EventId", by_user) == [by_user]
    assert ids(house, "EventName", "StopLogging") == [failed, stopped]
    assert ids(house, "ReadOnly", "true") == [by_root, by_role]
    assert ids(house, "ReadOnly", "false") == [failed, stopped, by_service, by_user]
    assert ids(house, "EventSource", CLOUDTRAIL) == [failed, stopped, by_root]
    assert ids(house, "Username", "ana") == [failed, by_user]
    assert ids(house, "Username", "ci") == [by_role]
    assert ids(house, "Username", "root") == [by_root]
    assert ids(house, "Username", "ecs.amazonaws.com") == []
    assert ids(house, "AccessKeyId", "ASIA") == [by_role]
    assert ids(house, "ResourceType", "AWS::CloudTrail::Trail") == [stopped]
    assert ids(house, "ResourceName", "arn:mine") == [stopped]
    for key in index.KEYS:
        assert ids(house, key, "nothing of the kind") == []
    assert ids(house, "Username", "Ana") == []
    assert ids(house, "EventName", "Stop") == []


@pytest.mark.parametrize("backlog", [1000, 0])
def test_spans_are_inclusive_and_in_whole_seconds(house, monkeypatch, backlog):
    monkeypatch.setattr("trail.lookup._BACKLOG", backlog)
    found = [house.record(time=NOW - 10_000 + each) for each in (-1, 0, 500, 999, 1_000)]
    start = NOW - 10_000
    assert ids(house, start=start) == found[:0:-1]
    assert ids(house, start=start, end=start) == found[3:0:-1]
    assert ids(house, end=start - 1) == found[:1]
    assert ids(house, "EventName", "RegisterInstance", start=start + 1) == found[4:]
    assert ids(house, start=NOW) == []


def test_history_goes_back_ninety_days(house):
    house.record(time=NOW)
    house.now += 90 * DAY - 1_000
    recent = house.record()
    assert len(ids(house)) == 2
    house.now += 2_000
    assert ids(house) == [recent]
    assert ids(house, "EventName", "RegisterInstance") == [recent]
    assert ids(house, start=0) == [recent]


def every_page(house, query, limit):
    token, found = None, []
    while True:
        got = page(house, query, limit=limit, token=token)
        found.append([entry.event_id for entry in got.entries])
        token = got.token
        if token is None:
            return found


@pytest.mark.parametrize(
    "query",
    [
        Query(),
        Query(start=NOW - 5_000),
        Query(("EventName", "A")),
        Query(("Username", "ana"), NOW - 60_000, NOW + 60_000),
    ],
)
@pytest.mark.parametrize("limit", [1, 7, 25, 50])
def test_pages_hold_everything_once(house, query, limit):
    found = [house.record("A", read_only=each % 2 > 0, time=NOW + each // 5 * 1_000) for each in range(25)]
    pages = every_page(house, query, limit)
    assert [len(each) for each in pages[:-1]] == [limit] * (len(pages) - 1)
    assert functools.reduce(operator.iadd, pages, []) == found[::-1]


def test_a_page_has_fifty_events_if_nothing_is_said(house):
    for _ in range(51):
        house.record()
    first = page(house)
    assert len(first.entries) == 50
    assert len(page(house, token=first.token).entries) == 1


def test_pages_stay_the_same_while_events_come(house):
    for query in (Query(), Query(("Username", "ana"))):
        found = [house.record() for _ in range(6)]
        first = page(house, query, limit=3)
        house.record()
        second = page(house, query, limit=3, token=first.token)
        assert [entry.event_id for entry in first.entries + second.entries] == found[::-1]


@pytest.mark.parametrize("token", ["", "x", "!!!", "bm8=", "NQ==", "WzEsMl0=", "WzEsMiwieCJd", "é"])
def test_a_token_of_ones_own_making_is_refused(house, token):
    house.record()
    with pytest.raises(TokenError):
        page(house, token=token)


def test_a_token_is_good_for_its_own_query_only(house):
    for _ in range(3):
        house.record()
    token = page(house, Query(("Username", "ana")), limit=1).token
    with pytest.raises(TokenError):
        page(house, Query(("Username", "bob")), token=token)
    with pytest.raises(TokenError):
        page(house, token=token)
    assert page(house, Query(("Username", "ana")), token=token).entries


def test_a_token_is_good_for_its_own_place_only(house):
    for region in ("us-west-2", "eu-west-1"):
        for _ in range(3):
            house.record(region=region)
    token = page(house, limit=1).token
    with house.database.transaction() as connection, pytest.raises(TokenError):
        look_up(connection, house.place("eu-west-1"), Query(), NOW, token=token)


def test_the_indexer_is_close_behind_unless_there_are_many_calls(house, monkeypatch):
    monkeypatch.setattr("trail.index._BUSY", 10)
    indexer = Indexer(house.database, house.journal)
    for _ in range(8):
        house.record()

    def done():
        with house.database.reading() as connection:
            return index.indexed(connection, house.place().id)

    indexer.run()
    assert done() == 8
    for _ in range(12):
        house.record()
    indexer.run()
    assert done() == 8
    indexer.run()
    assert done() == 20
    indexer.run()
    assert len(ids(house, "Username", "ana")) == 20


def test_the_indexer_starts_anew_after_a_reset(house):
    indexer = Indexer(house.database, house.journal)
    for _ in range(3):
        house.record()
    indexer.run()
    house.reset()
    house.record()
    indexer.run()
    with house.database.reading() as connection:
        assert index.indexed(connection, house.place().id) == house.journal.number


def test_look_ups_find_everything_acknowledged_while_others_record_and_index(house):
    """Each id is looked up right after its call, while another thread indexes."""
    stop = threading.Event()
    indexer = Indexer(house.database, house.journal)

    def chores():
        while not stop.is_set():
            indexer.run()

    thread = threading.Thread(target=chores)
    thread.start()
    try:
        for each in range(200):
            event_id = house.record(f"Name{each % 7}")
            assert ids(house, "EventId", event_id) == [event_id]
    finally:
        stop.set()
        thread.join()
    with house.database.reading() as connection:
        (rows,) = connection.execute("SELECT count(*) FROM lookup").fetchone()
    assert rows == 200 * 6
    assert (
        sum(len(each) for name in range(7) for each in every_page(house, Query(("EventName", f"Name{name}")), 9)) == 200
    )


EVENTS = st.lists(
    st.tuples(st.sampled_from("ABC"), st.booleans(), st.sampled_from([None, "ci", "cd"]), st.integers(0, 5)),
    max_size=30,
)
QUERIES = st.builds(
    Query,
    st.none()
    | st.tuples(st.just("EventName"), st.sampled_from("ABX"))
    | st.tuples(st.just("Username"), st.sampled_from(["ana", "ci", "x"]))
    | st.tuples(st.just("ReadOnly"), st.sampled_from(["true", "false"])),
    st.none() | st.integers(0, 5).map(lambda each: NOW + each * 1_000),
    st.none() | st.integers(0, 5).map(lambda each: NOW + each * 1_000),
)


@settings(max_examples=60, deadline=None)
@given(
    events=EVENTS,
    query=QUERIES,
    limit=st.integers(1, 10),
    indexed=st.integers(0, 30),
    backlog=st.sampled_from([0, 1000]),
)
def test_look_ups_agree_with_a_plain_filter(tmp_path_factory, events, query, limit, indexed, backlog):
    house = House(tmp_path_factory.mktemp("house"), now=NOW + 10_000)
    recorded = []
    for number, (name, read_only, role, second) in enumerate(sorted(events, key=lambda each: each[3])):
        if number == indexed:
            Indexer(house.database, house.journal).run()
        identity = assumed_role(session(NOW, issuer=issuer_role("arn:aws:iam::1:role/x", "A")), role, "ASIA")
        members = {"identity": identity} if role else {}
        event_id = house.record(name, read_only=read_only, time=NOW + second * 1_000, **members)
        said = {"EventName": name, "Username": role or "ana", "ReadOnly": str(read_only).lower()}
        recorded.append((event_id, said, NOW + second * 1_000))
    expected = [
        event_id
        for event_id, said, time in reversed(recorded)
        if (query.attribute is None or said[query.attribute[0]] == query.attribute[1])
        and (query.start is None or time >= query.start)
        and (query.end is None or time <= query.end)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trail.lookup._BACKLOG", backlog)
        assert functools.reduce(operator.iadd, every_page(house, query, limit), []) == expected
    house.database.close()
