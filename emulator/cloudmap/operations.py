"""Looking at asynchronous operations: https://docs.aws.amazon.com/cloud-map/latest/api/API_Operation.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from emulator.cloudmap import errors
from emulator.cloudmap.filters import OPERATION_FILTERS, SINCE, STATUS, TYPE_OF_ACTION, where
from emulator.cloudmap.pages import page
from emulator.cloudmap.registry import operation
from emulator.cloudmap.submission import index_operations, operations_of, sequence_of

if TYPE_CHECKING:
    from mypy_boto3_servicediscovery import type_defs as types

    from emulator.call import Call
    from emulator.operations import Result

_ONE = (
    "SELECT id, action, namespace, service, instance, change_id, created, error_code, error_message,"
    f" {STATUS}, {SINCE} FROM operation WHERE seq = ?"
)
_ALL = f"SELECT seq, id, {STATUS} FROM operation WHERE seq BETWEEN ? AND ?"
_ON_RESOURCE = (
    f"SELECT seq, id, {STATUS} FROM operation_on CROSS JOIN operation USING (place, seq)"
    " WHERE place = ? AND resource = ?"
)


class _Operation(NamedTuple):
    """A row of ``operation`` as it stands now."""

    id: str
    action: str
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
    seq = sequence_of(call, identifier)
    if seq is None or request.get("OwnerAccount", call.account) != call.account:
        raise errors.operation_not_found()
    row = call.row(_ONE, call.now, call.now, seq)
    if row is None or row[0] != identifier:
        raise errors.operation_not_found()
    return {"Operation": _described(call, _Operation._make(row))}


@operation("ListOperations")
def list_operations(call: Call, request: types.ListOperationsRequestTypeDef) -> Result:
    """Operations of this account and region, newest first, a page at a time."""
    condition = where(call, OPERATION_FILTERS, request.get("Filters"))
    source: str = _ALL
    which: tuple[object, ...] = operations_of(call)
    if condition.resource is not None:
        index_operations(call)
        source, which = _ON_RESOURCE, (call.place.id, condition.resource)
    values = [call.now, *which, *condition.values]
    found = page(call, request, source + condition.sql, values, key="seq", descending=True)
    return {"Operations": [{"Id": row[1], "Status": row[2]} for row in found.rows], **found.next}


def _described(call: Call, row: _Operation) -> dict[str, Any]:
    described = {
        "Id": row.id,
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
