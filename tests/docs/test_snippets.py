"""Every fenced block of every document: what can be run is run, the rest is compared with what there is."""

import configparser
import gzip
import itertools
import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import botocore.session
import click
import pytest
import yaml
from botocore import xform_name

from emulator.cli.commands import maptrail
from emulator.configuration import from_environment, from_file
from emulator.identities.reading import read
from emulator.settings import Settings
from tests.docs.conftest import DEFAULT_URL, Reader
from tests.docs.markdown import ROOT, Block, blocks

VOLATILE = re.compile(
    r"(?<=AIDA)[A-Z2-7]{17}|(?<=AROA)[A-Z2-7]{17}|(?<=ASIA)[A-Z2-7]{16}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=ns-)[a-z2-7]{16}|(?<=srv-)[a-z2-7]{16}|[a-z2-7]{32}-[a-z2-7]{8}"
    r"|\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?|\d\d:\d\d:\d\dZ|[A-Z][a-z]{2} \d+, \d{4}, [\d:]+ [AP]M|(?<=^Boto3/).*"
)
COMMANDS = ("make", "docker", "python", "aws", "maptrail")
HARMLESS = ("env", "events", "flush", "health", "operations", "version")


SHOWN = """
def test(cloudmap_client, audit):
    operation = cloudmap_client.create_http_namespace(Name="shop")["OperationId"]
    namespace = cloudmap_client.get_operation(OperationId=operation)["Operation"]["Targets"]["NAMESPACE"]
    service = cloudmap_client.create_service(Name="cart", NamespaceId=namespace)["Service"]["Id"]
    attributes = {"AWS_INSTANCE_IPV4": "10.0.0.1"}
    cloudmap_client.register_instance(ServiceId=service, InstanceId="cart-1", Attributes=attributes)
    audit.one("RegisterInstance", requestParameters={"instanceId": "cart-2"})
"""


def test_every_block_holds(document: Path, reader: Reader) -> None:
    for block in blocks(document):
        assert block.language in CHECKS, f"{block} is {block.language}: no test knows how to check that"
        CHECKS[block.language](block, reader)


