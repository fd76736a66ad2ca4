"""Signing the console's own calls, Signature Version 4, so that they pass where signatures are checked.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.call import Request

__all__ = ["sign"]

_SIGNED = ("host", "x-amz-date", "x-amz-target")


def sign(request: Request, scope: tuple[str, str, str], secret: str, now: int) -> dict[str, str]:
    """The headers that sign a request at a moment; ``scope`` is the access key, the region and the service."""
    access_key, region, service = scope
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now // 1000))
    headers = {**request.headers, "x-amz-date": stamp}
    lines = "".join(f"{name}:{headers[name]}\n" for name in _SIGNED)
    body = hashlib.sha256(request.body).hexdigest()
    canonical = f"{request.method}\n{request.path}\n\n{lines}\n{';'.join(_SIGNED)}\n{body}"
    credential = f"{stamp[:8]}/{region}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{credential}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{secret}".encode()
    for part in credential.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    said = f"Credential={access_key}/{credential}, SignedHeaders={';'.join(_SIGNED)}, Signature={signature}"
    return {"x-amz-date": stamp, "authorization": f"AWS4-HMAC-SHA256 {said}"}
