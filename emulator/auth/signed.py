"""What a request says of its signature: in the ``Authorization`` header, or in a presigned address."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import gmtime, strftime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl

from emulator.auth import refusals
from emulator.auth.sigv4 import ALGORITHM, TERMINATOR
from emulator.errors import missing_token

if TYPE_CHECKING:
    from emulator.call import Request

__all__ = ["Signed", "basic", "read"]

_PARTS = ("Credential", "Signature", "SignedHeaders")
_PARAMETERS = (
    *("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature"),
    *("X-Amz-SignedHeaders", "X-Amz-Date", "X-Amz-Expires"),
)
_BASIC = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z").fullmatch
_LONGEST = 604_800


class Signed(NamedTuple):
    """A signature and what it covers. ``at`` is ``time`` in seconds; ``expires`` the seconds a presigned address lasts.

    ``scope`` is the credential without the access key.
    """

    access_key: str
    scope: str
    date: str
    region: str
    service: str
    headers: tuple[str, ...]
    signature: str
    time: str
    at: int
    expires: int | None = None


def basic(seconds: float) -> str:
    """A time in the basic format of ISO 8601."""
    return strftime("%Y%m%dT%H%M%SZ", gmtime(seconds))


def read(request: Request, service: str) -> Signed:
    """The signature of a request for a service. Raises :class:`ProtocolError` where it is none or half of one."""
    authorization: str = request.headers.get("authorization", "")
    if authorization:
        return _of_header(request, authorization, service)
    if "X-Amz-Signature=" in request.query or "X-Amz-Credential=" in request.query:
        return _of_query(request.query, service)
    raise missing_token()


def _of_header(request: Request, authorization: str, service: str) -> Signed:
    algorithm, _, rest = authorization.partition(" ")
    parts: dict[str, str] = {}
    for part in rest.split(",") if algorithm == ALGORITHM else ():
        name, _, value = part.strip().partition("=")
        parts.setdefault(name, value)
    missing = [name for name in _PARTS if not parts.get(name)]
    time = request.headers.get("x-amz-date")
    if time is None:
        time = _basic_of_date(request.headers.get("date"))
    if missing or time is None:
        raise refusals.incomplete_header(authorization, missing, dated=time is not None)
    return _signed(parts["Credential"], parts["SignedHeaders"], parts["Signature"], time, service)


def _of_query(query: str, service: str) -> Signed:
    said: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, encoding="latin-1"):
        said.setdefault(name, value)
    missing = [name for name in _PARAMETERS if not said.get(name) and (name != "X-Amz-Expires" or service == "s3")]
    if missing or said["X-Amz-Algorithm"] != ALGORITHM:
        raise refusals.incomplete_query(missing or ["X-Amz-Algorithm"])
    expires = said.get("X-Amz-Expires", str(refusals.SKEW_MINUTES * 60))
    if not (expires.isascii() and expires.isdecimal()) or int(expires) > _LONGEST:
        raise refusals.incomplete_query(["X-Amz-Expires"])
    signed = _signed(
        said["X-Amz-Credential"], said["X-Amz-SignedHeaders"], said["X-Amz-Signature"], said["X-Amz-Date"], service
    )
    return signed._replace(expires=int(expires))


def _signed(credential: str, headers: str, signature: str, time: str, service: str) -> Signed:
    parts = credential.split("/")
    if len(parts) != 5:
        raise refusals.malformed_credential(credential)
    access_key, date, region, named, terminator = parts
    at = _seconds(time)
    told = []
    if terminator != TERMINATOR:
        told.append(f"Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{terminator}'.")
    if named != service:
        told.append(f"Credential should be scoped to correct service: '{service}'.")
    if date != time[:8]:
        told.append(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{date}' != '{time[:8]}', from '{time}'."
        )
    if told:
        raise refusals.out_of_scope(told)
    scope = credential[len(access_key) + 1 :]
    return Signed(access_key, scope, date, region, named, tuple(headers.split(";")), signature, time, at)


def _seconds(time: str) -> int:
    found = _BASIC(time)
    try:
        parts = [int(part) for part in found.groups()] if found else []
        year, month, day, hour, minute, second = parts
        return int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp())
    except ValueError:
        raise refusals.bad_date(time) from None


def _basic_of_date(date: str | None) -> str | None:
    """The ``Date`` header, of whichever format it is, as the string to sign has it."""
    if date is None or _BASIC(date):
        return date
    try:
        return basic(parsedate_to_datetime(date).timestamp())
    except ValueError:
        raise refusals.bad_date(date) from None
