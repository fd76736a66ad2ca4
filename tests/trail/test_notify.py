"""Notifications: one a delivery, after the delivery, in order, to topics and subscribers that may refuse."""

import contextlib
import itertools
import json
import resource

import pytest

from tests.trail.house import ACCOUNT, BUCKET, NOW
from tests.trail.listener import listening
from trail.notify import PATIENCE, SUBSCRIBERS_PATIENCE, Message, NotificationError, Notifier
from trail.sns import TopicFiles, UrlSubscriber, envelope, file_name, name_of

TOPIC = f"arn:aws:sns:us-west-2:{ACCOUNT}:deliveries"
OTHER = f"arn:aws:sns:us-west-2:{ACCOUNT}:others"
VALIDATION = "CloudTrail validation message."


class Inbox:
    """Keeps what is published, and refuses the topics it is told to."""

    def __init__(self):
        self.messages: list[Message] = []
        self.refused: set[str] = set()

    def publish(self, message):
        if message.topic in self.refused:
            raise NotificationError("AuthorizationError", "no")
        self.messages.append(message)

    def bodies(self, topic=TOPIC):
        return [message.body for message in self.messages if message.topic == topic]


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
def house(house):
    house.user_trail("mine", topic=TOPIC)
    return house


@pytest.fixture
def subscribe():
    """Makes subscribers, and closes their connections."""
    with contextlib.ExitStack() as made:

        def subscribe(url, topic=None):
            subscriber = UrlSubscriber(url, topic)
            made.callback(subscriber.close)
            return subscriber

        yield subscribe


def notifier(house, inbox, *subscribers, ids=None):
    numbers = ids or itertools.count(1)
    return Notifier(
        house.database, inbox.publish, subscribers, clock=lambda: house.now, new_id=lambda: f"id-{next(numbers)}"
    )


def deliver(house, **members):
    house.record(**members)
    return [key for _, key in house.delivery.deliver()]


def test_a_topic_gets_a_validation_message_and_one_message_a_delivery(house, inbox):
    notifier(house, inbox).run()
    assert inbox.messages == [Message("id-1", TOPIC, VALIDATION, NOW)]
    keys = deliver(house)
    notifier(house, inbox, ids=itertools.count(2)).run()
    assert inbox.messages[1] == Message("id-2", TOPIC, f'{{"s3Bucket":"{BUCKET}","s3ObjectKey":["{keys[0]}"]}}', NOW)
    notifier(house, inbox).run()
    assert len(inbox.messages) == 2


def test_one_message_tells_all_files_of_a_delivery_in_a_region(house, inbox, monkeypatch):
    monkeypatch.setattr("trail.delivery.FILE_LIMIT", 3_000)
    house.user_trail("all", multi_region=True, topic=OTHER)
    for number in range(12):
        house.record(region="eu-west-1" if number % 3 == 0 else "us-west-2")
    keys = [key for _, key in house.delivery.deliver()]
    notifier(house, inbox).run()
    told = [json.loads(body)["s3ObjectKey"] for body in inbox.bodies(OTHER)[1:]]
    assert [{key.split("/")[3] for key in each} for each in told] in (
        [{"eu-west-1"}, {"us-west-2"}],
        [{"us-west-2"}, {"eu-west-1"}],
    )
    [mine] = [json.loads(body)["s3ObjectKey"] for body in inbox.bodies()[1:]]
    assert len(mine) > 1
    assert sorted(mine + told[0] + told[1]) == sorted(keys)


def test_a_topic_that_is_set_later_gets_its_validation_message_first(house, inbox):
    house.user_trail("late", region="us-west-2")
    deliver(house)
    house.change("update", "late", topic=OTHER)
    house.change("update", "late", prefix="p")
    deliver(house)
    notifier(house, inbox).run()
    assert [body == VALIDATION for body in inbox.bodies(OTHER)] == [True, False]
    house.change("update", "late", topic=None)
    deliver(house)
    notifier(house, inbox).run()
    assert len(inbox.bodies(OTHER)) == 2


def test_nothing_is_told_of_what_is_not_delivered(house, inbox):
    house.buckets.remove(BUCKET)
    assert deliver(house) == []
    notifier(house, inbox).run()
    assert inbox.bodies() == [VALIDATION]
    house.buckets.create(BUCKET)
    house.delivery.deliver()
    notifier(house, inbox).run()
    assert len(inbox.bodies()) == 2


