"""What comes with a session: tags, transitive keys and session policies, and how much of them there may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from emulator.iam.conditions import PolicyError
from emulator.iam.statements import compile_policy
from emulator.sts import errors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from emulator.sts.sessions import Session

__all__ = ["Policies", "Tags", "packed_size", "policies", "session_tags", "tags"]

_ALLOTTED = 2048
_MOST_ARNS = 10
_DUPLICATE = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
_NOT_REQUESTED = "The specified transitive tag key must be included in the requested tags."
_CONFLICT = (
    "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the "
    "calling session."
)
_RESERVED = "Tag keys must not begin with aws: in any case: it is reserved."


class Tags(NamedTuple):
    """The tags of a session, the keys that go on, and those that came from the session before."""

    all: dict[str, str]
    transitive: tuple[str, ...]
    incoming: dict[str, str]


class Policies(NamedTuple):
    """The session policies of a request: a document, and the ARNs of managed ones."""

    document: Mapping[str, Any] | None
    arns: tuple[str, ...]


def tags(request: Mapping[str, Any], before: Session | None) -> Tags:
    """The tags of the session that a request asks for, after the session that asks."""
    requested = {tag["Key"]: tag["Value"] for tag in request.get("Tags", ())}
    lower = {key.lower() for key in requested}
    if len(lower) < len(request.get("Tags", ())):
        raise errors.invalid_parameter(_DUPLICATE)
    if any(key.startswith("aws:") for key in lower):
        raise errors.invalid_parameter(_RESERVED)
    transitive = tuple(request.get("TransitiveTagKeys", ()))
    if any(key.lower() not in lower for key in transitive):
        raise errors.invalid_parameter(_NOT_REQUESTED)
    incoming = {key: before.tags[key] for key in before.transitive} if before else {}
    if lower & {key.lower() for key in incoming}:
        raise errors.invalid_parameter(_CONFLICT)
    return Tags(incoming | requested, (*incoming, *transitive), incoming)


def session_tags(tagged: Mapping[str, str], transitive: Sequence[str]) -> Tags:
    """The tags that an identity provider gives a session."""
    said = [{"Key": key, "Value": value} for key, value in tagged.items()]
    return tags({"Tags": said, "TransitiveTagKeys": transitive}, None)


def policies(request: Mapping[str, Any]) -> Policies:
    """The session policies of a request. Raises ``MalformedPolicyDocument``."""
    text = request.get("Policy")
    arns = tuple(descriptor["arn"] for descriptor in request.get("PolicyArns", ()) if "arn" in descriptor)
    if len(arns) > _MOST_ARNS:
        raise errors.validation(f"The number of managed session policies exceeds the limit of {_MOST_ARNS}.")
    return Policies(None if text is None else _document(text), arns)


def packed_size(asked: Policies, tagged: Sequence[str]) -> dict[str, int]:
    """``PackedPolicySize``, in percent of what there may be, if there is anything to pack.

    AWS packs into a form of its own; here it is the length of the text, without the white space of JSON.
    """
    parts = [*asked.arns, *tagged]
    length = sum(map(len, parts)) + (len(orjson.dumps(asked.document)) if asked.document is not None else 0)
    if not length:
        return {}
    percent = -(-length * 100 // _ALLOTTED)
    if percent > 100:
        raise errors.packed_policy_too_large(percent)
    return {"PackedPolicySize": percent}


def _document(text: str) -> Mapping[str, Any]:
    try:
        document: Mapping[str, Any] = orjson.loads(text)
    except ValueError:
        raise errors.malformed_policy("The policy is not in the valid JSON format.") from None
    try:
        if compile_policy(document):
            return document
    except PolicyError:
        pass
    raise errors.malformed_policy("Syntax errors in policy.")
