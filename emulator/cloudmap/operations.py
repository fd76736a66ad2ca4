"""Looking at asynchronous operations: https://docs.aws.amazon.com/cloud-map/latest/api/API_Operation.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from emulator.cloudmap import errors
from emulator.cloudmap.filters import OPERATION_FILTERS, SINCE, STATUS, TYPE_OF_ACTION, where
from emulator.cloudmap.pages import page
from emulator.cloudmap.registry import operation
from emulator.cloudmap.submission import operation_id, sequence_of

if TYPE_CHECKING:
    from mypy_boto3_servicediscovery import type_defs as types

    from emulator.call import Call
    from emulator.operations import Result

_SELECT = (
    "SELECT seq, action, lock, namespace, service, instance, change_id, created, error_code, error_message,"
    f" {STATUS}, {SINCE} FROM operation"
)


class _Operation(NamedTuple):
    """A row of ``operation`` as it stands now."""

    seq: int
    action: str
    lock: str
    namespace: str
    service: str | None
    instance: str | None
    change_id: str | None
    created: int
    error_code: str | None
    error_message: str | None
    status: str
    since: int


@operation("GetOperation")
def get_operation(call: Call, request: types.GetOperationRequestTypeDef) -> Result:
    """Describe one operation; it can be asked for after what it made is gone."""
    identifier = request["OperationId"]
    seq = sequence_of(identifier)
    if seq is None or request.get("OwnerAccount", call.account) != call.account:
        raise errors.operation_not_found()
    row = call.row(f"{_SELECT} WHERE place = ? AND seq = ?", call.now, call.now, call.place.id, seq)
    if row is None or operation_id(call, row[2], seq) != identifier:
        raise errors.operation_not_found()
    return {"Operation": _described(call, identifier, _Operation._make(row))}


@operation("ListOperations")
def list_operations(call: Call, request: types.ListOperationsRequestTypeDef) -> Result:
    """Operations of this account and region, newest first, a page at a time."""
    condition = where(call, OPERATION_FILTERS, request.get("Filters"))
    values = [call.now, call.now, call.place.id, *condition.values]
    found = page(call, request, f"{_SELECT} WHERE place = ?{condition.sql}", values, key="seq", descending=True)
    rows = map(_Operation._make, found.rows)
    return {"Operations": [{"Id": operation_id(call, r.lock, r.seq), "Status": r.status} for r in rows], **found.next}


def _described(call: Call, identifier: str, row: _Operation) -> dict[str, Any]:
    described = {
        "Id": identifier,
        "OwnerAccount": call.account,
        "Type": TYPE_OF_ACTION[row.action],
        "Status": row.status,
        "CreateDate": row.created,
        "UpdateDate": row.since,
        "Targets": _targets(row.namespace, row.service, row.instance, row.change_id),
    }
    if row.error_code is not None:
        described |= {"ErrorCode": row.error_code, "ErrorMessage": row.error_message}
    return described


def _targets(namespace: str, service: str | None, instance: str | None, change_id: str | None) -> dict[str, str]:
    """What AWS names as targets: the namespace only where nothing inside it was changed."""
    if service is None:
        targets = {"NAMESPACE": namespace}
    elif instance is None:
        targets = {"SERVICE": service}
    else:
        targets = {"INSTANCE": instance, "SERVICE": service}
    if change_id is not None:
        targets["ROUTE_53_CHANGE_ID"] = change_id
    return targets
