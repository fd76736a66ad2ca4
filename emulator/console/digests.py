"""The digests of a trail, and the verdict on them and on the files that they list, found out while one waits."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any

import orjson

from emulator.console.trails import reading, trail_of
from emulator.console.view import PAGE, page_number, pages
from trail.verify import DIGEST, Finding, Scope, verify

if TYPE_CHECKING:
    import sqlite3

    from emulator.console.view import View

__all__ = ["digests"]

_MOST_CHECKED = 2_000
_DIGESTS = """
SELECT p.region, d.number, d.chain, d.ended, d.bucket, d.key, d.delivered, (
    SELECT count(*) FROM file AS f WHERE f.place_id = d.place_id AND f.trail_id = d.trail_id AND f.digest = d.number
)
FROM place AS p JOIN digest AS d ON d.place_id = p.id
WHERE d.trail_id = :trail AND p.region = coalesce(:region, p.region)
ORDER BY d.ended DESC, p.region, d.number DESC LIMIT :limit OFFSET :offset
"""
_LISTING = """
SELECT p.region, f.digest, f.bucket, f.key FROM place AS p JOIN file AS f ON f.place_id = p.id
WHERE f.trail_id = ? AND f.key IN (SELECT value FROM json_each(?)) AND f.digest IS NOT NULL
"""
_MEMBERS = ("region", "number", "chain", "ended", "bucket", "key", "delivered", "files")


def digests(view: View) -> dict[str, Any]:
    """A trail's digests, the latest first, and what checking all of them and their files finds out."""
    number, region = page_number(view), view.selection.region
    with reading(view) as connection:
        trail = trail_of(view, connection)
        window = {"trail": trail.id, "region": region, "limit": PAGE + 1, "offset": (number - 1) * PAGE}
        rows = connection.execute(_DIGESTS, window).fetchall()
    machine = view.machine
    scope = Scope(trail.bucket, trail.arn, region)
    found = list(islice(verify(machine.buckets, machine.keys, scope), _MOST_CHECKED))
    verdicts = {(each.bucket, each.key): each.problem or "valid" for each in reversed(found) if each.kind == DIGEST}
    with reading(view) as connection:
        listing = _listing(connection, trail.id, found)
    return {
        "trail": {"name": trail.name, "arn": trail.arn, "validation": trail.validation},
        "verdict": _verdict(found),
        "pages": pages(rows, number),
        "digests": [
            dict(zip(_MEMBERS, row, strict=True))
            | {"verdict": verdicts.get((row[4], row[5])), "wrong": listing[row[0], row[1]]}
            for row in rows
        ],
    }


def _listing(connection: sqlite3.Connection, trail: int, found: list[Finding]) -> Counter[tuple[str, int]]:
    """How many of the log files that are wrong each digest lists, by its region and number."""
    wrong = {(each.bucket, each.key) for each in found if each.kind != DIGEST and each.problem is not None}
    if not wrong:
        return Counter()
    rows = connection.execute(_LISTING, (trail, orjson.dumps([key for _, key in wrong]).decode())).fetchall()
    return Counter((region, number) for region, number, *where in rows if tuple(where) in wrong)


def _verdict(found: list[Finding]) -> dict[str, Any]:
    """How many digests and log files are valid, and what is wrong with the others."""
    problems = [each for each in found if each.problem is not None]
    return {
        "digests": sum(each.kind == DIGEST for each in found),
        "files": sum(each.kind != DIGEST for each in found),
        "truncated": len(found) == _MOST_CHECKED,
        "problems": [
            {
                "kind": each.kind,
                "is_log": each.kind != DIGEST,
                "bucket": each.bucket,
                "key": each.key,
                "problem": each.problem,
            }
            for each in problems
        ],
    }
