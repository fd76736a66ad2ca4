"""What calls keep in memory is what the tables say, whatever was done, refused or taken back."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.wire.cbor import CborCodec
from emulator.wire.json import JsonCodec
from tests.cloudmap.world import health_service, http_namespace, register

Change = Callable[[Any, dict[str, str]], object]

CHANGES: dict[str, Change] = {
    "register another": lambda client, there: register(client, there["service"], "three", color="red"),
    "register anew": lambda client, there: register(client, there["service"], "one", color="black"),
    "deregister": lambda client, there: client.deregister_instance(ServiceId=there["service"], InstanceId="one"),
    "change health": lambda client, there: client.update_instance_custom_health_status(
        ServiceId=there["service"], InstanceId="two", Status="UNHEALTHY"
    ),
    "describe the namespace": lambda client, there: client.update_http_namespace(
        Id=there["namespace"], Namespace={"Description": "a shop"}
    ),
    "create a service": lambda client, there: client.create_service(Name="till", NamespaceId=there["namespace"]),
    "delete a service": lambda client, there: client.delete_service(Id=there["empty"]),
}


@pytest.fixture
def there(cloudmap) -> dict[str, str]:
    namespace = http_namespace(cloudmap)
    cart, empty = health_service(cloudmap, namespace), health_service(cloudmap, namespace, "empty")
    register(cloudmap, cart, "one", color="green")
    register(cloudmap, cart, "two", color="blue")
    told = {"namespace": namespace, "service": cart, "empty": empty}
    answers(cloudmap, told)
    return told


def answers(client: Any, there: dict[str, str]) -> list[Any]:
    """What is told of everything, so that everything is kept."""
    by_name = {"NamespaceName": "shop", "ServiceName": "cart"}
    found = client.discover_instances(**by_name, HealthStatus="ALL")
    found["Instances"].sort(key=lambda each: each["InstanceId"])
    listed = [
        client.list_instances(ServiceId=there["service"]),
        client.list_instances(ServiceId=there["service"], MaxResults=1),
        client.get_instances_health_status(ServiceId=there["service"]),
        client.get_service(Id=there["service"]),
        client.list_services(),
        client.get_namespace(Id=there["namespace"]),
        client.discover_instances_revision(**by_name),
        client.list_operations(Filters=[{"Name": "SERVICE_ID", "Values": [there["service"]]}]),
        found,
    ]
    for each in listed:
        del each["ResponseMetadata"]
    return listed


@pytest.mark.parametrize("change", CHANGES)
def test_after_a_change(cloudmap, server, there, change):
    before = answers(cloudmap, there)
    CHANGES[change](cloudmap, there)
    kept = answers(cloudmap, there)
    assert kept != before
    server.machine.facilities.forget()
    assert answers(cloudmap, there) == kept


@pytest.mark.parametrize("change", CHANGES)
def test_after_a_change_that_was_taken_back(cloudmap, server, there, change, monkeypatch):
    before = answers(cloudmap, there)
    with monkeypatch.context() as broken:
        for codec in (JsonCodec, CborCodec):
            broken.setattr(codec, "encode", _breaks)
        with pytest.raises(ClientError) as error:
            CHANGES[change](cloudmap, there)
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert answers(cloudmap, there) == before
    server.machine.facilities.forget()
    assert answers(cloudmap, there) == before


def test_instances_of_a_namespace_are_counted_as_they_come_and_go(cloudmap, server, there):
    def counted() -> list[int]:
        register(cloudmap, there["empty"], "last")
        counts = server.machine.facilities.known.instances
        return [count for (_, namespace), count in counts.items() if namespace == there["namespace"]]

    assert counted() == [3]
    cloudmap.deregister_instance(ServiceId=there["service"], InstanceId="one")
    assert counted() == [2]
    server.machine.facilities.forget()
    assert counted() == []
    cloudmap.deregister_instance(ServiceId=there["empty"], InstanceId="last")
    assert counted() == [2]


def _breaks(*_: object) -> bytes:
    raise RuntimeError("the answer cannot be written")
