"""Trails and what they get: over accounts and regions, by selectors, between StartLogging and StopLogging."""

import pytest

from tests.cloudtrail.conftest import OTHER_REGION
from tests.cloudtrail.world import MANAGEMENT, data_events, fields, names
from tests.sdk import client, refused


def test_nothing_before_start_nor_after_stop_and_both_of_them(cloudtrail, trail, cloudmap, delivered):
    cloudmap.list_namespaces()
    cloudtrail.start_logging(Name="mine")
    cloudmap.list_services()
    cloudtrail.stop_logging(Name="mine")
    cloudmap.list_operations()
    assert names(delivered()) == ["StartLogging", "ListServices", "StopLogging"]
    cloudtrail.start_logging(Name="mine")
    cloudtrail.delete_trail(Name="mine")
    cloudmap.list_operations()
    assert sorted(names(delivered())) == [
        "DeleteTrail", "ListServices", "StartLogging", "StartLogging", "StopLogging",
    ]  # fmt: skip


def test_a_refused_start_starts_nothing(cloudtrail, elsewhere, trail, delivered):
    assert refused(elsewhere.start_logging, Name=trail)[0] == "InvalidHomeRegionException"
    cloudtrail.get_trail(Name="mine")
    assert delivered() == []


@pytest.fixture
def abroad(server, connect):
    """A client of Cloud Map in another region."""
    return connect(server, region=OTHER_REGION)


def test_a_trail_of_one_region_gets_that_regions_records(cloudtrail, trail, cloudmap, abroad, delivered):
    cloudtrail.start_logging(Name="mine")
    cloudmap.list_namespaces()
    abroad.list_services()
    assert names(delivered()) == ["StartLogging", "ListNamespaces"]


def test_a_trail_of_all_regions_gets_each_in_its_folder(cloudtrail, bucket, account, cloudmap, abroad, delivered):
    cloudtrail.create_trail(Name="wide", S3BucketName=bucket, S3KeyPrefix="p/q", IsMultiRegionTrail=True)
    cloudtrail.start_logging(Name="wide")
    cloudmap.list_namespaces()
    abroad.list_services()
    folder = f"p/q/AWSLogs/{account}/CloudTrail"
    assert names(delivered(f"{folder}/us-east-1/")) == ["StartLogging", "ListNamespaces"]
    assert names(delivered(f"{folder}/{OTHER_REGION}/")) == ["ListServices"]
    assert len(delivered()) == 3


def test_a_trail_that_becomes_one_of_all_regions(cloudtrail, trail, abroad, delivered):
    cloudtrail.start_logging(Name="mine")
    abroad.list_namespaces()
    cloudtrail.update_trail(Name="mine", IsMultiRegionTrail=True)
    abroad.list_services()
    cloudtrail.update_trail(Name="mine", IsMultiRegionTrail=False)
    abroad.list_operations()
    assert sorted(names(delivered())) == ["ListServices", "StartLogging", "UpdateTrail", "UpdateTrail"]


def test_each_account_gets_its_own(server, cloudtrail, bucket, delivered, connect):
    cloudtrail.create_trail(Name="wide", S3BucketName=bucket, IsMultiRegionTrail=True)
    cloudtrail.start_logging(Name="wide")
    other = client(server.url, "777777777777")
    other.list_namespaces()
    other.close()
    assert names(delivered()) == ["StartLogging"]


def test_a_new_prefix_holds_from_then_on(cloudtrail, trail, cloudmap, delivered):
    cloudtrail.start_logging(Name="mine")
    assert names(delivered("AWSLogs/")) == ["StartLogging"]
    cloudtrail.update_trail(Name="mine", S3KeyPrefix="later")
    cloudmap.list_namespaces()
    assert names(delivered("later/")) == ["UpdateTrail", "ListNamespaces"]


