"""The record: its members, their order, what is null, what is left out, what is too long."""

import json

import pytest

from trail.identity import assumed_role, issuer_role, session
from trail.record import MEMBERS, Resource, build, encode

CONSOLE_USER = assumed_role(
    session(1_700_000_000_000, issuer=issuer_role("arn:aws:iam::111122223333:role/Admin", "AROAEXAMPLE")),
    "smithj",
    "ASIAEXAMPLE",
)
TLS = {
    "tlsVersion": "TLSv1.3",
    "cipherSuite": "TLS_AES_128_GCM_SHA256",
    "clientProvidedHostHeader": "servicediscovery.eu-west-3.amazonaws.com",
}


def text(event):
    return encode(event).decode()


def test_a_write_from_the_console_reads_as_the_published_one(event):
    """The tail of AWS's own sample of CreateHttpNamespace, member by member."""
    record = text(
        event(
            "CreateHttpNamespace",
            version="1.09",
            identity=CONSOLE_USER,
            request_parameters={"name": "example", "creatorRequestId": "c-1", "tags": []},
            response_elements={"operationId": "7xm4i7ghhkaalma666nrg6itf2eylcbp-gwipo38o"},
            request_id="641274d2-0000-0000-0000-000000000000",
            event_id="a1ce3732-0000-0000-0000-000000000000",
            tls=TLS,
            session_credential_from_console=True,
        )
    )
    assert record.endswith(
        '"requestParameters":{"name":"example","creatorRequestId":"c-1","tags":[]},'
        '"responseElements":{"operationId":"7xm4i7ghhkaalma666nrg6itf2eylcbp-gwipo38o"},'
        '"requestID":"641274d2-0000-0000-0000-000000000000","eventID":"a1ce3732-0000-0000-0000-000000000000",'
        '"readOnly":false,"eventType":"AwsApiCall","managementEvent":true,'
        '"recipientAccountId":"111122223333","eventCategory":"Management",'
        '"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256",'
        '"clientProvidedHostHeader":"servicediscovery.eu-west-3.amazonaws.com"},'
        '"sessionCredentialFromConsole":"true"}'
    )


def test_a_data_event_reads_as_the_published_one(event):
    """The tail of AWS's own sample of DiscoverInstances: resources in the middle, their members in order."""
    arn = "arn:aws:servicediscovery:eu-west-3:111122223333:"
    record = text(
        event(
            "DiscoverInstances",
            management=False,
            read_only=True,
            request_parameters={"namespaceName": "n", "serviceName": "s", "queryParameters": {"k": "v"}},
            resources=[
                Resource("111122223333", "AWS::ServiceDiscovery::Namespace", f"{arn}namespace/ns-1"),
                Resource("111122223333", "AWS::ServiceDiscovery::Service", f"{arn}service/srv-1"),
            ],
            request_id="r",
            event_id="e",
        )
    )
    assert record.endswith(
        '"requestParameters":{"namespaceName":"n","serviceName":"s","queryParameters":{"k":"v"}},'
        '"responseElements":null,"requestID":"r","eventID":"e","readOnly":true,'
        '"resources":[{"accountId":"111122223333","type":"AWS::ServiceDiscovery::Namespace",'
        f'"ARN":"{arn}namespace/ns-1"}},'
        '{"accountId":"111122223333","type":"AWS::ServiceDiscovery::Service",'
        f'"ARN":"{arn}service/srv-1"}}],'
        '"eventType":"AwsApiCall","managementEvent":false,"recipientAccountId":"111122223333","eventCategory":"Data"}'
    )


def test_the_head_of_a_record(event):
    record = text(event(version="1.11"))
    assert record.startswith(
        '{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLE",'
        '"arn":"arn:aws:iam::111122223333:user/ana","accountId":"111122223333","accessKeyId":"AKIAEXAMPLE",'
        '"userName":"ana"},"eventTime":"2026-11-22T16:38:00Z","eventSource":"servicediscovery.amazonaws.com",'
        '"eventName":"RegisterInstance","awsRegion":"us-west-2","sourceIPAddress":"192.0.2.7",'
        '"userAgent":"Boto3/1.44.5","requestParameters":null,"responseElements":null,'
    )


def test_only_parameters_and_response_are_ever_null(event):
    bare = build(event(request_parameters={}, response_elements={}, resources=[], tls={}, additional_event_data={}))
    assert bare["requestParameters"] is None
    assert bare["responseElements"] is None
    assert {name for name, value in bare.items() if value in (None, {}, [])} == {
        "requestParameters",
        "responseElements",
    }
    assert set(bare) == {
        "eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress",
        "userAgent", "requestParameters", "responseElements", "requestID", "eventID", "readOnly", "eventType",
        "managementEvent", "recipientAccountId", "eventCategory",
    }  # fmt: skip


