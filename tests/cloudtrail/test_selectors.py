"""PutEventSelectors and GetEventSelectors: what they keep, and what they refuse in which words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.cloudtrail.selector_rules import CATEGORIES, selectors
from emulator.errors import ServiceError
from tests.cloudtrail.world import DEFAULT_SELECTORS, MANAGEMENT, data_events, fields
from tests.sdk import answer, refused
from trail.selectors import FIELDS, OPERATORS, compile_selectors


def test_a_new_trail_takes_all_management_events(raw, trail):
    told = raw.ok("GetEventSelectors", {"TrailName": "mine"})
    assert told == {"TrailARN": trail, "EventSelectors": DEFAULT_SELECTORS}
    assert list(told["EventSelectors"][0]) == list(DEFAULT_SELECTORS[0])


BASIC = {
    "ReadWriteType": "WriteOnly",
    "IncludeManagementEvents": True,
    "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}],
    "ExcludeManagementEventSources": ["kms.amazonaws.com"],
}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (BASIC, BASIC),
        ({}, DEFAULT_SELECTORS[0]),
        ({"ReadWriteType": "ReadOnly"}, DEFAULT_SELECTORS[0] | {"ReadWriteType": "ReadOnly"}),
    ],
)
def test_basic_selectors_are_kept_whole(cloudtrail, trail, sent, kept):
    expected = {"TrailARN": trail, "EventSelectors": [kept]}
    assert answer(cloudtrail.put_event_selectors(TrailName="mine", EventSelectors=[sent])) == expected
    assert answer(cloudtrail.get_event_selectors(TrailName="mine")) == expected


def test_advanced_selectors_are_told_as_sent_and_kept_by_field(cloudtrail, trail):
    sent = [
        {
            "Name": "Discoveries",
            "FieldSelectors": [
                {"Field": "resources.type", "Equals": ["AWS::ServiceDiscovery::Namespace"]},
                {"Field": "eventName", "NotEquals": ["B", "A"], "StartsWith": ["Discover"]},
                {"Field": "eventCategory", "Equals": ["Data"]},
                {"Field": "resources.ARN", "EndsWith": ["x"]},
            ],
        },
        MANAGEMENT,
    ]
    put = cloudtrail.put_event_selectors(TrailName=trail, AdvancedEventSelectors=sent)
    assert answer(put) == {"TrailARN": trail, "AdvancedEventSelectors": sent}
    got = cloudtrail.get_event_selectors(TrailName="mine")["AdvancedEventSelectors"]
    in_order = ["eventCategory", "eventName", "resources.ARN", "resources.type"]
    assert [field["Field"] for field in got[0]["FieldSelectors"]] == in_order
    by_field = {field["Field"]: field for field in sent[0]["FieldSelectors"]}
    assert got == [{"Name": "Discoveries", "FieldSelectors": [by_field[name] for name in in_order]}, MANAGEMENT]


def test_each_form_displaces_the_other(cloudtrail, trail):
    cloudtrail.put_event_selectors(TrailName="mine", AdvancedEventSelectors=[MANAGEMENT])
    assert answer(cloudtrail.get_event_selectors(TrailName="mine")).keys() == {"TrailARN", "AdvancedEventSelectors"}
    cloudtrail.put_event_selectors(TrailName="mine", EventSelectors=[BASIC])
    assert answer(cloudtrail.get_event_selectors(TrailName="mine")).keys() == {"TrailARN", "EventSelectors"}


SEVERAL = "Specify between 1 and 500 selectors for your trail."
BOTH = "You can select events by using either EventSelectors or AdvancedEventSelectors, but not both."
FEW = "Specify a valid number of selectors (1 to 5) for your trail"


def basic(**more):
    return {"EventSelectors": [more]}


def advanced(*wanted):
    return {"AdvancedEventSelectors": list(wanted)}


def resources(count):
    return [{"Type": "AWS::S3::Object", "Values": [f"arn:aws:s3:::b/{number}" for number in range(count)]}]


REFUSED = [
    ({"EventSelectors": [{}], "AdvancedEventSelectors": [MANAGEMENT]}, BOTH),
    ({}, FEW),
    ({"EventSelectors": []}, FEW),
    ({"EventSelectors": [{}] * 6}, FEW),
    (basic(ReadWriteType="read-only"), "Value read-only for ReadWriteType is invalid."),
    (
        basic(DataResources=[{"Type": "AWS::ServiceDiscovery::Namespace", "Values": ["arn:aws"]}]),
        "Value AWS::ServiceDiscovery::Namespace for DataResources.Type is invalid.",
    ),
    (
        basic(ExcludeManagementEventSources=["servicediscovery.amazonaws.com"]),
        "Value servicediscovery.amazonaws.com for ExcludeManagementEventSources is invalid.",
    ),
    (basic(DataResources=resources(251)), "Specify a valid number of data resources (1 to 250) for your trail."),
    (advanced(), SEVERAL),
    (advanced(*[MANAGEMENT] * 501), SEVERAL),
    (advanced(fields(eventCategory="Management", readOnly={"Equals": ["true"] * 500})), SEVERAL),
    (advanced(fields(readOnly="true")), "The following fields are required: [eventCategory]."),
    (advanced(fields(eventCategory="Data")), "The following fields are required: [resources.type]."),
    (advanced(fields(eventCategory="NetworkActivity")), "The following fields are required: [eventSource]."),
    (advanced(fields(eventCategory="Weather")), "The eventCategory field value is not valid."),
    (
        advanced(fields(eventCategory={"Equals": ["Management", "Data"]})),
        "The field eventCategory takes one value.",
    ),
    (
        advanced(fields(eventCategory={"StartsWith": ["M"]})),
        "The field eventCategory takes the operator Equals only.",
    ),
    (
        advanced(fields(eventCategory="Data", resources__type="AWS::NoService")),
        "The resources.type field value is not valid.",
    ),
    (
        advanced(fields(eventCategory="Data", resources__type={"Equals": ["AWS::A::B", "AWS::C::D"]})),
        "The field resources.type takes one value.",
    ),
    (advanced(fields(eventCategory="Management", readOnly="yes")), "The readOnly field value is not valid."),
    (
        advanced(fields(eventCategory="NetworkActivity", eventSource="s3.amazonaws.com", errorCode="AccessDenied")),
        "The errorCode field value is not valid.",
    ),
    (
        advanced(fields(eventCategory="Management", readOnly={"NotEquals": ["true"]})),
        "The field readOnly takes the operator Equals only.",
    ),
    (
        advanced(fields(eventCategory="Management", eventName="CreateService")),
        "The field eventName is not valid for the eventCategory Management.",
    ),
    (
        advanced(fields(eventCategory="Management", weather="fine")),
        "The field weather is not valid for the eventCategory Management.",
    ),
    (
        advanced(fields(eventCategory="Management", eventSource="kms.amazonaws.com")),
        "The eventSource field value is not valid.",
    ),
    (
        advanced(fields(eventCategory="Management", eventSource={"NotEquals": ["s3.amazonaws.com"]})),
        "The eventSource field value is not valid.",
    ),
    (advanced(fields(eventCategory="Management", readOnly={})), "The field readOnly must have an operator."),
    (
        advanced({"FieldSelectors": [*MANAGEMENT["FieldSelectors"], *MANAGEMENT["FieldSelectors"]]}),
        "A field can be selected only once in a selector.",
    ),
]


@pytest.mark.parametrize(("request_", "message"), REFUSED)
def test_selectors_that_are_refused_leave_the_old_ones(cloudtrail, trail, request_, message):
    cloudtrail.put_event_selectors(TrailName="mine", EventSelectors=[BASIC])
    code = "InvalidEventSelectorsException"
    assert refused(cloudtrail.put_event_selectors, TrailName="mine", **request_) == (code, message)
    assert cloudtrail.get_event_selectors(TrailName="mine")["EventSelectors"] == [BASIC]


@pytest.mark.parametrize(
    "selector", [{}, {"FieldSelectors": []}, {"FieldSelectors": [{"Equals": ["x"]}]}, {"Name": "n" * 1001}]
)
def test_selectors_that_are_none(unchecked, trail, selector):
    code, _ = refused(unchecked.put_event_selectors, TrailName="mine", AdvancedEventSelectors=[selector])
    assert code == "InvalidEventSelectorsException"


@pytest.mark.parametrize(
    "request_",
    [
        {"EventSelectors": [{}] * 5},
        basic(DataResources=resources(250)),
        advanced(*[MANAGEMENT] * 500),
        advanced(fields(eventCategory="Management", eventSource={"NotEquals": ["kms.amazonaws.com"]})),
        advanced(data_events("Service", readOnly="true", userIdentity__arn={"StartsWith": ["arn:aws:iam"]})),
        advanced(fields(eventCategory="NetworkActivity", eventSource="s3.amazonaws.com", errorCode="VpceAccessDenied")),
        advanced(
            fields(
                eventCategory="NetworkActivity",
                eventSource="s3.amazonaws.com",
                userIdentity__arn={"NotEndsWith": ["user/ana"]},
            )
        ),
    ],
)
def test_selectors_that_are_taken(cloudtrail, trail, request_):
    cloudtrail.put_event_selectors(TrailName="mine", **request_)


VALUES = st.lists(st.sampled_from(["true", "Management", "Data", "AWS::S3::Object", "kms.amazonaws.com"]), min_size=1)
FIELD = st.fixed_dictionaries(
    {"Field": st.sampled_from(FIELDS)}, optional=dict.fromkeys(OPERATORS, VALUES)
)  # fmt: skip
SELECTOR = st.fixed_dictionaries({"FieldSelectors": st.lists(FIELD, min_size=1, max_size=4)})


@given(st.lists(SELECTOR, max_size=3))
def test_what_is_taken_can_be_matched(wanted):
    """Whatever is sent is refused as CloudTrail does, or is what the trails can decide by."""
    try:
        kept = selectors({"AdvancedEventSelectors": wanted})
    except ServiceError as error:
        if error.code != "InvalidEventSelectorsException":
            raise
        return
    assert kept == {"AdvancedEventSelectors": wanted}
    assert len(compile_selectors(kept).selectors) == len(wanted)


def test_every_field_of_every_category_can_be_matched():
    assert {field for allowed in CATEGORIES.values() for field in allowed} == set(FIELDS)
