"""DescribeTrails and ListTrails over regions and pages, and how many trails there may be."""

import pytest

from tests.cloudtrail.world import arn
from tests.sdk import answer, refused


def test_trails_are_described_where_they_are_seen(cloudtrail, elsewhere, bucket, account):
    cloudtrail.create_trail(Name="single", S3BucketName=bucket)
    cloudtrail.create_trail(Name="wide", S3BucketName=bucket, IsMultiRegionTrail=True)
    elsewhere.create_trail(Name="abroad", S3BucketName=bucket)

    def described(client, **more):
        return [(each["Name"], each["HomeRegion"]) for each in client.describe_trails(**more)["trailList"]]

    here, abroad = "us-east-1", "eu-west-3"
    assert described(cloudtrail) == described(cloudtrail, trailNameList=[]) == [("single", here), ("wide", here)]
    assert described(elsewhere) == [("abroad", abroad), ("wide", here)]
    assert described(elsewhere, includeShadowTrails=False) == [("abroad", abroad)]
    asked = ["wide", "unknown", arn(account, "wide"), arn(account, "single"), arn("999999999999", "wide"), "abroad"]
    assert described(elsewhere, trailNameList=asked) == [("wide", here), ("single", here), ("abroad", abroad)]


@pytest.mark.parametrize("name", ["x", "arn:aws:cloudtrail:nowhere"])
def test_describing_what_is_no_name(cloudtrail, name):
    code, _ = refused(cloudtrail.describe_trails, trailNameList=[name])
    assert code == ("CloudTrailARNInvalidException" if name.startswith("arn") else "InvalidTrailNameException")


def test_all_regions_trails_are_listed(cloudtrail, elsewhere, bucket, account):
    cloudtrail.create_trail(Name="single", S3BucketName=bucket)
    elsewhere.create_trail(Name="abroad", S3BucketName=bucket)
    listed = [
        {"TrailARN": arn(account, "abroad", "eu-west-3"), "Name": "abroad", "HomeRegion": "eu-west-3"},
        {"TrailARN": arn(account, "single"), "Name": "single", "HomeRegion": "us-east-1"},
    ]
    assert answer(cloudtrail.list_trails()) == answer(elsewhere.list_trails()) == {"Trails": listed}


def test_a_token_that_was_not_given_out_counts_for_none(cloudtrail, trail):
    assert len(cloudtrail.list_trails(NextToken="x")["Trails"]) == 1


def test_trails_of_many_regions_come_in_pages(server, connect, bucket):
    regions = [f"us-test-{number}" for number in range(1, 53)]
    for region in regions:
        client = connect(server, service="cloudtrail", region=region)
        for name in ("one", "two"):
            client.create_trail(Name=name, S3BucketName=bucket)
    pages = list(client.get_paginator("list_trails").paginate())
    assert [len(page["Trails"]) for page in pages] == [100, 4]
    listed = [(each["HomeRegion"], each["Name"]) for page in pages for each in page["Trails"]]
    assert listed == sorted((region, name) for region in regions for name in ("one", "two"))


def test_five_trails_in_a_region_and_no_more(cloudtrail, elsewhere, bucket, account):
    for number in range(4):
        cloudtrail.create_trail(Name=f"trail-{number}", S3BucketName=bucket)
    elsewhere.create_trail(Name="wide", S3BucketName=bucket, IsMultiRegionTrail=True)
    code = "MaximumNumberOfTrailsExceededException"
    expected = (code, f"User: {account} already has 5 trails in us-east-1.")
    assert refused(cloudtrail.create_trail, Name="sixth", S3BucketName=bucket) == expected
    assert refused(elsewhere.create_trail, Name="wider", S3BucketName=bucket, IsMultiRegionTrail=True) == expected
    elsewhere.create_trail(Name="single", S3BucketName=bucket)
    cloudtrail.delete_trail(Name="trail-0")
    cloudtrail.create_trail(Name="sixth", S3BucketName=bucket)