def test_write_only(cloudtrail, trail, cloudmap, delivered):
    cloudtrail.put_event_selectors(TrailName="mine", EventSelectors=[{"ReadWriteType": "WriteOnly"}])
    cloudtrail.start_logging(Name="mine")
    cloudmap.list_namespaces()
    cloudmap.create_http_namespace(Name="shop")
    assert names(delivered()) == ["StartLogging", "CreateHttpNamespace"]


@pytest.fixture
def shop(cloudmap):
    """A service with an instance; the ARN of its namespace."""
    cloudmap.create_http_namespace(Name="shop")
    (namespace,) = cloudmap.list_namespaces()["Namespaces"]
    service = cloudmap.create_service(Name="cart", NamespaceId=namespace["Id"])["Service"]["Id"]
    cloudmap.register_instance(ServiceId=service, InstanceId="i-1", Attributes={"AWS_INSTANCE_IPV4": "10.0.0.1"})
    return namespace["Arn"]


CART = {"NamespaceName": "shop", "ServiceName": "cart"}


def test_discoveries_are_not_logged_unless_asked_for(cloudtrail, trail, cloudmap, shop, delivered):
    cloudtrail.start_logging(Name="mine")
    cloudmap.discover_instances(**CART)
    assert names(delivered()) == ["StartLogging"]


@pytest.mark.parametrize("kind", ["Namespace", "Service"])
def test_discoveries_are_opted_in_by_what_they_touch(cloudtrail, trail, cloudmap, shop, delivered, kind):
    cloudtrail.put_event_selectors(TrailName="mine", AdvancedEventSelectors=[MANAGEMENT, data_events(kind)])
    cloudtrail.start_logging(Name="mine")
    cloudmap.discover_instances(**CART)
    cloudmap.discover_instances_revision(**CART)
    start, *found = delivered()
    assert (start["eventName"], names(found)) == ("StartLogging", ["DiscoverInstances", "DiscoverInstancesRevision"])
    for record in found:
        assert record["eventCategory"] == "Data"
        assert record["managementEvent"] is False
        kinds = [each["type"] for each in record["resources"]]
        assert kinds == ["AWS::ServiceDiscovery::Namespace", "AWS::ServiceDiscovery::Service"]
        assert record["resources"][0]["ARN"] == shop


def test_discoveries_of_one_namespace(cloudtrail, trail, cloudmap, shop, delivered):
    cloudmap.create_http_namespace(Name="other")
    wanted = data_events("Namespace", resources__ARN=shop, eventName={"NotEndsWith": ["Revision"]})
    cloudtrail.put_event_selectors(TrailName="mine", AdvancedEventSelectors=[wanted])
    cloudtrail.start_logging(Name="mine")
    cloudmap.discover_instances(**CART)
    cloudmap.discover_instances_revision(**CART)
    refused(cloudmap.discover_instances, NamespaceName="other", ServiceName="cart")
    assert names(delivered()) == ["DiscoverInstances"]


def test_without_a_selector_for_them_no_management_events_are_logged(cloudtrail, trail, cloudmap, delivered):
    cloudtrail.start_logging(Name="mine")
    only = fields(eventCategory="Data", resources__type="AWS::S3::Object")
    cloudtrail.put_event_selectors(TrailName="mine", AdvancedEventSelectors=[only])
    cloudmap.list_namespaces()
    assert names(delivered()) == ["StartLogging", "PutEventSelectors"]
    assert "ListNamespaces" in [each["EventName"] for each in cloudtrail.lookup_events()["Events"]]


def test_trails_get_each_their_own_copy(cloudtrail, bucket, account, delivered):
    for name in ("one", "two"):
        cloudtrail.create_trail(Name=name, S3BucketName=bucket, S3KeyPrefix=name)
        cloudtrail.start_logging(Name=name)
    first, second = delivered("one/"), delivered("two/")
    assert names(first) == ["StartLogging", "CreateTrail", "StartLogging"]
    assert second == first[2:]
    assert {record["recipientAccountId"] for record in first} == {account}
