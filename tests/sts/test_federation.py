"""AssumeRoleWithWebIdentity and AssumeRoleWithSAML: whoever the token says; the token is read, not verified."""

import hashlib
import json
from base64 import b64encode, urlsafe_b64encode
from typing import Any

import pytest

from tests.sdk import refused
from tests.sts.test_records import DEPLOY_ISSUER, members, same, told
from tests.sts.world import AUDIT, DEPLOY, HOME, OIDC, SAML, World

CLAIMS = {"iss": "https://idp.example/id", "sub": "repo:shop:main", "aud": "sts.amazonaws.com"}
ISSUER = "https://corp.example/saml"
RECIPIENT = "https://signin.aws.amazon.com/saml"


@pytest.fixture(autouse=True)
def _stopped_clock(world: World) -> None:
    world.clock(freeze="2026-11-22T16:35:00Z")


def jwt(claims: Any = CLAIMS) -> str:
    return ".".join(urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({}, claims, 0))


def saml(role: str = f"{DEPLOY},{SAML}", name: str = "carol@example.com", **attributes: str) -> str:
    given = {"Role": role, "RoleSessionName": name} | {key.replace("__", ":"): each for key, each in attributes.items()}
    told = "".join(
        f'<Attribute Name="https://aws.amazon.com/SAML/Attributes/{key}"><AttributeValue>{each}</AttributeValue>'
        "</Attribute>"
        for key, each in given.items()
        if each
    )
    document = (
        '<p:Response xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol">'
        '<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion" ID="_c0046c"><Issuer>'
        f"{ISSUER}</Issuer><Subject>"
        '<NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">carol</NameID><SubjectConfirmation>'
        f'<SubjectConfirmationData Recipient="{RECIPIENT}"/></SubjectConfirmation></Subject>'
        f"<AttributeStatement>{told}</AttributeStatement></Assertion></p:Response>"
    )
    return b64encode(document.encode()).decode()


def web(world: World, token: str | None = None, role: str = DEPLOY, **more: Any) -> Any:
    client = world.client(None)
    return client.assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="pod", WebIdentityToken=token or jwt(), **more
    )


def test_web_identity(world: World) -> None:
    answer = web(world, DurationSeconds=900)
    assert answer["SubjectFromWebIdentityToken"] == "repo:shop:main"
    assert (answer["Provider"], answer["Audience"]) == (OIDC, "sts.amazonaws.com")
    record = world.last()
    members(record, "errorCode", "errorMessage", "sharedEventID")
    identity = {
        "type": "WebIdentityUser",
        "principalId": f"{OIDC}:sts.amazonaws.com:repo:shop:main",
        "userName": "repo:shop:main",
        "identityProvider": OIDC,
    }
    same(record["userIdentity"], identity)
    same(record["requestParameters"], {"roleArn": DEPLOY, "roleSessionName": "pod", "durationSeconds": 900})
    user = {"assumedRoleId": "AROADEPLOYDEPLOY00001:pod", "arn": f"arn:aws:sts::{HOME}:assumed-role/deploy/pod"}
    elements = {
        "credentials": told(answer),
        "subjectFromWebIdentityToken": "repo:shop:main",
        "assumedRoleUser": user,
        "provider": OIDC,
        "audience": "sts.amazonaws.com",
    }
    same(record["responseElements"], elements)
    same(record["resources"], [{"accountId": HOME, "type": "AWS::IAM::Role", "ARN": DEPLOY}])
    assert (record["recipientAccountId"], record["readOnly"]) == (HOME, True)
    world.cloudmap(answer).list_namespaces()
    context = {
        "sessionIssuer": DEPLOY_ISSUER,
        "webIdFederationData": {"federatedProvider": OIDC, "attributes": {}},
        "attributes": {"creationDate": "2026-11-22T16:35:00Z", "mfaAuthenticated": "false"},
    }
    same(world.last()["userIdentity"]["sessionContext"], context)


