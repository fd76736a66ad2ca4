"""The rules for event selectors, pure: what PutEventSelectors takes, and what it answers to the rest.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from emulator.cloudtrail.errors import invalid_event_selectors as invalid
from trail.selectors import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["CATEGORIES", "selectors"]

Selectors = dict[str, list[dict[str, Any]]]

_MOST_BASIC, _MOST_ADVANCED, _MOST_RESOURCES = 5, 500, 250
_BASIC_TYPES = ("AWS::S3::Object", "AWS::Lambda::Function", "AWS::DynamoDB::Table")
_EXCLUDABLE = ("kms.amazonaws.com", "rdsdata.amazonaws.com")
_RESOURCE_TYPE = re.compile(r"AWS::\w{1,64}::\w{1,64}", re.ASCII).fullmatch
_COMMON = ("eventCategory", "eventSource", "readOnly")
CATEGORIES = {
    "Management": _COMMON,
    "Data": (
        *_COMMON, "eventName", "eventType", "resources.ARN", "resources.type", "sessionCredentialFromConsole",
        "userIdentity.arn",
    ),
    "NetworkActivity": ("eventCategory", "eventSource", "eventName", "errorCode", "userIdentity.arn", "vpcEndpointId"),
}  # fmt: skip
"""The fields that selectors of each category of events may name."""

_REQUIRED = {"Management": (), "Data": ("resources.type",), "NetworkActivity": ("eventSource",)}
_EQUALS_ONLY = ("eventCategory", "readOnly", "resources.type")
_ONE_VALUE = ("eventCategory", "resources.type")
_VALUES = {"errorCode": {"VpceAccessDenied"}, "readOnly": {"true", "false"}}


def selectors(request: Mapping[str, Any]) -> Selectors:
    """The selectors of a request, whole, as they are kept. Raises ``InvalidEventSelectorsException``."""
    if "EventSelectors" in request and "AdvancedEventSelectors" in request:
        raise invalid("You can select events by using either EventSelectors or AdvancedEventSelectors, but not both.")
    if "AdvancedEventSelectors" in request:
        return {"AdvancedEventSelectors": _advanced(request["AdvancedEventSelectors"])}
    return {"EventSelectors": _basic(request.get("EventSelectors", ()))}


def _basic(wanted: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    if not 1 <= len(wanted) <= _MOST_BASIC:
        raise invalid("Specify a valid number of selectors (1 to 5) for your trail")
    found = [
        {
            "ReadWriteType": each.get("ReadWriteType", "All"),
            "IncludeManagementEvents": each.get("IncludeManagementEvents", True),
            "DataResources": [_data_resource(resource) for resource in each.get("DataResources", ())],
            "ExcludeManagementEventSources": each.get("ExcludeManagementEventSources", []),
        }
        for each in wanted
    ]
    for source in (source for each in found for source in each["ExcludeManagementEventSources"]):
        if source not in _EXCLUDABLE:
            raise invalid(f"Value {source} for ExcludeManagementEventSources is invalid.")
    if sum(len(resource["Values"]) for each in found for resource in each["DataResources"]) > _MOST_RESOURCES:
        raise invalid(f"Specify a valid number of data resources (1 to {_MOST_RESOURCES}) for your trail.")
    return found


def _data_resource(resource: Mapping[str, Any]) -> dict[str, Any]:
    kind = resource.get("Type")
    if kind not in _BASIC_TYPES:
        raise invalid(f"Value {kind} for DataResources.Type is invalid.")
    return {"Type": kind, "Values": resource.get("Values", [])}


def _advanced(wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    values = sum(
        len(field.get(operator, ())) for each in wanted for field in each["FieldSelectors"] for operator in OPERATORS
    )
    if not wanted or max(len(wanted), values) > _MOST_ADVANCED:
        raise invalid(f"Specify between 1 and {_MOST_ADVANCED} selectors for your trail.")
    for each in wanted:
        _check_selector({field["Field"]: field for field in each["FieldSelectors"]}, len(each["FieldSelectors"]))
    return wanted


def _check_selector(fields: Mapping[str, Mapping[str, Any]], count: int) -> None:
    if len(fields) < count:
        raise invalid("A field can be selected only once in a selector.")
    _require(fields, ("eventCategory",))
    for field in fields.values():
        _check_operators(field)
    category = fields["eventCategory"]["Equals"][0]
    if category not in CATEGORIES:
        raise _bad_value("eventCategory")
    _require(fields, _REQUIRED[category])
    for name in fields:
        if name not in CATEGORIES[category]:
            raise invalid(f"The field {name} is not valid for the eventCategory {category}.")
    _check_values(fields, category)


def _require(fields: Mapping[str, Any], names: Sequence[str]) -> None:
    missing = [name for name in names if name not in fields]
    if missing:
        raise invalid(f"The following fields are required: [{', '.join(missing)}].")


def _check_operators(field: Mapping[str, Any]) -> None:
    name = field["Field"]
    used = [operator for operator in OPERATORS if operator in field]
    if not used:
        raise invalid(f"The field {name} must have an operator.")
    if name in _EQUALS_ONLY and used != ["Equals"]:
        raise invalid(f"The field {name} takes the operator Equals only.")
    if name in _ONE_VALUE and len(field["Equals"]) != 1:
        raise invalid(f"The field {name} takes one value.")


def _check_values(fields: Mapping[str, Mapping[str, Any]], category: str) -> None:
    for name, values in _VALUES.items():
        if not set(fields.get(name, {}).get("Equals", ())) <= values:
            raise _bad_value(name)
    if category == "Data" and not _RESOURCE_TYPE(fields["resources.type"]["Equals"][0]):
        raise _bad_value("resources.type")
    source = fields.get("eventSource", {})
    if category == "Management" and source and not (
        source.keys() == {"Field", "NotEquals"} and set(source["NotEquals"]) <= set(_EXCLUDABLE)
    ):  # fmt: skip
        raise _bad_value("eventSource")


def _bad_value(field: str) -> Exception:
    return invalid(f"The {field} field value is not valid.")
