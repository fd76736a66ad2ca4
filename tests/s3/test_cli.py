"""The AWS CLI and the local S3: ls, cp, sync, mv, rm, mb, rb, as they are used on log files."""

import os
import subprocess

import pytest

from tests.tools import tool


@pytest.fixture
def aws(s3_server, tmp_path):
    program = tool("aws")

    def aws(*words, fails=False):
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_ENDPOINT_URL": s3_server.url,
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        done = subprocess.run(
            [program, *map(str, words)], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode != 0) == fails, done.stderr
        return done.stderr if fails else done.stdout

    return aws


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "local"
    (made / "a/b").mkdir(parents=True)
    (made / "one.txt").write_text("1")
    (made / "a/two é.txt").write_text("22")
    (made / "a/b/three.bin").write_bytes(os.urandom(9 << 20))
    for path in made.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))  # S3 tells whole seconds: what is younger would be sent again
    return made


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_goes_there_and_comes_back(aws, bucket, folder, tmp_path, s3_server):
    aws("s3", "sync", folder, f"s3://{bucket}/logs")
    assert contents(s3_server.machine.buckets.root / bucket / "logs") == contents(folder)
    assert aws("s3", "sync", folder, f"s3://{bucket}/logs") == ""
    lines = aws("s3", "ls", f"s3://{bucket}/logs/").splitlines()
    assert [line.split()[-2:] for line in lines] == [["PRE", "a/"], ["1", "one.txt"]]
    everything = aws("s3", "ls", "--recursive", "--summarize", f"s3://{bucket}")
    assert "logs/a/two é.txt" in everything
    assert "Total Objects: 3" in everything
    aws("s3", "sync", f"s3://{bucket}/logs", tmp_path / "back")
    assert contents(tmp_path / "back") == contents(folder)


def test_single_files(aws, bucket, folder, tmp_path):
    aws("s3", "cp", folder / "a/b/three.bin", f"s3://{bucket}/big")
    aws("s3", "cp", f"s3://{bucket}/big", tmp_path / "big")
    assert (tmp_path / "big").read_bytes() == (folder / "a/b/three.bin").read_bytes()
    aws("s3", "cp", folder / "one.txt", f"s3://{bucket}/one")
    assert aws("s3", "cp", f"s3://{bucket}/one", "-") == "1"
    aws("s3", "mv", f"s3://{bucket}/one", f"s3://{bucket}/moved")
    assert [line.split()[-1] for line in aws("s3", "ls", f"s3://{bucket}").splitlines()] == ["big", "moved"]
    assert "404" in aws("s3", "cp", f"s3://{bucket}/one", "-", fails=True)


def test_a_bucket_is_made_emptied_and_removed(aws, folder):
    aws("s3", "mb", "s3://made-by-cli")
    assert "made-by-cli" in aws("s3", "ls")
    aws("s3", "cp", "--recursive", folder, "s3://made-by-cli")
    aws("s3", "rm", "s3://made-by-cli/one.txt")
    assert "BucketNotEmpty" in aws("s3", "rb", "s3://made-by-cli", fails=True)
    aws("s3", "rm", "--recursive", "s3://made-by-cli/a")
    assert aws("s3", "ls", "--recursive", "s3://made-by-cli") == ""
    aws("s3", "cp", folder / "one.txt", "s3://made-by-cli/")
    aws("s3", "rb", "--force", "s3://made-by-cli")
    assert "made-by-cli" not in aws("s3", "ls")
    assert "NoSuchBucket" in aws("s3", "ls", "s3://made-by-cli", fails=True)
