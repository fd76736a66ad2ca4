"""The story that `maptrail demo` tells: every call in it, every record, and files that hold what it says."""

import gzip
import json
import re
from pathlib import Path

import pytest

from emulator.demo import run
from emulator.settings import Settings

STORY = [
    ("smithj", "CreateHttpNamespace"),
    ("smithj", "GetOperation"),
    ("smithj", "CreateService"),
    ("smithj", "RegisterInstance"),
    ("smithj", "RegisterInstance"),
    ("smithj", "DiscoverInstances"),
    ("root", "DeleteService"),
    ("444455556666", "ListNamespaces"),
]
CALL = re.compile(r"^  (\S+) +([A-Z]\w+) +(\S.*)$", re.MULTILINE)
RECORD = re.compile(r"^  (\S+Z)  (\S+) +(\w+) +(\w+)$", re.MULTILINE)
FILE = re.compile(r"^(\S+/)\n  (\S+\.json\.gz)$", re.MULTILINE)


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> str:
    assert run(Settings(data=tmp_path)) == 0
    return capsys.readouterr().out


def test_every_call_is_told_with_its_caller(told: str) -> None:
    calls = told.partition("The CloudTrail records they left")[0]
    assert [found[:2] for found in CALL.findall(calls)] == STORY
    assert "refused: ResourceInUse" in calls


def test_the_records_told_are_those_in_the_files_named(told: str) -> None:
    in_files = []
    for folder, name in FILE.findall(told):
        for record in json.loads(gzip.decompress(Path(folder, name).read_bytes()))["Records"]:
            identity = record["userIdentity"]
            who = "root" if identity["type"] == "Root" else identity["userName"]
            in_files.append((record["eventTime"], who, record["eventName"], record.get("errorCode", "success")))
    assert RECORD.findall(told) == in_files
    assert [found[1:3] for found in in_files] == [each for each in STORY if each[1] != "DiscoverInstances"]


def test_one_record_is_shown_in_full(told: str) -> None:
    shown = json.loads(told[told.index("\n{\n") : told.index("\n}\n") + 2])
    assert (shown["eventName"], shown["errorCode"]) == ("DeleteService", "ResourceInUse")
    assert shown["userIdentity"]["type"] == "Root"
    assert shown["responseElements"] is None


def test_the_files_are_verified(told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert "\n2 log files, 4 signed digests: all valid.\n" in told
    monkeypatch.setattr("trail.verify._file_problem", lambda *_: "it is another")
    assert run(Settings()) == 0
    assert "\n2 log files, 4 signed digests: not valid.\n" in capsys.readouterr().out


def test_a_data_directory_is_kept_and_can_be_told_of_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert run(Settings(data=tmp_path)) == 0
        assert f"The files stay in {tmp_path}" in capsys.readouterr().out
    assert (tmp_path / "maptrail.db").exists()
    assert len(list((tmp_path / "s3").rglob("*_CloudTrail_*.json.gz"))) == 4


def test_without_one_the_directory_is_temporary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for settings in (Settings(), Settings(data=tmp_path / "mine", ephemeral=True)):
        assert run(settings) == 0
        told = capsys.readouterr().out
        assert "temporary directory, which is gone now" in told
        assert all(folder.startswith("maptrail-logs/AWSLogs/") for folder, _ in FILE.findall(told))
        assert not list(tmp_path.iterdir())


def test_it_follows_account_and_region(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(Settings(data=tmp_path, account="777788889999", region="cn-north-1")) == 0
    assert "AWSLogs/777788889999/CloudTrail/cn-north-1/" in capsys.readouterr().out


def test_lines_fit_a_terminal_but_for_names_of_files_and_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(Settings()) == 0
    told = capsys.readouterr().out.partition("The refused call's record in full")[0]
    assert [line for line in told.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize(
    ("terminal", "environment", "coloured"),
    [(True, {}, True), (True, {"NO_COLOR": "1"}, False), (True, {"TERM": "dumb"}, False), (False, {}, False)],
)
def test_colour_only_where_it_is_wanted(
    terminal: bool,
    environment: dict[str, str],
    coloured: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    assert run(Settings()) == 0
    assert ("\x1b[" in capsys.readouterr().out) is coloured


def test_the_users_own_aws_configuration_is_not_followed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {
        "AWS_PROFILE": "nobody",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_CONFIG_FILE": "/nowhere",
        "HTTP_PROXY": "http://127.0.0.1:1",
        "http_proxy": "http://127.0.0.1:1",
    }.items():
        monkeypatch.setenv(name, value)
    assert run(Settings()) == 0
    assert "refused: ResourceInUse" in capsys.readouterr().out
