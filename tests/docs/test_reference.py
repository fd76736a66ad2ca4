"""What the documents say of the code is what the code says: tables, doors, names, links."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path
from urllib.request import urlopen

import pytest
from flask import Flask

from emulator import Emulator
from emulator.cli.commands import maptrail
from emulator.cloudmap.api import OPERATIONS as CLOUD_MAP
from emulator.cloudtrail.api import OPERATIONS as CLOUDTRAIL
from emulator.cloudtrail.api import UNSUPPORTED
from emulator.settings import OPTIONS
from emulator.sts.api import OPERATIONS as STS
from emulator.web import create_app
from tests.docs.markdown import DOCUMENTS, ROOT, anchors, between, links, name, prose
from tests.docs.tables import TABLES
from trail.feed import Filter

ADMIN = ROOT / "docs" / "admin.md"
DOOR = re.compile(r"\b(GET|PUT|POST|DELETE) (/[\w/.{}-]+)")
CONSOLE = "/_maptrail/console/"
PATHS = ("/_maptrail/", "/_localstack/", "/moto-api/")
FORBIDDEN = {
    "a path of one machine": r"(?<![\w./])/(home|root|work|Users)/",
    "a package registry": r"pypi\.org|pythonhosted|registry\.npmjs|proxy\.golang",
    "something left to do": r"\bTODO\b|\bFIXME\b|\bTBD\b|\bXXX\b",
    "the number of an issue": r"(?<![\w/])#\d+\b",
}


@pytest.fixture(scope="module")
def app() -> Flask:
    with Emulator() as server:
        return create_app(server.machine)


@pytest.mark.parametrize(("document", "mark"), TABLES, ids=lambda value: getattr(value, "name", value))
def test_generated_tables_are_those_of_the_code(document: Path, mark: str) -> None:
    told = "Write them anew: python -m tests.docs.tables"
    assert between(document, mark).splitlines() == TABLES[document, mark]().splitlines(), told


def test_every_option_named_is_one(document: Path) -> None:
    if document.parent.name == "decisions":
        return  # they speak of other programs' options too
    of_commands = {flag for command in maptrail.commands.values() for each in command.params for flag in each.opts}
    known = {option.flag for option in OPTIONS} | of_commands | {f"--no-{option.flag[2:]}" for option in OPTIONS}
    of_others = {"--help", "--maptrail-url"}  # click's own, and the pytest plugin's
    spans = re.findall(r"`([^`]+)`", prose(document))
    assert set(re.findall(r"(?<![\w-])--[a-z][\w-]*\w", " ".join(spans))) - {"--no"} <= known | of_others


def test_every_variable_named_is_one(document: Path) -> None:
    known = {option.variable for option in OPTIONS} | {"MAPTRAIL_CONFIG", "MAPTRAIL_URL"}
    # The other names are examples of variables that are passed over.
    passed_over = {"MAPTRAIL_SERVICE_HOST"}
    assert set(re.findall(r"\bMAPTRAIL_[A-Z0-9_]+\b", document.read_text())) <= known | passed_over


def test_every_command_is_named_in_the_readme_and_no_other() -> None:
    sentence = re.search(r"The commands are (.*?);", (ROOT / "README.md").read_text(), re.DOTALL)[1]
    assert set(re.findall(r"`(\w+)`", sentence)) == set(maptrail.commands)


@pytest.mark.parametrize("file", ["README.md", "CHANGELOG.md"])
def test_the_numbers_of_operations_are_those_of_the_code(file: str) -> None:
    told = " ".join((ROOT / file).read_text().split())
    for operations, service in ((CLOUD_MAP, "Cloud Map"), (CLOUDTRAIL, "CloudTrail"), (STS, "STS")):
        number = f"{len(operations)} operations"
        assert re.search(rf"\b{number} of {service}\b|\b{service}: (all )?{number}\b", told), service
    assert re.search(rf"\bother {len(UNSUPPORTED)} |\b{len(UNSUPPORTED)} operations \(`Unsupported", told)


def test_every_door_named_is_one_and_its_page_names_it(app: Flask) -> None:
    there = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    named = {
        document: {door for door in DOOR.findall(document.read_text()) if door[1].startswith(PATHS)}
        for document in DOCUMENTS
    }
    of_console = {door for door in there if door[1].startswith(CONSOLE)}
    assert named[ADMIN] == {door for door in there - of_console if door[1] != "/"}
    assert named[ROOT / "docs" / "console.md"] >= {door for door in of_console if is_page(door, of_console)}
    assert set().union(*named.values()) <= there


def is_page(door: tuple[str, str], there: set[tuple[str, str]]) -> bool:
    """Neither what pages are made with nor the twin of one: the twins are told of together."""
    method, path = door
    return not path.startswith(f"{CONSOLE}static/") and (method, path.removesuffix(".json")) not in there - {door}


def test_the_query_of_events_that_is_shown_is_one() -> None:
    query = re.search(r"filters as in `(\?[^`]+)`", ADMIN.read_text())[1]
    with Emulator() as server, urlopen(f"{server.url}/_maptrail/events{query}") as answer:
        assert answer.headers["X-Maptrail-Cursor"]


def test_every_filter_of_events_is_named_and_no_other() -> None:
    sentence = re.search(r"The filters are (.*?);", (ROOT / "docs" / "testing.md").read_text(), re.DOTALL)[1]
    assert set(re.findall(r"`(\w+)`", sentence)) == {each.name for each in fields(Filter)}


def test_links_within_lead_somewhere(document: Path) -> None:
    for link in links(document):
        if link.startswith(("https://", "http://")):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.is_relative_to(ROOT), link
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_files_named_are_there(document: Path) -> None:
    """Names in code marks with a folder of this repository in front, or of a test."""
    for path in re.findall(
        r"`((?:emulator|trail|tests|docs|examples|bootstrap|\.ci)/[\w./-]*)(?:::\w+)?`", prose(document)
    ):
        assert (ROOT / path).exists(), f"{name(document)} names {path}"


def test_what_holds_an_invariant_is_there() -> None:
    """Tests by file and name, import-linter's contracts by id, ruff's rules by code."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    contracts = {contract["id"] for contract in project["importlinter"]["contracts"]}
    rows = [row for row in (ROOT / "docs" / "invariants.md").read_text().splitlines() if re.match(r"\| \d", row)]
    assert rows
    for row in rows:
        holders = re.findall(r"`([^`]+)`", row.rpartition(" | ")[2])
        assert holders, row
        for holder in holders:
            file, _, test = holder.partition("::")
            if test:
                assert re.search(rf"^def {test}\(", (ROOT / file).read_text(), re.MULTILINE), holder
            else:
                assert holder in contracts | {"make check", "emulator.Emulator", "TID251"}, holder
    assert project["ruff"]["lint"]["flake8-tidy-imports"]["banned-api"]


