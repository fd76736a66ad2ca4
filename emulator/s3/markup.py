"""S3's XML: elements written from plain values, bodies read with care."""

from __future__ import annotations

from typing import Any, NoReturn
from xml.etree import ElementTree as ET

from emulator.s3.errors import error

__all__ = ["NAMESPACE", "read", "readable", "texts", "write"]

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_LIMIT = 2 << 20
# What XML cannot hold is written as AWS writes it.
_CONTROLS = {code: f"&#x{code:x};" for code in (*range(32), 0xFFFE, 0xFFFF) if chr(code) not in "\t\n"}
_REPLACED = dict.fromkeys(_CONTROLS, "\ufffd")


def write(name: str, content: Any, *, namespace: str | None = NAMESPACE) -> bytes:
    """A document. Content is a text, or pairs of a name and what is in it; ``@name`` is an attribute."""
    root = ET.Element(name, {} if namespace is None else {"xmlns": namespace})
    _fill(root, content)
    return _DECLARATION + ET.tostring(root, encoding="unicode").translate(_CONTROLS).encode()


def readable(text: str) -> str:
    """A text with what XML cannot hold replaced, so that any parser can read it."""
    return text.translate(_REPLACED)


def _fill(element: ET.Element, content: Any) -> None:
    if isinstance(content, bool):
        element.text = "true" if content else "false"
    elif isinstance(content, str | int):
        element.text = str(content)
    else:
        for name, inner in content:
            if name.startswith("@"):
                element.set(name[1:], inner)
            elif inner is not None:
                _fill(ET.SubElement(element, name), inner)


def read(body: bytes, name: str) -> ET.Element:
    """The root of a document, which has this name; ``MalformedXML`` otherwise. Namespaces are dropped."""
    if len(body) > _LIMIT:
        raise error("MalformedXML")
    try:
        root = ET.fromstring(body, ET.XMLParser(target=_Builder()))  # noqa: S314
    except (ET.ParseError, ValueError, LookupError):
        raise error("MalformedXML") from None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    if root.tag != name:
        raise error("MalformedXML")
    return root


def texts(element: ET.Element, *names: str) -> list[str]:
    """The texts of elements that have to be there, once each."""
    found = [element.findall(name) for name in names]
    if any(len(each) != 1 for each in found):
        raise error("MalformedXML")
    return [each[0].text or "" for each in found]


class _Builder(ET.TreeBuilder):
    """Refuses a document type before anything it declares is read."""

    def doctype(self, *_: str | None) -> NoReturn:
        raise error("MalformedXML")
