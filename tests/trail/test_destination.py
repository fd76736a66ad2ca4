"""The local S3: plain files, metadata beside, nothing half-written, nothing outside of its folder."""

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
    assert (tmp_path / "s3/.metadata/logs/a/b/c.json.gz.json").read_text() == (
        '{"content_type":"application/json","content_encoding":"gzip","user":{"signature":"00ff"}}'
    )
    assert buckets.get("logs", "a/b/c.json.gz") == b"body"
    status, metadata = buckets.head("logs", "a/b/c.json.gz")
    assert status.st_size == 4
    assert metadata == GZIP


def test_an_object_is_replaced(buckets):
    buckets.put("logs", "a", b"one", GZIP)
    buckets.put("logs", "a", b"two", PLAIN)
    assert buckets.get("logs", "a") == b"two"
    assert buckets.head("logs", "a")[1] == PLAIN


def test_a_key_that_ends_in_a_slash_is_a_folder_with_metadata(buckets, tmp_path):
    buckets.put("logs", "AWSLogs/1/CloudTrail/", b"", Metadata("application/json", "gzip"))
    assert (tmp_path / "s3/logs/AWSLogs/1/CloudTrail").is_dir()
    assert buckets.get("logs", "AWSLogs/1/CloudTrail/") == b""
    assert buckets.head("logs", "AWSLogs/1/CloudTrail/")[1].content_encoding == "gzip"
    assert buckets.keys("logs") == ["AWSLogs/1/CloudTrail/"]
    refused("NoSuchKey", buckets.get, "logs", "AWSLogs/1/")
    refused("InvalidArgument", buckets.put, "logs", "a/", b"body", PLAIN)


def test_a_file_put_there_by_hand_is_an_object(buckets, tmp_path):
    (tmp_path / "s3/logs/by-hand.txt").write_text("x")
    assert buckets.keys("logs") == ["by-hand.txt"]
    assert buckets.head("logs", "by-hand.txt")[1] == PLAIN


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


@pytest.mark.parametrize(
    "key", ["", "/", "/etc/passwd", "../out", "a/../../out", "a/..", "./a", "a//b", "a\0b", "..", "a//"]
)
def test_no_key_leads_outside(buckets, tmp_path, key):
    before = sorted(path for path in tmp_path.rglob("*"))
    for act in (buckets.get, buckets.head, buckets.delete):
        refused("InvalidArgument", act, "logs", key)
    refused("InvalidArgument", buckets.put, "logs", key, b"x", PLAIN)
    assert sorted(path for path in tmp_path.rglob("*")) == before


def test_no_link_is_followed_out_of_the_bucket(buckets, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("s")
    (tmp_path / "s3/logs/link").symlink_to(outside)
    (tmp_path / "s3/logs/file").symlink_to(outside / "secret")
    (tmp_path / "s3/bucket-link").symlink_to(outside)
    assert not buckets.exists("bucket-link")
    refused("AccessDenied", buckets.put, "logs", "link/new", b"x", PLAIN)
    refused("AccessDenied", buckets.get, "logs", "link/secret")
    refused("NoSuchKey", buckets.get, "logs", "file")
    refused("NoSuchKey", buckets.head, "logs", "file")
    assert buckets.keys("logs") == []
    buckets.put("logs", "file", b"mine", PLAIN)
    assert (outside / "secret").read_text() == "s"
    assert buckets.get("logs", "file") == b"mine"
    assert [path.name for path in outside.iterdir()] == ["secret"]


def test_no_link_among_the_metadata_is_followed_out(buckets, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    buckets.put("logs", "a", b"x", PLAIN)
    (tmp_path / "s3/.metadata/logs/x").symlink_to(outside)
    refused("AccessDenied", buckets.put, "logs", "x/new", b"x", PLAIN)
    assert list(outside.iterdir()) == []


def test_a_name_that_the_file_system_refuses_is_an_error_of_the_destination(buckets):
    refused("InternalError", buckets.put, "logs", "x" * 300, b"x", PLAIN)
    buckets.put("logs", "a", b"x", PLAIN)
    refused("InternalError", buckets.put, "logs", "a/b", b"x", PLAIN)


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
    assert len(list((tmp_path / "s3/.incoming").iterdir())) == 1
    buckets.put("logs", "key", b"y", PLAIN)
    assert buckets.get("logs", "key") == b"y"
    assert list((tmp_path / "s3/.incoming").iterdir()) == []


def test_metadata_that_is_broken_is_that_of_a_plain_file(buckets, tmp_path):
    buckets.put("logs", "key", b"x", GZIP)
    (tmp_path / "s3/.metadata/logs/key.json").write_text("{")
    assert buckets.head("logs", "key")[1] == PLAIN


def test_an_error_names_what_was_refused(buckets):
    with pytest.raises(DestinationError, match=re.escape("does not exist: nowhere")):
        buckets.put("nowhere", "key", b"x", PLAIN)
