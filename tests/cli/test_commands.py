"""The commands: what they print, where, and with which exit code."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import botocore
import click
import pytest
from click.testing import CliRunner

import emulator
from emulator.cli.commands import maptrail
from emulator.services import SERVICES
from emulator.settings import OPTIONS
from tests.cli.conftest import Run

COMMANDS = sorted(maptrail.commands)


def leaves(group: click.Group, *above: str) -> Iterator[tuple[str, ...]]:
    """The words of each command that does something."""
    for name, command in group.commands.items():
        yield from leaves(command, *above, name) if isinstance(command, click.Group) else [(*above, name)]


LEAVES = sorted(leaves(maptrail))
GROUPS = sorted({words[:1] for words in LEAVES if len(words) > 1})


def endpoint_file(folder: Path, **members: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "endpoint.json").write_text(json.dumps({"url": "http://127.0.0.1:5000", "pid": 1, **members}))


def test_version_names_ours_botocores_and_the_dates_of_the_apis(run: Run) -> None:
    lines = (
        f"maptrail {emulator.__version__}\nbotocore {botocore.__version__}\n"
        "servicediscovery 2017-03-14\ncloudtrail 2013-11-01\nsts 2011-06-15\n"
    )
    assert run("version").stdout == run("--version").stdout == lines


@pytest.mark.parametrize("words", [(), *GROUPS, *LEAVES], ids=" ".join)
def test_help_fits_80_columns_and_shows_an_example_that_is_taken(words: tuple[str, ...]) -> None:
    done = CliRunner(env={"COLUMNS": "200"}).invoke(maptrail, [*words, "--help"], prog_name="maptrail")
    assert done.exit_code == 0
    assert max(map(len, done.stdout.splitlines())) <= 80
    shown = re.findall(r"^    (?:.*\$\(|\w+=\w+ )?maptrail ([^|<>)\n]*)", done.stdout, re.MULTILINE)
    assert shown or not words
    for line in shown:
        said = tuple(shlex.split(line))
        assert said[: len(words)] == words
        with click.Context(maptrail, info_name="maptrail") as context:
            accept(maptrail, list(said), context)


def accept(command: click.Command, words: list[str], parent: click.Context) -> None:
    """Have a command line read, down to the last command; nothing is run."""
    context = command.make_context(command.name, words, parent=parent)
    if isinstance(command, click.Group):
        first = getattr(context, "_protected_args", None) or context.protected_args  # as older versions of click say
        name, inner, rest = command.resolve_command(context, [*first, *context.args])
        assert inner is not None, name
        accept(inner, rest, context)


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_the_headings_have_every_command(run: Run, word: str) -> None:
    told = re.findall(r"^  (\w+)  +\w", run(word).stdout, re.MULTILINE)
    assert sorted(told) == COMMANDS


def test_help_is_a_word_as_well(run: Run) -> None:
    assert run("help").stdout == run("--help").stdout
    assert run("help", "events").stdout == run("events", "--help").stdout
    assert run("clock", "help", "freeze").stdout == run("clock", "freeze", "--help").stdout


@pytest.mark.parametrize("words", GROUPS, ids=" ".join)
def test_a_group_without_a_word_does_its_usual_or_tells_its_words(run: Run, words: tuple[str]) -> None:
    done = run(*words, MAPTRAIL_URL="http://127.0.0.1:9")
    if words[0] in ("clock", "faults"):
        assert (done.returncode, done.stderr) == (1, f"maptrail: {NO_SERVER}\n")
    else:
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"Usage: maptrail {words[0]} [OPTIONS] COMMAND")


def test_every_command_has_one_line_of_help_that_is_not_cut(run: Run) -> None:
    assert "..." not in run("--help").stdout.replace("[ARGS]...", "")


def test_serve_has_every_option_of_the_table_with_its_default(run: Run) -> None:
    told = " ".join(run("serve", "--help").stdout.split())
    for option in OPTIONS:
        assert option.flag in told
        assert option.help in told
        assert f"[default: {option.default_text}]" in told or not option.default_text


NO_SERVER = (
    "No Maptrail answers at http://127.0.0.1:9 (Connection refused): "
    "start one with 'maptrail serve', or name it with --url."
)


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ("evnts", 2, "No such command evnts; did you mean events? See 'maptrail --help'."),
        ("snapshot sav x", 2, "No such command sav; did you mean save? See 'maptrail snapshot --help'."),
        ("events --nam x", 2, "No such option --nam; did you mean --name? See 'maptrail events --help'."),
        ("--auth opn", 2, "--auth is 'opn': it takes open, known or signed; did you mean open?"),
        (
            "env --format jsn",
            2,
            "--format is 'jsn': it takes sh, dotenv, json or powershell; did you mean json? See 'maptrail env --help'.",
        ),
        (
            "completion fihs",
            2,
            "SHELL is 'fihs': it takes bash, zsh or fish; did you mean fish? See 'maptrail completion --help'.",
        ),
        (
            "clock advance soon",
            2,
            (
                "DURATION is 'soon': it takes seconds, or a time such as 5m, 1h30m or 2d. "
                "See 'maptrail clock advance --help'."
            ),
        ),
        ("faults put no.json", 1, "The rules no.json cannot be read (No such file or directory)."),
        ("seed", 2, "Missing argument 'FILE'. See 'maptrail seed --help'."),
        ("srve", 2, "No such command srve; did you mean serve? See 'maptrail --help'."),
        ("xyzzy", 2, "No such command xyzzy. See 'maptrail --help'."),
        ("--prot 1", 2, "No such option --prot; did you mean --port? See 'maptrail serve --help'."),
        ("--port x", 2, "--port is 'x': it takes a number from 0 to 65535."),
        ("serve --port -1", 2, "--port is '-1': it takes a number from 0 to 65535."),
        ("--config no.toml", 2, "Cannot read no.toml: No such file or directory; --config takes a TOML file."),
        ("env --port 0", 2, "No server was started on maptrail-data: name the port with --port."),
        ("health --url ftp://x", 2, "ftp://x is not an address, such as http://127.0.0.1:4610."),
        ("health --url http://127.0.0.1:9", 1, NO_SERVER),
        ("events --port 9", 1, NO_SERVER),
        ("events --follow --port 9", 1, NO_SERVER),
        ("reset --host 127.0.0.1 --port 9", 1, NO_SERVER),
    ],
)
def test_what_is_wrong_is_one_sentence_on_stderr(run: Run, words: str, code: int, sentence: str) -> None:
    done = run(*words.split())
    assert (done.returncode, done.stdout, done.stderr) == (code, "", f"maptrail: {sentence}\n")


def test_an_unknown_variable_is_refused_by_every_command_that_reads_settings(run: Run) -> None:
    sentence = "maptrail: Unknown environment variable MAPTRAIL_PROT; did you mean MAPTRAIL_PORT?\n"
    for command in ("serve", "env", "health", "flush", "reset", "events", "clock", "faults"):
        done = run(command, MAPTRAIL_PROT="1")
        assert (done.returncode, done.stderr) == (2, sentence)


def test_operations_are_listed_with_category_and_kind(run: Run) -> None:
    rows = [line.split() for line in run("operations").stdout.splitlines()]
    assert len(rows) == sum(map(len, SERVICES.values()))
    assert ["servicediscovery", "DiscoverInstances", "data", "read"] in rows
    assert ["servicediscovery", "RegisterInstance", "management", "write"] in rows
    assert ["cloudtrail", "LookupEvents", "management", "read"] in rows


def test_output_that_nobody_reads_to_the_end_is_no_traceback(tmp_path: Path, clean_environment: dict[str, str]) -> None:
    line = f"{sys.executable} -m emulator operations | head -c 1"
    done = subprocess.run(
        ["bash", "-c", line], cwd=tmp_path, env=clean_environment, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("s", "")


@pytest.mark.parametrize("word", ["version", "env", "operations"])
def test_small_commands_do_not_import_the_server(run: Run, word: str) -> None:
    imported = run(word, PYTHONPROFILEIMPORTTIME="1").stderr
    assert not re.findall(r"\| +(flask|werkzeug|uvicorn|boto3|botocore)\b", imported)


class TestEnv:
    """What `maptrail env` prints, read by those it is printed for."""

    expected = {  # noqa: RUF012
        "AWS_ENDPOINT_URL_SERVICEDISCOVERY": "http://127.0.0.1:4610",
        "AWS_ENDPOINT_URL_CLOUDTRAIL": "http://127.0.0.1:4610",
        "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:4610",
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "111122223333",
        "AWS_SECRET_ACCESS_KEY": "maptrail",
    }

    def test_json_is_an_object(self, run: Run) -> None:
        assert json.loads(run("env", "--format", "json").stdout) == self.expected

    def test_sh_is_evaluated_by_a_shell(self, run: Run, clean_environment: dict[str, str]) -> None:
        script = f"{run('env').stdout}\nenv"
        printed = subprocess.run(
            ["sh", "-c", script], env=clean_environment, capture_output=True, text=True, check=True
        )
        exported = dict(line.split("=", 1) for line in printed.stdout.splitlines() if line.startswith("AWS_"))
        assert exported == self.expected

    def test_dotenv_has_a_variable_a_line(self, run: Run) -> None:
        lines = run("env", "--format", "dotenv").stdout.splitlines()
        assert dict(line.split("=", 1) for line in lines) == self.expected

    def test_powershell_has_an_assignment_a_line(self, run: Run) -> None:
        lines = run("env", "--format", "powershell").stdout.splitlines()
        assert dict(re.fullmatch(r"\$Env:(\w+) = '([^']*)'", line).groups() for line in lines) == self.expected  # type: ignore[union-attr]

    def test_s3_only_when_asked_for(self, run: Run) -> None:
        values = json.loads(run("env", "--format", "json", "--with-s3").stdout)
        assert values == self.expected | {"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:4610"}

    def test_host_and_port_are_those_that_were_said(self, run: Run, tmp_path: Path) -> None:
        endpoint_file(tmp_path / "maptrail-data")
        assert "SERVICEDISCOVERY=http://10.0.0.1:99\n" in run("env", "--host", "10.0.0.1", "--port", "99").stdout
        assert "SERVICEDISCOVERY='http://[::1]:4610'\n" in run("env", "--host", "::1").stdout

    @pytest.mark.parametrize("host", ["0.0.0.0", "::"])
    def test_a_server_on_every_address_is_called_on_loopback(self, run: Run, host: str) -> None:
        url = json.loads(run("env", "--format", "json", MAPTRAIL_HOST=host).stdout)["AWS_ENDPOINT_URL_SERVICEDISCOVERY"]
        assert url == {"0.0.0.0": "http://127.0.0.1:4610", "::": "http://[::1]:4610"}[host]

    def test_else_it_speaks_of_the_server_last_started_on_the_data_directory(self, run: Run, tmp_path: Path) -> None:
        endpoint_file(tmp_path / "maptrail-data", region="eu-west-1", account="000000000001")
        endpoint_file(tmp_path / "other", url="http://127.0.0.1:6000")
        values = json.loads(run("env", "--format", "json").stdout)
        assert values["AWS_ENDPOINT_URL_CLOUDTRAIL"] == "http://127.0.0.1:5000"
        assert (values["AWS_REGION"], values["AWS_ACCESS_KEY_ID"]) == ("eu-west-1", "000000000001")
        assert json.loads(run("env", "--format", "json", "--region", "eu-west-2").stdout)["AWS_REGION"] == "eu-west-2"
        assert "http://127.0.0.1:6000" in run("env", "--data", "other").stdout
        assert "http://127.0.0.1:4610" in run("env", MAPTRAIL_EPHEMERAL="1").stdout

    def test_a_note_that_is_no_note_is_none(self, run: Run, tmp_path: Path) -> None:
        for text in ("", "[]", '"x"', "{}"):
            endpoint_file(tmp_path / "maptrail-data")
            (tmp_path / "maptrail-data" / "endpoint.json").write_text(text)
            assert "http://127.0.0.1:4610" in run("env").stdout


def test_the_table_makes_every_option_of_every_command() -> None:
    own = {"config", "url", "help", "format", "form", "with_s3", "keep_files", "follow"}
    own |= {"digest", "file", "bucket", "trail", "verbose", "user", "role"}
    known = own | {option.name for option in OPTIONS}
    for name in COMMANDS:
        if name not in ("events", "completion"):
            assert {parameter.name for parameter in maptrail.commands[name].params} <= known, name
    assert isinstance(maptrail, click.Group)
