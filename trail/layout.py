"""Where things lie in a bucket: the keys of log files, digests and folder markers, and the markers themselves.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trail.logfile import OBJECT
from trail.times import MINUTE, stamp

if TYPE_CHECKING:
    from trail.destination import Destination
    from trail.place import Place
    from trail.trails import Trail

__all__ = ["TICK", "digest_key", "leave_markers", "log_file_key", "markers"]

TICK = 5 * MINUTE
"""The minute in a log file's name is a multiple of five, whenever it is written."""


def log_file_key(prefix: str | None, account: str, region: str, instant: int, unique: str) -> str:
    """The key of a log file planned at an instant; ``unique`` are 16 characters of ``[A-Za-z0-9]``."""
    tick = instant - instant % TICK
    folder = f"{_root(prefix, account)}CloudTrail/{region}/{stamp(tick, '%Y/%m/%d')}"
    return f"{folder}/{account}_CloudTrail_{region}_{stamp(tick, '%Y%m%dT%H%MZ')}_{unique}.json.gz"


def digest_key(trail: Trail, place: Place, end: int) -> str:
    """The key of a trail's digest of the period that ends at an instant, in the region of a place."""
    account, region, home = place.account, place.region, trail.home.region
    folder = f"{_root(trail.prefix, account)}CloudTrail-Digest/{region}/{stamp(end, '%Y/%m/%d')}"
    name = f"{account}_CloudTrail-Digest_{region}_{trail.name}_{home}_{stamp(end, '%Y%m%dT%H%M%SZ')}"
    return f"{folder}/{name}.json.gz"


def markers(trail: Trail) -> list[str]:
    """The keys of the empty objects that CreateTrail and UpdateTrail leave in the trail's bucket."""
    root = _root(trail.prefix, trail.home.account)
    return [f"{root}CloudTrail/", *([f"{root}CloudTrail-Digest/"] if trail.validation else [])]


def leave_markers(destination: Destination, trail: Trail) -> None:
    """Put the markers of a trail that was made or changed; ``DestinationError`` if its bucket refuses them."""
    for key in markers(trail):
        destination.put(trail.bucket, key, b"", OBJECT, trail.arn)


def _root(prefix: str | None, account: str) -> str:
    return f"{prefix}/AWSLogs/{account}/" if prefix else f"AWSLogs/{account}/"
