"""Names and ARNs: which there may be, what they find, and from where."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.cloudtrail.names import check_name
from emulator.errors import ServiceError
from tests.cloudtrail.world import MANAGEMENT, arn
from tests.sdk import refused

CHARACTERS = (
    "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and"
    " underscores (_)."
)
NAMES = [
    ("ab", "Trail name too short. Minimum allowed length: 3 characters. Specified name length: 2 characters."),
    ("", "Trail name too short. Minimum allowed length: 3 characters. Specified name length: 0 characters."),
    ("a" * 129, "Trail name too long. Maximum allowed length: 128 characters. Specified name length: 129 characters."),
    ("-trail", "Trail name must starts with a letter or number."),
    ("trail_", "Trail name must ends with a letter or number."),
    ("my trail", CHARACTERS),
    ("a:trail/b", CHARACTERS),
    ("tråil", CHARACTERS),
    ("my._trail", "Trail name cannot have adjacent periods, underscores, or hyphens."),
    ("192.168.5.4", "Trail name cannot be in IP address format."),
]


@pytest.mark.parametrize(("name", "message"), NAMES)
def test_names_that_no_trail_has(cloudtrail, bucket, name, message):
    expected = ("InvalidTrailNameException", message)
    assert refused(cloudtrail.create_trail, Name=name, S3BucketName=bucket) == expected
    assert refused(cloudtrail.get_trail, Name=name) == expected
    assert refused(cloudtrail.start_logging, Name=name) == expected
    assert refused(cloudtrail.get_event_selectors, TrailName=name) == expected


@pytest.mark.parametrize("name", ["abc", "a.b", "1-2_3.Z", "a" * 128, "1.2.3", "1.2.3.4.5"])
def test_names_that_trails_have(cloudtrail, bucket, name):
    cloudtrail.create_trail(Name=name, S3BucketName=bucket)
    assert cloudtrail.get_trail(Name=name)["Trail"]["Name"] == name


DOCUMENTED = re.compile(r"(?!(?:\d{1,3}\.){3}\d{1,3}\Z)(?!.*[._-]{2})[A-Za-z0-9][A-Za-z0-9._-]{1,126}[A-Za-z0-9]")


@given(st.text("aZ09._-é ", max_size=12) | st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){3}", fullmatch=True))
def test_the_rules_for_names_are_those_documented(name):
    if DOCUMENTED.fullmatch(name):
        check_name(name)
    else:
        with pytest.raises(ServiceError, match=r"^Trail name"):
            check_name(name)


OPERATIONS = {
    "get_trail": {},
    "get_trail_status": {},
    "start_logging": {},
    "stop_logging": {},
    "update_trail": {},
    "delete_trail": {},
    "get_event_selectors": {},
    "put_event_selectors": {"AdvancedEventSelectors": [MANAGEMENT]},
    "put_insight_selectors": {"InsightSelectors": []},
    "get_insight_selectors": {},
}
READS = {name for name in OPERATIONS if name.startswith("get")}


def ask(client, operation, name):
    member = "TrailName" if "selectors" in operation else "Name"
    return refused(getattr(client, operation), **{member: name, **OPERATIONS[operation]})


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_unknown_trail_is_told_by_its_arn_but_for_get_trail(cloudtrail, account, operation):
    told = "mine" if operation == "get_trail" else arn(account)
    expected = ("TrailNotFoundException", f"Unknown trail: {told} for the user: {account}")
    assert ask(cloudtrail, operation, "mine") == expected
    assert ask(cloudtrail, operation, arn(account)) == expected


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:cloudtrail:us-east-1:{account}:trail",
        "arn:aws:cloudtrail:us-east-1:{account}:channel/mine",
        "arn:aws:cloudtrail:us-east-1:1:trail/mine",
        "arn:aws:s3:::mine",
        "arn:aws-cn:cloudtrail:us-east-1:{account}:trail/mine",
        "arn:",
    ],
)
def test_arns_that_are_none(cloudtrail, trail, account, operation, text):
    expected = ("CloudTrailARNInvalidException", "The ARN is not that of a trail.")
    assert ask(cloudtrail, operation, text.format(account=account)) == expected


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_bare_name_is_one_of_the_called_region(cloudtrail, elsewhere, bucket, account, operation):
    cloudtrail.create_trail(Name="mine", S3BucketName=bucket, IsMultiRegionTrail=True)
    told = "mine" if operation == "get_trail" else arn(account, region="eu-west-3")
    expected = ("TrailNotFoundException", f"Unknown trail: {told} for the user: {account}")
    assert ask(elsewhere, operation, "mine") == expected


@pytest.mark.parametrize("operation", sorted(OPERATIONS.keys() - READS))
def test_a_trail_is_changed_at_home_only(cloudtrail, elsewhere, bucket, account, operation):
    cloudtrail.create_trail(Name="mine", S3BucketName=bucket, IsMultiRegionTrail=True)
    message = f"The trail {arn(account)} can be changed in its home region us-east-1 only."
    assert ask(elsewhere, operation, arn(account)) == ("InvalidHomeRegionException", message)


def test_by_its_arn_a_trail_is_seen_from_everywhere(cloudtrail, elsewhere, trail):
    assert elsewhere.get_trail(Name=trail)["Trail"] == cloudtrail.get_trail(Name="mine")["Trail"]
    assert elsewhere.get_trail_status(Name=trail)["IsLogging"] is False
    assert elsewhere.get_event_selectors(TrailName=trail)["TrailARN"] == trail


def test_another_accounts_trail_is_not_there(server, connect, trail):
    other = connect(server, service="cloudtrail", account="999999999999")
    told = f"Unknown trail: {trail} for the user: 999999999999"
    assert refused(other.stop_logging, Name=trail) == ("TrailNotFoundException", told)
    assert other.describe_trails(trailNameList=[trail])["trailList"] == []


@pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_arns_name_their_partition(server, connect, bucket, account, region, partition):
    client = connect(server, service="cloudtrail", region=region)
    made = client.create_trail(Name="mine", S3BucketName=bucket, SnsTopicName="topic")
    assert made["TrailARN"] == f"arn:{partition}:cloudtrail:{region}:{account}:trail/mine"
    assert made["SnsTopicARN"] == f"arn:{partition}:sns:{region}:{account}:topic"
    assert client.get_trail(Name=made["TrailARN"])["Trail"]["HomeRegion"] == region
