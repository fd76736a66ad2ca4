"""Keys: whatever they are made of, they come back, and nothing of them lies outside of the buckets' folder."""

import http.client
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from tests.sdk import refused
from trail.destination import DestinationError, LocalBuckets, Metadata

ODD = [
    *("é", "\U0001f600/ü", "a b", "a+b", "a%20b", "%2e%2e/x", "a?b", "a#b", "a&b=c", "<a>", "\n", "\x7f", "\x01"),
    *("..", "../x", "a/../../x", "/", "//", "/a", "a//b", "a/", "./a", ".", "C:\\x", "a\\..\\b", "~", "*", "\u202e"),
    *(".metadata/x", ".json", "a/.json", "a.json", "x" * 255, "x" * 1024, "x/" * 512, "e\u0301", "-rf", "$(x)"),
    *("\ufffd", "\uffff", "ſ", "con", "nul.txt", "trailing.", "trailing ", " "),
]


def files(root):
    return sorted(path for path in root.rglob("*") if not path.is_dir())


@pytest.mark.parametrize("key", ODD)
def test_an_odd_key_comes_back(s3, bucket, key, s3_server):
    above = s3_server.machine.buckets.root.parent
    outside = {path for path in files(above) if not path.is_relative_to(s3_server.machine.buckets.root)}
    body = b"" if key.endswith("/") else b"body"
    s3.put_object(Bucket=bucket, Key=key, Body=body, Metadata={"a": "1"})
    got = s3.get_object(Bucket=bucket, Key=key)
    assert (got["Body"].read(), got["Metadata"]) == (body, {"a": "1"})
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    assert {path for path in files(above) if not path.is_relative_to(s3_server.machine.buckets.root)} == outside
    s3.delete_object(Bucket=bucket, Key=key)
    assert refused(s3.get_object, Bucket=bucket, Key=key)[0] == "NoSuchKey"
    s3.delete_bucket(Bucket=bucket)


def test_a_key_that_is_too_long(s3, bucket):
    for operation in (s3.put_object, s3.get_object, s3.delete_object):
        assert refused(operation, Bucket=bucket, Key="é" * 513) == ("KeyTooLongError", "Your key is too long")


def test_a_key_that_is_no_text(raw, bucket):
    answer = raw.request("PUT", f"/{bucket}/%ff%fe", b"x")
    assert (answer.status, b"<Code>InvalidURI</Code>" in answer.body) == (400, True)
    assert raw.request("PUT", f"/{bucket}/%EF%BF%BD", b"x").status == 200


@pytest.mark.parametrize("name", ["..", ".metadata", ".aside", ".buckets", ".uploads", ".incoming", "%2e%2e", "."])
def test_no_bucket_is_among_what_lies_beside(raw, s3, bucket, fill, name):
    fill("key", "..")
    for method, path in (("GET", ""), ("PUT", ""), ("GET", f"/{bucket}"), ("PUT", "/x"), ("DELETE", ""), ("HEAD", "")):
        answer = raw.request(method, f"/{name}{path}", b"" if method == "PUT" else None)
        assert answer.status in (400, 404), (method, path)


@pytest.mark.parametrize("path", ["/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/x/../../etc/passwd", "/..%2f..%2fetc"])
def test_no_path_leads_outside(s3_server, path):
    parts = urlsplit(s3_server.url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port)
    connection.putrequest("GET", path)
    connection.endheaders()
    answer = connection.getresponse()
    assert (answer.status, b"root:" in answer.read()) == (404, False)
    connection.close()


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
paths = st.lists(st.sampled_from(["..", ".", "", "a", "b", ".metadata", "a.json", ".json"]), min_size=1, max_size=5)
any_key = st.one_of(texts, paths.map("/".join).filter(bool), st.lists(texts, max_size=4, min_size=1).map("/".join))


@given(any_key)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_key_goes_round(s3_server, s3, key):
    """Over HTTP, quoted as any client would."""
    s3.create_bucket(Bucket="round")
    parts = urlsplit(s3_server.url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port)
    path = "/round/" + quote(key, safe="/")
    body = b"" if key.endswith("/") else key.encode()
    for method, sent in (("PUT", body), ("GET", None), ("DELETE", None), ("GET", None)):
        connection.request(method, path, sent)
        answer = connection.getresponse()
        read = answer.read()
        if (method, sent) == ("GET", None) and answer.status == 200:
            assert read == body
    assert answer.status == 404
    connection.close()
    assert not list((s3_server.machine.buckets.root / "round").rglob("*"))


class Store(RuleBasedStateMachine):
    """Puts and deletes in any order, against a dictionary; every file stays inside."""

    names = Bundle("names")

    def __init__(self):
        super().__init__()
        import tempfile
        from pathlib import Path

        self.above = tempfile.TemporaryDirectory()
        self.root = Path(self.above.name) / "s3"
        self.buckets = LocalBuckets(self.root, fsync=False)
        self.buckets.create("logs")
        self.wanted = {}

    @rule(
        target=names, parts=st.lists(st.sampled_from(["a", "b", "", "..", "a.json", ".json"]), min_size=1, max_size=4)
    )
    def name(self, parts):
        return "/".join(parts) or "a"

    @rule(key=names, body=st.binary(max_size=3))
    def put(self, key, body):
        stored = self.buckets.store("logs", key, (body,) if body else (), Metadata(user={"k": key}))
        assert stored.key == key
        self.wanted[key] = body

    @rule(key=names)
    def delete(self, key):
        self.buckets.delete("logs", key)
        self.wanted.pop(key, None)

    @rule()
    def start_again(self):
        self.buckets = LocalBuckets(self.root, fsync=False)

    @rule(key=names)
    def read(self, key):
        if key in self.wanted:
            stored, body = self.buckets.read("logs", key)
            assert (body, stored.metadata.user) == (self.wanted[key], {"k": key})
        else:
            with pytest.raises(DestinationError, match="The specified key does not exist"):
                self.buckets.read("logs", key)

    @invariant()
    def lists_what_there_is(self):
        assert self.buckets.keys("logs") == sorted(self.wanted, key=str.encode)

    @invariant()
    def stays_inside(self):
        from pathlib import Path

        assert [each.name for each in Path(self.above.name).iterdir()] == ["s3"]

    def teardown(self):
        self.above.cleanup()


TestStore = Store.TestCase
TestStore.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