TAGS, SOURCE = "https://aws.amazon.com/tags", "https://aws.amazon.com/source_identity"


def test_a_token_brings_tags_and_a_source_identity(world: World) -> None:
    tags = {"principal_tags": {"Project": ["Pegasus"], "Team": ["a"]}, "transitive_tag_keys": ["Project"]}
    answer = web(world, jwt(CLAIMS | {TAGS: tags, SOURCE: "carol"}), DurationSeconds=900)
    assert answer["SourceIdentity"] == "carol"
    record = world.last()
    parameters = {
        "roleArn": DEPLOY,
        "roleSessionName": "pod",
        "sourceIdentity": "carol",
        "durationSeconds": 900,
        "principalTags": {"Project": "Pegasus", "Team": "a"},
        "transitiveTagKeys": ["Project"],
    }
    same(record["requestParameters"], parameters)
    assert record["responseElements"]["sourceIdentity"] == "carol"
    world.assume(answer, AUDIT)
    chained = world.last()
    assert chained["requestParameters"]["incomingTransitiveTags"] == {"Project": "Pegasus"}
    assert chained["responseElements"]["sourceIdentity"] == "carol"


@pytest.mark.parametrize(
    "claims",
    [
        {TAGS: []},
        {TAGS: {"principal_tags": ["a"]}},
        {TAGS: {"principal_tags": {"a": "b"}}},
        {TAGS: {"principal_tags": {"a": ["b", "c"]}}},
        {TAGS: {"principal_tags": {"a": [1]}}},
        {TAGS: {"transitive_tag_keys": "a"}},
        {SOURCE: ["carol"]},
    ],
)
def test_claims_that_are_not_of_the_form(world: World, claims: dict[str, Any]) -> None:
    code, _ = refused(web, world=world, token=jwt(CLAIMS | claims))
    assert code == "InvalidIdentityToken"


def test_how_the_provider_was_verified_is_said_of_ones_own(world: World, open_world: World) -> None:
    web(world)
    details = world.last()["additionalEventData"]
    assert details["identityProviderConnectionVerificationMethod"] == "IAMTrustStore"
    web(open_world, jwt(CLAIMS | {"iss": "https://accounts.google.com"}))
    assert list(open_world.last()["additionalEventData"]) == ["ExtendedRequestId", "RequestDetails"]


def test_a_provider_that_is_not_trusted(world: World) -> None:
    refusal = refused(web, world=world, token=jwt(CLAIMS | {"iss": "https://other.example"}))
    assert refusal == ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
    record = world.last()
    assert (record["errorCode"], record["errorMessage"]) == ("AccessDenied", "An unknown error occurred")
    assert record["requestParameters"] == {"roleArn": DEPLOY, "roleSessionName": "pod"}
    assert record["userIdentity"]["type"] == "WebIdentityUser"


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("nothing", "The ID Token provided is not a valid JWT."),
        ("aaaa.bbb", "The ID Token provided is not a valid JWT."),
        ("é.é.é.", "The ID Token provided is not a valid JWT."),
        (jwt([]), "The ID Token provided is not a valid JWT."),
        (jwt({"iss": "https://idp.example"}), "Missing a required claim: sub"),
        (jwt(CLAIMS | {"aud": []}), "Missing a required claim: aud"),
    ],
)
def test_a_token_that_cannot_be_read_is_nobodys(world: World, token: str, words: str) -> None:
    mark = world.mark()
    code, message = refused(web, world=world, token=token)
    assert code == "InvalidIdentityToken"
    assert message.startswith(words)
    assert world.records(mark) == []


def test_a_provider_that_aws_knows(open_world: World) -> None:
    answer = web(open_world, jwt(CLAIMS | {"iss": "https://accounts.google.com", "aud": ["app", "more"]}))
    assert (answer["Provider"], answer["Audience"]) == ("accounts.google.com", "app")
    assert open_world.last()["userIdentity"]["principalId"] == "accounts.google.com:app:repo:shop:main"


