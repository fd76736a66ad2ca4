"""Reading the documents: their fenced blocks, links and tables."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [each for places in ("*.md", "docs/**/*.md", "examples/*/README.md") for each in sorted(ROOT.glob(places))]

_DIRECTIVE = re.compile(r"<!-- check: (.+) -->")
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$")
_NOT_IN_ANCHOR = re.compile(r"[^\w\- ]")


@dataclass(frozen=True)
class Block:
    """A fenced block. ``check`` is the comment before it, ``<!-- check: … -->``, which says how it is checked."""

    document: Path
    line: int
    language: str
    text: str
    check: str

    def __str__(self) -> str:
        return f"{name(self.document)}:{self.line}"


def name(document: Path) -> str:
    return document.relative_to(ROOT).as_posix()


def blocks(document: Path) -> list[Block]:
    found: list[Block] = []
    check, inside, lines = "", "", []
    for number, line in enumerate(document.read_text("utf-8").splitlines(), 1):
        if inside:
            if line.strip() == "```":
                text = "\n".join(lines) + "\n"
                found.append(Block(document, number - len(lines) - 1, inside, text, check))
                check, inside, lines = "", "", []
            else:
                lines.append(line)
        elif line.startswith("```"):
            inside = line.removeprefix("```") or "nothing"
        elif directive := _DIRECTIVE.fullmatch(line):
            check = directive[1]
        elif line:
            check = ""
    assert not inside, f"{name(document)} has a block without an end"
    return found


def prose(document: Path) -> str:
    """The text outside of fenced blocks."""
    return re.sub(r"^```.*?^```$", "", document.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def links(document: Path) -> list[str]:
    return _LINK.findall(prose(document))


def anchors(document: Path) -> set[str]:
    """The anchors of headings, as GitHub makes them."""
    headings = filter(None, map(_HEADING.match, prose(document).splitlines()))
    return {_NOT_IN_ANCHOR.sub("", heading[1].lower()).replace(" ", "-") for heading in headings}


def between(document: Path, mark: str) -> str:
    """What stands between ``<!-- mark -->`` and ``<!-- /mark -->``, a generated part of a document."""
    text = document.read_text("utf-8")
    start, end = f"<!-- {mark} -->\n", f"<!-- /{mark} -->\n"
    return text[text.index(start) + len(start) : text.index(end)]
