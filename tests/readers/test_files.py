"""The files as the tools read them: trailscraper, DuckDB, the CLI's `s3`."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.readers.conftest import ACCOUNT, BUCKET, REGIONS, Audited, Run


@pytest.fixture
def bucket(audited: Audited) -> Path:
    """The folder of a bucket with some calls in two regions."""
    made = audited.client()
    made.create_http_namespace(Name="demo")
    with pytest.raises(made.exceptions.NamespaceNotFound):
        made.get_namespace(Id="ns-none")
    made.close()
    audited.call(3, "eu-west-1")
    audited.flush(digest=True)
    folder: Path = audited.machine.buckets.root / BUCKET
    return folder


def names(text: str) -> list[str]:
    return sorted(record["eventName"] for record in json.loads(text)["Records"])


def test_trailscraper_selects_and_generates(bucket: Path, trailscraper: Run):
    selected = trailscraper("select", "--log-dir", str(bucket))
    assert names(selected.stdout) == ["CreateHttpNamespace", "GetNamespace", *["ListNamespaces"] * 3]
    [statement] = json.loads(trailscraper("generate", text=selected.stdout).stdout)["Statement"]
    assert statement["Action"] == [
        "servicediscovery:CreateHttpNamespace",
        "servicediscovery:GetNamespace",
        "servicediscovery:ListNamespaces",
    ]


def test_trailscraper_downloads(bucket: Path, trailscraper: Run, tmp_path: Path):
    regions = [word for region in REGIONS for word in ("--region", region)]
    to = ("--bucket", BUCKET, "--account-id", ACCOUNT, "--log-dir", str(tmp_path), "--from", "-2days", "--to", "now")
    done = trailscraper("download", *to, *regions)
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.rglob("*.json.gz"))) == len(
        list((bucket / "AWSLogs" / ACCOUNT / "CloudTrail").rglob("*.gz"))
    )
    assert len(names(trailscraper("select", "--log-dir", str(tmp_path)).stdout)) == 5


def test_trailscraper_asks_the_history(bucket: Path, audited: Audited, trailscraper: Run):
    done = trailscraper("last-event-timestamp", "--log-dir", str(bucket))
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("+00:00")


def test_duckdb_reads_the_folder(bucket: Path, duckdb: Callable[[str], Any]):
    files = bucket / "AWSLogs" / ACCOUNT / "CloudTrail" / "**" / "*.json.gz"
    records = f"SELECT unnest(Records) AS r FROM read_json('{files}')"
    query = f"SELECT r.awsRegion, r.eventName, count(*), count(r.errorCode) FROM ({records}) GROUP BY ALL ORDER BY ALL"
    assert duckdb(query) == [
        ["eu-west-1", "ListNamespaces", 3, 0],
        ["us-east-1", "CreateHttpNamespace", 1, 0],
        ["us-east-1", "GetNamespace", 1, 1],
    ]


def test_the_cli_lists_and_copies_them(bucket: Path, aws: Run, tmp_path: Path):
    assert BUCKET in aws("s3", "ls").stdout
    listed = aws("s3", "ls", "--recursive", f"s3://{BUCKET}/AWSLogs/{ACCOUNT}/CloudTrail/").stdout
    keys = [line.split()[-1] for line in listed.splitlines() if line.endswith(".gz")]
    assert keys == sorted(
        str(file.relative_to(bucket)) for file in (bucket / "AWSLogs" / ACCOUNT / "CloudTrail").rglob("*.gz")
    )
    done = aws("s3", "cp", f"s3://{BUCKET}/{keys[0]}", str(tmp_path / "one.gz"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "one.gz").read_bytes() == (bucket / keys[0]).read_bytes()
    done = aws("s3", "sync", f"s3://{BUCKET}", str(tmp_path / "all"))
    assert done.returncode == 0, done.stderr
    for key in keys:
        assert gzip.decompress((tmp_path / "all" / key).read_bytes()) == gzip.decompress((bucket / key).read_bytes())
