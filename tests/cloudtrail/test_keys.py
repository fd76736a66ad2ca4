"""ListPublicKeys."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from tests.sdk import answer, refused

THEN = datetime(2031, 5, 1, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.fixture(scope="module")
def fingerprint(server):
    """A key that was made at that time, for a region that no other test uses."""
    at = round(THEN.timestamp() * 1000)
    return server.machine.keys.signer("eu-keys-1", at, at).fingerprint


@pytest.fixture
def keeper(server, connect, fingerprint):
    return connect(server, service="cloudtrail", region="eu-keys-1")


def listed(client, start=None, end=None, **more):
    span = {name: at for name, at in (("StartTime", start), ("EndTime", end)) if at is not None}
    return answer(client.list_public_keys(**span, **more))["PublicKeyList"]


def test_a_key_is_told_by_its_pkcs1_bytes_and_their_md5(keeper, fingerprint):
    (key,) = listed(keeper, THEN, THEN + WEEK)
    assert list(key) == ["Value", "ValidityStartTime", "ValidityEndTime", "Fingerprint"]
    assert key["Fingerprint"] == fingerprint == hashlib.md5(key["Value"]).hexdigest()
    public = load_der_public_key(key["Value"])
    assert isinstance(public, RSAPublicKey)
    assert public.public_bytes(Encoding.DER, PublicFormat.PKCS1) == key["Value"]
    assert public.key_size == 2048
    assert key["ValidityStartTime"] <= THEN
    assert key["ValidityEndTime"] - key["ValidityStartTime"] == timedelta(days=30)


def test_on_the_wire_a_key_is_base64_and_its_times_are_numbers(raw, fingerprint):
    raw.region = "eu-keys-1"
    at = round(THEN.timestamp())
    (key,) = raw.ok("ListPublicKeys", {"StartTime": at, "EndTime": at})["PublicKeyList"]
    assert hashlib.md5(base64.b64decode(key["Value"], validate=True)).hexdigest() == fingerprint
    assert key["ValidityStartTime"] <= at <= key["ValidityEndTime"]


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [(-WEEK * 9, -WEEK * 8, 0), (-WEEK * 9, WEEK, 1), (WEEK, WEEK, 1), (WEEK, WEEK * 9, 1), (WEEK * 8, WEEK * 9, 0)],
)
def test_keys_of_a_span_of_time(keeper, start, end, found):
    assert len(listed(keeper, THEN + start, THEN + end)) == found


def test_without_times_it_is_now_and_there_always_is_a_key(server, connect):
    client = connect(server, service="cloudtrail", region="eu-always-1")
    (key,) = listed(client)
    assert key["ValidityStartTime"] < datetime.now(UTC) < key["ValidityEndTime"]
    assert listed(client) == listed(client, key["ValidityStartTime"]) == [key]
    assert listed(client, key["ValidityStartTime"] - WEEK * 2, key["ValidityStartTime"] - WEEK) == []


def test_keys_are_of_a_region(cloudtrail, keeper):
    assert listed(cloudtrail, THEN, THEN + WEEK) == []


def test_a_span_that_ends_before_it_begins(keeper):
    expected = ("InvalidTimeRangeException", "The start time must not be after the end time.")
    assert refused(keeper.list_public_keys, StartTime=THEN, EndTime=THEN - WEEK) == expected
    assert refused(keeper.list_public_keys, StartTime=THEN) == expected


def test_a_token_counts_for_nothing(keeper):
    assert len(listed(keeper, THEN, THEN + WEEK, NextToken="x")) == 1


def test_the_paginator_finds_one_page(keeper):
    (page,) = keeper.get_paginator("list_public_keys").paginate(StartTime=THEN, EndTime=THEN)
    assert len(page["PublicKeyList"]) == 1
