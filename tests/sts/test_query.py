"""The query protocol itself: forms, addresses, XML, and what cannot be read."""

from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.model import sts
from emulator.wire.query import QueryCodec
from tests.sts.world import DEPLOY, SMITH, World

SPACE = "{https://sts.amazonaws.com/doc/2011-06-15/}"
SCOPE = f"AWS4-HMAC-SHA256 Credential={SMITH}/20261122/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0"


def ask(world: World, body: str | None, address: str = "/", **headers: str) -> tuple[int, ET.Element]:
    headers = {"Authorization": SCOPE, **({"Content-Type": FORM} if body is not None else {}), **headers}
    request = Request(world.server.url + address, None if body is None else body.encode(), headers)
    try:
        with urlopen(request, timeout=30) as answer:
            assert answer.headers["Content-Type"] == "text/xml"
            return answer.status, ET.fromstring(answer.read())
    except HTTPError as error:
        with error:
            return error.status, ET.fromstring(error.read())


FORM = "application/x-www-form-urlencoded; charset=utf-8"


def form(action: str, **members: Any) -> str:
    return urlencode({"Action": action, "Version": "2011-06-15", **members})


def text(root: ET.Element, name: str) -> str | None:
    return root.findtext(f".//{SPACE}{name}")


def test_the_answer_names_the_request(world: World) -> None:
    status, root = ask(world, form("GetCallerIdentity"))
    assert (status, root.tag) == (200, f"{SPACE}GetCallerIdentityResponse")
    assert [child.tag for child in root] == [f"{SPACE}GetCallerIdentityResult", f"{SPACE}ResponseMetadata"]
    assert text(root, "RequestId") == world.last()["requestID"]


@pytest.mark.parametrize("version", ["", "2010-05-08"])
def test_another_version_of_the_api(world: World, version: str) -> None:
    mark = world.mark()
    body = "Action=GetCallerIdentity" + (f"&Version={version}" if version else "")
    status, root = ask(world, body)
    assert (status, text(root, "Code")) == (400, "InvalidAction")
    told = f"Could not find operation GetCallerIdentity for version {version or 'NO_VERSION_SPECIFIED'}"
    assert text(root, "Message") == told
    assert world.records(mark) == []


def test_a_query_in_the_address(world: World) -> None:
    assert text(ask(world, None, "/?" + form("GetCallerIdentity"))[1], "UserId") == "AIDASMITHJSMITHJ00001"
    assert world.last()["eventName"] == "GetCallerIdentity"


def test_credentials_in_the_address(world: World) -> None:
    address = "/?" + form("GetCallerIdentity", **{"X-Amz-Credential": f"{SMITH}/20261122/us-west-2/sts/aws4_request"})
    assert ask(world, None, address, Authorization="")[0] == 200
    assert world.last()["awsRegion"] == "us-west-2"


@pytest.mark.parametrize("action", ["", "Nothing", "AssumeRoot", "getcalleridentity"])
def test_an_action_that_is_none(world: World, action: str) -> None:
    mark = world.mark()
    status, root = ask(world, form(action))
    assert (status, root.tag) == (400, f"{SPACE}ErrorResponse")
    assert (text(root, "Type"), text(root, "Code")) == ("Sender", "InvalidAction")
    assert text(root, "RequestId")
    assert world.records(mark) == []


@pytest.mark.parametrize(
    ("seconds", "status", "code"),
    [
        ("900", 200, None),
        ("0900", 200, None),
        ("+900", 200, None),
        (" 900 ", 400, "MalformedInput"),
        ("\t900\n", 400, "MalformedInput"),
        ("900.0", 400, "MalformedInput"),
        ("9e2", 400, "MalformedInput"),
        ("2147483648", 400, "MalformedInput"),
        ("0", 400, "ValidationError"),
    ],
)
def test_numbers_as_aws_reads_them(world: World, seconds: str, status: int, code: str | None) -> None:
    answer = ask(world, form("GetSessionToken", DurationSeconds=seconds))
    assert (answer[0], text(answer[1], "Code")) == (status, code)


def test_lists_are_in_the_order_of_their_numbers(world: World) -> None:
    tags = {"Tags.member.10.Key": "b", "Tags.member.10.Value": "2", "Tags.member.2.Key": "a", "Tags.member.2.Value": ""}
    assert ask(world, form("AssumeRole", RoleArn=DEPLOY, RoleSessionName="ci", **tags))[0] == 200
    assert world.last()["requestParameters"]["tags"] == [{"key": "a", "value": ""}, {"key": "b", "value": "2"}]


def test_a_missing_member(world: World) -> None:
    status, root = ask(world, form("AssumeRole", RoleArn=DEPLOY))
    assert (status, text(root, "Code")) == (400, "ValidationError")
    broken = "Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null"
    assert text(root, "Message") == f"1 validation error detected: {broken}"


def test_nobody_is_where_the_region_is_none(world: World) -> None:
    scope = SCOPE.replace("us-east-1", "nowhere")
    status, root = ask(world, form("GetCallerIdentity"), Authorization=scope)
    assert (status, text(root, "Code")) == (403, "SignatureDoesNotMatch")


@given(st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_any_text_comes_through(value: str) -> None:
    codec = QueryCodec(sts(), "id")
    body = form("AssumeRole", RoleSessionName=value.encode("utf-8", "replace").decode())
    assert codec.decode(body.encode())["RoleSessionName"] == value.encode("utf-8", "replace").decode()
    written = codec.encode(sts().operations["GetAccessKeyInfo"], {"Account": value})
    found = ET.fromstring(written).findtext(f".//{SPACE}Account")
    assert found is None or len(found) == len(value.replace("\r\n", "\n"))


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_a_form(body: bytes) -> None:
    codec = QueryCodec(sts(), "id")
    assert isinstance(codec.decode(b"Action=AssumeRole&" + body), dict)


def test_a_deep_name_is_no_trouble() -> None:
    body = b"Action=AssumeRole&" + b"Tags" + b".member" * 100_000 + b"=x"
    assert QueryCodec(sts(), "id").decode(body) == {"Tags": []}
