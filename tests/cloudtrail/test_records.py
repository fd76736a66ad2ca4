"""The records that CloudTrail's own calls leave."""

from datetime import UTC, datetime

import pytest

from emulator.cloudtrail.api import OPERATIONS, UNSUPPORTED
from emulator.model import cloudtrail as model
from tests.cloudtrail.world import LEGACY, MANAGEMENT, SHORT, arn
from tests.sdk import refused

MINE = {"Name": "mine"}
SELECTORS = {"TrailName": "mine", "AdvancedEventSelectors": [MANAGEMENT]}
CASED_SELECTORS = [{"fieldSelectors": [{"field": "eventCategory", "equals": ["Management"]}]}]
RATE = [{"InsightType": "ApiCallRateInsight"}]
TAGS = [{"Key": "Team", "Value": "ops"}, {"Key": "Bare"}]
CASED_TAGS = [{"key": "Team", "value": "ops"}, {"key": "Bare"}]
STORED = {"name": "mine", "s3BucketName": "{bucket}", "includeGlobalServiceEvents": True, "isMultiRegionTrail": False,
          "trailARN": "{arn}", "logFileValidationEnabled": False, "isOrganizationTrail": False}  # fmt: skip
CASES = {
    "CreateTrail": (
        {"TagsList": TAGS, "S3BucketName": "{bucket}", "Name": "new"},
        {"name": "new", "s3BucketName": "{bucket}", "includeGlobalServiceEvents": True, "tagsList": CASED_TAGS},
        STORED | {"name": "new", "trailARN": "{new}"},
    ),
    "UpdateTrail": (MINE, {"name": "mine"}, STORED),
    "DeleteTrail": (MINE, {"name": "mine"}, None),
    "StartLogging": (MINE, {"name": "mine"}, None),
    "StopLogging": (MINE, {"name": "mine"}, None),
    "PutEventSelectors": (
        SELECTORS,
        {"trailName": "mine", "advancedEventSelectors": CASED_SELECTORS},
        {"trailARN": "{arn}", "advancedEventSelectors": CASED_SELECTORS},
    ),
    "PutInsightSelectors": (
        {"TrailName": "mine", "InsightSelectors": RATE},
        {"trailName": "mine", "insightSelectors": [{"insightType": "ApiCallRateInsight"}]},
        {"trailARN": "{arn}", "insightSelectors": [{"insightType": "ApiCallRateInsight"}]},
    ),
    "AddTags": (
        {"ResourceId": "{arn}", "TagsList": TAGS}, {"resourceId": "{arn}", "tagsList": CASED_TAGS}, None,
    ),
    "RemoveTags": (
        {"ResourceId": "{arn}", "TagsList": TAGS}, {"resourceId": "{arn}", "tagsList": CASED_TAGS}, None,
    ),
    "GetTrail": (MINE, {"name": "mine"}, None),
    "GetTrailStatus": (MINE, {"name": "mine"}, None),
    "DescribeTrails": (
        {"trailNameList": ["mine"], "includeShadowTrails": False},
        {"trailNameList": ["mine"], "includeShadowTrails": False},
        None,
    ),
    "ListTrails": ({}, None, None),
    "GetEventSelectors": ({"TrailName": "mine"}, {"trailName": "mine"}, None),
    "GetInsightSelectors": ({"TrailName": "insightful"}, {"trailName": "insightful"}, None),
    "ListTags": ({"ResourceIdList": ["{arn}"]}, {"resourceIdList": ["{arn}"]}, None),
    "ListPublicKeys": (
        {"StartTime": 1789319538.551, "EndTime": 1789319589},
        {"startTime": "2026-09-13T17:12:18Z", "endTime": "2026-09-13T17:13:09Z"},
        None,
    ),
    "LookupEvents": (
        {"LookupAttributes": [{"AttributeValue": "GetTrail", "AttributeKey": "EventName"}], "MaxResults": 5},
        {"lookupAttributes": [{"attributeKey": "EventName", "attributeValue": "GetTrail"}], "maxResults": 5},
        None,
    ),
}  # fmt: skip


def filled(value, **words):
    if isinstance(value, dict):
        return {name: filled(item, **words) for name, item in value.items()}
    if isinstance(value, list):
        return [filled(item, **words) for item in value]
    return value.format(**words) if isinstance(value, str) else value


def without_the_newest_member(told):
    """Botocore's model has had ``RecursiveLogging`` since 2026; a record has what the model has."""
    return told and {name: value for name, value in told.items() if name != "recursiveLogging"}


def test_every_operation_has_a_case():
    assert CASES.keys() == OPERATIONS.keys()


