"""What a running server sends to others: notifications and events; nobody who is silent holds anything up."""

import json
import time
from collections.abc import Callable, Iterator

import pytest

from emulator import Emulator
from emulator.subscriptions import subscriptions
from tests.sdk import client
from tests.serving.process import Server, until
from tests.trail.listener import Listener, listening

ACCOUNT = "111122223333"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:deliveries"


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


def notified(running: Emulator) -> None:
    """A trail that notifies, and one delivery."""
    trails = client(running.url, ACCOUNT, service="cloudtrail")
    trails.create_trail(Name="mine", S3BucketName="maptrail-logs", SnsTopicName="deliveries")
    trails.start_logging(Name="mine")
    trails.close()
    running.machine.flush()


def test_a_topic_is_a_file_and_the_trail_tells_of_it():
    with Emulator(delivery_interval=300) as running:
        notified(running)
        topic = running.machine.directory.path / "sns" / "deliveries.ndjson"
        first, second = map(json.loads, topic.read_text().splitlines())
        assert (first["TopicArn"], first["Message"]) == (TOPIC, "CloudTrail validation message.")
        said = json.loads(second["Message"])
        assert said["s3Bucket"] == "maptrail-logs"
        assert all(running.machine.buckets.get("maptrail-logs", key) for key in said["s3ObjectKey"])
        trails = client(running.url, ACCOUNT, service="cloudtrail")
        status = trails.get_trail_status(Name="mine")
        assert "LatestNotificationTime" in status
        assert status["LatestNotificationAttemptSucceeded"] != ""
        trails.close()
        running.machine.reset()
        assert not topic.exists()


def test_subscribers_get_the_messages_of_their_topics(listener: Listener):
    with listening() as other, Emulator(sns_subscribers=f"{listener.url},none={other.url}") as running:
        notified(running)
        until(lambda: len(listener.posts) >= 2)
        assert json.loads(listener.bodies[0])["Message"] == "CloudTrail validation message."
    assert other.posts == []


def test_an_sns_elsewhere_takes_the_messages(monkeypatch: pytest.MonkeyPatch):
    """Of SNS's API only the answer to Publish is needed."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    with listening() as sns:
        sns.answer = (
            b'<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult>'
            b"<MessageId>1</MessageId></PublishResult></PublishResponse>"
        )
        with Emulator(sns_endpoint_url=sns.url, delivery_interval=300) as running:
            notified(running)
            until(lambda: len(sns.posts) >= 2)
            assert b"Action=Publish" in sns.bodies[0]
            assert b"CloudTrail+validation+message." in sns.bodies[0]
            assert not (running.machine.directory.path / "sns").exists()
            sns.status = 403
            sns.answer = (
                b"<ErrorResponse><Error><Code>AuthorizationError</Code><Message>no</Message></Error></ErrorResponse>"
            )
            trails = client(running.url, ACCOUNT, service="cloudtrail")
            trails.list_trails()
            running.machine.flush()
            until(lambda: "LatestNotificationError" in trails.get_trail_status(Name="mine"))
            assert trails.get_trail_status(Name="mine")["LatestNotificationError"] == "AuthorizationError"
            trails.close()


def test_a_webhook_gets_an_event_of_each_call(listener: Listener):
    with Emulator(webhook=listener.url) as running:
        calls = client(running.url, ACCOUNT)
        calls.list_namespaces()
        calls.create_http_namespace(Name="demo")
        until(lambda: len(listener.posts) == 2)
        calls.list_services()
        calls.close()
    names = [json.loads(body)["detail"]["eventName"] for body in listener.bodies]
    assert names == ["ListNamespaces", "CreateHttpNamespace", "ListServices"]  # the last at the end


def test_a_webhook_that_hangs_holds_up_neither_calls_nor_the_end(listener: Listener, serve: Callable[..., Server]):
    listener.gate.clear()
    server = serve("--webhook", listener.url, "--sns-subscribers", listener.url)
    with server.client() as calls:
        calls.ok("ListNamespaces")
        assert listener.came.wait(10)
        began = time.monotonic()
        for _ in range(20):
            calls.ok("ListNamespaces")
        assert time.monotonic() - began < 1
    code, seconds = server.end()
    assert code == 0
    assert seconds < 2


def test_events_are_posted_after_a_restart(listener: Listener, serve: Callable[..., Server]):
    listener.status = 503
    server = serve("--webhook", listener.url)
    with server.client() as calls:
        for _ in range(3):
            calls.ok("ListNamespaces")
    server.kill()
    listener.status = 200
    serve("--webhook", listener.url, data=server.data)
    until(lambda: len(listener.posts) == 3)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", []),
        ("http://a/", [(None, "http://a/")]),
        ("http://a/?x=1,2, t=https://b:1/", [(None, "http://a/?x=1,2"), ("t", "https://b:1/")]),
        ("t.fifo=http://a", [("t.fifo", "http://a")]),
    ],
)
def test_subscriptions_are_read(text: str, wanted: list[tuple[str | None, str]]):
    assert subscriptions(text) == wanted


@pytest.mark.parametrize("text", ["a", "=http://a", "../x=http://a", "http://", "http://a,http://a", "http://a b"])
def test_what_is_no_subscription_is_refused(text: str):
    with pytest.raises(ValueError):
        subscriptions(text)
