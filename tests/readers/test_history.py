"""Event history and keys as the SDKs and the CLI page through them."""

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.readers.conftest import ACCOUNT, Audited, Run

EVENTS = 123


@pytest.fixture
def service(audited: Audited) -> str:
    """A service with more instances than a page has events."""
    made = audited.client()
    made.create_http_namespace(Name="demo")
    [namespace] = made.list_namespaces()["Namespaces"]
    service: str = made.create_service(Name="web", NamespaceId=namespace["Id"])["Service"]["Id"]
    for number in range(EVENTS):
        made.register_instance(ServiceId=service, InstanceId=f"i-{number}", Attributes={"port": str(number)})
    made.close()
    return service


def test_the_cli_pages_through_the_history(audited: Audited, aws: Run, service: str):
    done = aws(
        "cloudtrail", "lookup-events", "--lookup-attributes", "AttributeKey=EventName,AttributeValue=RegisterInstance"
    )
    assert done.returncode == 0, done.stderr
    events = [json.loads(event["CloudTrailEvent"]) for event in json.loads(done.stdout)["Events"]]
    assert [event["requestParameters"]["instanceId"] for event in events] == [
        f"i-{number}" for number in reversed(range(EVENTS))
    ]
    assert len({event["eventID"] for event in events}) == EVENTS


def test_the_cli_lists_public_keys(audited: Audited, aws: Run):
    audited.flush(digest=True)
    done = aws("cloudtrail", "list-public-keys")
    assert done.returncode == 0, done.stderr
    [key] = json.loads(done.stdout)["PublicKeyList"]
    assert hashlib.md5(base64.b64decode(key["Value"])).hexdigest() == key["Fingerprint"]


def test_boto3_pages(audited: Audited, service: str):
    audited.flush(digest=True)
    trails = audited.client("cloudtrail")
    pages = list(trails.get_paginator("lookup_events").paginate(PaginationConfig={"PageSize": 50}))
    events = [event for page in pages for event in page["Events"]]
    names = [event["EventName"] for event in events]
    assert [len(page["Events"]) for page in pages[:2]] == [50, 50]
    assert names.count("RegisterInstance") == EVENTS
    assert len({event["EventId"] for event in events}) == len(events)
    listed = [trail["Name"] for page in trails.get_paginator("list_trails").paginate() for trail in page["Trails"]]
    assert listed == ["maptrail"]
    [keys] = trails.get_paginator("list_public_keys").paginate()
    assert len(keys["PublicKeyList"]) == 1
    arn = trails.list_trails()["Trails"][0]["TrailARN"]
    [tags] = trails.get_paginator("list_tags").paginate(ResourceIdList=[arn])
    assert tags["ResourceTagList"] == [{"ResourceId": arn, "TagsList": []}]
    trails.close()


def test_the_sdk_for_javascript(audited: Audited, service: str, javascript: Callable[[], Any]):
    audited.flush(digest=True)
    told = javascript()
    assert len(set(told["events"])) == len(told["events"]) == EVENTS
    assert told["times"] == [True] * EVENTS
    assert (told["trail"], told["logging"], told["started"], told["selectors"]) == ("maptrail", True, True, 3)
    assert told["keys"] == [270]
    assert ACCOUNT  # whose credentials the program has