def test_a_failed_call_has_neither_response_nor_resources(event):
    record = build(
        event(
            error_code="ServiceNotFound",
            error_message="No such service",
            request_parameters={"serviceId": "srv-1"},
            response_elements={"operationId": "o"},
            resources=[Resource("111122223333", "AWS::ServiceDiscovery::Service", "arn")],
        )
    )
    assert record["responseElements"] is None
    assert record["requestParameters"] == {"serviceId": "srv-1"}
    assert "resources" not in record
    names = list(record)
    assert names[names.index("userAgent") + 1 :][:3] == ["errorCode", "errorMessage", "requestParameters"]


@pytest.mark.parametrize("message", [None, ""])
def test_an_error_without_a_message_has_no_such_member(event, message):
    record = build(event(error_code="ResourceInUse", error_message=message))
    assert record["errorCode"] == "ResourceInUse"
    assert "errorMessage" not in record


def test_members_that_are_rare_stand_in_their_place(event):
    record = build(
        event(
            error_code="X",
            error_message="m",
            additional_event_data={"a": 1},
            tls=TLS,
            session_credential_from_console=True,
            more={"vpcEndpointId": "vpce-1", "apiVersion": "2017-03-14", "sharedEventID": "s", "addendum": {}},
        )
    )
    assert list(record) == sorted(record, key=MEMBERS.index)
    assert record["apiVersion"] == "2017-03-14"
    assert "addendum" not in record


def test_a_member_that_does_not_exist_is_refused(event):
    with pytest.raises(ValueError, match="eventContext"):
        build(event(more={"eventContext": {"a": 1}}))


def test_a_resource_without_a_type_does_not_say_one(event):
    record = build(event(resources=[Resource("111122223333", "", "arn:x")]))
    assert record["resources"] == [{"accountId": "111122223333", "ARN": "arn:x"}]


def test_texts_are_utf8_without_escapes(event):
    record = encode(event(request_parameters={"description": "<é & 漢>\u2028"}))
    assert "<é & 漢>\u2028".encode() in record


@pytest.mark.parametrize(
    ("member", "name"),
    [
        ("user_agent", "userAgent"),
        ("error_code", "errorCode"),
        ("error_message", "errorMessage"),
        ("request_id", "requestID"),
    ],
)
@pytest.mark.parametrize(
    ("given", "kept"), [("x" * 1024, 1024), ("x" * 1025, 1024), ("é" * 600, 512), ("漢" * 400, 341)]
)
def test_texts_end_at_one_kilobyte_and_never_inside_a_character(event, member, name, given, kept):
    members = {"error_code": "E"} | {member: given}
    assert json.loads(encode(event(**members)))[name] == given[0] * kept


@pytest.mark.parametrize("member", ["request_parameters", "response_elements"])
def test_parameters_over_100_kb_are_null(event, member):
    name = {"request_parameters": "requestParameters", "response_elements": "responseElements"}[member]
    frame = len('{"d":""}')
    fits = {"d": "x" * (100 * 1024 - frame)}
    over = {"d": "x" * (100 * 1024 - frame + 1)}
    assert json.loads(encode(event(**{member: fits})))[name] == fits
    assert json.loads(encode(event(**{member: over})))[name] is None


def test_additional_data_over_28_kb_is_left_out(event):
    assert "additionalEventData" in json.loads(encode(event(additional_event_data={"d": "x" * 28_000})))
    assert "additionalEventData" not in json.loads(encode(event(additional_event_data={"d": "x" * 29_000})))


def test_a_record_is_never_over_256_kb(event):
    big = {"d": "x" * 100_000}
    data = encode(event(request_parameters=big, response_elements=big, more={"serviceEventDetails": big}))
    assert len(data) <= 256 * 1024
    record = json.loads(data)
    assert record["requestParameters"] == big
    assert record["responseElements"] == big
    assert "serviceEventDetails" not in record


@pytest.mark.parametrize("value", ["\ud800", 1 << 70, float("nan")])
def test_a_value_that_json_has_no_word_for_still_leaves_a_record(event, value):
    assert json.loads(encode(event(request_parameters={"name": value})))["eventName"] == "RegisterInstance"


def test_a_second_is_never_divided(event):
    assert build(event(time=1_795_365_480_999))["eventTime"] == "2026-11-22T16:38:00Z"
