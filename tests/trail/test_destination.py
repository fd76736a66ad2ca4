"""The local S3: plain files, metadata beside, nothing half-written, nothing outside of its folder."""

import hashlib
import json
import os
import re
import threading

import pytest

from trail.destination import DestinationError, LocalBuckets, Metadata

GZIP = Metadata("application/json", "gzip", {"signature": "00ff"})
PLAIN = Metadata()


@pytest.fixture
def buckets(tmp_path):
    made = LocalBuckets(tmp_path / "s3")
    made.create("logs")
    return made


def refused(code, act, *arguments):
    with pytest.raises(DestinationError) as caught:
        act(*arguments)
    assert caught.value.code == code


def test_an_object_is_a_plain_file_and_its_metadata_lies_beside(buckets, tmp_path):
    buckets.put("logs", "a/b/c.json.gz", b"body", GZIP)
    assert (tmp_path / "s3/logs/a/b/c.json.gz").read_bytes() == b"body"
    assert json.loads((tmp_path / "s3/.metadata/logs/a/b/c.json.gz.json").read_text()) == {
        "content_type": "application/json",
        "content_encoding": "gzip",
        "user": {"signature": "00ff"},
        "etag": hashlib.md5(b"body").hexdigest(),
        "size": 4,
        "modified": (tmp_path / "s3/logs/a/b/c.json.gz").stat().st_mtime_ns,
    }
    stored, body = buckets.read("logs", "a/b/c.json.gz")
    assert body == b"body" == buckets.get("logs", "a/b/c.json.gz")
    assert stored == buckets.look("logs", "a/b/c.json.gz")
    assert (stored.size, stored.etag, stored.intact) == (4, hashlib.md5(b"body").hexdigest(), True)
    assert stored.metadata == GZIP


def test_an_object_is_replaced(buckets):
    buckets.put("logs", "a", b"one", GZIP)
    buckets.put("logs", "a", b"two", PLAIN)
    assert buckets.get("logs", "a") == b"two"
    assert buckets.look("logs", "a").metadata == PLAIN


def test_a_key_that_ends_in_a_slash_is_a_folder_with_metadata(buckets, tmp_path):
    buckets.put("logs", "AWSLogs/1/CloudTrail/", b"", Metadata("application/json", "gzip"))
    assert (tmp_path / "s3/logs/AWSLogs/1/CloudTrail").is_dir()
    assert buckets.get("logs", "AWSLogs/1/CloudTrail/") == b""
    assert buckets.look("logs", "AWSLogs/1/CloudTrail/").metadata.content_encoding == "gzip"
    assert buckets.keys("logs") == ["AWSLogs/1/CloudTrail/"]
    refused("NoSuchKey", buckets.get, "logs", "AWSLogs/1/")
    refused("NoSuchKey", buckets.get, "logs", "AWSLogs/1/CloudTrail")


def test_a_file_put_there_by_hand_is_an_object(buckets, tmp_path):
    (tmp_path / "s3/logs/by-hand.txt").write_text("x")
    assert buckets.keys("logs") == ["by-hand.txt"]
    stored = buckets.look("logs", "by-hand.txt")
    assert (stored.metadata, stored.etag) == (PLAIN, hashlib.md5(b"x").hexdigest())


def test_a_file_changed_by_hand_has_the_etag_of_what_it_is_now(buckets, tmp_path):
    buckets.put("logs", "key", b"one", GZIP)
    path = tmp_path / "s3/logs/key"
    path.write_text("two")
    os.utime(path, ns=(1, 1))
    stored = buckets.look("logs", "key")
    assert (stored.etag, stored.intact, stored.metadata) == (hashlib.md5(b"two").hexdigest(), False, GZIP)


def test_keys_come_in_the_order_of_their_bytes(buckets):
    keys = ["b", "a/2", "a/10", "a-b", "Z", "é", "a/b/c", "a.b"]
    for key in keys:
        buckets.put("logs", key, b"x", PLAIN)
    assert buckets.keys("logs") == sorted(keys, key=str.encode)
    assert buckets.keys("logs", "a/") == ["a/10", "a/2", "a/b/c"]
    assert buckets.keys("logs", "a/b/c") == ["a/b/c"]
    assert buckets.keys("logs", "a/1") == ["a/10"]
    assert buckets.keys("logs", "nothing/here") == []
    assert buckets.keys("logs", "../logs/") == []


