"""Looking at asynchronous operations: https://docs.aws.amazon.com/cloud-map/latest/api/API_Operation.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.cloudmap import errors
from emulator.cloudmap.filters import OPERATION_FILTERS, TYPE_OF_ACTION, where
from emulator.cloudmap.pages import page
from emulator.cloudmap.registry import operation
from emulator.cloudmap.submission import operation_id, sequence_of

if TYPE_CHECKING:
    from mypy_boto3_servicediscovery import type_defs as types

    from emulator.call import Call
    from emulator.operations import Result

_COLUMNS = (
    "seq, action, lock, namespace, service, instance, change_id, created, completes, running, error_code, error_message"
)


@operation("GetOperation")
def get_operation(call: Call, request: types.GetOperationRequestTypeDef) -> Result:
    """Describe one operation; it can be asked for after what it made is gone."""
    identifier = request["OperationId"]
    seq = sequence_of(identifier)
    if seq is None or request.get("OwnerAccount", call.account) != call.account:
        raise errors.operation_not_found()
    row = call.row(f"SELECT {_COLUMNS} FROM operation WHERE place = ? AND seq = ?", call.place.id, seq)
    if row is None or operation_id(call, row[2], seq) != identifier:
        raise errors.operation_not_found()
    return {"Operation": _described(call, identifier, row)}


@operation("ListOperations")
def list_operations(call: Call, request: types.ListOperationsRequestTypeDef) -> Result:
    """Operations of this account and region, newest first, a page at a time."""
    condition = where(call, OPERATION_FILTERS, request.get("Filters"))
    sql = f"SELECT {_COLUMNS} FROM operation WHERE place = ?{condition.sql}"
    found = page(call, request, sql, [call.place.id, *condition.values], key="seq", descending=True)
    listed = [{"Id": operation_id(call, row[2], row[0]), "Status": _status(call, row)[0]} for row in found.rows]
    return {"Operations": listed, **found.next}


def _status(call: Call, row: Any) -> tuple[str, int]:
    """An operation's status now, and since when."""
    created, completes, running, error_code = row[7], row[8], row[9], row[10]
    if not running:
        return ("SUCCESS" if error_code is None else "FAIL"), completes
    halfway = (created + completes) // 2
    return ("SUBMITTED", created) if call.now < halfway else ("PENDING", halfway)


def _described(call: Call, identifier: str, row: Any) -> dict[str, Any]:
    _, action, _, namespace, service, instance, change_id, created, _, _, error_code, error_message = row
    status, since = _status(call, row)
    described = {
        "Id": identifier,
        "OwnerAccount": call.account,
        "Type": TYPE_OF_ACTION[action],
        "Status": status,
        "CreateDate": created,
        "UpdateDate": since,
        "Targets": _targets(namespace, service, instance, change_id),
    }
    if error_code is not None:
        described |= {"ErrorCode": error_code, "ErrorMessage": error_message}
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
