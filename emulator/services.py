"""The services there are, and how a request names one of their operations.

AWS JSON puts the operation into the ``X-Amz-Target`` header, RPC v2 CBOR into the path, a query into the form; the
``Host`` never decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.cloudmap.api import OPERATIONS as CLOUD_MAP
from emulator.cloudtrail.api import OPERATIONS as CLOUDTRAIL
from emulator.cloudtrail.api import UNSUPPORTED
from emulator.model import cloud_map, cloudtrail
from emulator.sts.api import OPERATIONS as STS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from emulator.operations import Operation

__all__ = ["ACTIONS", "PATHS", "SERVICES", "TARGETS"]

SERVICES: Mapping[str, Mapping[str, Operation]] = {"servicediscovery": CLOUD_MAP, "cloudtrail": CLOUDTRAIL, "sts": STS}
"""Each service's operations by name; the services by the name of their endpoint."""


def _targets() -> Iterator[tuple[str, Operation]]:
    prefix = cloud_map().target_prefix
    for name, operation in CLOUD_MAP.items():
        yield f"{prefix}.{name}", operation
    prefix = cloudtrail().target_prefix
    for name, operation in (CLOUDTRAIL | UNSUPPORTED).items():
        yield f"{prefix}.{name}", operation
        yield f"{prefix.rpartition('.')[2]}.{name}", operation  # as SDKs of newer models than botocore's have it


def _paths() -> Iterator[tuple[str, Operation]]:
    prefix = cloud_map().target_prefix
    for name, operation in CLOUD_MAP.items():
        yield f"/service/{prefix}/operation/{name}", operation


TARGETS = dict(_targets())
PATHS = dict(_paths())
ACTIONS = STS
