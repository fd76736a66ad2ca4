"""`maptrail verify`: whether log files and digests are what was delivered. Reads files only; a server may run."""

from collections import Counter
from pathlib import Path

import click

from emulator.cli.grammar import examples
from emulator.cli.options import settings, settings_options

__all__ = ["verify"]

VALID, INVALID, NOTHING = 0, 1, 2


@click.command(epilog=examples("maptrail verify --data maptrail-data --verbose"))
@click.option("--bucket", metavar="NAME", help="Only this bucket.")
@click.option("--trail", metavar="ARN", help="Only the digests of this trail.")
@click.option("--region", metavar="REGION", help="Only the digests of this region.")
@click.option("--verbose", is_flag=True, help="Name what is valid, too.")
@settings_options("data", "s3_dir")
def verify(
    config: Path | None,
    bucket: str | None,
    trail: str | None,
    region: str | None,
    *,
    verbose: bool,
    **flags: str | None,
) -> int:
    """Check digests and log files; 1: invalid, 2: none there.

    By what lies in the buckets and the keys beside them; a server may run meanwhile. What is not valid is named, a line
    each. Exit codes: 0 all valid, 1 something is not, 2 there is no digest.
    """
    wanted = settings(flags, config)
    from trail.destination import LocalBuckets
    from trail.keys import Keys
    from trail.verify import DIGEST, LOG, Scope
    from trail.verify import verify as run

    try:
        scope = Scope(bucket, trail, region)
    except ValueError:
        raise click.UsageError(f"--trail is {trail!r}: it takes the ARN of a trail.") from None
    root = wanted.s3_root
    if not root.is_dir() or (bucket is not None and not LocalBuckets(root).exists(bucket)):
        raise click.ClickException(f"There is no bucket to check under {root}: name its directory with --data.")
    counted: Counter[tuple[str, bool]] = Counter()
    for finding in run(LocalBuckets(root), Keys(wanted.data / "keys"), scope):
        counted[finding.kind, finding.problem is None] += 1
        if verbose or finding.problem is not None:
            click.echo(str(finding))
    for kind in (DIGEST, LOG):
        if total := counted[kind, True] + counted[kind, False]:
            click.echo(f"{counted[kind, True]}/{total} {kind.lower()}s valid")
    if not counted:
        told = f"No digests found under {root}: 'maptrail flush --digest' has a running server deliver some."
        click.echo(f"maptrail: {told}", err=True)
        return NOTHING
    return INVALID if any(not valid for _, valid in counted) else VALID
