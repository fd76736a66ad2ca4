"""Short ways to say what tests of CloudTrail say often."""

from __future__ import annotations

from typing import Any

from tests.serving.client import Answer, Client

LEGACY = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101"
SHORT = "CloudTrail_20131101"
DEFAULT_SELECTORS = [
    {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
    }
]
MANAGEMENT = {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}


def arn(account: str, name: str = "mine", region: str = "us-east-1") -> str:
    return f"arn:aws:cloudtrail:{region}:{account}:trail/{name}"


def fields(**conditions: Any) -> dict[str, Any]:
    """An advanced selector: ``fields(eventCategory="Data")``; ``__`` stands for a dot, a dictionary for operators."""
    return {
        "FieldSelectors": [
            {"Field": name.replace("__", "."), **(said if isinstance(said, dict) else {"Equals": [said]})}
            for name, said in conditions.items()
        ]
    }


def data_events(kind: str, **more: Any) -> dict[str, Any]:
    """An advanced selector of Cloud Map's data events that touch namespaces or services."""
    return fields(eventCategory="Data", resources__type=f"AWS::ServiceDiscovery::{kind}", **more)


def names(records: list[dict[str, Any]]) -> list[str]:
    return [record["eventName"] for record in records]


class Raw(Client):
    """A caller of CloudTrail over a plain socket."""

    def call(self, operation: str, parameters: Any = None, **headers: str) -> Answer:
        return super().call(operation, parameters, **{"X_Amz_Target": f"{LEGACY}.{operation}", **headers})
