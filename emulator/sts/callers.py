"""Who somebody is: GetCallerIdentity, GetAccessKeyInfo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.sts import errors
from emulator.sts.registry import operation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.call import Call
    from emulator.operations import Result


@operation("GetCallerIdentity")
def get_caller_identity(call: Call, _request: Mapping[str, Any]) -> Result:
    """The account, the id and the ARN of the caller."""
    return {"UserId": call.caller.principal_id, "Account": call.account, "Arn": call.caller.arn}


@operation("GetAccessKeyInfo")
def get_access_key_info(call: Call, request: Mapping[str, Any]) -> Result:
    """The account that an access key belongs to. Of sessions, only those of a role may ask."""
    if call.caller.session is not None and call.caller.kind != "AssumedRole":
        raise errors.session_credentials(call.operation.name)
    account = call.facilities.account_of(request["AccessKeyId"])
    if account is None:
        raise errors.validation(f"Access key ID {request['AccessKeyId']} is invalid.")
    return {"Account": account}
