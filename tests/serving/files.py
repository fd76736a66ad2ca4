"""What the log files of a local S3 hold."""

import gzip
import json
from pathlib import Path
from typing import Any

BUCKET = "maptrail-logs"


def log_files(s3: Path) -> list[Path]:
    return sorted((s3 / BUCKET).rglob("*_CloudTrail_*.json.gz"))


def records(s3: Path) -> list[dict[str, Any]]:
    """The records of every log file; each file must be whole."""
    return [record for path in log_files(s3) for record in json.loads(gzip.decompress(path.read_bytes()))["Records"]]


def request_ids(s3: Path) -> list[str]:
    return [record["requestID"] for record in records(s3)]
