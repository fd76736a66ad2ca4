"""What a record must say, worked out from botocore's model and the published rules, not from the emulator's code."""

import calendar
import re
import time
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel

from tests.serving.client import Answer

MODEL = ServiceModel(Loader().load_service_model("servicediscovery", "service-2"), "servicediscovery")
OPERATIONS: list[str] = list(MODEL.operation_names)
DATA_EVENTS = {
    "DiscoverInstances": {"Namespace", "Service"},
    "DiscoverInstancesRevision": {"Namespace", "Service"},
    "GetServiceAttributes": {"Service"},
}
ORDER = [
    "eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress",
    "userAgent", "errorCode", "errorMessage", "requestParameters", "responseElements", "requestID", "eventID",
    "readOnly", "resources", "eventType", "managementEvent", "recipientAccountId", "eventCategory",
]  # fmt: skip
"""The members of a call over plain HTTP, as in the reference's table."""
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def declared_errors(operation: str) -> set[str]:
    return {shape.name for shape in MODEL.operation_model(operation).error_shapes}


def read_only(operation: str) -> bool:
    return operation.startswith(("Get", "List", "Discover"))


def cased(shape: Any, value: Any) -> Any:
    """A value as CloudTrail writes it: first letters lower, model order, map keys and scalars as they are."""
    if shape.type_name == "structure":
        return {
            name[0].lower() + name[1:]: cased(member, value[name])
            for name, member in shape.members.items()
            if name in value
        }
    if shape.type_name == "list":
        return [cased(shape.member, item) for item in value]
    return java_date(value) if shape.type_name == "timestamp" else value


def java_date(seconds: float) -> str:
    """``Jul 3, 2023, 11:42:38 AM``."""
    at = time.gmtime(seconds)
    clock = f"{at.tm_hour % 12 or 12}:{at.tm_min:02}:{at.tm_sec:02} {'AM' if at.tm_hour < 12 else 'PM'}"
    return f"{calendar.month_abbr[at.tm_mon]} {at.tm_mday}, {at.tm_year}, {clock}"


def request_parameters(operation: str, parameters: Any) -> Any:
    return cased(MODEL.operation_model(operation).input_shape, parameters) or None


def response_elements(operation: str, answer: Answer) -> Any:
    shape = MODEL.operation_model(operation).output_shape
    if read_only(operation) or answer.status != 200 or shape is None:
        return None
    return cased(shape, answer.json) or None


def members(operation: str, answer: Answer) -> list[str]:
    """The members of a call's record, in order."""
    absent = {"errorCode", "errorMessage"} if answer.status == 200 else {"resources"}
    absent |= set() if operation in DATA_EVENTS else {"resources"}
    return [name for name in ORDER if name not in absent]


def reordered(operation: str, parameters: Any) -> Any:
    """The same request with the members of its structures the other way round, at every level; maps stay."""
    return _reordered(MODEL.operation_model(operation).input_shape, parameters)


def _reordered(shape: Any, value: Any) -> Any:
    if shape.type_name == "structure":
        return {name: _reordered(shape.members[name], value[name]) for name in reversed(value)}
    return [_reordered(shape.member, item) for item in value] if shape.type_name == "list" else value


def in_order(value: Any) -> Any:
    """A value that is equal only to one whose members stand in the same order."""
    if isinstance(value, dict):
        return [(name, in_order(item)) for name, item in value.items()]
    return [in_order(item) for item in value] if isinstance(value, list) else value