def check_python(block: Block, reader: Reader) -> None:
    if block.check.startswith("engine "):  # run in `tests/container`
        compile(block.text, str(block), "exec")
    elif "def test_" in block.text:
        reader.run(block, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={reader.folder}")
    else:
        reader.run(block, sys.executable)


def check_shell(block: Block, reader: Reader) -> None:
    """Commands that end at once are run as they stand; servers, make and docker are checked word by word instead."""
    rest = []
    for line in block.text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if len(words) > 1 and words[0] in COMMANDS and not is_harmless(words):
            _BY_COMMAND.get(words[0], check_maptrail)(words)
        elif words != ["python"]:
            rest.append(line)
    script = Block(block.document, block.line, block.language, "\n".join(rest) + "\n", block.check)
    if any(map(str.strip, rest)):
        reader.run(script, "bash", "-e", "-u", "-o", "pipefail")


def is_harmless(words: list[str]) -> bool:
    return words[0] == "maptrail" and words[1] in HARMLESS and "--follow" not in words


def check_make(words: list[str]) -> None:
    subprocess.run(["make", "--dry-run", *words[1:]], cwd=ROOT, check=True, capture_output=True)
    for word in words[1:]:
        if word.startswith("ARGS=") and words[1] in ("run", "demo"):
            command = {"run": "serve", "demo": "demo"}[words[1]]
            check_maptrail(["maptrail", command, *shlex.split(word.removeprefix("ARGS="))])


def check_module(words: list[str]) -> None:
    """It is there; it is not run, since what it does is to change this repository."""
    assert words[1] == "-m"
    assert find_spec(words[2])


def check_aws(words: list[str]) -> None:
    """The operation is one, and so are its options; the AWS CLI itself is not needed here."""
    if tuple(words[1:3]) in (("cloudtrail", "validate-logs"), ("s3", "ls"), ("s3", "cp"), ("s3", "sync")):
        return
    model = botocore.session.get_session().get_service_model(words[1])
    operations = {xform_name(name, "-"): model.operation_model(name) for name in model.operation_names}
    shape = operations[words[2]].input_shape
    members = {f"--{xform_name(name, '-')}" for name in (shape.members if shape else ())}
    assert {word for word in words[3:] if word.startswith("--")} <= members | {"--profile"}, words


def check_maptrail(words: list[str]) -> None:
    """The words are ones that the command line takes; the command is not run."""
    with click.Context(maptrail) as group:
        command = maptrail.get_command(group, words[1])
        assert command is not None
        given = command.make_context(words[1], words[2:], parent=group).params
    given = {option: value for option, value in given.items() if isinstance(value, str) and words[1] == "serve"}
    from_environment({f"MAPTRAIL_{option.upper()}": value for option, value in given.items()})


def check_docker(words: list[str]) -> None:
    """The settings are ones, the port is published; the command itself is run in `tests/container`."""
    dockerfile = (ROOT / "Dockerfile").read_text()
    match words[1:]:
        case ["build", *_]:
            given = [value.partition("=")[0] for word, value in itertools.pairwise(words) if word == "--build-arg"]
            assert all(f"ARG {name}=" in dockerfile for name in given)
        case ["run", *_]:
            options = dict(itertools.pairwise(words))
            assert f"EXPOSE {options['-p'].rpartition(':')[2]}\n" in dockerfile
            variables = [value for word, value in itertools.pairwise(words) if word == "-e"]
            from_environment(dict(variable.split("=") for variable in variables))
        case ["exec", "maptrail", *rest]:
            check_maptrail(rest)
        case _:
            assert words[1] in ("compose", "stop", "rm"), words


def check_json(block: Block, reader: Reader) -> None:
    match block.check.split():
        case ["record", *members]:
            check_record(block, reader, members)
        case ["put", path]:
            for line in block.text.splitlines():
                assert json.loads(line)
                with urlopen(
                    Request(reader.url + path, line.encode(), {"Content-Type": "application/json"}, method="PUT")
                ):
                    pass
        case _:
            json.loads(block.text)


def check_record(block: Block, reader: Reader, members: list[str]) -> None:
    """The record shown, or these members of it, is one that was left here, but for ids and times.

    Same members in the same order with the same values.
    """
    shown = json.loads(block.text)
    left = [record for record in records(reader) if record["eventName"] == shown["eventName"]]
    wanted = ["eventName", *members]
    parts = [{name: record[name] for name in record if name in wanted or not members} for record in left]
    assert text_of(shown) in map(text_of, parts), f"{block} differs from {json.dumps(parts)}"


def text_of(record: dict[str, Any]) -> str:
    return json.dumps(without_volatile(record), indent=1)


def without_volatile(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_volatile(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_volatile(item) for item in value]
    return VOLATILE.sub("…", value) if isinstance(value, str) else value


def records(reader: Reader) -> Iterator[dict[str, Any]]:
    for file in sorted(reader.folder.rglob("*.json.gz"), key=lambda path: path.stat().st_mtime_ns):
        yield from json.loads(gzip.decompress(file.read_bytes()))["Records"]


def check_toml(block: Block, reader: Reader) -> None:
    if block.check == "identities":
        check_identities(block, reader)
        return
    file = reader.folder / "maptrail.toml"
    file.write_text(block.text)
    assert tomllib.loads(block.text)
    Settings(**from_file(file))
    file.unlink()


def check_identities(block: Block, reader: Reader) -> None:
    file = reader.folder / "identities.toml"
    file.write_text(block.text)
    (reader.folder / "read-only.json").write_text('{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}')
    found = read(file)
    assert found.principals
    assert found.roles


def check_yaml(block: Block, _: Reader) -> None:
    """Settings in it are ones; what it describes is run in `tests/container`."""
    assert block.check.startswith("engine ")
    check_settings(yaml.safe_load(block.text))


def check_settings(value: Any) -> None:
    if isinstance(value, dict):
        from_environment({name: given for name, given in value.items() if str(name).startswith("MAPTRAIL_")})
        check_settings(list(value.values()))
    elif isinstance(value, list):
        for item in value:
            check_settings(item)


def check_ini(block: Block, _: Reader) -> None:
    """A profile of the AWS CLI that turns the prefix off."""
    parsed = configparser.ConfigParser()
    parsed.read_string(block.text)
    (profile,) = parsed.sections()
    assert parsed[profile]["endpoint_url"] == DEFAULT_URL
    assert parsed.getboolean(profile, "disable_host_prefix_injection")


def check_recipe(block: Block, _: Reader) -> None:
    """What cannot be run here names the server, and the line that it says it needs."""
    kind, _, line = block.check.partition(" ")
    assert kind == "recipe"
    assert line in block.text
    assert DEFAULT_URL in block.text


def check_text(block: Block, reader: Reader) -> None:
    match block.check.split():
        case ["tree", root]:
            check_tree(block, reader.folder / root)
        case ["picture"]:
            for module in re.findall(r"[a-z0-9_]+(?:/[a-z0-9_]+)*\.py", block.text):
                assert any((ROOT / package / module).is_file() for package in ("emulator", "trail", ".")), module
        case ["shown"]:
            check_shown(block, reader)
        case ["output", *words]:
            check_output(block, reader, words)
        case ["line", pattern]:
            assert all(re.fullmatch(pattern, line) for line in block.text.splitlines())
        case _:
            pytest.fail(f"{block} has no comment that says how it is checked")


def check_shown(block: Block, reader: Reader) -> None:
    """What a test shows that looks for a call that was not made, but for ids and times."""
    file = reader.folder / "test_shown.py"
    file.write_text(SHOWN)
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={reader.folder}", str(file)]
    environment = reader.environment | {"COLUMNS": "116"}
    done = subprocess.run(words, cwd=reader.folder, env=environment, capture_output=True, text=True, check=False)
    lines = [line.removeprefix("E").strip() for line in done.stdout.splitlines() if line.startswith("E ")]
    shown, seen = (VOLATILE.sub("…", "\n".join(each)) for each in (map(str.strip, block.text.splitlines()), lines))
    assert shown == seen, f"{block} differs from {done.stdout}"


def check_output(block: Block, reader: Reader, words: list[str]) -> None:
    """What a command prints, but for ids and times."""
    done = subprocess.run(words, cwd=reader.folder, env=reader.environment, capture_output=True, text=True, check=True)
    assert VOLATILE.sub("…", done.stdout) == VOLATILE.sub("…", block.text), f"{block} differs from {done.stdout}"


def check_tree(block: Block, root: Path) -> None:
    """Each entry of the drawing is there; digits of dates and the unique ends of names may differ."""
    above = [root]
    for line in block.text.splitlines()[1:]:
        drawn, _, entry = re.match(r"(.*?)(├── |└── )(\S+)", line).groups()
        pattern = re.sub(r"2026/11/22|\d{8}T\d{4}Z_\w{16}", lambda found: "*/*/*" if "/" in found[0] else "*", entry)
        found = list(above[len(drawn) // 4].glob(pattern))
        assert found, f"{block}: there is no {entry}"
        above[len(drawn) // 4 + 1 :] = [found[0]]


_BY_COMMAND = {"aws": check_aws, "docker": check_docker, "make": check_make, "python": check_module}
CHECKS: dict[str, Callable[[Block, Reader], None]] = {
    "python": check_python,
    "sh": check_shell,
    "json": check_json,
    "toml": check_toml,
    "text": check_text,
    "ini": check_ini,
    "yaml": check_yaml,
    **dict.fromkeys(("js", "go", "java", "hcl"), check_recipe),
}