@pytest.mark.parametrize("operation", CASES)
def test_a_call_is_on_the_record(raw, cloudtrail, trail, bucket, account, records, operation):
    cloudtrail.create_trail(Name="insightful", S3BucketName=bucket)
    cloudtrail.put_insight_selectors(TrailName="insightful", InsightSelectors=RATE)
    words = {"bucket": bucket, "arn": trail, "new": arn(account, "new")}
    sent, parameters, response = filled(list(CASES[operation]), **words)
    said = raw.call(operation, sent)
    assert said.status == 200, said
    record = records()[-1]
    assert record["requestID"] == said.request_id
    assert record["eventSource"] == "cloudtrail.amazonaws.com"
    assert record["eventName"] == operation
    assert record["readOnly"] is operation.startswith(("Get", "List", "Describe", "Lookup"))
    assert record["requestParameters"] == parameters
    assert list(record["requestParameters"] or ()) == list(parameters or ())
    assert without_the_newest_member(record["responseElements"]) == response
    assert record["managementEvent"] is True
    assert "resources" not in record
    assert "errorCode" not in record


@pytest.mark.parametrize(
    "operation", sorted(set(CASES) - {"ListTrails", "DescribeTrails", "LookupEvents", "ListPublicKeys"})
)
def test_a_refused_call_is_on_the_record(raw, account, records, operation):
    words = {"bucket": "none", "arn": arn(account, "none"), "new": ""}
    sent = filled(CASES[operation][0], **words)
    said = raw.call(operation, sent)
    assert said.status == 400
    record = records()[-1]
    assert (record["errorCode"], record["errorMessage"]) == (said.json["__type"], said.json["message"])
    assert list(said.json) == ["__type", "message"]
    assert record["requestParameters"] == filled(CASES[operation][1], **words)
    assert record["responseElements"] is None


def test_times_in_parameters_are_iso_and_lose_their_fraction(raw, records):
    raw.ok("LookupEvents", {"StartTime": 1789319538.551, "EndTime": 1789319589})
    said = records("LookupEvents")[-1]["requestParameters"]
    assert said == {"startTime": "2026-09-13T17:12:18Z", "endTime": "2026-09-13T17:13:09Z"}


def test_what_breaks_a_constraint_is_kept(raw, records):
    assert raw.call("LookupEvents", {"MaxResults": 51}).code == "InvalidMaxResultsException"
    record = records("LookupEvents")[-1]
    assert (record["errorCode"], record["requestParameters"]) == ("InvalidMaxResultsException", {"maxResults": 51})


@pytest.mark.parametrize("prefix", [LEGACY, SHORT])
def test_both_spellings_of_the_target(raw, records, prefix):
    said = raw.call("ListTrails", X_Amz_Target=f"{prefix}.ListTrails")
    assert (said.status, said.json) == (200, {"Trails": []})
    assert said.headers["content-type"] == "application/x-amz-json-1.1"
    assert [record["requestID"] for record in records()] == [said.request_id]


@pytest.mark.parametrize(
    "target",
    [
        f"example.{SHORT}.LookupEvents",
        f"{LEGACY.replace('v20131101', 'v20131102')}.LookupEvents",
        f"{SHORT}.NoSuchOperation",
        f"{SHORT}.LookupEvents.Extra",
        LEGACY,
        "LookupEvents",
    ],
)
def test_other_spellings_reach_nothing(raw, records, target):
    said = raw.call("", X_Amz_Target=target)
    assert (said.status, said.code) == (400, "UnknownOperationException")
    assert records() == []


def test_every_operation_of_the_model_is_answered():
    assert OPERATIONS.keys() | UNSUPPORTED.keys() == model().operations.keys()
    assert not OPERATIONS.keys() & UNSUPPORTED.keys()


@pytest.mark.parametrize("operation", sorted(UNSUPPORTED))
def test_what_is_not_supported_says_so_and_is_on_the_record(raw, records, operation):
    said = raw.call(operation, {})
    message = f"The operation {operation} is not supported."
    assert (said.status, said.json) == (400, {"__type": "UnsupportedOperationException", "message": message})
    (record,) = records()
    assert (record["eventName"], record["errorCode"]) == (operation, "UnsupportedOperationException")


def test_the_parameters_of_what_is_not_supported_are_kept(raw, records):
    said = raw.call("StartQuery", {"QueryStatement": "SELECT 1", "Weather": "fine"})
    assert said.code == "UnsupportedOperationException"
    assert records()[-1]["requestParameters"] == {"queryStatement": "SELECT 1"}


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"MaxResults": "5"}', b'{"StartTime": "yesterday"}', b'{"LookupAttributes": {}}']
)
def test_a_body_that_cannot_be_read_leaves_no_record(raw, records, body):
    assert raw.call("LookupEvents", body).code == "SerializationException"
    assert records() == []


def test_a_time_with_a_fraction_is_read(cloudtrail):
    assert refused(cloudtrail.lookup_events, StartTime=datetime(2099, 1, 1, 0, 0, 0, 5000, UTC))[0] == (
        "InvalidTimeRangeException"
    )
