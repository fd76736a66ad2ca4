"""A trail's settings between the words of the API and those of :class:`trail.trails.Trail`, and the rules for each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from emulator.cloudtrail import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.call import Call
    from trail.trails import Trail

__all__ = ["check_together", "described", "settings", "told"]

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]").fullmatch
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,256}").fullmatch
_TOPIC_ARN = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}").fullmatch
_LOG_GROUP = re.compile(r"arn:aws[a-z-]*:logs:[a-z0-9-]+:[0-9]{12}:log-group:[\w./#-]{1,512}:\*", re.ASCII).fullmatch
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]{1,512}", re.ASCII).fullmatch
_KEY_ID = r"(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_KEY = re.compile(
    rf"{_KEY_ID}|alias/[\w/-]{{1,250}}|arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{{12}}:(?:key/{_KEY_ID}|alias/[\w/-]{{1,250}})",
    re.ASCII,
).fullmatch
_LONGEST_PREFIX = 200
_LONGEST_TOPIC = 256

Settings = dict[str, Any]


def described(trail: Trail) -> Mapping[str, Any]:
    """A trail as GetTrail and DescribeTrails tell it; what is not set is left out."""
    members = {
        "Name": trail.name,
        "S3BucketName": trail.bucket,
        "S3KeyPrefix": trail.prefix,
        "SnsTopicName": trail.topic_name,
        "SnsTopicARN": trail.topic,
        "IncludeGlobalServiceEvents": trail.global_events,
        "IsMultiRegionTrail": trail.multi_region,
        "HomeRegion": trail.home.region,
        "TrailARN": trail.arn,
        "LogFileValidationEnabled": trail.validation,
        "CloudWatchLogsLogGroupArn": trail.log_group,
        "CloudWatchLogsRoleArn": trail.log_role,
        "KmsKeyId": trail.kms_key,
        "HasCustomEventSelectors": trail.has_custom_selectors,
        "HasInsightSelectors": bool(trail.insights),
        "IsOrganizationTrail": trail.organization,
        "RecursiveLogging": trail.recursive,
    }
    return {name: value for name, value in members.items() if value is not None}


_ONLY_DESCRIBED = {"HomeRegion", "HasCustomEventSelectors", "HasInsightSelectors"}


def told(trail: Trail) -> Mapping[str, Any]:
    """A trail as CreateTrail and UpdateTrail answer with it."""
    return {name: value for name, value in described(trail).items() if name not in _ONLY_DESCRIBED}


def settings(call: Call, request: Mapping[str, Any]) -> Settings:
    """The settings that a request asks for, each checked by itself; an empty text takes a setting away."""
    found: Settings = {}
    for member, read in _READ.items():
        if member in request:
            found |= read(call, request[member])
    return found


def check_together(trail: Trail) -> None:
    """Raise what a trail's settings, each of them good, are refused with together."""
    if trail.multi_region and not trail.global_events:
        raise errors.invalid_parameter_combination("Multi-Region trail must include global service events.")
    if trail.log_group and not trail.log_role:
        raise errors.invalid_log_role("You must specify a role ARN as well as a log group.")
    if trail.log_role and not trail.log_group:
        raise errors.invalid_log_group("You must specify a log group ARN as well as a role.")


def _bucket(_: Call, name: str) -> Settings:
    if not name:
        raise errors.invalid_bucket_name("Bucket name cannot be blank!")
    if not _BUCKET(name):
        raise errors.invalid_bucket_name(f"The bucket name {name} is not valid.")
    return {"bucket": name}


def _prefix(_: Call, prefix: str) -> Settings:
    if len(prefix) > _LONGEST_PREFIX:
        raise errors.invalid_prefix(f"S3 prefix is too long. Maximum allowed length: {_LONGEST_PREFIX} characters.")
    return {"prefix": prefix or None}


def _topic(call: Call, topic: str) -> Settings:
    if len(topic) > _LONGEST_TOPIC:
        raise errors.invalid_topic_name(f"SNS topic is too long. Maximum allowed length: {_LONGEST_TOPIC} characters.")
    if not topic:
        return {"topic": None, "topic_name": None}
    if _TOPIC_ARN(topic):
        return {"topic": topic, "topic_name": topic}
    if not _TOPIC(topic):
        raise errors.invalid_topic_name(f"The SNS topic {topic} is not valid.")
    arn = f"arn:{call.place.partition}:sns:{call.region}:{call.account}:{topic}"
    return {"topic": arn, "topic_name": topic}


def _log_group(_: Call, arn: str) -> Settings:
    if not arn:
        return {"log_group": None, "log_role": None}
    if not _LOG_GROUP(arn):
        raise errors.invalid_log_group("CloudTrail cannot validate the specified log group ARN.")
    return {"log_group": arn}


def _log_role(_: Call, arn: str) -> Settings:
    if arn and not _ROLE(arn):
        raise errors.invalid_log_role(f"The role ARN {arn} is not valid.")
    return {"log_role": arn or None}


def _key(_: Call, key: str) -> Settings:
    if key and not _KEY(key):
        raise errors.invalid_key(key)
    return {"kms_key": key or None}


def _organization(call: Call, wanted: bool) -> Settings:
    if wanted:
        raise errors.not_in_an_organization(call.account)
    return {"organization": False}


def _as_is(name: str) -> Callable[[Call, Any], Settings]:
    return lambda _, value: {name: value}


_READ: Mapping[str, Callable[[Call, Any], Settings]] = {
    "S3BucketName": _bucket,
    "S3KeyPrefix": _prefix,
    "SnsTopicName": _topic,
    "IncludeGlobalServiceEvents": _as_is("global_events"),
    "IsMultiRegionTrail": _as_is("multi_region"),
    "EnableLogFileValidation": _as_is("validation"),
    "CloudWatchLogsLogGroupArn": _log_group,
    "CloudWatchLogsRoleArn": _log_role,
    "KmsKeyId": _key,
    "IsOrganizationTrail": _organization,
    "RecursiveLogging": _as_is("recursive"),
}
