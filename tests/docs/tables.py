"""The tables that are made from the code: ``python -m tests.docs.tables`` writes them into the documents."""

import ast
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click

from emulator.cli.commands import maptrail
from emulator.cloudmap.api import OPERATIONS as CLOUD_MAP
from emulator.cloudmap.filters import TYPE_OF_ACTION
from emulator.cloudtrail.api import OPERATIONS as CLOUDTRAIL
from emulator.cloudtrail.api import UNSUPPORTED
from emulator.faults import CHAOS
from emulator.identities.table import TABLES as IDENTITIES
from emulator.model import ServiceModel, cloud_map, cloudtrail, sts
from emulator.operations import Operation
from emulator.s3 import door, registry
from emulator.settings import OPTIONS
from emulator.sts.api import OPERATIONS as STS
from tests.docs.markdown import ROOT, between

COVERAGE = ROOT / "docs" / "coverage.md"


def options() -> str:
    rows = (
        (
            f"`{each.flag}{'' if each.kind is bool else ' ' + _value(each)}`",
            each.default_text and f"`{each.default_text}`",
            each.help,
        )
        for each in OPTIONS
    )
    return _table(("Option", "Default", "Meaning"), rows)


def commands() -> str:
    return _table(("Command", "Does"), sorted(_commands(maptrail, "maptrail")))


def of_cloud_map() -> str:
    rows = (
        (f"`{name}`", _answered(name), _event(CLOUD_MAP, name), _errors(cloud_map(), name, "InvalidInput"))
        for name in sorted(cloud_map().operations)
    )
    return _table(("Operation", "Answered", "Recorded as", "Errors of its own"), rows)


def of_cloudtrail() -> str:
    supported = (
        (f"`{name}`", "yes", _event(CLOUDTRAIL, name), _raised(cloudtrail(), name)) for name in sorted(CLOUDTRAIL)
    )
    rest = ((f"`{name}`", "no", _event(UNSUPPORTED, name), "") for name in sorted(UNSUPPORTED))
    return _table(("Operation", "Supported", "Recorded as", "Errors of its own"), (*supported, *rest))


def of_sts() -> str:
    rows = (
        (f"`{name}`", "yes" if name in STS else "no", _event(STS, name), _raised(sts(), name) if name in STS else "")
        for name in sorted(sts().operations, key=lambda name: (name not in STS, name))
    )
    return _table(("Operation", "Supported", "Recorded as", "Errors of its own"), rows)


def of_s3() -> str:
    assert door  # its operations are registered
    rows = (
        (f"`{method}` of {_LEVELS[level]}{_query(parts)}", f"`{function.__name__}`", _sentence(function.__doc__ or ""))
        for (method, level, parts), function in sorted(registry._OPERATIONS.items(), key=_by_level)
    )
    return _table(("Request", "Function", "Does"), rows)


def identities() -> str:
    rows = (
        (f"`[[{kind}]]`", f"`{name}`", "yes" if member.required else "", member.expects)
        for kind, members in IDENTITIES.items()
        for name, member in members.items()
    )
    return _table(("Table", "Member", "Required", "Takes"), rows)


def chaos() -> str:
    rows = ((str(number), f"`{json.dumps(rule)}`") for number, rule in enumerate(CHAOS, 1))
    return _table(("", "Rule"), rows)


def modules() -> str:
    files = [file for package in ("emulator", "trail") for file in sorted((ROOT / package).rglob("*.py"))]
    rows = ((f"`{file.relative_to(ROOT).as_posix()}`", _first_line(file)) for file in files if file.stem[0] != "_")
    return _table(("Module", "Is for"), rows)


def decisions() -> str:
    files = [file for file in sorted((ROOT / "docs" / "decisions").glob("*.md")) if file.stem != "README"]
    rows = (
        (f"[{file.stem}]({file.name})", file.read_text("utf-8").partition("\n")[0].removeprefix("# ")) for file in files
    )
    return _table(("About", "Decision"), rows)


TABLES: dict[tuple[Path, str], Callable[[], str]] = {
    (ROOT / "README.md", "options"): options,
    (ROOT / "docs" / "architecture.md", "modules"): modules,
    (ROOT / "docs" / "commands.md", "commands"): commands,
    (ROOT / "docs" / "faults.md", "chaos"): chaos,
    (ROOT / "docs" / "identities.md", "members"): identities,
    (ROOT / "docs" / "decisions" / "README.md", "decisions"): decisions,
    (COVERAGE, "cloudmap"): of_cloud_map,
    (COVERAGE, "cloudtrail"): of_cloudtrail,
    (COVERAGE, "sts"): of_sts,
    (COVERAGE, "s3"): of_s3,
}

_LEVELS = {"service": "`/`", "bucket": "a bucket", "object": "an object"}


def _commands(group: click.Group, above: str) -> Iterator[tuple[str, str]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, f"{above} {name}")
        else:
            arguments = [each.make_metavar(click.Context(command)) for each in _arguments(command)]
            yield f"`{' '.join([above, name, *arguments])}`", _sentence(command.help or "")


def _arguments(command: click.Command) -> list[click.Parameter]:
    return [each for each in command.params if isinstance(each, click.Argument)]


def _by_level(item: tuple[tuple[str, str, frozenset[str]], object]) -> tuple[int, str, list[str]]:
    (method, level, parts), _ = item
    return list(_LEVELS).index(level), method, sorted(parts)


def _query(parts: frozenset[str]) -> str:
    return f", `?{'&'.join(sorted(parts))}`" if parts else ""


def _sentence(told: str) -> str:
    return " ".join(told.partition("\n\n")[0].replace("``", "`").split())


def _first_line(file: Path) -> str:
    """A module's docstring up to its first empty line."""
    told = ast.get_docstring(ast.parse(file.read_text("utf-8")))
    assert told, f"{file} does not say what it is for"
    return _sentence(told)


def _value(option: object) -> str:
    return option.metavar or "|".join(option.choices)


def _answered(name: str) -> str:
    return f"as operation `{TYPE_OF_ACTION[name]}`" if name in TYPE_OF_ACTION else "at once"


def _event(answered: dict[str, Operation], name: str) -> str:
    if name not in answered:
        return ""
    operation = answered[name]
    return f"{'data' if operation.data_resources else 'management'}, {'read' if operation.read_only else 'write'}"


def _errors(model: ServiceModel, name: str, *common: str) -> str:
    return ", ".join(sorted(model.operations[name].errors - set(common))) or "none"


def _raised(model: ServiceModel, name: str) -> str:
    """Of the errors that the model declares, those that the service's module of errors has."""
    source = (ROOT / "emulator" / model.event_source.partition(".")[0] / "errors.py").read_text("utf-8")
    there = {each.value for each in ast.walk(ast.parse(source)) if isinstance(each, ast.Constant)}
    return ", ".join(sorted(model.operations[name].errors & there - {"UnsupportedOperationException"})) or "none"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |\n" for line in lines)


def main() -> None:
    for (document, mark), table in TABLES.items():
        head = f"<!-- {mark} -->\n"
        text = document.read_text("utf-8")
        document.write_text(text.replace(head + between(document, mark), head + table()), "utf-8")


if __name__ == "__main__":
    main()
