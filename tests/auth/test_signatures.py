"""Signatures of botocore are let in, in every form; whatever else comes is refused in AWS's words, and not recorded."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.auth.signing import (
    HOME,
    KEY,
    MISMATCH,
    OTHER_SECRET,
    SECRET,
    Sent,
    caller_identity,
    list_namespaces,
    presigned_identity,
    send,
    signed,
)
from tests.sts.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator import Emulator

FORMS = {"json": list_namespaces, "query": caller_identity, "presigned": presigned_identity}
IN_QUERY = {
    "InvalidSignatureException": "SignatureDoesNotMatch",
    "IncompleteSignatureException": "IncompleteSignature",
    "MissingAuthenticationTokenException": "MissingAuthenticationToken",
    "UnrecognizedClientException": "InvalidClientTokenId",
    "ExpiredTokenException": "ExpiredToken",
}


@pytest.fixture
def world(signing_server: Emulator) -> Iterator[World]:
    world = World(signing_server)
    yield world
    world.close()


def stamp(offset: float = 0) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() + offset))


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> tuple[str, Any]:
    return request.param, FORMS[request.param]


def test_what_botocore_signs_is_let_in(signing_server: Emulator, form: tuple[str, Any]) -> None:
    assert send(signing_server, form[1](signing_server)).status == 200
    assert send(signing_server, form[1](signing_server, region="eu-west-1")).status == 200


def test_over_cbor_too(signing_server: Emulator) -> None:
    path = "/service/Route53AutoNaming_v20170314/operation/ListNamespaces"
    headers = {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"}
    assert send(signing_server, signed(signing_server, path=path, headers=headers, body=b"\xa0")).status == 200


def test_sessions_are_let_in_with_their_token_only(signing_server: Emulator, world: World) -> None:
    smith = {"AccessKeyId": KEY, "SecretAccessKey": SECRET, "SessionToken": None}
    answer = world.assume({"Credentials": smith}, f"arn:aws:iam::{HOME}:role/deploy")
    told = answer["Credentials"]
    credentials = (told["AccessKeyId"], told["SecretAccessKey"], told["SessionToken"])
    for build in FORMS.values():
        good = build(signing_server, credentials=credentials)
        assert send(signing_server, good).status == 200
        bare = build(signing_server, credentials=credentials[:2])
        assert send(signing_server, bare).error[0] in ("UnrecognizedClientException", "InvalidClientTokenId")
    world.cloudmap(answer).list_namespaces()


def test_a_wrong_secret(signing_server: Emulator, form: tuple[str, Any]) -> None:
    answer = send(signing_server, form[1](signing_server, credentials=(KEY, OTHER_SECRET)))
    json_ = form[0] == "json"
    assert answer.status == (400 if json_ else 403)
    assert answer.error == ("InvalidSignatureException" if json_ else "SignatureDoesNotMatch", MISMATCH)


def test_an_unknown_key(signing_server: Emulator, form: tuple[str, Any]) -> None:
    code = "UnrecognizedClientException" if form[0] == "json" else "InvalidClientTokenId"
    answer = send(signing_server, form[1](signing_server, credentials=("AKIANOBODY", SECRET)))
    assert answer.error == (code, "The security token included in the request is invalid.")


def test_nobody(signing_server: Emulator) -> None:
    for build, code in (
        (list_namespaces, "MissingAuthenticationTokenException"),
        (caller_identity, "MissingAuthenticationToken"),
    ):
        sent = build(signing_server).with_header("Authorization", None)
        assert send(signing_server, sent).error == (code, "Request is missing Authentication Token")


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (-901, r"Signature expired: (\d{8}T\d{6}Z) is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 15 min\.\)"),
        (
            905,
            r"Signature not yet current: (\d{8}T\d{6}Z) is still later than \d{8}T\d{6}Z \(\d{8}T\d{6}Z \+ 15 min\.\)",
        ),
    ],
)
def test_a_clock_that_is_off(signing_server: Emulator, seconds: int, told: str) -> None:
    at = stamp(seconds)
    for build, code in ((list_namespaces, "InvalidSignatureException"), (caller_identity, "SignatureDoesNotMatch")):
        error = send(signing_server, build(signing_server, at=at)).error
        assert error[0] == code
        assert re.fullmatch(told, error[1])[1] == at
    assert send(signing_server, list_namespaces(signing_server, at=stamp(seconds * 0.98))).status == 200


def test_the_clock_of_the_product_does_not_count(signing_server: Emulator, world: World) -> None:
    world.clock(advance=86_400)
    assert send(signing_server, list_namespaces(signing_server)).status == 200
    world.clock(reset=True)


def test_a_presigned_address_expires(signing_server: Emulator) -> None:
    old = presigned_identity(signing_server, 30, at=stamp(-60))
    assert send(signing_server, old).error == ("RequestExpired", "Request has expired.")
    long = presigned_identity(signing_server, 3600, at=stamp(-1800))
    assert send(signing_server, long).status == 200


def test_parts_that_are_missing_are_named(signing_server: Emulator) -> None:
    sent = list_namespaces(signing_server)
    said = sent.headers["Authorization"]
    for name in ("Credential", "Signature", "SignedHeaders"):
        # Another word for the part: the one that AWS reads is missing.
        header = re.sub(rf"\b{name}=", f"{name}s=", said)
        hashed = base64.b64encode(hashlib.sha256(header.encode()).digest()).decode()
        told = f"(Hashed with SHA-256 and encoded with Base64) Authorization={hashed}"
        assert send(signing_server, sent.with_header("Authorization", header)).error == (
            "IncompleteSignatureException",
            f"Authorization header requires '{name}' parameter. {told}",
        )
    answer = send(signing_server, sent.with_header("X-Amz-Date", None))
    assert answer.error[1].startswith(
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
    )
    assert send(signing_server, sent.with_header("Authorization", "Basic Zm9v")).error[1].count("parameter.") == 3
    presigned = presigned_identity(signing_server)
    cut = re.sub(r"&X-Amz-SignedHeaders=[^&]*", "", presigned.target)
    assert send(signing_server, Sent("GET", cut, presigned.headers)).error == (
        "IncompleteSignature",
        "AWS query-string parameters must include 'X-Amz-SignedHeaders'. Re-examine the query-string parameters.",
    )


@pytest.mark.parametrize(
    ("pattern", "other", "code", "told"),
    [
        (r"/aws4_request", "/aws4", "InvalidSignatureException", "Credential should be scoped with a valid terminator"),
        (r"/servicediscovery/", "/sns/", "InvalidSignatureException", "Credential should be scoped to correct service"),
        (r"/us-east-1/", "/nowhere/", "InvalidSignatureException", "Credential should be scoped to a valid region."),
        (
            r"/us-east-1/",
            "/",
            "IncompleteSignatureException",
            "Credential must have exactly 5 slash-delimited elements",
        ),
        (r"/20\d{6}/", "/20200101/", "InvalidSignatureException", "Date in Credential scope does not match YYYYMMDD"),
    ],
)
def test_a_scope_that_is_off(signing_server: Emulator, pattern: str, other: str, code: str, told: str) -> None:
    sent = list_namespaces(signing_server)
    header = re.sub(pattern, other, sent.headers["Authorization"], count=1)
    error = send(signing_server, sent.with_header("Authorization", header)).error
    assert error[0] == code
    assert error[1].startswith(told)


def test_a_date_that_is_none(signing_server: Emulator) -> None:
    sent = list_namespaces(signing_server).with_header("X-Amz-Date", "yesterday")
    assert send(signing_server, sent).error == (
        "IncompleteSignatureException",
        "Date must be in ISO-8601 'basic format'. Got 'yesterday'. See http://en.wikipedia.org/wiki/ISO_8601",
    )


def test_headers_of_awss_own_must_be_signed(signing_server: Emulator) -> None:
    sent = list_namespaces(signing_server)
    for name, shown in (("host", "'Host' or ':authority'"), ("x-amz-target", "'X-Amz-Target'")):
        header = sent.headers["Authorization"].replace(f"{name};", "").replace(f";{name}", "")
        assert send(signing_server, sent.with_header("Authorization", header)).error == (
            "InvalidSignatureException",
            f"{shown} must be a 'SignedHeader' in the AWS Authorization.",
        )


def test_a_host_that_is_another(signing_server: Emulator) -> None:
    sent = list_namespaces(signing_server)
    assert send(signing_server, sent.with_header("Host", "elsewhere:80")).error[1] == MISMATCH


def test_nothing_refused_happens_or_is_recorded(signing_server: Emulator, world: World) -> None:
    mark = world.mark()
    headers = {"X-Amz-Target": "Route53AutoNaming_v20170314.CreateHttpNamespace"}
    good = signed(signing_server, headers=headers, body=b'{"Name": "made"}')
    for bad in (
        Sent("POST", "/", good.headers, b'{"Name": "fake"}'),
        good.with_header("X-Amz-Date", stamp(-2)),
        good.with_header("Authorization", good.headers["Authorization"][:-1]),
    ):
        assert send(signing_server, bad).status == 400
    assert world.records(mark) == []
    assert send(signing_server, good).status == 200
    assert [record["requestParameters"]["name"] for record in world.records(mark)] == ["made"]


def mutations() -> st.SearchStrategy[tuple[str, int, int]]:
    return st.tuples(st.sampled_from(["target", "body", "headers"]), st.integers(0, 4000), st.integers(1, 255))


@pytest.mark.parametrize("name", FORMS)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mutation=mutations())
def test_one_byte_that_is_another_is_refused(
    signing_server: Emulator, name: str, mutation: tuple[str, int, int]
) -> None:
    sent = FORMS[name](signing_server)
    other = mutated(sent, *mutation)
    if other is not None and meaning(other) != meaning(sent):
        assert send(signing_server, other).status in (400, 403, 404)


def mutated(sent: Sent, part: str, place: int, change: int) -> Sent | None:
    """The request with one byte changed into another that may stand there."""
    if part == "body":
        if not sent.body:
            return None
        return Sent(sent.method, sent.target, sent.headers, changed(sent.body, place, change, range(256)))
    if part == "target":
        target = changed(sent.target[1:].encode(), place, change, range(0x21, 0x7F)).decode()
        return Sent(sent.method, "/" + target, sent.headers, sent.body) if target else None
    names = [name for name in sent.headers if name in ("Host", "X-Amz-Date", "X-Amz-Target", "Authorization")]
    name = names[place % len(names)]
    value = changed(sent.headers[name].encode(), place, change, range(0x21, 0x7F)).decode()
    return sent.with_header(name, value)


def changed(data: bytes, place: int, change: int, allowed: range) -> bytes:
    if not data:
        return data
    at = place % len(data)
    letter = allowed[(allowed.index(data[at]) + change) % len(allowed)] if data[at] in allowed else allowed[0]
    return data[:at] + bytes([letter]) + data[at + 1 :]


def meaning(sent: Sent) -> object:
    """What a request says: escapes of the address, and a fragment that never is one, say the same in other bytes."""
    from urllib.parse import parse_qsl, urlsplit

    parts = urlsplit(sent.target)
    said = sorted(parse_qsl(parts.query, keep_blank_values=True, encoding="latin-1"))
    return parts.path, said, sorted(sent.headers.items()), sent.body
