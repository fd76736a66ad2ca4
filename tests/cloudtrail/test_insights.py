"""PutInsightSelectors and GetInsightSelectors."""

import pytest

from tests.sdk import answer, refused

RATE = {"InsightType": "ApiCallRateInsight"}
ERRORS = {"InsightType": "ApiErrorRateInsight"}


def test_insights_are_off_at_first(cloudtrail, trail):
    message = (
        f"Trail {trail} does not have Insights enabled. Edit the trail settings to enable Insights, and then try the"
        " operation again."
    )
    assert refused(cloudtrail.get_insight_selectors, TrailName="mine") == ("InsightNotEnabledException", message)


def test_insight_selectors_are_kept_and_told(cloudtrail, trail):
    expected = {"TrailARN": trail, "InsightSelectors": [ERRORS, RATE]}
    assert answer(cloudtrail.put_insight_selectors(TrailName=trail, InsightSelectors=[ERRORS, RATE])) == expected
    assert answer(cloudtrail.get_insight_selectors(TrailName="mine")) == expected
    assert cloudtrail.get_trail(Name="mine")["Trail"]["HasInsightSelectors"] is True


def test_an_empty_list_turns_them_off(cloudtrail, trail):
    cloudtrail.put_insight_selectors(TrailName="mine", InsightSelectors=[RATE])
    off = cloudtrail.put_insight_selectors(TrailName="mine", InsightSelectors=[])
    assert answer(off) == {"TrailARN": trail, "InsightSelectors": []}
    assert refused(cloudtrail.get_insight_selectors, TrailName="mine")[0] == "InsightNotEnabledException"
    assert cloudtrail.get_trail(Name="mine")["Trail"]["HasInsightSelectors"] is False


@pytest.mark.parametrize("selectors", [[{"InsightType": "Weather"}], [{}], [RATE, RATE]])
def test_insight_selectors_that_cannot_be(unchecked, trail, selectors):
    code, _ = refused(unchecked.put_insight_selectors, TrailName="mine", InsightSelectors=selectors)
    assert code == "InvalidInsightSelectorsException"


STORE = {"EventDataStore": "arn:aws:cloudtrail:us-east-1:111122223333:eventdatastore/x"}


def test_event_data_stores_have_none(cloudtrail, trail):
    both = ("InvalidParameterCombinationException", "Specify either a trail or an event data store, but not both.")
    neither = ("InvalidParameterCombinationException", "Specify a TrailName: event data stores are not supported.")
    assert refused(cloudtrail.get_insight_selectors, TrailName="mine", **STORE) == both
    assert refused(cloudtrail.get_insight_selectors, **STORE) == neither
    assert refused(cloudtrail.put_insight_selectors, InsightSelectors=[], **STORE) == neither
    assert refused(cloudtrail.get_insight_selectors) == neither


def test_an_event_data_store_that_is_no_text_of_one(unchecked):
    assert refused(unchecked.get_insight_selectors, EventDataStore="?")[0] == "InvalidParameterException"
