"""Every shape of userIdentity, as bytes: the order of members counts."""

import json

import pytest

from trail.identity import (
    assumed_role,
    aws_account,
    aws_service,
    caller_name,
    federated_user,
    iam_user,
    issuer_role,
    issuer_root,
    issuer_user,
    root,
    saml_user,
    service_linked,
    session,
    user_name,
    web_identity_user,
)

CREATED = 1_789_318_800_999  # 2026-09-13T17:00:00Z and a bit
ANA = "arn:aws:iam::123456789012:user/ana"
ROLE = issuer_role("arn:aws:iam::123456789012:role/deploy", "AROAEXAMPLEEXAMPLE0")

SHAPES = {
    "an IAM user": (
        iam_user(ANA, "AIDAEXAMPLEEXAMPLE0", "AKIAEXAMPLEEXAMPLE0"),
        (
            '{"type":"IAMUser","principalId":"AIDAEXAMPLEEXAMPLE0","arn":"arn:aws:iam::123456789012:user/ana",'
            '"accountId":"123456789012","accessKeyId":"AKIAEXAMPLEEXAMPLE0","userName":"ana"}'
        ),
        "ana",
    ),
    "an IAM user with a path and a session that a service forwards": (
        iam_user(
            "arn:aws-cn:iam::123456789012:user/dev/eu/ana",
            "AIDA",
            "ASIA",
            context=session(CREATED, mfa=True),
            invoked_by="cloudformation.amazonaws.com",
        ),
        (
            '{"type":"IAMUser","principalId":"AIDA","arn":"arn:aws-cn:iam::123456789012:user/dev/eu/ana",'
            '"accountId":"123456789012","accessKeyId":"ASIA","userName":"ana","sessionContext":{"attributes":'
            '{"creationDate":"2026-09-13T17:00:00Z","mfaAuthenticated":"true"}},'
            '"invokedBy":"cloudformation.amazonaws.com"}'
        ),
        "ana",
    ),
    "an assumed role": (
        assumed_role(session(CREATED, issuer=ROLE), "ci", "ASIAEXAMPLEEXAMPLE0"),
        (
            '{"type":"AssumedRole","principalId":"AROAEXAMPLEEXAMPLE0:ci",'
            '"arn":"arn:aws:sts::123456789012:assumed-role/deploy/ci","accountId":"123456789012",'
            '"accessKeyId":"ASIAEXAMPLEEXAMPLE0","sessionContext":{"sessionIssuer":{"type":"Role",'
            '"principalId":"AROAEXAMPLEEXAMPLE0","arn":"arn:aws:iam::123456789012:role/deploy",'
            '"accountId":"123456789012","userName":"deploy"},"attributes":{"creationDate":"2026-09-13T17:00:00Z",'
            '"mfaAuthenticated":"false"}}}'
        ),
        "ci",
    ),
    "a service through its service-linked role": (
        service_linked(
            "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
            "AROAEXAMPLEEXAMPLE1",
            "ecs-service-scheduler",
            "ecs.amazonaws.com",
            CREATED,
        ),
        (
            '{"type":"AssumedRole","principalId":"AROAEXAMPLEEXAMPLE1:ecs-service-scheduler",'
            '"arn":"arn:aws:sts::123456789012:assumed-role/AWSServiceRoleForECS/ecs-service-scheduler",'
            '"accountId":"123456789012","sessionContext":{"sessionIssuer":{"type":"Role",'
            '"principalId":"AROAEXAMPLEEXAMPLE1",'
            '"arn":"arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",'
            '"accountId":"123456789012","userName":"AWSServiceRoleForECS"},"attributes":'
            '{"creationDate":"2026-09-13T17:00:00Z","mfaAuthenticated":"false"}},"invokedBy":"ecs.amazonaws.com"}'
        ),
        "ecs-service-scheduler",
    ),
    "a federated user": (
        federated_user(
            "123456789012",
            "bob",
            "ASIA",
            session(CREATED, issuer=issuer_user("arn:aws:iam::123456789012:user/x/ana", "AIDA")),
        ),
        (
            '{"type":"FederatedUser","principalId":"123456789012:bob",'
            '"arn":"arn:aws:sts::123456789012:federated-user/bob","accountId":"123456789012","accessKeyId":"ASIA",'
            '"sessionContext":{"sessionIssuer":{"type":"IAMUser","principalId":"AIDA",'
            '"arn":"arn:aws:iam::123456789012:user/x/ana","accountId":"123456789012","userName":"ana"},'
            '"attributes":{"creationDate":"2026-09-13T17:00:00Z","mfaAuthenticated":"false"}}}'
        ),
        "bob",
    ),
    "the root user": (
        root("123456789012", access_key="AKIAROOT"),
        (
            '{"type":"Root","principalId":"123456789012","arn":"arn:aws:iam::123456789012:root",'
            '"accountId":"123456789012","accessKeyId":"AKIAROOT"}'
        ),
        "root",
    ),
    "the root user of an account with an alias": (
        root("123456789012", alias="acme", partition="aws-us-gov"),
        (
            '{"type":"Root","principalId":"123456789012","arn":"arn:aws-us-gov:iam::123456789012:root",'
            '"accountId":"123456789012","userName":"acme"}'
        ),
        "root",
    ),
    "another account": (
        aws_account("AIDAOTHER", "999988887777"),
        '{"type":"AWSAccount","principalId":"AIDAOTHER","accountId":"999988887777"}',
        None,
    ),
    "a service on its own": (
        aws_service("ecs.amazonaws.com"),
        '{"type":"AWSService","invokedBy":"ecs.amazonaws.com"}',
        None,
    ),
    "a SAML user": (
        saml_user("idp:ana", "ana", "idp"),
        '{"type":"SAMLUser","principalId":"idp:ana","userName":"ana","identityProvider":"idp"}',
        "ana",
    ),
    "a web identity": (
        web_identity_user("app:7", "7", "www.amazon.com"),
        '{"type":"WebIdentityUser","principalId":"app:7","userName":"7","identityProvider":"www.amazon.com"}',
        "7",
    ),
}


@pytest.mark.parametrize(("identity", "text", "name"), SHAPES.values(), ids=SHAPES)
def test_shapes(identity, text, name):
    assert json.dumps(identity, separators=(",", ":")) == text
    assert user_name(identity) == name


def test_a_session_tells_its_issuer_web_identity_attributes_and_source_in_this_order():
    context = session(
        CREATED, issuer=issuer_root("123456789012"), web_identity={"federatedProvider": "p"}, source_identity="ana"
    )
    assert list(context) == ["sessionIssuer", "webIdFederationData", "attributes", "sourceIdentity"]
    assert context["sessionIssuer"] == {
        "type": "Root",
        "principalId": "123456789012",
        "arn": "arn:aws:iam::123456789012:root",
        "accountId": "123456789012",
    }


def test_events_of_a_service_have_an_identity_without_a_type():
    assert user_name({"accountId": "123456789012", "invokedBy": "ecs.amazonaws.com"}) is None


def test_people_are_told_the_service_or_the_kind_where_there_is_no_user():
    assert caller_name(aws_service("ecs.amazonaws.com")) == "ecs.amazonaws.com"
    assert caller_name(aws_account("AIDA1", "123456789012")) == "AWSAccount"
    assert caller_name(iam_user("arn:aws:iam::123456789012:user/ana", "AIDA1", None)) == "ana"
