"""Insight selectors: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-insights-events-with-cloudtrail.html.

They are kept and told; nothing is so unusual here that an Insights event would tell of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.cloudtrail import errors, names
from emulator.cloudtrail.registry import operation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.call import Call
    from emulator.operations import Result


@operation("PutInsightSelectors")
def put_insight_selectors(call: Call, request: Any) -> Result:
    """Replace a trail's insight selectors; an empty list turns insights off."""
    trail = names.changeable(call, _trail_name(request))
    wanted = request["InsightSelectors"]
    kinds = [each.get("InsightType") for each in wanted]
    if None in kinds or len(set(kinds)) < len(kinds):
        raise errors.invalid_insight_selectors("Each selector must have an InsightType that no other has.")
    call.facilities.trails.update(call.connection, trail, call.now, insights=wanted)
    return {"TrailARN": trail.arn, "InsightSelectors": wanted}


@operation("GetInsightSelectors")
def get_insight_selectors(call: Call, request: Any) -> Result:
    """A trail's insight selectors. Raises ``InsightNotEnabledException`` if it has none."""
    trail = names.find(call, _trail_name(request))
    if not trail.insights:
        raise errors.insight_not_enabled(trail.arn)
    return {"TrailARN": trail.arn, "InsightSelectors": trail.insights}


def _trail_name(request: Mapping[str, Any]) -> str:
    if "TrailName" in request and request.keys() & {"EventDataStore", "InsightsDestination"}:
        raise errors.invalid_parameter_combination("Specify either a trail or an event data store, but not both.")
    if "TrailName" not in request:
        raise errors.invalid_parameter_combination("Specify a TrailName: event data stores are not supported.")
    return str(request["TrailName"])
