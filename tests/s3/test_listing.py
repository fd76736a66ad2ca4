"""Lists of objects: both versions against an oracle that sorts and filters, and no further than a page."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.s3.listing import first_after, page
from tests.sdk import refused
from trail.destination import LocalBuckets, Metadata

KEYS = [
    "Z",
    "a",
    "a-b",
    "a.b",
    "a/",
    "a/1",
    "a/10",
    "a/2",
    "a/b/c",
    "a/b/d",
    "a//x",
    "b",
    "../c",
    "d/e",
    "é",
    "\U0001f600",
    "\uffff",
]


def listed(answer):
    keys = [each["Key"] for each in answer.get("Contents", [])]
    return keys, [each["Prefix"] for each in answer.get("CommonPrefixes", [])]


@pytest.fixture
def full(bucket, fill):
    fill(*KEYS)
    return bucket


def test_keys_come_in_the_order_of_their_bytes(s3, full):
    wanted = sorted(KEYS, key=str.encode)
    assert listed(s3.list_objects_v2(Bucket=full)) == listed(s3.list_objects(Bucket=full)) == (wanted, [])


def test_what_is_said_of_an_object(s3, bucket):
    s3.put_object(Bucket=bucket, Key="key", Body=b"body")
    [first] = s3.list_objects(Bucket=bucket)["Contents"]
    [second] = s3.list_objects_v2(Bucket=bucket)["Contents"]
    [third] = s3.list_objects_v2(Bucket=bucket, FetchOwner=True)["Contents"]
    head = s3.head_object(Bucket=bucket, Key="key")
    wanted = {"Key": "key", "Size": 4, "StorageClass": "STANDARD"}
    assert second == wanted | {name: head[name] for name in ("ETag", "LastModified")}
    assert first == third == second | {"Owner": s3.list_buckets()["Owner"]}


def test_a_delimiter_rolls_keys_up(s3, full):
    for operation in (s3.list_objects, s3.list_objects_v2):
        assert listed(operation(Bucket=full, Delimiter="/")) == (
            ["Z", "a", "a-b", "a.b", "b", "é", "\uffff", "\U0001f600"],
            ["../", "a/", "d/"],
        )
        assert listed(operation(Bucket=full, Prefix="a/", Delimiter="/")) == (
            ["a/", "a/1", "a/10", "a/2"],
            ["a//", "a/b/"],
        )
        assert listed(operation(Bucket=full, Prefix="a/b", Delimiter="/")) == ([], ["a/b/"])
        assert listed(operation(Bucket=full, Prefix="a", Delimiter="b")) == (
            ["a", "a/", "a//x", "a/1", "a/10", "a/2"],
            ["a-b", "a.b", "a/b"],
        )


def test_a_folder_without_objects_is_no_common_prefix(s3, bucket, fill, s3_server):
    fill("there/key")
    folder = s3_server.machine.buckets.root / bucket
    (folder / "empty/still-empty").mkdir(parents=True)
    (folder / "link").symlink_to(folder / "there")
    assert listed(s3.list_objects_v2(Bucket=bucket, Delimiter="/")) == ([], ["there/"])


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize("delimiter", ["", "/"])
def test_pages_hold_everything_once(s3, full, operation, size, delimiter):
    pages = s3.get_paginator(operation).paginate(Bucket=full, Delimiter=delimiter, PaginationConfig={"PageSize": size})
    found = []
    for answer in pages:
        keys, prefixes = listed(answer)
        assert len(keys) + len(prefixes) <= size
        found += keys + prefixes
    whole = listed(s3.list_objects_v2(Bucket=full, Delimiter=delimiter))
    assert sorted(found) == sorted(whole[0] + whole[1])


def test_a_list_begins_after_a_key(s3, full):
    assert listed(s3.list_objects_v2(Bucket=full, StartAfter="b"))[0] == ["d/e", "é", "\uffff", "\U0001f600"]
    assert listed(s3.list_objects(Bucket=full, Marker="d"))[0][0] == "d/e"
    assert listed(s3.list_objects(Bucket=full, Marker="a/", Delimiter="/")) == (
        ["b", "é", "\uffff", "\U0001f600"],
        ["d/"],
    )


def test_what_a_list_says_of_itself(s3, full):
    first = s3.list_objects(Bucket=full, MaxKeys=2, Delimiter="/")
    assert (first["IsTruncated"], first["NextMarker"], first["MaxKeys"]) == (True, "Z", 2)
    assert (first["Name"], first["Prefix"], first["Marker"], first["Delimiter"]) == (full, "", "", "/")
    assert "NextMarker" not in s3.list_objects(Bucket=full, MaxKeys=2)
    second = s3.list_objects_v2(Bucket=full, MaxKeys=2, StartAfter="a", Prefix="a")
    assert (second["KeyCount"], second["StartAfter"], second["Prefix"]) == (2, "a", "a")
    third = s3.list_objects_v2(Bucket=full, MaxKeys=2, ContinuationToken=second["NextContinuationToken"])
    assert third["ContinuationToken"] == second["NextContinuationToken"]


def test_how_many_there_may_be(s3, full):
    none = s3.list_objects_v2(Bucket=full, MaxKeys=0)
    assert (none["KeyCount"], none["IsTruncated"]) == (0, False)
    assert s3.list_objects_v2(Bucket=full, MaxKeys=5000)["MaxKeys"] == 1000
    for wrong in (-1, 2**31):
        assert refused(s3.list_objects, Bucket=full, MaxKeys=wrong)[0] == "InvalidArgument"


def test_what_cannot_be_asked_for(s3, raw, full):
    for question in ("list-type=3", "list-type=2&continuation-token=%ff", "encoding-type=base64", "max-keys=many"):
        answer = raw.get(f"/{full}?{question}")
        assert (answer.status, b"<Code>InvalidArgument</Code>" in answer.body) == (400, True)
    assert refused(s3.list_objects, Bucket="no-such-bucket")[0] == "NoSuchBucket"
    assert refused(s3.list_objects_v2, Bucket="no-such-bucket")[0] == "NoSuchBucket"


def test_keys_are_encoded_when_asked_and_only_then(raw, s3, bucket):
    s3.put_object(Bucket=bucket, Key="a b+<é>\x01/~")
    assert b"<Key>a b+&lt;\xc3\xa9&gt;&#x1;/~</Key>" in raw.get(f"/{bucket}").body
    assert b"<Key>a%20b%2B%3C%C3%A9%3E%01/%7E</Key>" in raw.get(f"/{bucket}?encoding-type=url").body.replace(
        b"~", b"%7E"
    )


def oracle(keys, prefix, delimiter, marker, limit):
    """Pages by sorting everything: the entries, and whether there are more."""
    entries = []
    for key in sorted(key.encode() for key in keys if key.startswith(prefix)):
        at = key.find(delimiter.encode(), len(prefix.encode())) if delimiter else -1
        entry = key if at < 0 else key[: at + len(delimiter.encode())]
        rolled_up = at >= 0 and entry == marker.encode()
        if key > marker.encode() and not rolled_up and entry not in entries:
            entries.append(entry)
    return entries[:limit], len(entries) > limit


parts = st.sampled_from(["a", "b", "", "..", ".", "é", "a.json", ".json", "a-", "\U0001f600", "\x00"])
keys = st.lists(parts, min_size=1, max_size=4).map("/".join).filter(bool)
short = st.lists(parts, max_size=3).map("/".join)


@given(st.sets(keys, max_size=12), short, st.sampled_from(["", "/", "a", "/a", "é"]), short, st.integers(1, 5))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_page_is_that_of_the_oracle(tmp_path_factory, there, prefix, delimiter, marker, limit):
    buckets = LocalBuckets(tmp_path_factory.mktemp("s3"), fsync=False)
    buckets.create("logs")
    for key in there:
        buckets.put("logs", key, key.encode() if not key.endswith("/") else b"", Metadata())
    asked = prefix.encode(), delimiter.encode()
    walk = buckets.walk("logs", asked[0], first_after(marker.encode(), *asked))
    found = page(walk, *asked, limit)
    entries, more = oracle(there, prefix, delimiter, marker, limit)
    assert sorted(found.keys + found.prefixes) == sorted(entries)
    assert found.truncated == more
    if entries:
        assert found.last == entries[-1]


def test_a_page_of_a_large_bucket_is_quick(s3, bucket, s3_server):
    """Folders that no key of the page lies in are not read; in one that is, only those of the page are looked at."""
    root = s3_server.machine.buckets.root / bucket
    for folder in range(200):
        (root / f"{folder:03}").mkdir()
        for file in range(200):
            (root / f"{folder:03}" / f"{file:03}").touch()
    started = time.perf_counter()
    answer = s3.list_objects_v2(Bucket=bucket, StartAfter="150/100")
    asked = time.perf_counter() - started
    assert listed(answer)[0][0] == "150/101"
    assert len(answer["Contents"]) == 1000
    started = time.perf_counter()
    assert len(s3.list_objects_v2(Bucket=bucket, Delimiter="/")["CommonPrefixes"]) == 200
    assert asked < 2
    assert time.perf_counter() - started < 2
