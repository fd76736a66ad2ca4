"""Whether the caller of a call may make it, by the policies of the identities file and of its session.

The root user may do everything, and so may what a service does for itself. What an identity may do is compiled once.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from emulator.cloudmap import access as cloudmap
from emulator.cloudtrail import access as cloudtrail
from emulator.errors import ServiceError
from emulator.iam.context import Context
from emulator.iam.permissions import BOUNDARY, IDENTITY, SESSION, Layer, Permissions
from emulator.iam.statements import compile_policy
from emulator.identities.known import Role, Service, User
from emulator.recording import iso_date
from emulator.sts import access as sts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from emulator.call import Call, Request
    from emulator.caller import Caller
    from emulator.iam.context import Question
    from emulator.iam.patterns import Value
    from emulator.iam.statements import Statement
    from emulator.identities.directory import Directory
    from emulator.identities.known import Policy
    from emulator.proxies import Proxies

__all__ = ["Authorizer"]

_REMEMBERED = 4096
_TYPES = {"Root": "Account", "IAMUser": "User"}
_QUESTIONS: Mapping[str, Callable[[Call, Any], list[Question]]] = {
    "servicediscovery.amazonaws.com": cloudmap.questions,
    "cloudtrail.amazonaws.com": cloudtrail.questions,
    "sts.amazonaws.com": sts.questions,
}


class Authorizer:
    """Asks the policies before every call."""

    def __init__(self, directory: Directory, proxies: Proxies) -> None:
        self._directory = directory
        self._proxies = proxies
        self._known: dict[str, Permissions | None] = {}
        directory.after_reload.append(self.forget)

    def check(self, call: Call, request: Request, parameters: Any) -> None:
        """Refuse what no policy allows, or one denies. Raises ``AccessDeniedException``."""
        caller = call.caller
        if call.operation.outsider is not None or caller.kind == "Root":
            return
        if caller.access_key not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[caller.access_key] = self._permissions(caller)
        permissions = self._known[caller.access_key]
        if permissions is None:
            return
        common = _Common(call, request, self._proxies)
        for question in _QUESTIONS[call.operation.service.event_source](call, parameters):
            keys = Context(question, common, common.principal_tags)
            reason = permissions.refusal(question.action, question.resource, keys, granted=question.granted)
            if reason is not None:
                raise _denied(caller, question, reason)

    def forget(self) -> None:
        """Compile everything anew: the identities have changed, or sessions are gone."""
        self._known.clear()

    def _permissions(self, caller: Caller) -> Permissions | None:
        """What the caller may do; None: everything."""
        layers = [*self._of_principal(caller), *self._of_session(caller)]
        return Permissions(layers) if layers else None

    def _of_principal(self, caller: Caller) -> Iterator[Layer]:
        holder = caller.principal
        if isinstance(holder, Service):
            holder = holder.user or holder.role
            if holder is None or (isinstance(holder, Role) and holder.service_linked):
                return
        issuer = caller.identity.get("sessionContext", {}).get("sessionIssuer", {})
        if issuer.get("type") == "Root":
            return
        known = holder if isinstance(holder, User | Role) else None
        yield Layer(IDENTITY, _compiled(known.policies if known else ()))
        if known is not None and known.boundary is not None:
            yield Layer(BOUNDARY, _compiled([known.boundary]))

    def _of_session(self, caller: Caller) -> Iterator[Layer]:
        """The session policies; a federated user without any may do nothing."""
        session = caller.session
        if session is None:
            return
        if session.policy is not None or session.policy_arns or caller.kind == "FederatedUser":
            document = () if session.policy is None else compile_policy(session.policy)
            yield Layer(SESSION, [*document, *_compiled(self._managed(session.policy_arns))])

    def _managed(self, arns: Iterable[str]) -> Iterator[Policy]:
        """Managed policies are found among those of the identities file, by the name of their file."""
        identities = self._directory.current
        for arn in arns:
            found = identities.policy(arn.rpartition("/")[2]) if identities is not None else None
            if found is not None:
                yield found


def _compiled(policies: Iterable[Policy]) -> list[Statement]:
    return [statement for policy in policies for statement in compile_policy(policy.document)]


def _denied(caller: Caller, question: Question, reason: str) -> ServiceError:
    told = f"User: {caller.arn} is not authorized to perform: {question.action} on resource: {question.resource}"
    if not question.action.startswith("sts:"):
        return ServiceError("AccessDeniedException", f"{told} {reason}")
    # STS gives its reason for an explicit denial only.
    return ServiceError("AccessDenied", f"{told} {reason}" if reason.startswith("with") else told, status=403)


class _Common:
    """The condition keys that every call has."""

    __slots__ = ("_call", "_proxies", "_request")

    def __init__(self, call: Call, request: Request, proxies: Proxies) -> None:
        self._call = call
        self._request = request
        self._proxies = proxies

    def get(self, key: str) -> Value:
        """The value of a key, or None if the call has none."""
        find = _KEYS.get(key)
        return find(self) if find is not None else None

    def principal_tags(self) -> Mapping[str, str | None]:
        """The tags of the session, then those of the user or role: of keys that differ in case the first counts."""
        caller = self._call.caller
        holder = caller.principal
        if isinstance(holder, Service):
            holder = holder.user or holder.role
        own = holder.tags if isinstance(holder, User | Role) else {}
        passed = caller.session.tags if caller.session is not None else {}
        return {**passed, **{key: value for key, value in own.items() if key not in passed}}

    def source_ip(self) -> Value:
        """The caller's address; a service has none."""
        return None if self._call.caller.service else self._proxies.caller(self._request)

    def user_agent(self) -> Value:
        """The header, as it came."""
        return self._header("user-agent")

    def referer(self) -> Value:
        """The header, as it came."""
        return self._header("referer")

    def principal_arn(self) -> Value:
        """The caller's ARN; that of the role for a session of one."""
        issuer = self._context().get("sessionIssuer", {})
        return str(issuer["arn"]) if issuer.get("type") == "Role" else self._call.caller.arn

    def principal_type(self) -> Value:
        """What kind of principal it is, in the words of policies."""
        kind = self._call.caller.kind
        return _TYPES.get(kind, kind)

    def user_name(self) -> Value:
        """The name of an IAM user; nobody else has one."""
        return str(self._call.caller.identity["userName"]) if self._call.caller.kind == "IAMUser" else None

    def mfa(self) -> Value:
        """Whether the session was asked for with a device; long-lived keys have no such key."""
        return self._attributes().get("mfaAuthenticated")

    def mfa_age(self) -> Value:
        """How many seconds ago the device was asked, where there was one."""
        attributes = self._attributes()
        if attributes.get("mfaAuthenticated") != "true":
            return None
        since = datetime.fromisoformat(attributes["creationDate"]).timestamp()
        return str(self._call.now // 1000 - int(since))

    def federated_provider(self) -> Value:
        """The identity provider that the session came through."""
        found: str | None = self._context().get("webIdFederationData", {}).get("federatedProvider")
        return found

    def called_via(self) -> Value:
        """The service that calls for a user."""
        caller = self._call.caller
        forwards = isinstance(caller.principal, Service) and caller.principal.user is not None
        return caller.service if forwards else None

    def issued(self) -> Value:
        """When temporary credentials were given out."""
        return self._attributes().get("creationDate")

    def source_identity(self) -> Value:
        """The source identity of the session."""
        found: str | None = self._context().get("sourceIdentity")
        return found

    def _attributes(self) -> Mapping[str, str]:
        found: Mapping[str, str] = self._context().get("attributes", {})
        return found

    def _context(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._call.caller.identity.get("sessionContext", {})
        return found

    def _header(self, name: str) -> str | None:
        return self._request.headers.get(name)

    @property
    def call(self) -> Call:
        """The call that is asked for."""
        return self._call


_KEYS: Mapping[str, Callable[[_Common], Value]] = {
    "aws:calledvia": _Common.called_via,
    "aws:calledviafirst": _Common.called_via,
    "aws:calledvialast": _Common.called_via,
    "aws:currenttime": lambda common: iso_date(common.call.now),
    "aws:epochtime": lambda common: str(common.call.now // 1000),
    "aws:federatedprovider": _Common.federated_provider,
    "aws:multifactorauthage": _Common.mfa_age,
    "aws:multifactorauthpresent": _Common.mfa,
    "aws:principalaccount": lambda common: common.call.caller.account,
    "aws:principalarn": _Common.principal_arn,
    "aws:principalisawsservice": lambda _: "false",
    "aws:principaltype": _Common.principal_type,
    "aws:referer": _Common.referer,
    "aws:requestedregion": lambda common: common.call.region,
    "aws:resourceaccount": lambda common: common.call.account,
    "aws:securetransport": lambda _: "true",  # as every call to AWS is
    "aws:sourceidentity": _Common.source_identity,
    "aws:sourceip": _Common.source_ip,
    "aws:tokenissuetime": _Common.issued,
    "aws:useragent": _Common.user_agent,
    "aws:userid": lambda common: common.call.caller.principal_id,
    "aws:username": _Common.user_name,
    "aws:viaawsservice": lambda common: "true" if common.called_via() else "false",
}
