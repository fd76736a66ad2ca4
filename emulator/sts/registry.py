"""The registry that the modules of STS mark their operations in, and what every record of STS says besides."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from emulator.model import sts
from emulator.operations import Registry
from emulator.sts.errors import validation
from emulator.validate import violations_message

if TYPE_CHECKING:
    from emulator.call import Call

__all__ = ["REGISTRY", "ROLE", "SAML_PROVIDER", "operation"]

ROLE = "AWS::IAM::Role"
SAML_PROVIDER = "AWS::IAM::SAMLProvider"


def _details(call: Call) -> None:
    """Which endpoint was called, and which region has answered; ids as long as AWS's say where and when, too."""
    extended = f"1:{call.region}:S:{call.now}:R:{call.ids.alphanumeric(8)}"
    call.additional = {
        "ExtendedRequestId": b64encode(extended.encode()).decode(),
        "RequestDetails": {"endpointType": "regional", "awsServingRegion": call.region},
    }


REGISTRY = Registry(sts, prepare=_details, invalid=lambda broken: validation(violations_message(broken)))
operation = REGISTRY.operation