def test_a_topic_that_refuses_holds_up_no_other_and_gets_all_in_order_later(house, inbox):
    house.user_trail("other", topic=OTHER)
    inbox.refused = {TOPIC}
    sender = notifier(house, inbox)
    keys = deliver(house) + deliver(house)
    sender.run()
    assert (inbox.bodies(), len(inbox.bodies(OTHER))) == ([], 3)
    told = house.status("mine")
    assert (told.notified, told.notification_attempted, told.notification_error) == (None, NOW, "AuthorizationError")
    assert (house.status("other").notified, house.status("other").notification_error) == (NOW, None)
    inbox.refused = set()
    house.now += 5_000
    sender.run()
    told = house.status("mine")
    assert (told.notified, told.notification_attempted, told.notification_error) == (house.now, house.now, None)
    mine = [json.loads(body)["s3ObjectKey"][0] for body in inbox.bodies()[1:]]
    assert inbox.bodies()[0] == VALIDATION
    assert set(mine) <= set(keys)
    assert len(mine) == 2


def test_a_topic_that_refuses_is_the_error_of_each_of_its_trails(house, inbox):
    house.user_trail("too", topic=TOPIC)
    inbox.refused = {TOPIC}
    notifier(house, inbox).publish()
    assert {house.status(name).notification_error for name in ("mine", "too")} == {"AuthorizationError"}


def test_a_topic_that_refuses_for_ever_is_given_up(house, inbox):
    inbox.refused = {TOPIC}
    sender = notifier(house, inbox)
    sender.run()
    house.now += PATIENCE + 1
    sender.run()
    inbox.refused = set()
    sender.run()
    assert inbox.messages == []


def test_who_dies_after_sending_sends_again_with_the_same_id(house, inbox, monkeypatch):
    keys = deliver(house)
    sender = notifier(house, inbox)
    monkeypatch.setattr(sender, "_settle", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        sender.run()
    notifier(house, inbox, ids=itertools.count(100)).run()
    assert [message.id for message in inbox.messages] == ["id-1", "id-1", "id-2"]
    assert keys[0] in inbox.bodies()[-1]


def test_a_reset_while_it_publishes_takes_no_new_message_away(house, inbox, monkeypatch):
    post, again = notifier(house, inbox), []
    publish = post._publish

    def publish_and_reset(message):
        publish(message)
        if not again:
            house.reset()
            again.append(house.user_trail("mine", topic=OTHER))

    monkeypatch.setattr(post, "_publish", publish_and_reset)
    post.publish()
    assert (inbox.bodies(), inbox.bodies(OTHER)) == ([VALIDATION], [])
    post.publish()
    assert inbox.bodies(OTHER) == [VALIDATION]


def test_an_envelope_is_that_of_sns():
    assert json.loads(envelope(Message("id", TOPIC, "text", NOW + 7))) == {
        "Type": "Notification",
        "MessageId": "id",
        "TopicArn": TOPIC,
        "Message": "text",
        "Timestamp": "2026-11-22T16:38:00.007Z",
    }


def test_a_topic_is_a_file_with_a_line_a_message(tmp_path):
    files = TopicFiles(tmp_path / "sns")
    for number in range(3):
        files.publish(Message(f"id-{number}", TOPIC, "two\nlines", NOW))
    lines = (tmp_path / "sns" / "deliveries.ndjson").read_text().splitlines()
    assert [json.loads(line)["MessageId"] for line in lines] == ["id-0", "id-1", "id-2"]
    files.clear()
    assert list((tmp_path / "sns").iterdir()) == []


def test_a_message_that_does_not_fit_leaves_nothing_of_itself(tmp_path):
    topics = TopicFiles(tmp_path)
    message = Message("id-1", TOPIC, VALIDATION, NOW)
    topics.publish(message)
    file = tmp_path / "deliveries.ndjson"
    line, limits = file.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(line) + 10, limits[1]))
    try:
        with pytest.raises(NotificationError):
            topics.publish(message)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert file.read_bytes() == line
    topics.publish(message)
    assert file.read_bytes() == line * 2


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        (TOPIC, "deliveries"),
        ("deliveries", "deliveries"),
        ("x.fifo", "x.fifo"),
        ("..", "%2E."),
        ("../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd"),
        ("arn:aws:sns:us-east-1:1:../x", "%2E.%2Fx"),
        ("", "%"),
        ("a b/ü\0", "a%20b%2F%C3%BC%00"),
    ],
)
def test_a_topic_of_any_name_is_a_file_in_the_folder(tmp_path, topic, name):
    assert file_name(topic) == f"{name}.ndjson"
    TopicFiles(tmp_path / "sns").publish(Message("id", topic, "x", NOW))
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.ndjson")] == [f"sns/{name}.ndjson"]


