"""`aws cloudtrail validate-logs`: valid is valid, and what is not is named; `maptrail verify` says the same."""

import gzip
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from emulator.cli import run as maptrail
from tests.readers.conftest import ACCOUNT, ARN, BUCKET, REGIONS, Audited, Run

START, END = "2020-01-01T00:00:00Z", "2100-01-01T00:00:00Z"
LINE = re.compile(r"(Digest|Log) file\ts3://(\S+)\tINVALID: (.+)")


def validated(aws: Run, region: str, arn: str = ARN) -> tuple[int, list[tuple[str, ...]], dict[str, tuple[int, int]]]:
    """Exit code, what is invalid, and of digests and logs how many are valid of how many."""
    done = aws(
        "cloudtrail", "validate-logs", "--trail-arn", arn, "--start-time", START, "--end-time", END, "--region", region
    )
    counts = {
        kind: (int(valid), int(all_)) for valid, all_, kind in re.findall(r"(\d+)/(\d+) (\w+) files valid", done.stdout)
    }
    assert counts, done.stdout + done.stderr
    return done.returncode, sorted(LINE.findall(done.stderr)), counts


def verified(audited: Audited, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[tuple[str, ...]]]:
    """Exit code of `maptrail verify`, and what is invalid, but what was moved there: the CLI looks for no such."""
    capsys.readouterr()
    code = maptrail(["verify", "--data", str(audited.data), *words])
    return code, sorted(line for line in LINE.findall(capsys.readouterr().out) if "/elsewhere/" not in line[1])


def digests(audited: Audited, region: str) -> list[str]:
    return audited.machine.buckets.keys(BUCKET, f"AWSLogs/{ACCOUNT}/CloudTrail-Digest/{region}/")


def logs(audited: Audited, region: str) -> list[str]:
    return audited.machine.buckets.keys(BUCKET, f"AWSLogs/{ACCOUNT}/CloudTrail/{region}/")


def test_all_is_valid_over_several_periods_and_two_regions(
    audited: Audited, aws: Run, capsys: pytest.CaptureFixture[str]
):
    audited.hours(3)
    audited.call(2, "eu-west-1")
    audited.flush(digest=True)
    there = {region: (len(digests(audited, region)), len(logs(audited, region))) for region in REGIONS}
    for region in REGIONS:  # and the CLI's own calls come on top
        code, wrong, counts = validated(aws, region)
        assert (code, wrong) == (0, [])
        assert counts == {"digest": (there[region][0],) * 2, "log": (there[region][1],) * 2}
        assert there[region] >= (5, 3)
    assert verified(audited, capsys) == (0, [])


def test_chains_that_end_and_begin_anew(audited: Audited, aws: Run, capsys: pytest.CaptureFixture[str]):
    audited.hours(1)
    trails = audited.client("cloudtrail")
    trails.stop_logging(Name="maptrail")
    audited.flush()
    audited.pass_time(600)
    trails.start_logging(Name="maptrail")
    audited.hours(2)
    audited.pass_time(60 * 3600)
    audited.hours(1)
    audited.flush(digest=True)
    for region in REGIONS:
        code, wrong, counts = validated(aws, region)
        assert (code, wrong) == (0, [])
        assert counts["digest"] == (len(digests(audited, region)),) * 2
    assert verified(audited, capsys) == (0, [])
    trails.close()


def test_a_trail_with_a_bucket_and_a_prefix_that_change(audited: Audited, aws: Run, capsys: pytest.CaptureFixture[str]):
    arn = ARN.replace("maptrail", "mine")
    buckets, trails = audited.client("s3"), audited.client("cloudtrail")
    for bucket in ("first", "second"):
        buckets.create_bucket(Bucket=bucket)
    trails.create_trail(Name="mine", S3BucketName="first", S3KeyPrefix="a/b", EnableLogFileValidation=True)
    trails.start_logging(Name="mine")
    audited.hours(1)
    trails.update_trail(Name="mine", S3BucketName="second", S3KeyPrefix="")
    audited.hours(1)
    audited.flush(digest=True)
    code, wrong, counts = validated(aws, "us-east-1", arn)
    assert (code, wrong) == (0, [])
    assert counts["digest"][0] == 4
    assert verified(audited, capsys, "--trail", arn) == (0, [])
    assert verified(audited, capsys, "--bucket", "second") == (0, [])
    trails.delete_trail(Name="mine")
    for made in (buckets, trails):
        made.close()


