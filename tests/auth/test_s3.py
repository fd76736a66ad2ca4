"""The local S3 where keys or signatures are asked for: botocore is let in, everybody else hears S3's own words."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from botocore.auth import S3SigV4Auth

import emulator
from emulator.auth.chunks import SIGNED
from emulator.auth.sigv4 import ALGORITHM, digest, mac, signing_key
from tests.auth.signing import FILE, KEY, OTHER_SECRET, SECRET, Sent, send, signed
from tests.auth.test_signatures import stamp

if TYPE_CHECKING:
    from pathlib import Path

    from emulator import Emulator

MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)


@pytest.fixture
def bucket(signing_server: Emulator) -> str:
    signing_server.machine.buckets.create("objects")
    return "/objects"


def put(server: Emulator, path: str, body: bytes = b"data", **options: Any) -> Sent:
    return signed(server, service="s3", method="PUT", path=path, body=body, **options)


@pytest.mark.parametrize("key", ["plain", "a b+c/ü~.txt", "a//b/./c", "100%", "=&?"])
def test_what_botocore_signs_is_let_in(signing_server: Emulator, bucket: str, key: str) -> None:
    path = f"{bucket}/{quote(key)}"
    assert send(signing_server, put(signing_server, path)).status == 200
    for presigned in (None, 60):
        sent = signed(signing_server, service="s3", method="GET", path=path, presigned=presigned)
        assert send(signing_server, sent).body == b"data"
    listed = f"{bucket}?list-type=2&prefix={quote(key, safe='')}"
    assert send(signing_server, signed(signing_server, service="s3", method="GET", path=listed)).status == 200


def test_the_body_of_a_presigned_address_is_unsigned(signing_server: Emulator, bucket: str) -> None:
    sent = put(signing_server, f"{bucket}/a", b"", presigned=60)
    assert send(signing_server, Sent(sent.method, sent.target, sent.headers, b"other")).status == 200


def test_refusals(signing_server: Emulator, bucket: str) -> None:
    path = f"{bucket}/kept"
    good = put(signing_server, path)
    refusals = {
        put(signing_server, path, credentials=(KEY, OTHER_SECRET)): ("SignatureDoesNotMatch", MISMATCH),
        put(signing_server, path, credentials=("AKIANOBODY", SECRET)): (
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
        ),
        good.with_header("Authorization", None): ("AccessDenied", "Access Denied"),
        put(signing_server, path, at=stamp(-1000)): (
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
        ),
        put(signing_server, path, b"", presigned=10, at=stamp(-60)): ("AccessDenied", "Request has expired"),
        good.with_header("X-Amz-Meta-More", "x"): (
            "AccessDenied",
            "There were headers present in the request which were not signed",
        ),
        Sent("PUT", path, good.headers, b"fake"): (
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        ),
        Sent("PUT", path + "2", good.headers, good.body): ("SignatureDoesNotMatch", MISMATCH),
        good.with_header("X-Amz-Content-SHA256", hashlib.sha256(b"x").hexdigest()): ("SignatureDoesNotMatch", MISMATCH),
    }
    for sent, error in refusals.items():
        assert send(signing_server, sent).error == error
    assert send(signing_server, signed(signing_server, service="s3", method="GET", path=path)).status == 404


def chunked(server: Emulator, path: str, data: bytes) -> Sent:
    """An upload whose one chunk is signed after the request, as SDKs do it that stream over plain HTTP."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(S3SigV4Auth, "payload", lambda *_: SIGNED)
        sent = put(server, path, b"", headers={"x-amz-decoded-content-length": str(len(data))})
    time, scope = sent.headers["X-Amz-Date"], "/".join(sent.headers["Authorization"].split(",")[0].split("/")[1:])
    before, body = sent.headers["Authorization"].rpartition("=")[2], b""
    for chunk in (data, b""):
        text = "\n".join((f"{ALGORITHM}-PAYLOAD", time, scope, before, digest(b""), digest(chunk)))
        before = mac(signing_key(SECRET, time[:8], "us-east-1", "s3"), text)
        body += f"{len(chunk):x};chunk-signature={before}\r\n".encode() + chunk + b"\r\n"
    return replace(sent, body=body)


def test_signed_chunks(signing_server: Emulator, bucket: str) -> None:
    path = f"{bucket}/chunks"
    sent = chunked(signing_server, path, b"data")
    changed = replace(sent, body=sent.body.replace(b"\r\ndata", b"\r\nfake"))
    assert send(signing_server, changed).error == ("SignatureDoesNotMatch", MISMATCH)
    assert send(signing_server, replace(sent, body=sent.body[:-90])).error[0] == "IncompleteBody"
    assert send(signing_server, signed(signing_server, service="s3", method="GET", path=path)).status == 404
    assert send(signing_server, sent).status == 200
    assert send(signing_server, signed(signing_server, service="s3", method="GET", path=path)).body == b"data"


def test_known_asks_for_a_key_only(tmp_path: Path) -> None:
    (tmp_path / "identities.toml").write_text(FILE)
    with emulator.Emulator(identities=tmp_path / "identities.toml", auth="known", default_trail=False) as server:
        server.machine.buckets.create("objects")
        assert send(server, put(server, "/objects/a", credentials=(KEY, OTHER_SECRET))).status == 200
        error = send(server, put(server, "/objects/a", credentials=("AKIANOBODY", SECRET))).error
        assert error[0] == "InvalidAccessKeyId"
        assert send(server, put(server, "/objects/a").with_header("Authorization", None)).error[0] == "AccessDenied"
