"""The delivery: where files go, what is in them, and that nothing is missing or twice, wherever the process dies."""

import contextlib
import gzip
import hashlib
import re
import threading

import pytest

from tests.trail.house import ACCOUNT, BUCKET, NOW, make_event
from tests.trail.mortal import Death
from trail import logfile
from trail.destination import DestinationError, Metadata
from trail.layout import leave_markers, log_file_key, markers
from trail.record import Resource

SERVICE = Resource(ACCOUNT, "AWS::ServiceDiscovery::Service", "arn:1")
KEY = re.compile(
    r"(?P<prefix>[^/]+/)?AWSLogs/(?P<account>\d{12})/CloudTrail/(?P<region>[a-z0-9-]+)/(?P<day>\d{4}/\d\d/\d\d)/"
    r"(?P=account)_CloudTrail_(?P=region)_\d{8}T\d\d[0-5][05]Z_[A-Za-z0-9]{16}\.json\.gz"
)


@pytest.fixture
def house(house):
    house.default_trail()
    return house


def notes(house, columns="*"):
    with house.database.reading() as connection:
        return connection.execute(f"SELECT {columns} FROM file ORDER BY place_id, trail_id, first").fetchall()


def status(house, name="maptrail"):
    with house.database.transaction() as connection:
        [trail] = [trail for trail in house.trails.list(connection, ACCOUNT) if trail.name == name]
        return house.trails.status(connection, trail)


def user_trail(house, name, region="us-west-2", *, logging=True, bucket=BUCKET, **settings):
    home = house.place(region)
    with house.database.transaction() as connection:
        trail = house.trails.create(connection, home, name, bucket, house.now, **settings)
        return house.trails.start(connection, trail, house.now) if logging else trail


def test_the_name_of_a_file(house):
    house.record()
    house.unique = 41
    assert house.delivery.deliver() == [
        (
            BUCKET,
            (
                "AWSLogs/111122223333/CloudTrail/us-west-2/2026/11/22/"
                "111122223333_CloudTrail_us-west-2_20261122T1635Z_0000000000000042.json.gz"
            ),
        )
    ]


@pytest.mark.parametrize(
    ("instant", "day", "stamp"),
    [
        (NOW, "2026/11/22", "20261122T1635Z"),
        (NOW + 2 * 60_000 - 1, "2026/11/22", "20261122T1635Z"),
        (NOW + 2 * 60_000, "2026/11/22", "20261122T1640Z"),
        (NOW + 442 * 60_000 - 1, "2026/11/22", "20261122T2355Z"),
        (NOW + 442 * 60_000, "2026/11/23", "20261123T0000Z"),
    ],
)
def test_the_stamp_is_a_tick_of_five_minutes_and_the_folder_follows_it(instant, day, stamp):
    key = log_file_key("p", ACCOUNT, "us-west-2", instant, "x" * 16)
    assert key == (
        f"p/AWSLogs/{ACCOUNT}/CloudTrail/us-west-2/{day}/{ACCOUNT}_CloudTrail_us-west-2_{stamp}_xxxxxxxxxxxxxxxx.json.gz"
    )
    assert KEY.fullmatch(key)


def test_a_file_is_gzip_of_one_line_with_the_records_as_they_were_recorded(house):
    house.record("A")
    house.record("B")
    [(bucket, key)] = house.delivery.deliver()
    packed = house.buckets.get(bucket, key)
    assert packed[:4] == b"\x1f\x8b\x08\x00"
    assert packed[4:8] == b"\0\0\0\0"
    line = gzip.decompress(packed)
    with house.database.reading() as connection:
        records = [record for (record,) in connection.execute("SELECT record FROM event ORDER BY seq")]
    assert line == b'{"Records":[' + b",".join(records) + b"]}"
    assert house.buckets.look(bucket, key).metadata == Metadata("application/json", "gzip", {})


def test_what_is_noted_of_a_file_is_what_a_digest_will_say(house):
    house.record("A", time=NOW - 5_000)
    house.record("B", time=NOW - 9_000)
    house.record("C", time=NOW - 7_000, management=False, resources=[SERVICE])
    [(bucket, key)] = house.delivery.deliver()
    line = gzip.decompress(house.buckets.get(bucket, key))
    [noted] = notes(house, "bucket, key, planned, delivered, hash, size, events, oldest, newest")
    digest = hashlib.sha256(line).hexdigest()
    assert noted == (bucket, key, NOW, NOW, digest, len(line), 3, NOW - 9_000, NOW - 5_000)


def test_without_events_there_is_no_file(house):
    assert house.delivery.deliver() == []
    house.record()
    assert len(house.delivery.deliver()) == 1
    assert house.delivery.deliver() == []
    assert not house.delivery.pending()


