"""What a SAML response says. It is read, not verified."""

from __future__ import annotations

import binascii
import hashlib
import re
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree as ET

from emulator.sts import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Assertion", "read"]

_NAMES = "{urn:oasis:names:tc:SAML:2.0:assertion}"
_ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
_FORMAT = re.compile(r"urn:oasis:names:tc:SAML:[12]\.[01]:nameid-format:")
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII).fullmatch
_UNREADABLE = "Invalid base64 SAMLResponse"
_NOT_OFFERED = "SAML Assertion doesn't contain the requested Role and Metadata in the attributes"
_NAMELESS = "RoleSessionName is required in AuthnResponse"
_MISNAMED = "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"


class Assertion(NamedTuple):
    """The parts of an assertion that a session is made of."""

    id: str
    issuer: str
    subject: str
    subject_type: str
    audience: str
    session_name: str
    source_identity: str | None
    tags: dict[str, str]
    transitive: list[str]

    def qualifier(self, provider: str) -> str:
        """The id of the identity provider: a hash of the issuer, the account and the provider's name."""
        account, name = provider.split(":")[4], provider.rpartition("/")[2]
        return b64encode(hashlib.sha1(f"{self.issuer}{account}/{name}".encode()).digest()).decode()  # noqa: S324


def read(response: str, role: str, provider: str) -> Assertion:
    """Read a response that offers a role of a provider. Raises ``InvalidIdentityToken``."""
    assertion = _assertion(response)
    attributes = {str(each.get("Name")): list(_values(each)) for each in assertion.iter(f"{_NAMES}Attribute")}
    pairs = [{part.strip() for part in offer.split(",")} for offer in attributes.get(f"{_ATTRIBUTES}Role", ())]
    if {role, provider} not in pairs:
        raise errors.bad_token(_NOT_OFFERED)
    name = assertion.find(f".//{_NAMES}NameID")
    confirmed = assertion.find(f".//{_NAMES}SubjectConfirmationData")
    prefix = f"{_ATTRIBUTES}PrincipalTag:"
    return Assertion(
        id=assertion.get("ID", ""),
        issuer=_text(assertion.find(f"{_NAMES}Issuer")),
        subject=_text(name),
        subject_type=_FORMAT.sub("", name.get("Format", "") if name is not None else "") or "unspecified",
        audience=confirmed.get("Recipient", "") if confirmed is not None else "",
        session_name=_session_name(attributes.get(f"{_ATTRIBUTES}RoleSessionName", [])),
        source_identity=next(iter(attributes.get(f"{_ATTRIBUTES}SourceIdentity", [])), None),
        tags={key.removeprefix(prefix): texts[0] for key, texts in attributes.items() if key.startswith(prefix)},
        transitive=attributes.get(f"{_ATTRIBUTES}TransitiveTagKeys", []),
    )


def _assertion(response: str) -> ET.Element:
    try:
        document = b64decode(response, validate=False)
        if b"<!" in document:  # SAML forbids document types; entities that grow are one
            raise errors.bad_token(_UNREADABLE)
        root = ET.fromstring(document)  # noqa: S314
    except (ValueError, binascii.Error, ET.ParseError):
        raise errors.bad_token(_UNREADABLE) from None
    assertion = root if root.tag == f"{_NAMES}Assertion" else root.find(f".//{_NAMES}Assertion")
    if assertion is None:
        raise errors.bad_token(_UNREADABLE)
    return assertion


def _session_name(found: list[str]) -> str:
    if not found:
        raise errors.bad_token(_NAMELESS)
    if not _SESSION_NAME(found[0]):
        raise errors.bad_token(_MISNAMED)
    return found[0]


def _values(attribute: ET.Element) -> Iterator[str]:
    return (_text(value) for value in attribute.iter(f"{_NAMES}AttributeValue"))


def _text(element: ET.Element | None) -> str:
    return ((element.text or "") if element is not None else "").strip()
