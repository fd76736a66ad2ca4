"""Sessions: what temporary credentials stand for, kept in a table and found by their access key."""

from __future__ import annotations

from base64 import b32encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from emulator.ids import Ids

__all__ = ["TOKEN_MARK", "Credentials", "Session", "credentials", "find", "keep"]

TOKEN_MARK = "IQoJb3JpZ2luX21hcHRyYWls"  # noqa: S105 -- how every session token begins that is given out here
_TOKEN_LENGTH = 240
_DAY = 86_400_000
_COLUMNS = "access_key, secret, token, account, expires, identity, tags, transitive, policy, policy_arns"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Temporary credentials, fresh."""

    access_key: str
    secret: str = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Session:
    """Whose temporary credentials are, and what came with them.

    ``identity`` is the ``userIdentity`` of its calls, ``policy`` and ``policy_arns`` are the session policies,
    ``transitive`` names the tags that go on to the next session in a chain. ``expires`` is in milliseconds.
    """

    credentials: Credentials
    account: str
    expires: int
    identity: Mapping[str, Any]
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive: tuple[str, ...] = ()
    policy: Mapping[str, Any] | None = None
    policy_arns: tuple[str, ...] = ()

    @property
    def source_identity(self) -> str | None:
        """The source identity, which goes on through a chain of roles."""
        found: str | None = self.identity.get("sessionContext", {}).get("sourceIdentity")
        return found


def credentials(ids: Ids, account: str) -> Credentials:
    """New temporary credentials; as on AWS, the account can be read from the access key id."""
    head = 1 << 47 | int(account) << 7 | ids.take(1)[0] & 0x7F
    access_key = "ASIA" + b32encode(head.to_bytes(6, "big") + ids.take(4)).decode()
    return Credentials(access_key, ids.alphanumeric(40), TOKEN_MARK + ids.alphanumeric(_TOKEN_LENGTH))


def keep(connection: sqlite3.Connection, place: int, session: Session, now: int) -> None:
    """Keep a session, and drop those that expired long ago."""
    connection.execute("DELETE FROM session WHERE expires < ?", (now - _DAY,))
    fresh = session.credentials
    values = (fresh.access_key, fresh.secret, fresh.token, session.account, session.expires)
    details = (session.identity, session.tags, session.transitive, session.policy, session.policy_arns)
    connection.execute(
        f"INSERT INTO session (place, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (place, *values, *(orjson.dumps(detail).decode() for detail in details)),
    )


def find(connection: sqlite3.Connection, access_key: str) -> Session | None:
    """The session of an access key, expired or not."""
    row = connection.execute(f"SELECT {_COLUMNS} FROM session WHERE access_key = ?", (access_key,)).fetchone()
    if row is None:
        return None
    identity, tags, transitive, policy, policy_arns = map(orjson.loads, row[5:])
    return Session(Credentials(*row[:3]), row[3], row[4], identity, tags, tuple(transitive), policy, tuple(policy_arns))
