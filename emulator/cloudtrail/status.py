"""Logging on and off, and how it goes.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-turning-off-logging.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.cloudtrail import names
from emulator.cloudtrail.registry import operation
from trail.times import iso

if TYPE_CHECKING:
    from emulator.call import Call
    from emulator.operations import Result


@operation("StartLogging")
def start_logging(call: Call, request: Any) -> Result:
    """Begin to log, this call included; a trail that logs goes on."""
    trail = names.changeable(call, request["Name"])
    call.facilities.trails.start(call.connection, trail, call.now)
    return {}


@operation("StopLogging")
def stop_logging(call: Call, request: Any) -> Result:
    """Log this call and no more; a trail that does not log stays as it is."""
    trail = names.changeable(call, request["Name"])
    call.facilities.trails.stop(call.connection, trail, call.now)
    return {}


@operation("GetTrailStatus")
def get_trail_status(call: Call, request: Any) -> Result:
    """Whether a trail logs, and when it last delivered. Six texts are deprecated and always there."""
    trail = names.find(call, request["Name"])
    status = call.facilities.trails.status(call.connection, trail)
    members = {
        "LatestDeliveryError": status.delivery_error,
        "LatestNotificationError": status.notification_error,
        "LatestDeliveryTime": status.delivered,
        "LatestNotificationTime": status.notified,
        "StartLoggingTime": status.started,
        "StopLoggingTime": status.stopped,
        "LatestDigestDeliveryTime": status.digest_delivered,
        "LatestDigestDeliveryError": status.digest_error,
    }
    return {
        "IsLogging": trail.logging,
        **{name: value for name, value in members.items() if value is not None},
        "LatestDeliveryAttemptTime": _text(status.delivery_attempted),
        "LatestNotificationAttemptTime": _text(status.notification_attempted),
        "LatestNotificationAttemptSucceeded": _text(status.notified),
        "LatestDeliveryAttemptSucceeded": _text(status.delivered),
        "TimeLoggingStarted": _text(status.started),
        "TimeLoggingStopped": _text(status.stopped),
    }


def _text(at: int | None) -> str:
    return "" if at is None else iso(at)