def test_a_bad_name_keeps_the_token_to_itself(world: World) -> None:
    client = world.client(None, parameter_validation=False)
    code, message = refused(
        client.assume_role_with_web_identity, RoleArn=DEPLOY, RoleSessionName="p d", WebIdentityToken=jwt()
    )
    assert code == "ValidationError"
    assert jwt() not in message + str(world.last())


def test_saml(world: World) -> None:
    qualifier = b64encode(hashlib.sha1(f"{ISSUER}{HOME}/Corp".encode()).digest()).decode()
    assertion = saml(SourceIdentity="carol", PrincipalTag__CostCenter="7", TransitiveTagKeys="CostCenter")
    answer = world.client(None).assume_role_with_saml(RoleArn=DEPLOY, PrincipalArn=SAML, SAMLAssertion=assertion)
    record = world.last()
    members(record, "errorCode", "errorMessage", "sharedEventID")
    identity = {
        "type": "SAMLUser",
        "principalId": f"{qualifier}:carol",
        "userName": "carol",
        "identityProvider": qualifier,
    }
    same(record["userIdentity"], identity)
    parameters = {
        "sAMLAssertionID": "_c0046c",
        "roleSessionName": "carol@example.com",
        "sourceIdentity": "carol",
        "principalTags": {"CostCenter": "7"},
        "transitiveTagKeys": ["CostCenter"],
        "roleArn": DEPLOY,
        "principalArn": SAML,
    }
    same(record["requestParameters"], parameters)
    user = {
        "assumedRoleId": "AROADEPLOYDEPLOY00001:carol@example.com",
        "arn": f"arn:aws:sts::{HOME}:assumed-role/deploy/carol@example.com",
    }
    elements = {
        "credentials": told(answer),
        "assumedRoleUser": user,
        "packedPolicySize": 1,
        "subject": "carol",
        "subjectType": "persistent",
        "issuer": ISSUER,
        "audience": RECIPIENT,
        "nameQualifier": qualifier,
        "sourceIdentity": "carol",
    }
    same(record["responseElements"], elements)
    resources = [
        {"accountId": HOME, "type": "AWS::IAM::Role", "ARN": DEPLOY},
        {"accountId": HOME, "type": "AWS::IAM::SAMLProvider", "ARN": SAML},
    ]
    same(record["resources"], resources)
    world.cloudmap(answer).list_namespaces()
    assert world.last()["userIdentity"]["arn"] == user["arn"]


ENTITY = b64encode(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>').decode()


@pytest.mark.parametrize(
    ("assertion", "words"),
    [
        ("no base64!!", "Invalid base64 SAMLResponse"),
        (b64encode(b"<a>").decode(), "Invalid base64 SAMLResponse"),
        (b64encode(b"<a/>").decode(), "Invalid base64 SAMLResponse"),
        (ENTITY, "Invalid base64 SAMLResponse"),
        (saml(role=f"{DEPLOY}x,{SAML}"), "SAML Assertion doesn't contain the requested Role and Metadata"),
        (saml(name=""), "RoleSessionName is required in AuthnResponse"),
        (saml(name="c d"), "RoleSessionName in AuthnResponse must match"),
    ],
)
def test_an_assertion_that_cannot_be_read(world: World, assertion: str, words: str) -> None:
    mark = world.mark()
    call = world.client(None).assume_role_with_saml
    code, message = refused(call, RoleArn=DEPLOY, PrincipalArn=SAML, SAMLAssertion=assertion)
    assert code == "InvalidIdentityToken"
    assert message.startswith(words)
    assert world.records(mark) == []


def test_a_saml_provider_that_is_not_trusted(world: World) -> None:
    other = SAML + "2"
    call = world.client(None).assume_role_with_saml
    refusal = refused(call, RoleArn=DEPLOY, PrincipalArn=other, SAMLAssertion=saml(role=f"{other},{DEPLOY}"))
    assert refusal == ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML")
    assert world.last()["userIdentity"]["type"] == "SAMLUser"
