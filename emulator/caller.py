"""Who is calling, read from the request's SigV4 credential scope.

The access key id says who, the scope says where. Without an identities file every key works: twelve digits are the
account, ``root`` is the root user, any other key is an IAM user of its own name in the default account.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from emulator.errors import invalid_region, invalid_token
from emulator.ids import stable_base32
from trail.identity import iam_user, root
from trail.place import partition_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.call import Request

__all__ = ["Caller", "Callers"]

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]+").fullmatch
_ACCOUNT = re.compile(r"[0-9]{12}").fullmatch
_ACCESS_KEY = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII).fullmatch
_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller: the account and region the call is made in, and the ``userIdentity`` its record carries."""

    account: str
    region: str
    name: str
    identity: Mapping[str, Any]


class Callers:
    """Finds the caller of a request; each credential is read once."""

    def __init__(self, account: str, region: str) -> None:
        self._account = account
        self._region = region
        self._known: dict[str, Caller] = {}

    def identify(self, request: Request) -> Caller:
        """The caller of a request. Raises ``InvalidSignatureException`` for a scope that names no region."""
        credential = _credential(request)
        caller = self._known.get(credential)
        if caller is None:
            caller = self._read(credential)
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[credential] = caller
        return caller

    def _read(self, credential: str) -> Caller:
        parts = credential.split("/")
        access_key = parts[0]
        region = parts[2] if len(parts) > 2 else self._region
        if not _REGION(region) or len(region) > 32:
            raise invalid_region()
        if access_key and not _ACCESS_KEY(access_key):
            raise invalid_token()
        account = access_key if _ACCOUNT(access_key) else self._account
        return self._user(access_key, account, region)

    def _user(self, access_key: str, account: str, region: str) -> Caller:
        partition = partition_of(region)
        if access_key == "root":
            return Caller(account, region, "root", root(account, access_key=access_key, partition=partition))
        name = access_key or "anonymous"
        principal = "AIDA" + stable_base32(f"{account}/{name}", 17).upper()
        arn = f"arn:{partition}:iam::{account}:user/{name}"
        return Caller(account, region, name, iam_user(arn, principal, access_key or None))


def _credential(request: Request) -> str:
    """``<access key>/<date>/<region>/<service>/aws4_request`` of the header or the presigned query, or nothing."""
    authorization = request.headers.get("authorization", "")
    start = authorization.find("Credential=")
    if start >= 0:
        end = authorization.find(",", start)
        return authorization[start + 11 : end if end > 0 else None].strip()
    if "X-Amz-Credential=" in request.query:
        return parse_qs(request.query).get("X-Amz-Credential", [""])[0]
    return ""
