"""The tables that are made from the code: ``python -m tests.docs.tables`` writes them into the documents."""

import ast
from collections.abc import Callable, Iterable
from pathlib import Path

from emulator.cloudmap.api import OPERATIONS
from emulator.cloudmap.filters import TYPE_OF_ACTION
from emulator.model import cloud_map
from emulator.settings import OPTIONS
from tests.docs.markdown import ROOT, between


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


def operations() -> str:
    rows = ((f"`{name}`", _answered(name), _event(name), _errors(name)) for name in sorted(cloud_map().operations))
    return _table(("Operation", "Answered", "Recorded as", "Errors of its own"), rows)


def modules() -> str:
    files = [file for package in ("emulator", "trail") for file in sorted((ROOT / package).rglob("*.py"))]
    rows = ((f"`{file.relative_to(ROOT).as_posix()}`", _first_line(file)) for file in files if file.stem[0] != "_")
    return _table(("Module", "Is for"), rows)


TABLES: dict[tuple[Path, str], Callable[[], str]] = {
    (ROOT / "README.md", "options"): options,
    (ROOT / "docs" / "architecture.md", "modules"): modules,
    (ROOT / "docs" / "fidelity.md", "operations"): operations,
}


def _first_line(file: Path) -> str:
    """A module's docstring up to its first empty line."""
    told = ast.get_docstring(ast.parse(file.read_text("utf-8")))
    assert told, f"{file} does not say what it is for"
    return " ".join(told.partition("\n\n")[0].replace("``", "`").split())


def _value(option: object) -> str:
    return option.metavar or "|".join(option.choices)


def _answered(name: str) -> str:
    if name not in OPERATIONS:
        return "not supported"
    return f"as operation `{TYPE_OF_ACTION[name]}`" if name in TYPE_OF_ACTION else "at once"


def _event(name: str) -> str:
    if name not in OPERATIONS:
        return ""
    operation = OPERATIONS[name]
    return f"{'data' if operation.data_resources else 'management'}, {'read' if operation.read_only else 'write'}"


def _errors(name: str) -> str:
    return ", ".join(sorted(cloud_map().operations[name].errors - {"InvalidInput"})) or "none"


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
