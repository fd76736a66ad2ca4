"""Attributes of services: https://docs.aws.amazon.com/cloud-map/latest/api/API_UpdateServiceAttributes.html."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.cloudmap import errors, references
from emulator.cloudmap.registry import SERVICE, operation

if TYPE_CHECKING:
    from mypy_boto3_servicediscovery import type_defs as types

    from emulator.call import Call
    from emulator.operations import Result

_LIMIT = 30


@operation("GetServiceAttributes", data=(SERVICE,))
def get_service_attributes(call: Call, request: types.GetServiceAttributesRequestTypeDef) -> Result:
    """All attributes of a service."""
    service = references.service(call, request["ServiceId"])
    arn = references.arn(call, f"service/{service.id}")
    call.touch(SERVICE, arn)
    rows = call.execute(
        "SELECT key, value FROM service_attribute WHERE place = ? AND service = ?", call.place.id, service.id
    )
    return {"ServiceAttributes": {"ServiceArn": arn, "ResourceOwner": call.account, "Attributes": dict(rows)}}


@operation("UpdateServiceAttributes")
def update_service_attributes(call: Call, request: types.UpdateServiceAttributesRequestTypeDef) -> Result:
    """Add attributes, or overwrite those of the same keys. Raises ``ServiceAttributesLimitExceededException``."""
    service = references.service(call, request["ServiceId"])
    call.connection.executemany(
        "INSERT OR REPLACE INTO service_attribute (place, service, key, value) VALUES (?, ?, ?, ?)",
        [(call.place.id, service.id, key, value) for key, value in request["Attributes"].items()],
    )
    (count,) = call.row(
        "SELECT count(*) FROM service_attribute WHERE place = ? AND service = ?", call.place.id, service.id
    )
    if count > _LIMIT:
        raise errors.service_attributes_limit_exceeded(_LIMIT)
    return {}


@operation("DeleteServiceAttributes")
def delete_service_attributes(call: Call, request: types.DeleteServiceAttributesRequestTypeDef) -> Result:
    """Remove attributes by key; keys that are not there are passed over."""
    service = references.service(call, request["ServiceId"])
    call.connection.executemany(
        "DELETE FROM service_attribute WHERE place = ? AND service = ? AND key = ?",
        [(call.place.id, service.id, key) for key in request["Attributes"]],
    )
    return {}
