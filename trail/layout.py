"""Where things lie in a bucket: the keys of log files and of the folder markers.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trail.times import MINUTE, stamp

if TYPE_CHECKING:
    from trail.trails import Trail

__all__ = ["TICK", "log_file_key", "markers"]

TICK = 5 * MINUTE
"""The minute in a log file's name is a multiple of five, whenever it is written."""


def log_file_key(prefix: str | None, account: str, region: str, instant: int, unique: str) -> str:
    """The key of a log file planned at an instant; ``unique`` are 16 characters of ``[A-Za-z0-9]``."""
    tick = instant - instant % TICK
    folder = f"{_root(prefix, account)}CloudTrail/{region}/{stamp(tick, '%Y/%m/%d')}"
    return f"{folder}/{account}_CloudTrail_{region}_{stamp(tick, '%Y%m%dT%H%MZ')}_{unique}.json.gz"


def markers(trail: Trail) -> list[str]:
    """The keys of the empty objects that CreateTrail and UpdateTrail leave in the trail's bucket."""
    root = _root(trail.prefix, trail.home.account)
    return [f"{root}CloudTrail/", *([f"{root}CloudTrail-Digest/"] if trail.validation else [])]


def _root(prefix: str | None, account: str) -> str:
    return f"{prefix}/AWSLogs/{account}/" if prefix else f"AWSLogs/{account}/"