def test_a_file_holds_one_account_and_one_region(house):
    house.default_trail("999988887777")
    house.record("A")
    house.record("B", region="eu-west-1")
    house.record("C", account="999988887777")
    house.record("D", management=False, resources=[SERVICE])
    house.delivery.deliver()
    held = {}
    for key, records in house.files().items():
        found = KEY.fullmatch(key)
        assert {(record["recipientAccountId"], record["awsRegion"]) for record in records} == {
            (found["account"], found["region"])
        }
        held[found["account"], found["region"]] = {record["eventName"] for record in records}
    assert held == {
        (ACCOUNT, "us-west-2"): {"A", "D"},
        (ACCOUNT, "eu-west-1"): {"B"},
        ("999988887777", "us-west-2"): {"C"},
    }


def test_every_trail_gets_its_own_events_in_its_own_bucket(house):
    house.buckets.create("reads")
    house.buckets.create("all")
    reads = {"EventSelectors": [{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": True, "DataResources": []}]}
    user_trail(house, "reads", bucket="reads", prefix="pre", selectors=reads)
    user_trail(house, "all", bucket="all")
    user_trail(house, "elsewhere", "eu-west-1", bucket="all")
    user_trail(house, "off", bucket="all", logging=False)
    write, read = house.record("RegisterInstance"), house.record("GetInstance", read_only=True)
    data = house.record("GetServiceAttributes", management=False, read_only=True, resources=[SERVICE])
    house.delivery.deliver()
    assert house.delivered("reads") == [read]
    assert house.delivered("all") == [write, read]
    assert house.delivered() == [write, read, data]
    assert all(key.startswith("pre/AWSLogs/") for key in house.files("reads"))


def test_a_trail_decides_at_the_call_and_not_at_the_delivery(house):
    trail = user_trail(house, "mine", bucket="mine")
    house.buckets.create("mine")
    before = house.record()
    with house.database.transaction() as connection:
        house.trails.stop(connection, trail, house.now)
    house.record()
    house.delivery.deliver()
    assert house.delivered("mine") == [before]


def test_what_was_recorded_for_a_trail_is_delivered_after_its_end(house):
    house.buckets.create("mine")
    trail = user_trail(house, "mine", bucket="mine")
    before = house.record()
    with house.database.transaction() as connection:
        house.trails.delete(connection, trail, house.now)
    house.record()
    house.delivery.deliver()
    assert house.delivered("mine") == [before]


def test_status_tells_the_last_delivery(house):
    assert status(house).delivered is None
    house.record()
    house.now += 5_000
    house.delivery.deliver()
    house.now += 5_000
    house.delivery.deliver()
    told = status(house)
    assert (told.delivered, told.delivery_attempted, told.delivery_error) == (NOW + 5_000, NOW + 5_000, None)


def test_a_bucket_that_is_gone_gets_everything_when_it_is_back(house):
    ids = [house.record()]
    house.buckets.remove(BUCKET)
    assert house.delivery.deliver() == []
    told = status(house)
    assert (told.delivered, told.delivery_attempted, told.delivery_error) == (None, NOW, "NoSuchBucket")
    assert house.delivery.pending()
    ids.append(house.record())
    house.delivery.deliver()
    house = house.reopened()
    ids.append(house.record())
    house.buckets.create(BUCKET)
    house.now += 60_000
    house.delivery.deliver()
    assert house.delivered() == ids
    assert status(house).delivery_error is None
    assert not house.delivery.pending()
    house.database.close()


def test_a_trail_that_alone_is_denied_the_bucket_holds_up_no_other(house):
    denied = user_trail(house, "denied").arn
    user_trail(house, "other")
    house.buckets._may_put = lambda _, source, *__: source != denied
    house.buckets.configure(BUCKET, policy="{}")
    ids = [house.record() for _ in range(3)]
    house.delivery.deliver()
    assert house.delivered() == sorted(ids * 2)
    assert status(house, "denied").delivery_error == "AccessDenied"
    assert status(house, "other").delivery_error is None
    house.buckets.configure(BUCKET, policy=None)
    house.delivery.deliver()
    assert house.delivered() == sorted(ids * 3)
    assert status(house, "denied").delivery_error is None


def test_a_bucket_that_is_gone_is_told_to_each_of_its_trails(house):
    for name in ("one", "two"):
        user_trail(house, name, bucket="gone")
    house.record()
    house.delivery.deliver()
    assert [status(house, name).delivery_error for name in ("one", "two")] == ["NoSuchBucket"] * 2


def test_a_bucket_that_refuses_does_not_hold_up_another(house):
    user_trail(house, "broken", bucket="not-there")
    user_trail(house, "zzz", bucket="zzz")
    house.buckets.create("zzz")
    ids = [house.record() for _ in range(3)]
    house.delivery.deliver()
    assert house.delivered() == ids
    assert house.delivered("zzz") == ids
    assert status(house, "broken").delivery_error == "NoSuchBucket"
    assert status(house).delivery_error is None


def test_a_long_backlog_is_split_below_the_limit(house, monkeypatch):
    monkeypatch.setattr("trail.delivery.FILE_LIMIT", 20_000)
    user_trail(house, "mine", bucket="mine")
    house.buckets.create("mine")
    ids = [
        house.record(
            management=number % 3 > 0, resources=[SERVICE], request_parameters={"x": "y" * (number * 13 % 900)}
        )
        for number in range(100)
    ]
    files = house.delivery.deliver()
    assert len(files) > 5
    for bucket, key in files:
        assert len(gzip.decompress(house.buckets.get(bucket, key))) <= 20_000
    assert house.delivered() == ids
    assert len(house.delivered("mine")) == 66


def test_the_limit_is_that_of_cloudtrail():
    assert logfile.FILE_LIMIT == 50 * 1024 * 1024


def test_records_that_are_only_planned_for_others_are_not_read_again(house):
    """A place whose events go nowhere does not stay behind for ever."""
    with house.database.transaction() as connection:
        [trail] = house.trails.list(connection, ACCOUNT)
        house.trails.stop(connection, trail, house.now)
    house.record()
    assert house.delivery.deliver() == []
    assert not house.delivery.pending()
    assert notes(house) == []


def test_what_is_not_committed_is_not_delivered(house):
    place = house.place()
    house.record()
    connection = house.database.begin()
    house.journal.append(connection, place, make_event())
    house.database.rollback()
    house.delivery.deliver()
    assert len(house.delivered()) == 1
    assert not house.delivery.pending()


def test_markers_lie_where_the_files_will(house):
    trail = user_trail(house, "mine", prefix="p", validation=True)
    assert markers(trail) == [f"p/AWSLogs/{ACCOUNT}/CloudTrail/", f"p/AWSLogs/{ACCOUNT}/CloudTrail-Digest/"]
    assert markers(user_trail(house, "other")) == [f"AWSLogs/{ACCOUNT}/CloudTrail/"]


def test_markers_are_empty_objects(house):
    trail = user_trail(house, "mine", prefix="p", validation=True)
    leave_markers(house.buckets, trail)
    for key in markers(trail):
        stored, body = house.buckets.read(BUCKET, key)
        assert (body, stored.metadata) == (b"", Metadata("application/json", "gzip"))
    with pytest.raises(DestinationError, match="not exist"):
        leave_markers(house.buckets, user_trail(house, "lost", bucket="nowhere"))


def test_after_a_reset_numbers_and_places_may_come_again(house):
    for _ in range(3):
        house.record()
    house.delivery.deliver()
    with house.delivery.paused():
        house.reset()
        house.buckets.clear()
    house.buckets.create(BUCKET)
    house.default_trail()
    ids = [house.record()]
    house.delivery.deliver()
    assert house.delivered() == ids


@pytest.mark.parametrize("steps", range(24))
@pytest.mark.parametrize("die_twice", [False, True])
def test_wherever_the_process_dies_every_event_is_delivered_once(house, mortal, monkeypatch, steps, die_twice):
    """Two places, two buckets; then the house is opened anew, with nothing but what is on disk."""
    house.buckets.create("mine")
    user_trail(house, "mine", bucket="mine")
    west = [house.record() for _ in range(3)]
    east = [house.record(region="us-east-1") for _ in range(2)]
    for round_ in range(2 if die_twice else 1):
        mortal(house, steps + round_)
        with contextlib.suppress(Death):
            house.delivery.deliver()
        monkeypatch.undo()
        seen = house.delivered()
        assert len(seen) == len(set(seen))
        house = house.reopened()
        house.now += 600_000
        west.append(house.record())
    house.delivery.deliver()
    assert house.delivered() == sorted(west + east)
    assert house.delivered("mine") == sorted(west)
    keys = list(house.buckets.keys(BUCKET))
    assert sorted(key for bucket, key in notes(house, "bucket, key") if bucket == BUCKET) == keys
    assert all(delivered for (delivered,) in notes(house, "delivered"))
    house.database.close()


def test_the_steps_of_a_delivery_are_fewer_than_the_deaths_tried(house, mortal):
    house.buckets.create("mine")
    user_trail(house, "mine", bucket="mine")
    house.record()
    house.record(region="us-east-1")
    mortal = mortal(house, 24)
    house.delivery.deliver()
    assert 8 < 24 - mortal.steps < 24


def test_a_refusal_half_way_keeps_what_was_written(house):
    class Second:
        """Takes one file and refuses the next, as a full disk does."""

        def __init__(self):
            self.puts = 0

        def put(self, *arguments):
            self.puts += 1
            if self.puts == 2:
                raise DestinationError("InternalError", "No space left on device")
            house.buckets.put(*arguments)

    delivery = house.deliverer(Second())
    ids = [house.record(region=region) for region in ("us-west-2", "us-east-1", "eu-west-1")]
    assert len(delivery.deliver()) == 1
    assert status(house).delivery_error == "InternalError"
    assert len(delivery.deliver()) == 2
    assert house.delivered() == ids
    assert status(house).delivery_error is None


def test_two_threads_deliver_everything_once(house):
    stop = threading.Event()

    def deliver():
        while not stop.is_set():
            house.delivery.deliver()

    threads = [threading.Thread(target=deliver) for _ in range(2)]
    for thread in threads:
        thread.start()
    ids = [house.record() for _ in range(300)]
    stop.set()
    for thread in threads:
        thread.join()
    house.delivery.deliver()
    assert house.delivered() == ids
