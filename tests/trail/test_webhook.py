"""The webhook: an EventBridge event of each record, once it is committed, in order, wherever the process dies."""

import contextlib
import json
import threading

import pytest

from tests.trail.house import ACCOUNT, NOW
from trail.post import Poster, PostError, is_url
from trail.record import Resource
from trail.webhook import PATIENCE, Webhook

SERVICE = Resource(ACCOUNT, "AWS::ServiceDiscovery::Service", "arn:1")


@pytest.fixture
def house(house):
    house.default_trail()
    return house


@pytest.fixture
def hook():
    """Makes webhooks that have begun, and closes their connections."""
    with contextlib.ExitStack() as opened:

        def hook(house, url):
            made = Webhook(house.database, house.journal, url, clock=lambda: house.now)
            opened.callback(made.close)
            made.start()
            return made

        yield hook


def posted(listener):
    return [json.loads(body)["detail"]["eventID"] for body in listener.bodies]


def test_an_event_is_what_eventbridge_would_make_of_the_record(house, listener, hook):
    webhook = hook(house, listener.url)
    house.record(request_parameters={"name": "ü"})
    webhook.run()
    [(path, headers, body)] = listener.posts
    assert path == "/hook?x=1"
    assert headers["Content-Type"] == "application/json"
    with house.database.reading() as connection:
        (record,) = connection.execute("SELECT record FROM event").fetchone()
    said = json.loads(body)
    assert list(said) == [
        "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail",
    ]  # fmt: skip
    assert body.endswith(b'"detail":' + record + b"}")
    assert said | {"detail": None} == {
        "version": "0",
        "id": json.loads(record)["eventID"],
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.servicediscovery",
        "account": ACCOUNT,
        "time": "2026-11-22T16:38:00Z",
        "region": "us-west-2",
        "resources": [],
        "detail": None,
    }


def test_events_come_in_the_order_of_recording_over_all_places(house, listener, hook):
    webhook = hook(house, listener.url)
    ids = [
        house.record(region="eu-west-1" if number % 3 else "us-west-2", management=number % 2 > 0, resources=[SERVICE])
        for number in range(450)
    ]
    webhook.run()
    assert posted(listener) == ids
    webhook.run()
    assert len(listener.posts) == 450
    assert listener.connections == 1


def test_what_no_trail_takes_is_not_posted(house, listener, hook):
    webhook = hook(house, listener.url)
    house.record(account="999988887777")
    wanted = house.record()
    house.change("stop")
    house.record()
    webhook.run()
    assert posted(listener) == [wanted]


def test_what_was_recorded_before_the_webhook_is_not_posted(house, listener, hook):
    house.record()
    webhook = hook(house, listener.url)
    webhook.run()
    later = house.record()
    webhook.run()
    assert posted(listener) == [later]


def test_only_what_is_committed_is_posted(house, listener, hook):
    webhook = hook(house, listener.url)
    place = house.place()
    connection = house.database.begin()
    from tests.trail.house import make_event

    house.journal.append(connection, place, make_event())
    webhook_thread = threading.Thread(target=webhook.run)
    webhook_thread.start()
    webhook_thread.join()
    assert listener.posts == []
    house.database.rollback()
    kept = house.record()
    webhook.run()
    assert posted(listener) == [kept]


def test_the_next_process_goes_on_where_the_last_stopped(house, listener, hook):
    ids = []
    for _ in range(3):
        webhook = hook(house, listener.url)
        ids += [house.record() for _ in range(3)]
        webhook.run(2)
        house = house.reopened()
    hook(house, listener.url).run()
    assert posted(listener) == ids
    house.database.close()


