"""Who is calling: whose access key it is that the request's SigV4 credential scope names.

The access key id says who, the scope says where. A key is one of the identities file, or one of a session that STS gave
out; with ``--auth open`` every other works, too: twelve digits are the account, ``root`` is the root user, any other
key is an IAM user of its own name in the default account.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from emulator.errors import expired_token, invalid_region, invalid_token, missing_token
from emulator.identities.known import Role, Root, Service, User, principal_id
from emulator.ids import stable_base32
from emulator.sts.sessions import TOKEN_MARK
from trail import identity as shapes
from trail.place import is_region, partition_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.call import Request
    from emulator.identities.directory import Directory
    from emulator.identities.known import Principal
    from emulator.sts.sessions import Session

__all__ = ["Caller", "Callers"]

_ACCOUNT = re.compile(r"[0-9]{12}").fullmatch
_ACCESS_KEY = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII).fullmatch
_REMEMBERED = 4096
_HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller: the account and region the call is made in, and the ``userIdentity`` its record carries.

    ``principal`` is what the identities file lists, ``session`` what temporary credentials stand for, ``secret`` what
    the request has to be signed with, as far as each is known. ``service`` is the DNS name of an AWS service that
    calls. After ``until`` (milliseconds) this is no longer so.
    """

    account: str
    region: str
    name: str
    identity: Mapping[str, Any]
    access_key: str = ""
    principal: Principal | Role | None = None
    session: Session | None = None
    service: str | None = None
    secret: str | None = field(default=None, repr=False)
    until: int | None = None

    @property
    def arn(self) -> str:
        """The caller's ARN; a service without a role has a name only."""
        return str(self.identity.get("arn") or self.service or self.name)

    @property
    def principal_id(self) -> str:
        """The caller's unique id, as GetCallerIdentity tells it."""
        return str(self.identity.get("principalId") or self.name)

    @property
    def kind(self) -> str:
        """The type of the caller's ``userIdentity``."""
        return str(self.identity["type"])


