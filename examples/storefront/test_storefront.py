"""The storefront, held against Maptrail: what it finds, and which calls it makes to find it."""

import pytest
from botocore.exceptions import ClientError
from storefront import Address, NobodyError, Registration, find, wait

CART = Address("10.0.0.1", 8080)


@pytest.fixture
def cart(cloudmap_client) -> str:
    """The id of a service to register with."""
    operation = cloudmap_client.create_http_namespace(Name="shop")["OperationId"]
    namespace = cloudmap_client.get_operation(OperationId=operation)["Operation"]["Targets"]["NAMESPACE"]
    return cloudmap_client.create_service(Name="cart", NamespaceId=namespace)["Service"]["Id"]


def test_it_is_found_while_it_runs(cloudmap_client, cart):
    with Registration(cart, "cart-1", CART, cloudmap_client):
        assert find(cloudmap_client, "shop", "cart") == CART
    with pytest.raises(NobodyError):
        find(cloudmap_client, "shop", "cart")


def test_it_says_where_it_is_once(cloudmap_client, cart, audit):
    with Registration(cart, "cart-1", CART, cloudmap_client):
        pass
    record = audit.one("RegisterInstance", errorCode=None)
    assert record["requestParameters"]["attributes"] == {"AWS_INSTANCE_IPV4": "10.0.0.1", "AWS_INSTANCE_PORT": "8080"}
    assert audit.one("DeregisterInstance", requestParameters={"instanceId": "cart-1"})


def test_the_calls_are_in_the_log_files(cloudmap_client, cart, audit):
    with Registration(cart, "cart-1", CART, cloudmap_client):
        pass
    assert [path.name.split("_")[1] for path in audit.files()] == ["CloudTrail"]


def test_who_called(maptrail, cart, audit):
    role = f"arn:aws:iam::{maptrail.account}:role/deploy"
    session = maptrail.client("sts").assume_role(RoleArn=role, RoleSessionName="ci")["Credentials"]
    deploy = maptrail.client(
        "servicediscovery",
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )
    with Registration(cart, "cart-1", CART, deploy):
        pass
    caller = audit.one("RegisterInstance")["userIdentity"]
    assert (caller["type"], caller["sessionContext"]["sessionIssuer"]["userName"]) == ("AssumedRole", "deploy")


def test_a_service_that_is_not_there(cloudmap_client, audit):
    with pytest.raises(ClientError, match="ServiceNotFound"):
        Registration("srv-aaaaaaaaaaaaaaaa", "cart-1", CART, cloudmap_client).__enter__()
    audit.one("RegisterInstance", errorCode="ServiceNotFound")


def test_a_throttle_is_tried_again(cloudmap_client, cart, audit, maptrail_faults):
    maptrail_faults.add(operation="RegisterInstance", error={"code": "ThrottlingException"}, times=1)
    with Registration(cart, "cart-1", CART, cloudmap_client):
        assert find(cloudmap_client, "shop", "cart") == CART
    refused, accepted = audit.events("RegisterInstance")
    assert refused["errorCode"] == "ThrottlingException"
    assert "errorCode" not in accepted


def test_a_lost_answer_is_asked_for_again(cloudmap_client, cart, audit, maptrail_faults):
    maptrail_faults.add(operation="RegisterInstance", drop=True, times=1)
    with Registration(cart, "cart-1", CART, cloudmap_client):
        assert find(cloudmap_client, "shop", "cart") == CART
    assert len(audit.events("RegisterInstance")) == 2


def test_a_registration_that_fails_later(cloudmap_client, cart, maptrail_faults):
    failure = {"ErrorCode": "INTERNAL_FAILURE", "ErrorMessage": "Not today."}
    maptrail_faults.add(operation="RegisterInstance", operation_failure=failure)
    with pytest.raises(RuntimeError, match="Not today"):
        Registration(cart, "cart-1", CART, cloudmap_client).__enter__()


def test_from_the_environment(maptrail_env, cart, audit):
    with Registration(cart, "cart-1", CART):
        pass
    assert len(audit.events("RegisterInstance")) == 1


def test_the_record_has_the_time_of_the_server(cloudmap_client, maptrail_clock, audit):
    maptrail_clock.freeze("2026-11-22T16:35:00Z")
    cloudmap_client.list_namespaces()
    assert audit.one("ListNamespaces")["eventTime"] == "2026-11-22T16:35:00Z"


@pytest.mark.parametrize("instance", ["cart-1", "cart-2", "cart-3"])
def test_in_an_account_of_its_own(maptrail_account, cloudmap_client, cart, audit, instance):
    """Nothing is reset, nothing of another test is seen: such tests may share one server side by side."""
    with Registration(cart, instance, CART, cloudmap_client):
        assert len(cloudmap_client.list_namespaces()["Namespaces"]) == 1
    assert audit.one("RegisterInstance")["recipientAccountId"] == maptrail_account


def test_waiting_ends(cloudmap_client, cart):
    with pytest.raises(TimeoutError):
        wait(cloudmap_client, "never", attempts=0)