def test_who_dies_after_posting_posts_that_event_again(house, listener, hook, monkeypatch):
    webhook = hook(house, listener.url)
    ids = [house.record() for _ in range(2)]
    monkeypatch.setattr(webhook, "_keep", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        webhook.run()
    house = house.reopened()
    hook(house, listener.url).run()
    assert posted(listener) == [ids[0], *ids]
    house.database.close()


def test_after_a_reset_it_begins_at_the_beginning(house, listener, hook):
    webhook = hook(house, listener.url)
    for _ in range(5):
        house.record()
    webhook.run()
    house.reset()
    house.default_trail()
    ids = [house.record() for _ in range(2)]
    webhook.run()
    assert posted(listener)[5:] == ids


def test_after_a_reset_of_a_long_history_it_begins_where_the_numbers_go_on(house, listener, hook, monkeypatch):
    webhook = hook(house, listener.url)
    house.journal._number = 10_000_000
    house.reset()
    house.default_trail()
    ids = [house.record() for _ in range(2)]
    looks, reading = [], house.database.reading
    monkeypatch.setattr(house.database, "reading", lambda: looks.append(1) or reading())
    webhook.run()
    assert posted(listener) == ids
    assert len(looks) < 10


def test_a_reset_while_it_posts_ends_the_old_and_hides_nothing_new(house, listener, hook, monkeypatch):
    webhook = hook(house, listener.url)
    old, new = [house.record() for _ in range(5)], []
    offer = webhook._offer

    def offer_and_reset(*event):
        taken = offer(*event)
        if not new:
            house.reset()
            house.default_trail()
            new.extend(house.record() for _ in range(3))
        return taken

    monkeypatch.setattr(webhook, "_offer", offer_and_reset)
    webhook.run()
    webhook.run()
    assert posted(listener) == [old[0], *new]


def test_a_webhook_that_fails_gets_all_in_order_when_it_is_back(house, listener, hook):
    webhook = hook(house, listener.url)
    ids = [house.record() for _ in range(3)]
    listener.status, tried = 503, []
    for number in range(12):
        listener.came.clear()
        webhook.run()
        if listener.came.is_set():
            tried.append(number)
    assert tried == [0, 2, 5, 10]
    listener.status = 200
    for _ in range(10):
        webhook.run()
    assert posted(listener) == ids


@pytest.mark.parametrize("dead", [True, False])
def test_an_event_that_nobody_takes_for_a_day_is_dropped(house, listener, hook, dead, caplog):
    webhook = hook(house, "http://127.0.0.1:9/" if dead else listener.url)
    listener.status = 500
    house.record()
    webhook.run()
    house.now += PATIENCE + 1
    later = house.record(time=house.now)
    webhook.run()
    webhook.run()
    assert len(caplog.records) == 1
    if not dead:
        listener.status = 200
        for _ in range(3):
            webhook.run()
        assert posted(listener) == [later]


def test_an_event_that_is_refused_for_good_is_dropped(house, listener, hook, caplog):
    webhook = hook(house, listener.url)
    listener.status = 400
    house.record()
    webhook.run()
    listener.status = 200
    later = house.record()
    webhook.run()
    assert posted(listener) == [later]
    assert "answered with 400" in caplog.text


def test_a_post_that_hangs_is_given_up_at_the_end(house, listener, hook):
    webhook = hook(house, listener.url)
    listener.gate.clear()
    house.record()
    thread = threading.Thread(target=webhook.run)
    thread.start()
    assert listener.came.wait(10)
    webhook.abort()
    thread.join(10)
    assert not thread.is_alive()
    webhook.finish()
    assert listener.posts == []


def test_the_end_posts_what_is_left_if_somebody_answers(house, listener, hook):
    webhook = hook(house, listener.url)
    ids = [house.record()]
    webhook.run()
    webhook.abort()
    ids.append(house.record())
    webhook.finish()
    assert posted(listener) == ids


def test_a_webhook_that_was_never_started_posts_nothing(house, listener):
    webhook = Webhook(house.database, house.journal, listener.url, clock=lambda: NOW)
    house.record()
    webhook.run()
    webhook.finish()
    assert listener.posts == []


@pytest.mark.parametrize(
    ("status", "final"), [(200, None), (204, None), (302, False), (400, True), (404, True), (408, False), (429, False)]
)
def test_what_an_answer_means(listener, status, final):
    poster, listener.status = Poster(listener.url), status
    if final is None:
        poster.post(b"x", {})
    else:
        with pytest.raises(PostError) as caught:
            poster.post(b"x", {})
        assert caught.value.final == final
    poster.close()


def test_an_answer_that_does_not_come_is_an_error(listener):
    poster = Poster(listener.url)
    poster.patience = 0.05
    listener.gate.clear()
    with pytest.raises(PostError) as caught:
        poster.post(b"x", {})
    assert not caught.value.final
    poster.close()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("http://127.0.0.1:8000/x", True),
        ("https://example.com", True),
        ("ftp://example.com", False),
        ("http://", False),
        ("http://host:99999", False),
        ("http://[::1", False),
        ("host:80", False),
        ("", False),
    ],
)
def test_what_can_be_posted_to(text, wanted):
    assert is_url(text) == wanted
