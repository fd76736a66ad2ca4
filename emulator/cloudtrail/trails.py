"""Trails: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-trails.html."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from emulator.cloudtrail import buckets, errors, names, tags
from emulator.cloudtrail.members import check_together, described, settings, told
from emulator.cloudtrail.registry import operation
from emulator.paging import ForgedTokenError
from trail.trails import Trail

if TYPE_CHECKING:
    from emulator.call import Call
    from emulator.operations import Result

_PAGE = 100


@operation("CreateTrail", defaults={"IncludeGlobalServiceEvents": True})
def create_trail(call: Call, request: Any) -> Result:
    """Make a trail; it logs nothing before StartLogging."""
    name = request["Name"]
    names.check_name(name)
    wanted = settings(call, request)
    new_tags = tags.checked(call, request.get("TagsList", ()))
    trail = Trail(0, call.place, name, **wanted)
    check_together(trail)
    trails = call.facilities.trails
    if trails.get(call.connection, call.account, call.region, name) is not None:
        raise errors.trail_already_exists(name, call.account)
    _refuse_over_quota(call, trail)
    buckets.prepare(call, trail)
    trail = trails.create(call.connection, call.place, name, wanted.pop("bucket"), call.now, **wanted)
    trails.tag(call.connection, trail, new_tags)
    return told(trail)


@operation("UpdateTrail")
def update_trail(call: Call, request: Any) -> Result:
    """Change what the request names; the bucket is checked whatever that is."""
    trail = names.changeable(call, request["Name"])
    wanted = settings(call, request)
    changed = replace(trail, **wanted)
    check_together(changed)
    buckets.prepare(call, changed)
    return told(call.facilities.trails.update(call.connection, trail, call.now, **wanted))


@operation("DeleteTrail")
def delete_trail(call: Call, request: Any) -> Result:
    """Delete a trail, logging or not; what it had recorded is still delivered."""
    trail = names.changeable(call, request["Name"])
    call.facilities.trails.delete(call.connection, trail, call.now)
    return {}


@operation("GetTrail")
def get_trail(call: Call, request: Any) -> Result:
    """Describe one trail. This operation alone speaks of an unknown trail by its bare name."""
    reference = names.resolve(call, request["Name"])
    trail = names.named(call, reference)
    if trail is None:
        raise errors.trail_not_found(reference.name, call.account)
    return {"Trail": described(trail)}


@operation("DescribeTrails")
def describe_trails(call: Call, request: Any) -> Result:
    """The trails seen in this region, or those that are named; unknown ones are left out."""
    asked = dict.fromkeys(request.get("trailNameList", ()))
    if asked:
        found = [trail for text in asked if (trail := names.named(call, names.resolve(call, text))) is not None]
    else:
        found = call.facilities.trails.list(call.connection, call.account, call.region)
    if not request.get("includeShadowTrails", True):
        found = [trail for trail in found if trail.home.region == call.region]
    return {"trailList": [described(trail) for trail in found]}


@operation("ListTrails")
def list_trails(call: Call, request: Any) -> Result:
    """The account's trails of all regions, a page at a time. A token that was not given out here counts for none."""
    scope = [call.operation.name, call.account]
    after = _position(call, scope, request.get("NextToken"))
    trails = call.facilities.trails.list(call.connection, call.account)
    rest = [trail for trail in trails if [trail.home.region, trail.name] > after]
    page = rest[:_PAGE]
    listed = [{"TrailARN": trail.arn, "Name": trail.name, "HomeRegion": trail.home.region} for trail in page]
    if len(rest) <= _PAGE:
        return {"Trails": listed}
    token = call.facilities.tokens.make(scope, [page[-1].home.region, page[-1].name])
    return {"Trails": listed, "NextToken": token}


def _position(call: Call, scope: list[str], token: str | None) -> list[str]:
    if token is None:
        return []
    try:
        position: list[str] = call.facilities.tokens.read(scope, token)
    except ForgedTokenError:
        return []
    return position


def _refuse_over_quota(call: Call, new: Trail) -> None:
    """A multi-region trail counts in each region, the default trail in none."""
    limit = call.facilities.quotas.trails_per_region
    trails = [trail for trail in call.facilities.trails.list(call.connection, call.account) if not trail.is_default]
    regions = [call.region, *(trail.home.region for trail in trails if new.multi_region)]
    for region in dict.fromkeys(regions):
        if sum(trail.covers(region) for trail in trails) >= limit:
            raise errors.too_many_trails(call.account, limit, region)