class Callers:
    """Finds the caller of a request; each credential is read once."""

    def __init__(
        self,
        home: tuple[str, str],
        directory: Directory,
        *,
        auth: str,
        session: Callable[[str], Session | None],
        now: Callable[[], int],
    ) -> None:
        self._account, self._region = home
        self._directory = directory
        self._open = auth == "open"
        self._session = session
        self._now = now
        self._known: dict[str, Caller] = {}
        directory.after_reload.append(self.forget)

    def identify(self, request: Request) -> Caller:
        """The caller of a request. Raises ``ProtocolError`` for a credential that is nobody's."""
        credential = _credential(request)
        caller = self._known.get(credential)
        if caller is None or (caller.until is not None and caller.session is None and self._now() >= caller.until):
            caller = self._read(credential, request)
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[credential] = caller
        if caller.session is not None:
            self._check(caller.session, request)
        elif not self._open and _token(request):
            raise invalid_token()
        return caller

    def region(self, request: Request) -> str:
        """The region that a request is meant for, whoever calls."""
        return self._scope(_credential(request))[1]

    def forget(self) -> None:
        """Read every credential anew: after a reset, a rollback, or when the identities file was read again."""
        self._known.clear()

    def account_of(self, access_key: str) -> str | None:
        """The account that an access key belongs to, or None if it is nobody's."""
        known = self._listed(access_key) or self._session(access_key)
        if known is not None:
            return known.account
        return self._account_of_unlisted(access_key) if self._open else None

    def _scope(self, credential: str) -> tuple[str, str]:
        """Access key and region of a credential."""
        parts = credential.split("/")
        region = parts[2] if len(parts) > 2 else self._region
        if not is_region(region):
            raise invalid_region()
        return parts[0], region

    def _read(self, credential: str, request: Request) -> Caller:
        access_key, region = self._scope(credential)
        principal = self._listed(access_key)
        if principal is not None:
            return self._principal(principal, region)
        session = self._session(access_key) if access_key.startswith("ASIA") else None
        if session is not None:
            return self._of_session(session, region)
        if not self._open and not access_key:
            raise missing_token()
        foreign = self._open and not _token(request).startswith(TOKEN_MARK)
        if not foreign or (access_key and not _ACCESS_KEY(access_key)):
            raise invalid_token()
        return self._unlisted(access_key, region)

    def _listed(self, access_key: str) -> Principal | None:
        identities = self._directory.current
        return identities.holder(access_key) if identities is not None else None

    def _principal(self, principal: Principal, region: str) -> Caller:
        until, service = None, None
        if isinstance(principal, Service):
            now = self._now()
            until, service = now + _HOUR, principal.invoked_by
            identity = _identity_of_service(principal, region, now)
        else:
            identity = _identity(principal, region)
        return Caller(
            account=principal.account,
            region=region,
            name=shapes.caller_name(identity),
            identity=identity,
            access_key=principal.key.id,
            principal=principal,
            service=service,
            secret=principal.key.secret,
            until=until,
        )

    def _of_session(self, session: Session, region: str) -> Caller:
        return Caller(
            account=session.account,
            region=region,
            name=shapes.caller_name(session.identity),
            identity=session.identity,
            access_key=session.credentials.access_key,
            principal=self._issuer(session),
            session=session,
            secret=session.credentials.secret,
            until=session.expires,
        )

    def _issuer(self, session: Session) -> Principal | Role | None:
        """Whose policies the session has, if the identities file lists it."""
        identities = self._directory.current
        if identities is None:
            return None
        issuer = session.identity.get("sessionContext", {}).get("sessionIssuer") or session.identity
        if issuer["type"] == "Role":
            return identities.role(issuer["accountId"], issuer["userName"])
        return identities.user(issuer["accountId"], issuer.get("userName", ""))

    def _unlisted(self, access_key: str, region: str) -> Caller:
        account, partition = self._account_of_unlisted(access_key), partition_of(region)
        if access_key == "root":
            identity = shapes.root(account, access_key=access_key, partition=partition)
            return Caller(account, region, "root", identity, access_key)
        name = access_key or "anonymous"
        arn = f"arn:{partition}:iam::{account}:user/{name}"
        identity = shapes.iam_user(arn, principal_id("AIDA", account, name), access_key or None)
        return Caller(account, region, name, identity, access_key)

    def _account_of_unlisted(self, access_key: str) -> str:
        return access_key if _ACCOUNT(access_key) else self._account

    def _check(self, session: Session, request: Request) -> None:
        """Temporary credentials are good with their own token, and until they expire."""
        if not compare_digest(_token(request).encode(), session.credentials.token.encode()):
            raise invalid_token()
        if self._now() >= session.expires:
            raise expired_token()


def _identity(principal: User | Root, region: str) -> Mapping[str, Any]:
    partition = partition_of(region)
    if isinstance(principal, Root):
        return shapes.root(principal.account, access_key=principal.key.id, alias=principal.alias, partition=partition)
    return shapes.iam_user(principal.arn(partition), principal.principal_id, principal.key.id)


def _identity_of_service(service: Service, region: str, now: int) -> Mapping[str, Any]:
    """The service by itself, or a session that begins now: of its role, or of the user for whom it calls."""
    role, user, partition, invoked_by = service.role, service.user, partition_of(region), service.invoked_by
    if user is not None:
        key, context = _key_of_session(service, now), shapes.session(now)
        return shapes.iam_user(user.arn(partition), user.principal_id, key, context=context, invoked_by=invoked_by)
    if role is None:
        return shapes.aws_service(invoked_by)
    if role.service_linked:
        arn = role.arn(partition)
        return shapes.service_linked(arn, role.principal_id, service.session_name, invoked_by, now)
    context = shapes.session(now, issuer=shapes.issuer_role(role.arn(partition), role.principal_id))
    key = _key_of_session(service, now)
    return shapes.assumed_role(context, service.session_name, key, invoked_by=invoked_by)


def _key_of_session(service: Service, now: int) -> str:
    """The access key id of a session that a service has, which nobody else ever sees."""
    return "ASIA" + stable_base32(f"{service.account}/{service.key.id}/{now}", 16).upper()


def _token(request: Request) -> str:
    """The session token of the header or the presigned query, or nothing."""
    token: str | None = request.headers.get("x-amz-security-token")
    if token is None and "X-Amz-Security-Token=" in request.query:
        token = parse_qs(request.query).get("X-Amz-Security-Token", [""])[0]
    return token or ""


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