def test_every_behaviour_says_how_it_is_known_and_where_from() -> None:
    first = ROOT / "docs" / "fidelity.md"
    pages = [first, *sorted((ROOT / "docs" / "fidelity").glob("*.md"))]
    sources = set(re.findall(r"^- \*\*([\w-]+)\*\*:", first.read_text().partition("## Sources")[2], re.MULTILINE))
    lines = [line for page in pages for line in page.read_text().splitlines()]
    rows = [row.split(" | ") for row in lines if row.startswith("| ") and "---" not in row]
    behaviours = [row for row in rows if len(row) == 3 and row[0] != "| Behaviour"]
    cited = set()
    for behaviour, known, source in behaviours:
        keys = set(re.findall(r"[\w-]+", source))
        cited |= keys
        assert re.search(r"documented|observed|assumed|intended", known), behaviour
        assert keys <= sources, behaviour
        assert keys or not re.search("documented|observed", known), f"{behaviour}: {known}, by whom?"
    assert cited == sources


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_that_has_no_place_in_a_document(document: Path, what: str) -> None:
    assert not re.search(FORBIDDEN[what], document.read_text()), f"{name(document)} has {what}"


def test_every_document_is_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        document = waiting.pop()
        if document in reached or document.suffix != ".md":
            continue
        reached.add(document)
        for link in links(document):
            target = (document.parent / link.partition("#")[0]).resolve()
            waiting += sorted(target.glob("*.md")) if target.is_dir() else [target] if target.is_file() else []
    assert set(DOCUMENTS) <= reached