def _rewrite(audited: Audited, key: str) -> None:
    stored, packed = audited.machine.buckets.read(BUCKET, key)
    changed = gzip.compress(gzip.decompress(packed).replace(b"eu-west-1", b"eu-west-2"))
    audited.machine.buckets.put(BUCKET, key, changed, stored.metadata)


def _delete(audited: Audited, key: str) -> None:
    audited.machine.buckets.delete(BUCKET, key)


def _move(audited: Audited, key: str) -> None:
    stored, packed = audited.machine.buckets.read(BUCKET, key)
    audited.machine.buckets.put(BUCKET, f"elsewhere/{key}", packed, stored.metadata)
    _delete(audited, key)


def _swap(audited: Audited, key: str) -> None:
    """Put another digest of the chain in its place."""
    other = digests(audited, "eu-west-1")[0]
    stored, packed = audited.machine.buckets.read(BUCKET, other)
    audited.machine.buckets.put(BUCKET, key, packed, stored.metadata)


def _sign(audited: Audited, key: str, user: dict[str, str]) -> None:
    """Change what S3 knows of a digest, and nothing in it."""
    stored, packed = audited.machine.buckets.read(BUCKET, key)
    audited.machine.buckets.put(BUCKET, key, packed, replace(stored.metadata, user=user))


def _sign_wrongly(audited: Audited, key: str) -> None:
    stored, _ = audited.machine.buckets.read(BUCKET, digests(audited, "eu-west-1")[0])
    _sign(audited, key, stored.metadata.user)


def _unsign(audited: Audited, key: str) -> None:
    _sign(audited, key, {})


def _unpack(audited: Audited, key: str) -> None:
    stored, packed = audited.machine.buckets.read(BUCKET, key)
    audited.machine.buckets.put(BUCKET, key, gzip.decompress(packed), stored.metadata)


@pytest.mark.parametrize(
    ("find", "harm", "kind", "problem"),
    [
        (logs, _rewrite, "Log", "hash value doesn't match"),
        (logs, _delete, "Log", "not found"),
        (logs, _move, "Log", "not found"),
        (digests, _rewrite, "Digest", None),
        (digests, _delete, "Digest", "not found"),
        (digests, _move, "Digest", "not found"),
        (digests, _swap, "Digest", "has been moved from its original location"),
        (digests, _sign_wrongly, "Digest", "signature verification failed"),
        (digests, _unsign, "Digest", "signature verification failed"),
        (digests, _unpack, "Digest", None),
        (logs, _unpack, "Log", None),
    ],
)
def test_what_is_not_valid_is_named(
    audited: Audited,
    aws: Run,
    capsys: pytest.CaptureFixture[str],
    find: Callable[[Audited, str], list[str]],
    harm: Callable[[Audited, str], None],
    kind: str,
    problem: str | None,
):
    audited.hours(3)
    key = find(audited, "eu-west-1")[1]
    harm(audited, key)
    code, wrong, counts = validated(aws, "eu-west-1")
    assert code == 1
    [(named, path, told)] = wrong
    assert (named, path) == (kind, f"{BUCKET}/{key}")
    assert problem in (None, told)
    assert counts[kind.lower()][0] == counts[kind.lower()][1] - 1
    assert validated(aws, "us-east-1")[:2] == (0, [])
    assert verified(audited, capsys) == (1, wrong)
    assert verified(audited, capsys, "--region", "eu-west-1") == (1, wrong)
    assert verified(audited, capsys, "--region", "us-east-1") == (0, [])


def test_a_lost_key_harms_nothing_that_was_signed(audited: Audited, aws: Run, capsys: pytest.CaptureFixture[str]):
    audited.hours(1)
    for private in (audited.data / "keys").rglob("*.pem"):
        private.unlink()
    audited.hours(1)
    for region in REGIONS:
        assert validated(aws, region)[:2] == (0, [])
        assert len(audited.machine.keys.history(region)) == 2
    assert verified(audited, capsys) == (0, [])


def test_without_digests_there_is_nothing_to_check(audited: Audited, aws: Run, capsys: pytest.CaptureFixture[str]):
    done = aws("cloudtrail", "validate-logs", "--trail-arn", ARN, "--start-time", START)
    assert (done.returncode, "No digests found" in done.stdout) == (0, True), done.stdout + done.stderr
    assert maptrail(["verify", "--data", str(audited.data)]) == 2
    assert capsys.readouterr().err.startswith("maptrail: No digests found under ")
