"""The trail that every account has from the first contact on: every call but DiscoverInstances, in one bucket.

It is a trail like any other; ``PutEventSelectors`` changes what it takes, ``DeleteTrail`` ends it for good.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trail.selectors import Settings

__all__ = ["BUCKET", "NAME", "SELECTORS"]

NAME = "maptrail"
BUCKET = "maptrail-logs"

_DATA_TYPES = ("AWS::ServiceDiscovery::Namespace", "AWS::ServiceDiscovery::Service")

SELECTORS: Settings = {
    "AdvancedEventSelectors": [
        {
            "Name": "Management events",
            "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}],
        },
        *(
            {
                "Name": f"Cloud Map data events of {kind.rpartition('::')[2].lower()}s but DiscoverInstances",
                "FieldSelectors": [
                    {"Field": "eventCategory", "Equals": ["Data"]},
                    {"Field": "eventName", "NotEquals": ["DiscoverInstances"]},
                    {"Field": "resources.type", "Equals": [kind]},
                ],
            }
            for kind in _DATA_TYPES
        ),
    ]
}
"""One selector a resource type, since CloudTrail takes exactly one type in each."""
