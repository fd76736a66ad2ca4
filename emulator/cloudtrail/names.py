"""Finding the trail that a request names, by name or ARN.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-trail-naming-requirements.html
A bare name is one of the called region; an ARN also finds trails of other regions, which are seen there as shadows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from emulator.cloudtrail import errors
from trail.place import partition_of

if TYPE_CHECKING:
    from emulator.call import Call
    from trail.trails import Trail

__all__ = ["Reference", "changeable", "check_name", "find", "named", "read_arn", "resolve"]

_SHORTEST, _LONGEST = 3, 128
_ALPHANUMERIC = re.compile(r"[A-Za-z0-9]").fullmatch
_ALLOWED = re.compile(r"[A-Za-z0-9._-]*").fullmatch
_ADJACENT = re.compile(r"[._-]{2}").search
_IPV4 = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}").fullmatch
_ARN = re.compile(r"arn:(aws[a-z-]*):cloudtrail:([a-z0-9-]+):([0-9]{12}):([a-z]+)/([A-Za-z0-9._-]{3,128})").fullmatch
_CHARACTERS = (
    "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and"
    " underscores (_)."
)


class Reference(NamedTuple):
    """What a name or ARN says of a trail."""

    account: str
    region: str
    name: str

    @property
    def arn(self) -> str:
        """The ARN it stands for."""
        return f"arn:{partition_of(self.region)}:cloudtrail:{self.region}:{self.account}:trail/{self.name}"


def check_name(name: str) -> None:
    """Raise ``InvalidTrailNameException`` for a name that no trail can have."""
    length = f"Specified name length: {len(name)} characters."
    if len(name) < _SHORTEST:
        raise errors.invalid_trail_name(f"Trail name too short. Minimum allowed length: 3 characters. {length}")
    if len(name) > _LONGEST:
        raise errors.invalid_trail_name(f"Trail name too long. Maximum allowed length: 128 characters. {length}")
    if not _ALPHANUMERIC(name[0]):
        raise errors.invalid_trail_name("Trail name must starts with a letter or number.")
    if not _ALPHANUMERIC(name[-1]):
        raise errors.invalid_trail_name("Trail name must ends with a letter or number.")
    if not _ALLOWED(name):
        raise errors.invalid_trail_name(_CHARACTERS)
    if _ADJACENT(name):
        raise errors.invalid_trail_name("Trail name cannot have adjacent periods, underscores, or hyphens.")
    if _IPV4(name):
        raise errors.invalid_trail_name("Trail name cannot be in IP address format.")


def read_arn(text: str) -> tuple[Reference, str]:
    """The parts of an ARN of CloudTrail's and its type (``trail``). Raises ``CloudTrailARNInvalidException``."""
    match = _ARN(text)
    if match is None or match[1] != partition_of(match[2]):
        raise errors.arn_invalid()
    return Reference(match[3], match[2], match[5]), match[4]


def resolve(call: Call, text: str) -> Reference:
    """What a request's name or ARN says, whether there is such a trail or not."""
    if not text.startswith("arn:"):
        check_name(text)
        return Reference(call.account, call.region, text)
    reference, kind = read_arn(text)
    if kind != "trail":
        raise errors.arn_invalid()
    return reference


def named(call: Call, reference: Reference) -> Trail | None:
    """The trail that is referred to, if there is one and it is this account's."""
    if reference.account != call.account:
        return None
    return call.facilities.trails.get(call.connection, call.account, reference.region, reference.name)


def find(call: Call, text: str) -> Trail:
    """The trail of a name or ARN. Raises ``TrailNotFoundException``, which speaks of the ARN."""
    reference = resolve(call, text)
    trail = named(call, reference)
    if trail is None:
        raise errors.trail_not_found(reference.arn, call.account)
    return trail


def changeable(call: Call, text: str) -> Trail:
    """The trail of a name or ARN, which must be at home here. Raises ``InvalidHomeRegionException``, too."""
    trail = find(call, text)
    if trail.home.region != call.region:
        raise errors.invalid_home_region(trail.arn, trail.home.region)
    return trail