def test_deleting_leaves_no_empty_folders_but_markers(buckets, tmp_path):
    buckets.put("logs", "m/", b"", PLAIN)
    buckets.put("logs", "m/a/b", b"x", PLAIN)
    buckets.delete("logs", "m/a/b")
    buckets.delete("logs", "m/a/b")
    assert buckets.keys("logs") == ["m/"]
    assert not (tmp_path / "s3/logs/m/a").exists()
    buckets.delete("logs", "m/")
    assert buckets.keys("logs") == []
    assert list((tmp_path / "s3/logs").iterdir()) == []


def test_buckets_come_and_go(buckets):
    buckets.create("logs")
    buckets.create("other")
    assert buckets.buckets() == ["logs", "other"]
    buckets.put("other", "a", b"", PLAIN)
    refused("BucketNotEmpty", buckets.remove, "other")
    buckets.delete("other", "a")
    buckets.remove("other")
    assert buckets.buckets() == ["logs"]
    buckets.put("logs", "a", b"", PLAIN)
    buckets.clear()
    assert buckets.buckets() == []
    refused("NoSuchBucket", buckets.put, "logs", "a", b"", PLAIN)
    refused("NoSuchBucket", buckets.keys, "logs")


@pytest.mark.parametrize(
    "name", ["", "..", ".metadata", ".incoming", "a", "a/b", "../x", "UPPER", "-a-", "a\0b", "x" * 64]
)
def test_a_bucket_has_a_name_that_s3_would_have(buckets, name):
    refused("InvalidBucketName", buckets.create, name)
    assert not buckets.exists(name)
    refused("NoSuchBucket", buckets.put, name, "key", b"", PLAIN)


ODD = ["/", "/etc/passwd", "../out", "a/../../out", "a/..", "./a", "a//b", "a\0b", "..", "a//", "x" * 300, "x" * 253]


@pytest.mark.parametrize("key", ODD)
def test_a_key_that_is_no_path_lies_aside_and_never_outside(buckets, tmp_path, key):
    before = sorted(tmp_path.rglob("*"))
    refused("NoSuchKey", buckets.get, "logs", key)
    buckets.delete("logs", key)
    assert sorted(tmp_path.rglob("*")) == before
    buckets.put("logs", key, b"x", GZIP)
    assert {path.relative_to(tmp_path).parts[:2] for path in tmp_path.rglob("*") if path.is_file()} == {
        ("s3", ".aside")
    }
    again = LocalBuckets(tmp_path / "s3")
    assert again.keys("logs") == buckets.keys("logs") == [key]
    assert again.read("logs", key) == (buckets.look("logs", key), b"x")
    assert again.look("logs", key).metadata == GZIP
    refused("BucketNotEmpty", again.remove, "logs")
    again.delete("logs", key)
    assert again.keys("logs") == []
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_key_is_some_text_of_some_length(buckets):
    refused("InvalidArgument", buckets.put, "logs", "", b"x", PLAIN)
    refused("InvalidArgument", buckets.get, "logs", "\ud800")
    refused("KeyTooLongError", buckets.put, "logs", "x/" * 513, b"x", PLAIN)
    buckets.put("logs", "x/" * 512, b"", PLAIN)
    buckets.put("logs", "x/" * 511 + "y", b"y", PLAIN)
    assert buckets.keys("logs") == ["x/" * 512, "x/" * 511 + "y"]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("keys", [["a", "a/b"], ["a", "a/"], ["a/b", "a/b/c/d"], ["a", "a.json/b"], ["a/", "a/.json"]])
def test_an_object_may_have_the_name_of_the_folder_of_others(buckets, tmp_path, keys, order):
    for key in keys[::order]:
        buckets.put("logs", key, key.encode() if key[-1] != "/" else b"", PLAIN)
    assert buckets.keys("logs") == sorted(keys)
    for key in keys:
        assert buckets.get("logs", key) == (key.encode() if key[-1] != "/" else b"")
    assert (tmp_path / "s3/logs" / keys[::order][0]).exists()
    for key in keys[::order]:
        buckets.delete("logs", key)
        refused("NoSuchKey", buckets.get, "logs", key)
    assert buckets.keys("logs") == []
    assert list((tmp_path / "s3/logs").iterdir()) == []


def test_what_lay_aside_becomes_a_plain_file_when_nothing_is_in_the_way_any_more(buckets, tmp_path):
    buckets.put("logs", "a/b", b"1", PLAIN)
    buckets.put("logs", "a", b"2", PLAIN)
    buckets.delete("logs", "a/b")
    assert buckets.get("logs", "a") == b"2"
    buckets.put("logs", "a", b"3", PLAIN)
    assert (tmp_path / "s3/logs/a").read_bytes() == b"3" == buckets.get("logs", "a")
    assert buckets.keys("logs") == ["a"]
    buckets.delete("logs", "a")
    assert buckets.keys("logs") == []


