"""The registry that the modules of STS mark their operations in."""

from __future__ import annotations

from emulator.model import sts
from emulator.operations import Registry
from emulator.sts.errors import validation
from emulator.validate import violations_message

__all__ = ["REGISTRY", "ROLE", "SAML_PROVIDER", "operation"]

ROLE = "AWS::IAM::Role"
SAML_PROVIDER = "AWS::IAM::SAMLProvider"

REGISTRY = Registry(sts, invalid=lambda broken: validation(violations_message(broken)))
operation = REGISTRY.operation
