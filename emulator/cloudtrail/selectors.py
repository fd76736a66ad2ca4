"""Event selectors: which events a trail takes.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/filtering-data-events.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.cloudtrail import names
from emulator.cloudtrail.registry import operation
from emulator.cloudtrail.selector_rules import selectors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.call import Call
    from emulator.operations import Result

_ADVANCED = "AdvancedEventSelectors"


@operation("PutEventSelectors")
def put_event_selectors(call: Call, request: Any) -> Result:
    """Replace a trail's selectors, basic or advanced, by others; the answer has them as they were sent."""
    trail = names.changeable(call, request["TrailName"])
    wanted = selectors(request)
    call.facilities.trails.update(call.connection, trail, call.now, selectors=wanted)
    return {"TrailARN": trail.arn, **wanted}


@operation("GetEventSelectors")
def get_event_selectors(call: Call, request: Any) -> Result:
    """A trail's selectors; the fields of advanced ones in the order of their names."""
    trail = names.find(call, request["TrailName"])
    if _ADVANCED not in trail.selectors:
        return {"TrailARN": trail.arn, **trail.selectors}
    return {"TrailARN": trail.arn, _ADVANCED: [_sorted(each) for each in trail.selectors[_ADVANCED]]}


def _sorted(selector: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**selector, "FieldSelectors": sorted(selector["FieldSelectors"], key=lambda field: str(field["Field"]))}
