"""Digests: what they say, which period and chain they belong to, and that every log file is in exactly one."""

import gzip
import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.trail.house import ACCOUNT, BUCKET, HOUR, NOW
from tests.trail.validator import Validator
from trail.destination import DestinationError, Metadata
from trail.digester import LONGEST_GAP

WEST = "us-west-2"
ROOT = f"AWSLogs/{ACCOUNT}/CloudTrail-Digest"
MEMBERS = [
    "awsAccountId",
    "digestStartTime",
    "digestEndTime",
    "digestS3Bucket",
    "digestS3Object",
    "digestPublicKeyFingerprint",
    "digestSignatureAlgorithm",
    "newestEventTime",
    "oldestEventTime",
    "previousDigestS3Bucket",
    "previousDigestS3Object",
    "previousDigestHashValue",
    "previousDigestHashAlgorithm",
    "previousDigestSignature",
    "logFiles",
]
PREVIOUS = [member for member in MEMBERS if member.startswith("previous")]


@pytest.fixture
def house(house):
    house.user_trail("mine", validation=True)
    return house


def at(instant):
    return datetime.fromtimestamp(instant / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def digests(house, region=WEST, bucket=BUCKET):
    """The digests of a region in the order of their names."""
    keys = [key for key in house.buckets.keys(bucket) if f"/CloudTrail-Digest/{region}/" in key and key[-1] != "/"]
    return [json.loads(gzip.decompress(house.buckets.get(bucket, key))) for key in keys]


def periods(house, region=WEST, bucket=BUCKET):
    """Start and end of each digest, in minutes from NOW's second, and how many files it lists."""
    return [
        (minutes(digest["digestStartTime"]), minutes(digest["digestEndTime"]), len(digest["logFiles"]))
        for digest in digests(house, region, bucket)
    ]


def minutes(text):
    return round((datetime.fromisoformat(text).timestamp() * 1000 - NOW) / 60_000)


def validated(house, name="mine", region=WEST, span=timedelta(days=40)):
    """What ``validate-logs`` would say of everything."""
    now = datetime.fromtimestamp(NOW / 1000, UTC)
    return Validator(house.buckets, house.keys, house.trail(name), region).run(now - timedelta(days=2), now + span)


def all_valid(house, name="mine", region=WEST):
    """That every digest is valid, and that each log file of the trail is in exactly one of them."""
    verdict = validated(house, name, region)
    assert verdict.wrong == []
    listed = sorted(file["s3Object"] for digest in digests(house, region) for file in digest["logFiles"])
    assert sorted(verdict.files) == listed
    assert len(listed) == len(set(listed))
    return verdict


def test_a_starting_digest_is_of_the_period_before_and_empty(house):
    house.digester.run()
    house.now += HOUR
    assert house.digester.run() == [
        (
            BUCKET,
            f"{ROOT}/us-west-2/2026/11/22/{ACCOUNT}_CloudTrail-Digest_us-west-2_mine_us-west-2_20261122T163800Z.json.gz",
        ),
        (
            BUCKET,
            f"{ROOT}/us-west-2/2026/11/22/{ACCOUNT}_CloudTrail-Digest_us-west-2_mine_us-west-2_20261122T173800Z.json.gz",
        ),
    ]
    starting, _ = digests(house)
    assert list(starting) == MEMBERS
    assert (starting["digestStartTime"], starting["digestEndTime"]) == ("2026-11-22T15:38:00Z", "2026-11-22T16:38:00Z")
    assert [starting[member] for member in PREVIOUS] == [None] * 5
    assert (starting["newestEventTime"], starting["oldestEventTime"], starting["logFiles"]) == (None, None, [])
    assert starting["digestSignatureAlgorithm"] == "SHA256withRSA"
    assert all_valid(house).digests


def test_a_digest_lists_what_was_delivered_in_its_period_and_points_back(house):
    house.record(time=NOW - 9_000)
    house.record(time=NOW - 5_000)
    house.now += 10 * 60_000
    [(_, key)] = house.delivery.deliver()
    house.now += 50 * 60_000
    late = house.record()
    house.digester.run()
    starting, first = digests(house)
    body = gzip.decompress(house.buckets.get(BUCKET, key))
    assert first["logFiles"] == [
        {
            "s3Bucket": BUCKET,
            "s3Object": key,
            "hashValue": hashlib.sha256(body).hexdigest(),
            "hashAlgorithm": "SHA-256",
            "newestEventTime": at(NOW - 5_000),
            "oldestEventTime": at(NOW - 9_000),
        }
    ]
    assert list(first["logFiles"][0]) == [
        "s3Bucket", "s3Object", "hashValue", "hashAlgorithm", "newestEventTime", "oldestEventTime",
    ]  # fmt: skip
    assert (first["newestEventTime"], first["oldestEventTime"]) == (at(NOW - 5_000), at(NOW - 9_000))
    assert [first[member] for member in PREVIOUS[:2]] == [BUCKET, starting["digestS3Object"]]
    assert first["previousDigestHashAlgorithm"] == "SHA-256"
    assert late in house.delivered()  # at the very end, so in the next period
    house.now += HOUR
    house.digester.run()
    assert [count for *_, count in periods(house)] == [0, 1, 1]
    assert len(all_valid(house).files) == 2


def test_the_object_carries_its_signature(house):
    house.now += HOUR
    (_, key), _ = house.digester.run()
    metadata = house.buckets.look(BUCKET, key).metadata
    assert metadata == Metadata("application/json", "gzip", metadata.user)
    assert list(metadata.user) == ["signature", "signature-algorithm"]
    assert len(metadata.user["signature"]) == 512
    assert metadata.user["signature"] == metadata.user["signature"].lower()


def test_an_idle_period_gets_an_empty_digest_and_periods_tile(house):
    for _ in range(3):
        house.now += HOUR + 7 * 60_000
        house.digester.run()
    assert periods(house) == [(-60, 0, 0), (0, 60, 0), (60, 120, 0), (120, 180, 0)]
    assert all_valid(house).gaps == 0


def test_nothing_is_made_before_a_period_is_over(house):
    house.now += HOUR - 1
    house.record()
    assert house.digester.run() == []
    assert house.delivered() == []


def test_each_region_has_a_chain_from_the_first_file_on(house):
    house.default_trail()
    house.now += 30 * 60_000
    house.record(region="eu-west-1")
    house.delivery.deliver()
    house.now += HOUR
    house.digester.run()
    assert periods(house, "us-east-1") == [(-60, 0, 0), (0, 60, 0)]
    assert periods(house, "eu-west-1") == [(-30, 30, 0), (30, 90, 1)]
    assert [all_valid(house, "maptrail", region).gaps for region in ("us-east-1", "eu-west-1")] == [0, 0]
    fingerprints = {each["digestPublicKeyFingerprint"] for each in digests(house, "us-east-1")}
    assert fingerprints.isdisjoint(each["digestPublicKeyFingerprint"] for each in digests(house, "eu-west-1"))


def test_a_trail_that_does_not_validate_has_no_digests_and_gets_none_of_before(house):
    house.user_trail("plain", region="eu-west-1")
    house.record(region="eu-west-1")
    house.delivery.deliver()
    house.now += HOUR
    house.digester.run()
    assert digests(house, "eu-west-1") == []
    house.change("update", "plain", validation=True)
    house.record(region="eu-west-1")
    house.delivery.deliver()
    house.digester.close_period()
    assert periods(house, "eu-west-1") == [(0, 60, 0), (60, 60, 1)]
    assert len(all_valid(house, "plain", "eu-west-1").files) == 1


@pytest.mark.parametrize(
    ("act", "settings"),
    [("stop", {}), ("delete", {}), ("update", {"validation": False}), ("update", {"logging": False})],
)
def test_the_end_has_a_final_digest_with_the_last_files(house, act, settings):
    trail = house.trail("mine")
    house.record()
    house.now += 20 * 60_000
    house.change(act, "mine", **settings)
    house.digester.run()
    assert periods(house) == [(-60, 0, 0), (0, 20, 1)]
    house.now += 5 * HOUR
    assert house.digester.run() == []
    verdict = Validator(house.buckets, house.keys, trail, WEST).run(
        datetime.fromtimestamp(NOW / 1000 - 86400, UTC), datetime.fromtimestamp(NOW / 1000 + 86400, UTC)
    )
    assert (verdict.wrong, len(verdict.digests), len(verdict.files)) == ([], 2, 1)


def test_starting_again_begins_a_new_chain(house):
    house.now += HOUR
    house.change("stop", "mine")
    house.digester.run()
    house.now += 10 * 60_000
    house.change("start", "mine")
    house.record()
    house.digester.close_period()
    assert periods(house) == [(-60, 0, 0), (0, 60, 0), (10, 70, 0), (70, 70, 1)]
    assert [each["previousDigestSignature"] is None for each in digests(house)] == [True, False, True, False]
    assert all_valid(house).gaps == 1


def test_a_stop_and_a_start_at_once_break_the_chain_and_no_name_is_taken_twice(house):
    house.record()
    house.change("stop", "mine")
    house.change("start", "mine")
    house.record()
    house.change("delete", "mine")
    house.user_trail("mine", validation=True)
    house.record()
    house.digester.close_period()
    assert [each["previousDigestSignature"] is None for each in digests(house)].count(True) == 3
    assert len({each["digestS3Object"] for each in digests(house)}) == len(digests(house)) == 6
    assert len(all_valid(house).files) == 2  # one of each trail


def test_the_last_files_of_a_trail_are_in_a_digest_though_its_region_was_new(house):
    house.default_trail()
    house.record(region="ap-south-1")
    house.change("stop")
    house.digester.run()
    assert periods(house, "ap-south-1") == [(-60, 0, 0), (0, 0, 1)]
    assert len(all_valid(house, "maptrail", "ap-south-1").files) == 1


def test_a_trail_that_is_no_longer_multi_region_ends_the_chains_elsewhere(house):
    house.default_trail()
    house.record(region="eu-west-1")
    house.delivery.deliver()
    house.change("update", multi_region=False)
    house.now += HOUR
    house.digester.run()
    house.now += HOUR
    house.digester.run()
    assert len(digests(house, "us-east-1")) == 3
    assert periods(house, "eu-west-1") == [(-60, 0, 0), (0, 0, 1)]


def test_a_new_bucket_or_prefix_gets_the_next_digest_which_points_back(house):
    house.buckets.create("other")
    house.now += HOUR
    house.digester.run()
    house.change("update", "mine", bucket="other", prefix="p")
    house.record()
    house.delivery.deliver()
    house.now += HOUR
    house.digester.run()
    [moved] = digests(house, bucket="other")
    assert moved["digestS3Object"].startswith(f"p/{ROOT}/us-west-2/")
    assert (moved["previousDigestS3Bucket"], moved["previousDigestS3Object"]) == (
        BUCKET,
        digests(house)[-1]["digestS3Object"],
    )
    verdict = validated(house)
    assert (verdict.wrong, len(verdict.digests), len(verdict.files), verdict.gaps) == ([], 3, 1, 0)


@pytest.mark.parametrize("gap", [LONGEST_GAP, LONGEST_GAP + 1])
def test_a_long_jump_ends_the_chain_and_begins_a_new_one(house, gap):
    house.record()
    house.delivery.deliver()
    house.now += gap * HOUR + 90_000 * (gap > LONGEST_GAP)
    house.record()
    house.delivery.deliver()  # before anybody notices the jump
    house.digester.run()
    house.now += HOUR
    house.digester.run()
    verdict = all_valid(house)
    assert len(verdict.files) == 2
    if gap == LONGEST_GAP:
        assert (len(verdict.digests), verdict.gaps) == (LONGEST_GAP + 2, 0)
    else:
        jump = gap * 60 + 1.5
        assert periods(house) == [
            (-60, 0, 0),
            (0, 60, 1),
            (round(jump - 60), round(jump), 0),
            (round(jump), round(jump + 60), 1),
        ]
        assert verdict.gaps == 1


def test_a_clock_that_goes_back_breaks_nothing(house):
    house.record()
    house.now += 3 * HOUR
    house.digester.run()
    house.record()
    house.now -= 2 * HOUR
    house.delivery.deliver()
    assert house.digester.run() == []
    house.record()
    house.digester.close_period()
    house.now += 20 * 60_000
    house.record()
    house.digester.close_period()
    house.change("stop", "mine")
    house.record()
    house.digester.run()
    house.change("start", "mine")
    house.record()
    house.now += 2 * HOUR
    house.digester.run()
    house.digester.close_period()
    verdict = all_valid(house)
    assert verdict.gaps == 1
    assert len(verdict.files) == len(house.files())
    ends = [each["digestEndTime"] for each in digests(house)]
    assert sorted(set(ends)) == ends


def test_a_period_that_is_closed_at_once_lasts_a_second(house):
    for _ in range(3):
        house.record()
        house.digester.close_period()
    assert [each["digestEndTime"][-9:] for each in digests(house)] == [
        "16:38:00Z",
        "16:38:01Z",
        "16:38:02Z",
        "16:38:03Z",
    ]
    assert len(all_valid(house).files) == 3


def test_a_bucket_that_refuses_holds_up_no_chain_and_gets_all_when_it_is_back(house):
    house.record()
    house.delivery.deliver()
    body = {key: house.buckets.get(BUCKET, key) for key in house.buckets.keys(BUCKET)}
    for key in body:
        house.buckets.delete(BUCKET, key)
    house.buckets.remove(BUCKET)
    for _ in range(3):
        house.record()
        house.now += HOUR
        assert house.digester.run() == []
        assert house.status("mine").digest_error == "NoSuchBucket"
        house = house.reopened()
        house.buckets.remove(BUCKET)
    house.buckets.create(BUCKET)
    for key, content in body.items():
        house.buckets.put(BUCKET, key, content, Metadata())
    assert len(house.digester.run()) == 4
    house.delivery.deliver()
    told = house.status("mine")
    assert (told.digest_error, told.digest_delivered) == (None, house.now)
    house.now += HOUR
    house.digester.run()
    assert [count for *_, count in periods(house)] == [0, 1, 0, 0, 3]
    assert len(all_valid(house).files) == 4
    house.database.close()


def test_a_trail_that_alone_is_denied_the_bucket_holds_up_no_other_chain(house):
    denied = house.user_trail("denied", validation=True).arn
    house.user_trail("other", validation=True)
    house.buckets._may_put = lambda _, source, *__: source != denied
    house.buckets.configure(BUCKET, policy="{}")
    house.record()
    house.now += HOUR
    house.digester.run()
    assert {name: house.status(name).digest_error for name in ("mine", "denied", "other")} == {
        "mine": None,
        "denied": "AccessDenied",
        "other": None,
    }
    assert len([key for key in house.buckets.keys(BUCKET) if "_other_us-west-2_" in key]) == 2
    house.buckets.configure(BUCKET, policy=None)
    house.digester.run()
    assert house.status("denied").digest_error is None
    assert len([key for key in house.buckets.keys(BUCKET) if "_CloudTrail-Digest_" in key]) == 6
    all_valid(house)


def test_a_final_digest_waits_for_the_files_of_a_bucket_that_refuses(house):
    house.buckets.remove(BUCKET)
    house.record()
    house.change("stop", "mine")
    house.digester.run()
    house.now += HOUR
    house.digester.run()
    house.buckets.create(BUCKET)
    house.delivery.deliver()
    house.digester.run()
    assert periods(house) == [(-60, 0, 0), (0, 0, 1)]
    assert len(all_valid(house).files) == 1


def test_a_full_disk_is_a_refusal_and_nothing_is_lost(house):
    class Full:
        """Has room for so many objects."""

        def __init__(self, room):
            self.room = room

        def put(self, *arguments):
            if self.room == 0:
                raise DestinationError("InternalError", "No space left on device")
            self.room -= 1
            house.buckets.put(*arguments)

    house.default_trail()
    house.record()
    house.now += HOUR
    disk = Full(2)
    digester = house.digesting(disk)
    digester.run()
    assert "InternalError" in (house.status("mine").digest_error, house.status().digest_error)
    disk.room = 100
    digester.run()
    assert (house.status("mine").digest_error, house.status().digest_error) == (None, None)
    assert len(all_valid(house).digests) == 2
    assert len(all_valid(house, "maptrail", "us-east-1").digests) == 2


def test_keys_that_cannot_be_written_keep_the_digests_waiting(house, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    house.now += HOUR
    monkeypatch.setattr("trail.keys._write", full)
    assert house.digester.run() == []
    assert house.status("mine").digest_error == "InternalError"
    monkeypatch.undo()
    assert len(house.digester.run()) == 2
    assert house.status("mine").digest_error is None
    assert all_valid(house)


def test_a_bucket_that_goes_while_digests_are_written(house):
    class Vanishing:
        """The bucket is removed behind the first object."""

        def put(self, *arguments):
            house.buckets.put(*arguments)
            house.buckets.root.joinpath(BUCKET).rename(house.buckets.root / "away-for-now")

    house.now += HOUR
    assert len(house.digesting(Vanishing()).run()) == 1
    assert house.status("mine").digest_error == "NoSuchBucket"
    house.buckets.root.joinpath("away-for-now").rename(house.buckets.root / BUCKET)
    assert len(house.digester.run()) == 1
    assert len(all_valid(house).digests) == 2