def test_a_key_that_ends_in_a_slash_may_have_content(buckets):
    buckets.put("logs", "a/", b"body", PLAIN)
    assert (buckets.get("logs", "a/"), buckets.keys("logs")) == (b"body", ["a/"])
    buckets.put("logs", "a/", b"", PLAIN)
    assert (buckets.get("logs", "a/"), buckets.keys("logs")) == (b"", ["a/"])
    buckets.put("logs", "a/", b"more", PLAIN)
    assert (buckets.get("logs", "a/"), buckets.keys("logs")) == (b"more", ["a/"])


def test_no_link_is_followed_out_of_the_bucket(buckets, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("s")
    (tmp_path / "s3/logs/link").symlink_to(outside)
    (tmp_path / "s3/logs/file").symlink_to(outside / "secret")
    (tmp_path / "s3/bucket-link").symlink_to(outside)
    assert not buckets.exists("bucket-link")
    for key in ("link/secret", "file"):
        refused("NoSuchKey", buckets.get, "logs", key)
        refused("NoSuchKey", buckets.look, "logs", key)
        buckets.delete("logs", key)
    assert buckets.keys("logs") == buckets.keys("logs", "link/") == []
    for key in ("link/new", "link/secret", "file"):
        buckets.put("logs", key, b"mine", PLAIN)
        assert buckets.get("logs", key) == b"mine"
    assert (outside / "secret").read_text() == "s"
    assert [path.name for path in outside.iterdir()] == ["secret"]


@pytest.mark.parametrize("link", [".metadata/logs/x", ".aside"])
def test_no_link_among_what_lies_beside_is_followed_out(buckets, tmp_path, link):
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "s3/.metadata/logs").mkdir(parents=True)
    (tmp_path / "s3" / link).symlink_to(outside)
    if link == ".aside":
        refused("AccessDenied", buckets.put, "logs", "..", b"x", PLAIN)
    else:
        buckets.put("logs", "x/new", b"x", PLAIN)
        assert buckets.get("logs", "x/new") == b"x"
        buckets.delete("logs", "x/new")
    assert list(outside.iterdir()) == []


def test_what_the_file_system_refuses_the_destination_does(buckets, tmp_path):
    buckets.create("other")
    (tmp_path / "s3/.incoming").write_text("in the way")
    refused("InternalError", buckets.put, "logs", "a", b"x", PLAIN)


def test_what_is_kept_of_a_bucket_goes_with_it(buckets):
    assert buckets.settings("logs") == {}
    buckets.configure("logs", policy="{}", location="eu-west-1")
    buckets.configure("logs", policy=None)
    assert buckets.settings("logs") == {"location": "eu-west-1"}
    buckets.remove("logs")
    buckets.create("logs")
    assert buckets.settings("logs") == {}
    refused("NoSuchBucket", buckets.settings, "nowhere")


def test_a_reader_never_sees_a_part_of_an_object(buckets, tmp_path):
    bodies = [bytes([letter]) * 300_000 for letter in b"ab"]
    buckets.put("logs", "key", bodies[0], PLAIN)
    stop = threading.Event()

    def write():
        while not stop.is_set():
            for body in bodies:
                buckets.put("logs", "key", body, PLAIN)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(200):
            assert buckets.get("logs", "key") in bodies
    finally:
        stop.set()
        writer.join()


def test_what_a_killed_writer_left_half_written_is_no_object_and_is_overwritten(buckets, tmp_path, monkeypatch):
    def die(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("pathlib.Path.replace", die)
    with pytest.raises(KeyboardInterrupt):
        buckets.put("logs", "key", b"x", PLAIN)
    monkeypatch.undo()
    assert buckets.keys("logs") == []
    assert len(list((tmp_path / "s3/.incoming").iterdir())) == 2
    buckets.put("logs", "key", b"y", PLAIN)
    assert buckets.get("logs", "key") == b"y"
    assert list((tmp_path / "s3/.incoming").iterdir()) == []


def test_metadata_that_is_broken_is_that_of_a_plain_file(buckets, tmp_path):
    buckets.put("logs", "key", b"x", GZIP)
    (tmp_path / "s3/.metadata/logs/key.json").write_text("{")
    assert buckets.look("logs", "key").metadata == PLAIN


def test_an_error_names_what_was_refused(buckets):
    with pytest.raises(DestinationError, match=re.escape("does not exist: nowhere")):
        buckets.put("nowhere", "key", b"x", PLAIN)
