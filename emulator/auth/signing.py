"""Signing calls of one's own, the console's and those of seeds, so that they pass where signatures are checked."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from emulator.auth.sigv4 import ALGORITHM, TERMINATOR, canonical_headers, digest, mac, signing_key, string_to_sign

if TYPE_CHECKING:
    from emulator.call import Request
    from emulator.identities.known import Identities

__all__ = ["sign"]

_SIGNED = ("host", "x-amz-date", "x-amz-target")
_ANY_SECRET = "maptrail"  # noqa: S105 -- where no secret is known, none is asked for


def sign(request: Request, scope: tuple[str, str, str], identities: Identities | None, now: int) -> dict[str, str]:
    """The headers that sign a request at a moment; ``scope`` is the access key, the region and the service.

    The secret is that of the access key, or any if nobody in ``identities`` has it.
    """
    access_key, region, service = scope
    holder = identities and identities.holder(access_key)
    secret = holder.key.secret if holder else _ANY_SECRET
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now // 1000))
    names, date = ";".join(_SIGNED), stamp[:8]
    lines = canonical_headers({**request.headers, "x-amz-date": stamp}, _SIGNED)
    canonical = f"{request.method}\n{request.path}\n\n{lines}\n{names}\n{digest(request.body)}"
    credential = f"{date}/{region}/{service}/{TERMINATOR}"
    signature = mac(signing_key(secret, date, region, service), string_to_sign(stamp, credential, canonical))
    said = f"Credential={access_key}/{credential}, SignedHeaders={names}, Signature={signature}"
    return {"x-amz-date": stamp, "authorization": f"{ALGORITHM} {said}"}