def test_long_names_are_cut_and_differ(tmp_path):
    topics = [f"{'ü' * 256}{end}" for end in "ab"]
    assert len({file_name(topic) for topic in topics}) == 2
    assert all(len(file_name(topic)) < 240 for topic in topics)
    assert name_of(f"arn:aws:sns:us-east-1:{ACCOUNT}:a:b") == "a:b"


def test_a_link_in_place_of_a_topics_file_is_not_followed(tmp_path):
    (tmp_path / "sns").mkdir()
    (tmp_path / "sns" / "deliveries.ndjson").symlink_to(tmp_path / "victim")
    with pytest.raises(NotificationError) as caught:
        TopicFiles(tmp_path / "sns").publish(Message("id", TOPIC, "x", NOW))
    assert caught.value.code == "InternalError"
    assert not (tmp_path / "victim").exists()


def test_a_subscriber_gets_what_sns_would_post(house, inbox, listener, subscribe):
    sender = notifier(house, inbox, subscribe(listener.url))
    deliver(house)
    sender.run()
    assert [json.loads(body)["MessageId"] for body in listener.bodies] == ["id-1", "id-2"]
    path, headers, body = listener.posts[0]
    assert path == "/hook?x=1"
    assert body == envelope(inbox.messages[0])
    assert headers["Content-Type"] == "text/plain; charset=UTF-8"
    assert headers["User-Agent"] == "Amazon Simple Notification Service Agent"
    told = {name: value for name, value in headers.items() if name.startswith("x-amz-sns-")}
    assert told.pop("x-amz-sns-subscription-arn").startswith(f"{TOPIC}:")
    assert told == {
        "x-amz-sns-message-type": "Notification",
        "x-amz-sns-message-id": "id-1",
        "x-amz-sns-topic-arn": TOPIC,
    }
    sender.run()
    assert len(listener.posts) == 2
    assert listener.connections == 1


def test_a_subscriber_of_one_topic_gets_no_other(house, inbox, listener, subscribe):
    house.user_trail("other", topic=OTHER)
    notifier(house, inbox, subscribe(listener.url, "others")).run()
    assert [json.loads(body)["TopicArn"] for body in listener.bodies] == [OTHER]


def test_a_subscriber_that_fails_gets_all_in_order_later_and_holds_up_no_other(house, inbox, listener, subscribe):
    with listening() as second:
        sender = notifier(house, inbox, subscribe(listener.url), subscribe(second.url))
        listener.status = 500
        deliver(house)
        sender.run()
        deliver(house)
        sender.run()
        assert (len(listener.posts), len(second.posts), len(inbox.messages)) == (0, 3, 3)
        listener.status = 200
        for _ in range(4):
            sender.run()
        assert listener.bodies == second.bodies


def test_rounds_are_left_out_after_failures(house, inbox, listener, subscribe):
    sender = notifier(house, inbox, subscribe(listener.url))
    listener.status, tried = 503, []
    for number in range(20):
        listener.came.clear()
        sender.run()
        if listener.came.is_set():
            tried.append(number)
    assert tried == [0, 2, 5, 10, 19]


def test_a_subscriber_that_refuses_or_is_silent_too_long_loses_a_message(house, inbox, listener, subscribe):
    sender = notifier(house, inbox, subscribe(listener.url))
    listener.status = 403
    sender.run()
    listener.status = 500
    deliver(house)
    sender.run()
    house.now += SUBSCRIBERS_PATIENCE + 1
    sender.run()
    sender.run()
    listener.status = 200
    keys = deliver(house)
    sender.run()
    [body] = listener.bodies
    assert keys[0] in json.loads(body)["Message"]


def test_a_connection_that_was_closed_is_opened_again(house, inbox, listener, subscribe):
    sender = notifier(house, inbox, subscribe(listener.url))
    listener.close = True
    for _ in range(3):
        deliver(house)
        sender.run()
    assert len(listener.posts) == 4
    assert listener.connections >= 3
