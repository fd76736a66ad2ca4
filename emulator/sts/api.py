"""The operations of STS that are answered, bound to their models."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.recording import response_casing
from emulator.sts import callers, roles, saml, tokens, users
from emulator.sts.registry import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.operations import Operation

__all__ = ["MODULES", "OPERATIONS"]

MODULES = (callers, roles, saml, tokens, users)

# The calls that give out credentials, and what AWS's records say of each: whether it only reads, and all with answers.
_READ_ONLY = {
    "AssumeRole": True,
    "AssumeRoleWithSAML": True,
    "AssumeRoleWithWebIdentity": True,
    "GetFederationToken": False,
    "GetSessionToken": False,
}
_OUTSIDERS = {"AssumeRoleWithSAML": saml.caller, "AssumeRoleWithWebIdentity": tokens.caller}


def _operations() -> Iterator[tuple[str, Operation]]:
    for name, operation in REGISTRY.bind().items():
        if name in _READ_ONLY and operation.model.output is not None:
            yield (
                name,
                replace(
                    operation,
                    read_only=_READ_ONLY[name],
                    changes=True,
                    cased_response=response_casing(operation.model.output),
                    outsider=_OUTSIDERS.get(name),
                ),
            )
        else:
            yield name, operation


OPERATIONS = dict(_operations())
