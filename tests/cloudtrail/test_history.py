"""LookupEvents: event history as the API tells it."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.sdk import answer, refused

ORDER = [
    "EventId", "EventName", "ReadOnly", "AccessKeyId", "EventTime", "EventSource", "Username", "Resources",
    "CloudTrailEvent",
]  # fmt: skip


def by(key, value):
    return {"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]}


def looked_up(cloudtrail, **query):
    pages = cloudtrail.get_paginator("lookup_events").paginate(**query)
    return [event for page in pages for event in page["Events"]]


def names(events):
    return [event["EventName"] for event in events]


def test_an_account_without_calls(cloudtrail):
    assert answer(cloudtrail.lookup_events()) == {"Events": []}


def test_an_event_in_its_order(raw, account):
    raw.ok("ListTrails")
    event = raw.ok("LookupEvents")["Events"][0]
    record = json.loads(event["CloudTrailEvent"])
    assert list(event) == ORDER
    assert "\n" not in event["CloudTrailEvent"]
    assert list(record)[:4] == ["eventVersion", "userIdentity", "eventTime", "eventSource"]
    at = datetime.fromisoformat(record["eventTime"]).timestamp()
    assert event == {
        "EventId": record["eventID"],
        "EventName": "ListTrails",
        "ReadOnly": "true",
        "AccessKeyId": account,
        "EventTime": at,
        "EventSource": "cloudtrail.amazonaws.com",
        "Username": account,
        "Resources": [],
        "CloudTrailEvent": event["CloudTrailEvent"],
    }


def test_newest_first_and_the_look_up_itself_comes_after(cloudtrail, cloudmap):
    cloudmap.list_namespaces()
    cloudmap.list_services()
    assert names(looked_up(cloudtrail)) == ["ListServices", "ListNamespaces"]
    assert names(looked_up(cloudtrail)) == ["LookupEvents", "ListServices", "ListNamespaces"]


def test_history_is_of_the_region(cloudtrail, elsewhere, cloudmap):
    cloudmap.list_namespaces()
    assert names(looked_up(elsewhere)) == []
    assert names(looked_up(cloudtrail)) == ["ListNamespaces"]


def test_data_events_are_not_history(cloudtrail, cloudmap):
    cloudmap.create_http_namespace(Name="shop")
    for operation in (cloudmap.discover_instances, cloudmap.discover_instances_revision):
        assert refused(operation, NamespaceName="shop", ServiceName="none")[0] == "ServiceNotFound"
    assert names(looked_up(cloudtrail)) == ["CreateHttpNamespace"]


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("EventName", "CreateTrail", ["CreateTrail"]),
        ("EventName", "createtrail", []),
        ("EventSource", "servicediscovery.amazonaws.com", ["ListNamespaces"]),
        ("ReadOnly", "true", ["ListNamespaces", "GetTrail"]),
        ("ReadOnly", "false", ["StartLogging", "CreateTrail"]),
        ("Username", "{account}", ["ListNamespaces", "GetTrail", "StartLogging", "CreateTrail"]),
        ("AccessKeyId", "{account}", ["ListNamespaces", "GetTrail", "StartLogging", "CreateTrail"]),
        ("ResourceType", "AWS::CloudTrail::Trail", ["StartLogging", "CreateTrail"]),
        ("ResourceType", "Other", []),
        ("ResourceName", "mine", ["StartLogging", "CreateTrail"]),
        ("ResourceName", "arn:aws:cloudtrail:us-east-1:{account}:trail/mine", ["CreateTrail"]),
        ("EventId", "none", []),
    ],
)
def test_each_key(cloudtrail, trail, cloudmap, account, key, value, found):
    cloudtrail.start_logging(Name="mine")
    cloudtrail.get_trail(Name="mine")
    cloudmap.list_namespaces()
    assert names(looked_up(cloudtrail, **by(key, value.format(account=account)))) == found


def test_an_event_is_found_by_its_id(cloudtrail, trail):
    (event,) = looked_up(cloudtrail)
    assert looked_up(cloudtrail, **by("EventId", event["EventId"])) == [event]


def test_resources_are_told_of_successful_writes_of_trails_only(cloudtrail, trail, cloudmap):
    cloudtrail.get_trail(Name="mine")
    cloudmap.create_http_namespace(Name="shop")
    refused(cloudtrail.start_logging, Name="none")
    told = [(event["EventName"], event["Resources"]) for event in looked_up(cloudtrail)]
    kind = "AWS::CloudTrail::Trail"
    touched = [{"ResourceType": kind, "ResourceName": trail}, {"ResourceType": kind, "ResourceName": "mine"}]
    assert told == [("StartLogging", []), ("CreateHttpNamespace", []), ("GetTrail", []), ("CreateTrail", touched)]


def test_the_root_user_is_called_root(server, connect):
    root = connect(server, service="cloudtrail", account="root")
    root.list_trails()
    assert root.lookup_events(MaxResults=1, **by("Username", "root"))["Events"][0]["Username"] == "root"


def test_pages_do_not_move_while_events_arrive(cloudtrail, cloudmap):
    for number in range(120):
        refused(cloudmap.get_namespace, Id=f"ns-{number}")
        if number < 50:
            cloudmap.list_services()
    query, pages = by("EventName", "GetNamespace"), []
    for page in cloudtrail.get_paginator("lookup_events").paginate(**query):
        pages.append(page["Events"])
        refused(cloudmap.get_namespace, Id="ns-late")
    assert [len(page) for page in pages] == [50, 50, 20]
    said = [json.loads(event["CloudTrailEvent"])["requestParameters"]["id"] for page in pages for event in page]
    assert said == [f"ns-{number}" for number in reversed(range(120))]


def test_pages_of_everything(cloudtrail, cloudmap):
    for _ in range(7):
        cloudmap.list_namespaces()
    pages = cloudtrail.get_paginator("lookup_events").paginate(PaginationConfig={"PageSize": 3})
    assert [len(page["Events"]) for page in pages] == [3, 3, 1]


def test_times_are_inclusive(cloudtrail, cloudmap):
    cloudmap.list_namespaces()
    (event,) = looked_up(cloudtrail, **by("EventName", "ListNamespaces"))
    at, second = event["EventTime"], timedelta(seconds=1)

    def found(start, end):
        return len(looked_up(cloudtrail, StartTime=start, EndTime=end, **by("EventName", "ListNamespaces")))

    assert found(at, at) == found(at - second, at + second) == 1
    assert found(at - second, at - second) == found(at - second * 9, at - second) == 0


def test_the_insight_category_is_empty(cloudtrail, trail):
    assert answer(cloudtrail.lookup_events(EventCategory="insight")) == {"Events": []}


@pytest.mark.parametrize("value", ["_" * 1001, "x" * 2001, "x" * 1999 + ","])
def test_a_value_that_is_too_long_finds_nothing(unchecked, value):
    assert answer(unchecked.lookup_events(**by("ResourceName", value))) == {"Events": []}


NOW = datetime.now(UTC)
TWO = by("EventName", "A")["LookupAttributes"] + by("Username", "B")["LookupAttributes"]
REFUSED = [
    ({"LookupAttributes": TWO}, "InvalidLookupAttributesException"),
    (by("Weather", "fine"), "InvalidLookupAttributesException"),
    (by("EventName", ""), "InvalidLookupAttributesException"),
    ({"LookupAttributes": [{"AttributeKey": "EventName"}]}, "InvalidLookupAttributesException"),
    (by("ReadOnly", "True"), "InvalidLookupAttributesException"),
    (by("ReadOnly", "other"), "InvalidLookupAttributesException"),
    ({"MaxResults": 0}, "InvalidMaxResultsException"),
    ({"MaxResults": 51}, "InvalidMaxResultsException"),
    ({"StartTime": NOW, "EndTime": NOW - timedelta(hours=1)}, "InvalidTimeRangeException"),
    ({"StartTime": NOW + timedelta(days=1)}, "InvalidTimeRangeException"),
    ({"NextToken": "broken"}, "InvalidNextTokenException"),
    ({"NextToken": "é"}, "InvalidNextTokenException"),
    ({"EventCategory": "invalid"}, "InvalidEventCategoryException"),
]


@pytest.mark.parametrize(("query", "code"), REFUSED)
def test_look_ups_that_are_refused(unchecked, query, code):
    found, message = refused(unchecked.lookup_events, **query)
    assert found == code
    assert message


def test_a_token_is_good_for_its_look_up_only(cloudtrail, cloudmap):
    for _ in range(2):
        cloudmap.list_namespaces()
    query = by("EventName", "ListNamespaces")
    token = cloudtrail.lookup_events(MaxResults=1, **query)["NextToken"]
    other = by("EventName", "ListServices")
    assert refused(cloudtrail.lookup_events, NextToken=token, **other)[0] == "InvalidNextTokenException"
    assert len(cloudtrail.lookup_events(NextToken=token, **query)["Events"]) == 1
