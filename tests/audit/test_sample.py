"""The classic sample of AWS's guide, read from the log file on disk, member by member."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import emulator
from tests.audit import expected
from tests.serving.client import Answer, Client

PARAMETERS = {"Name": "example.com", "CreatorRequestId": "1234567890123456789", "Description": "test"}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Answer]]:
    """The bucket, and the answer of the call, once it is delivered."""
    folder = tmp_path_factory.mktemp("sample")
    with emulator.Emulator(data=folder, delivery_interval=300) as running:
        running.machine.clock.freeze(1795365356_000)  # 2026-11-22T16:35:56Z
        with Client(running.url, "smithj", "us-west-2") as client:
            answer = client.call("CreatePublicDnsNamespace", PARAMETERS, User_Agent="aws-cli/1.11.120")
            assert answer.status == 200
            client.flush()
        yield folder / "s3", answer


def _record(s3: Path) -> dict[str, Any]:
    (file,) = (s3 / "maptrail-logs").rglob("*.json.gz")
    (record,) = json.loads(gzip.decompress(file.read_bytes()))["Records"]
    return record


def test_the_record(sample: tuple[Path, Answer]):
    record, answer = _record(sample[0]), sample[1]
    assert expected.UUID.fullmatch(record["eventID"])
    assert expected.in_order(record) == expected.in_order(
        {
            "eventVersion": "1.11",
            "userIdentity": {
                "type": "IAMUser",
                "principalId": record["userIdentity"]["principalId"],
                "arn": "arn:aws:iam::111122223333:user/smithj",
                "accountId": "111122223333",
                "accessKeyId": "smithj",
                "userName": "smithj",
            },
            "eventTime": "2026-11-22T16:35:56Z",
            "eventSource": "servicediscovery.amazonaws.com",
            "eventName": "CreatePublicDnsNamespace",
            "awsRegion": "us-west-2",
            "sourceIPAddress": "127.0.0.1",
            "userAgent": "aws-cli/1.11.120",
            "requestParameters": {
                "name": "example.com",
                "creatorRequestId": "1234567890123456789",
                "description": "test",
            },
            "responseElements": {"operationId": answer.json["OperationId"]},
            "requestID": answer.request_id,
            "eventID": record["eventID"],
            "readOnly": False,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": "111122223333",
            "eventCategory": "Management",
        }
    )


def test_the_path(sample: tuple[Path, Answer]):
    (file,) = (sample[0] / "maptrail-logs").rglob("*.json.gz")
    folder = "AWSLogs/111122223333/CloudTrail/us-west-2/2026/11/22"
    name = r"111122223333_CloudTrail_us-west-2_20261122T1635Z_[A-Za-z0-9]{16}\.json\.gz"
    assert str(file.parent.relative_to(sample[0] / "maptrail-logs")) == folder
    assert re.fullmatch(name, file.name)


def test_the_file_is_one_line_without_spaces(sample: tuple[Path, Answer]):
    (file,) = (sample[0] / "maptrail-logs").rglob("*.json.gz")
    text = gzip.decompress(file.read_bytes()).decode()
    assert text == json.dumps(json.loads(text), separators=(",", ":"))
    assert text.startswith('{"Records":[{"eventVersion":')


def test_the_operation_id_has_the_form_of_aws(sample: tuple[Path, Answer]):
    assert re.fullmatch("[a-z2-7]{32}-[a-z2-7]{8}", sample[1].json["OperationId"])
