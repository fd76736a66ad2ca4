"""Verifying offline: what was tampered with, moved or deleted is named, as ``validate-logs`` names it."""

import gzip

import pytest

from tests.trail.house import ACCOUNT, BUCKET, HOUR
from tests.trail.test_digests import digests, validated
from trail import verify
from trail.destination import DestinationError, Metadata
from trail.keys import Keys
from trail.verify import DIGEST, LOG, Finding, Scope

ARN = f"arn:aws:cloudtrail:us-west-2:{ACCOUNT}:trail/mine"


@pytest.fixture
def house(house):
    """Three digests of three periods, one log file in each of the last two."""
    house.user_trail("mine", validation=True)
    for _ in range(2):
        house.record()
        house.delivery.deliver()
        house.now += HOUR
        house.digester.run()
    return house


def findings(house, **scope):
    return list(verify.verify(house.buckets, house.keys, Scope(**scope)))


def wrong(house, **scope):
    return [(each.kind, each.key, each.problem) for each in findings(house, **scope) if each.problem]


def replace(house, key, change):
    """Change an object's bytes and leave what is said of it."""
    stored, packed = house.buckets.read(BUCKET, key)
    house.buckets.put(BUCKET, key, change(packed), stored.metadata)


def rewritten(packed):
    return gzip.compress(gzip.decompress(packed).replace(b"us-west-2", b"us-west-1"))


def move(house, key, other):
    stored, packed = house.buckets.read(BUCKET, key)
    house.buckets.put(BUCKET, other, packed, stored.metadata)
    house.buckets.delete(BUCKET, key)


def digest_keys(house):
    return [each["digestS3Object"] for each in digests(house)]


def agreed(house):
    """What is wrong, after it was seen that the two verdicts are the same."""
    found = wrong(house)
    assert sorted(f"{key}: {problem}" for _, key, problem in found) == sorted(validated(house).wrong)
    return found


def test_all_valid(house):
    found = findings(house)
    assert agreed(house) == []
    assert [each.kind for each in found] == [DIGEST, DIGEST, LOG, DIGEST, LOG]
    assert str(found[0]) == f"Digest file\ts3://{BUCKET}/{digest_keys(house)[0]}\tvalid"


def test_a_log_file_that_was_changed(house):
    [first, _] = house.files()
    replace(house, first, rewritten)
    assert agreed(house) == [(LOG, first, "hash value doesn't match")]


def test_a_log_file_that_is_no_gzip(house):
    [first, _] = house.files()
    replace(house, first, lambda _: b"nonsense")
    assert agreed(house) == [(LOG, first, "invalid format")]


def test_a_log_file_with_something_behind_it(house):
    [first, _] = house.files()
    replace(house, first, lambda packed: packed + b"more")
    assert wrong(house) == [(LOG, first, "unexpected data after end of compressed stream")]


def test_a_log_file_that_was_packed_anew_is_the_same(house):
    [first, _] = house.files()
    replace(house, first, lambda packed: gzip.compress(gzip.decompress(packed), 1))
    assert agreed(house) == []


def test_a_log_file_that_was_deleted_or_moved(house):
    [first, second] = house.files()
    house.buckets.delete(BUCKET, first)
    move(house, second, second.replace("us-west-2/", "elsewhere/"))
    assert sorted(agreed(house)) == sorted([(LOG, first, "not found"), (LOG, second, "not found")])


def test_a_digest_that_was_changed(house):
    key = digest_keys(house)[1]
    replace(house, key, lambda packed: gzip.compress(gzip.decompress(packed).replace(b"00Z", b"01Z", 1)))
    assert agreed(house) == [(DIGEST, key, "signature verification failed")]


def test_a_digest_that_is_no_gzip_or_no_digest(house):
    starting, first, last = digest_keys(house)
    replace(house, first, lambda _: b"nonsense")
    replace(house, last, lambda _: gzip.compress(b'{"logFiles":[]}'))
    replace(house, starting, lambda _: gzip.compress(b"[]"))
    assert sorted(wrong(house)) == sorted((DIGEST, key, "invalid format") for key in (starting, first, last))


def test_a_digest_without_its_signature(house):
    key = digest_keys(house)[1]
    house.buckets.put(BUCKET, key, house.buckets.get(BUCKET, key), Metadata("application/json", "gzip"))
    assert agreed(house) == [(DIGEST, key, "signature verification failed")]


def test_a_digest_that_was_deleted(house):
    key = digest_keys(house)[1]
    house.buckets.delete(BUCKET, key)
    assert agreed(house) == [(DIGEST, key, "not found")]


def test_a_digest_that_was_moved(house):
    key = digest_keys(house)[1]
    other = key.replace("T1738", "T1748")
    move(house, key, other)
    assert validated(house).wrong == [f"{key}: not found"]  # which does not look for where it has gone
    assert sorted(wrong(house)) == sorted(
        [(DIGEST, key, "not found"), (DIGEST, other, "has been moved from its original location")]
    )


def test_a_digest_in_place_of_another(house):
    _, first, last = digest_keys(house)
    stored, packed = house.buckets.read(BUCKET, first)
    house.buckets.put(BUCKET, last, packed, stored.metadata)
    assert agreed(house) == [(DIGEST, last, "has been moved from its original location")]


def test_a_digest_whose_key_is_not_known(house, tmp_path):
    for path in (tmp_path / "keys").rglob("*.json"):
        path.unlink()
    [(_, _, problem), *_] = wrong(house)
    assert problem.startswith("public key not found in region us-west-2 for fingerprint ")
    assert {kind for kind, _, _ in wrong(house)} == {DIGEST}


def test_a_digest_that_its_successor_does_not_know(house, tmp_path):
    """Signed with the right key, and yet not the one that was delivered."""
    from trail.digest import pack, signed_text, tells

    house.digester.close_period()
    key = digest_keys(house)[1]
    body = gzip.decompress(house.buckets.get(BUCKET, key)).replace(b"RegisterInstance", b"").replace(b" ", b"") + b" "
    packed, hashed = pack(body)
    told = digests(house)[1]
    text = signed_text(told["digestEndTime"], BUCKET, key, hashed, told["previousDigestSignature"])
    signature = Keys(tmp_path / "keys").signer("us-west-2", house.now, house.now).sign(text)
    house.buckets.put(BUCKET, key, packed, tells(signature))
    assert wrong(house) == [(DIGEST, key, "hash value doesn't match")]


def test_only_what_is_asked_for_is_checked(house):
    house.default_trail()
    house.record(region="eu-west-1")
    house.digester.close_period()
    regions = [each.key.split("/")[3] for each in findings(house) if each.kind == DIGEST]
    assert set(regions) == {"us-west-2", "us-east-1", "eu-west-1"}
    assert {each.key.split("/")[3] for each in findings(house, region="eu-west-1")} == {"eu-west-1"}
    assert all("_mine_us-west-2_" in each.key for each in findings(house, arn=ARN) if each.kind == DIGEST)
    assert len([each for each in findings(house, arn=ARN) if each.kind == DIGEST]) == 4
    assert findings(house, arn=ARN, region="us-east-1") == []
    house.buckets.create("other")
    assert findings(house, bucket="other") == []
    assert findings(house, bucket=BUCKET) == findings(house)
    with pytest.raises(ValueError):
        Scope(arn="mine")


def test_a_bucket_that_is_not_there(house):
    with pytest.raises(DestinationError):
        findings(house, bucket="nowhere")


def test_what_was_found_is_told_in_a_line():
    assert str(Finding(LOG, "b", "k", "not found")) == "Log file\ts3://b/k\tINVALID: not found"
