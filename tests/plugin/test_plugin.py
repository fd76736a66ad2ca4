"""The pytest plugin, as a suite that uses it sees it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import emulator
from tests.plugin.conftest import Suite, passed
from tests.serving.client import Client

EXAMPLES = sorted(path.parent for path in (Path(__file__).parents[2] / "examples").glob("*/pyproject.toml"))
HEAVY = ("boto3", "botocore", "flask", "orjson", "uvicorn", "uvloop", "werkzeug", "trail")


def test_importing_it_imports_nothing_of_the_server():
    asked = f"import sys, emulator.pytest_plugin; print(set({HEAVY}) & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_a_suite_that_does_not_use_it_imports_nothing_of_the_server(suite: Suite):
    text = f"import sys\ndef test(): assert not set({HEAVY}) & set(sys.modules)"
    assert passed(suite(text), 1)


@pytest.mark.parametrize("words", [(), ("-n", "2")], ids=["alone", "xdist"])
@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_the_examples_pass(suite: Suite, folder: Path, words: tuple[str, ...]):
    done = suite("", *words, folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^=* ?\d{2} passed in ", done.stdout, re.MULTILINE)


RESET = """
def test_one(cloudmap_client, audit):
    cloudmap_client.create_http_namespace(Name="a.example")
    assert [event["eventName"] for event in audit.events()] == ["CreateHttpNamespace"]

def test_two(cloudmap_client, audit, maptrail):
    assert audit.events() == []
    assert cloudmap_client.list_namespaces()["Namespaces"] == []
    assert (maptrail.account, maptrail.region) == ("111122223333", "us-east-1")

def test_three(maptrail_account, cloudmap_client, audit):
    assert audit.events() == []
    cloudmap_client.create_http_namespace(Name="b.example")
    assert audit.one()["recipientAccountId"] == maptrail_account

def test_four(maptrail_account, cloudmap_client, audit, maptrail_server):
    assert cloudmap_client.list_namespaces()["Namespaces"] == []
    assert len(audit.events()) == 1
    assert len(list(maptrail_server.records())) == 3  # since the reset before test_two
"""


def test_each_test_begins_with_nothing_or_shares_all_but_its_account(suite: Suite):
    assert passed(suite(RESET, "-p", "no:randomly"), 4)


FIXTURES = """
import datetime, os, boto3, pytest
from pathlib import Path

@pytest.fixture(scope="session")
def maptrail_options():
    return {"operation_delay": 60, "region": "eu-west-1"}

def test_options_and_clock(cloudmap_client, maptrail_clock):
    operation = cloudmap_client.create_http_namespace(Name="a.example")["OperationId"]
    status = lambda: cloudmap_client.get_operation(OperationId=operation)["Operation"]["Status"]
    assert status() == "SUBMITTED"
    maptrail_clock.advance(datetime.timedelta(minutes=2))
    assert status() == "SUCCESS"
    assert cloudmap_client.meta.region_name == "eu-west-1"
    assert maptrail_clock.freeze("2026-11-22T12:00:00Z") == maptrail_clock.now()
    with pytest.raises(ValueError, match="is no time"):
        maptrail_clock.freeze("soon")

def test_the_clock_is_right_again(maptrail_account, maptrail_server):
    assert maptrail_server.ask("GET", "clock")["frozen"] is False

def test_faults(cloudmap_client, maptrail_faults):
    maptrail_faults.add(operation="ListNamespaces", error={"code": "ServiceUnavailable"}, times=9)
    maptrail_faults.add(latency_ms=1)
    assert len(maptrail_faults.rules) == 2
    with pytest.raises(ValueError, match="did you mean operation"):
        maptrail_faults.add(oparation="x")

def test_faults_are_gone(maptrail_server):
    assert maptrail_server.ask("GET", "faults") == []

def test_faults_of_an_account(maptrail_account, maptrail_faults, cloudmap_client, maptrail_server):
    maptrail_server.ask("PUT", "faults", [{"account": "000000000001", "drop": True}])
    maptrail_faults.add(latency_ms=1)
    assert maptrail_faults.rules == [{"account": maptrail_account, "latency_ms": 1}]
    maptrail_faults.add(latency_ms=2)
    assert len(maptrail_server.ask("GET", "faults")) == 3
    maptrail_faults.clear()
    assert maptrail_server.ask("GET", "faults") == [{"account": "000000000001", "drop": True}]

@pytest.mark.parametrize("round", [1, 2])
def test_environment(maptrail_account, maptrail_env, audit, round):
    assert "AWS_PROFILE" not in os.environ
    boto3.client("servicediscovery").list_namespaces()
    assert audit.one("ListNamespaces")["recipientAccountId"] == maptrail_account == maptrail_env.account

def test_environment_is_as_before():
    assert os.environ["AWS_PROFILE"] == "nobody"
    assert "AWS_DISABLE_HOST_PREFIX_INJECTION" not in os.environ

def test_clients(maptrail, cloudmap_client, cloudtrail_client):
    from botocore.config import Config
    assert cloudmap_client.meta.endpoint_url == cloudtrail_client.meta.endpoint_url == maptrail.url
    client = maptrail.client("servicediscovery", access_key="smithj", config=Config(retries={"total_max_attempts": 1}))
    assert client.meta.config.inject_host_prefix is False
    assert client.meta.config.retries["total_max_attempts"] == 1
    client.close()

def test_discovery(maptrail_account, cloudmap_client, maptrail_clock):
    cloudmap_client.create_http_namespace(Name="a.example")
    maptrail_clock.advance(120)
    with pytest.raises(cloudmap_client.exceptions.ServiceNotFound):
        cloudmap_client.discover_instances(NamespaceName="a.example", ServiceName="none")

def test_files(maptrail_account, cloudmap_client, audit):
    cloudmap_client.list_namespaces()
    (file,) = audit.files()
    assert isinstance(file, Path) and file.is_file() and maptrail_account in file.name

def test_events(maptrail_account, cloudmap_client, audit):
    cloudmap_client.list_namespaces(MaxResults=7)
    cloudmap_client.list_namespaces()
    assert [event["requestParameters"] for event in audit.events("ListNamespaces")] == [{"maxResults": 7}, None]
    assert len(audit.events(requestParameters={"maxResults": 7})) == 1
    assert len(audit.events(requestParameters=None, errorCode=None)) == 1
    with pytest.raises(TypeError, match="no member errorcode; did you mean errorCode"):
        audit.events(errorcode=None)
"""


def test_the_fixtures(suite: Suite):
    assert passed(suite(FIXTURES), 12)


FAILING = """
import pytest

def call(client):
    client.list_namespaces(MaxResults=7)
    with pytest.raises(client.exceptions.ServiceNotFound):
        client.get_service(Id="srv-aaaaaaaaaaaaaaaa")

def test_none(cloudmap_client, audit):
    call(cloudmap_client)
    audit.one("GetService", errorCode=None, requestParameters={"id": "srv-b"})

def test_two(cloudmap_client, audit):
    call(cloudmap_client)
    audit.one()

def test_misspelt(cloudmap_client, audit):
    call(cloudmap_client)
    audit.one("GetSrvice")

def test_another_assertion(cloudmap_client, audit):
    call(cloudmap_client)
    assert 1 + 1 == 3

def test_without_audit(cloudmap_client):
    assert 1 + 1 == 4
"""


def test_a_failure_shows_what_is_on_the_record(suite: Suite):
    done = suite(FAILING, COLUMNS="100")
    assert done.returncode == 1
    _, none, two, misspelt, other, without = re.split(r"_{5,} test_\w+ _{5,}", done.stdout)
    assert "no GetService as wanted, instead of one, among 2 on the record" in none
    assert "wanted: errorCode=None" in none
    assert "call 2: errorCode is 'ServiceNotFound', not None" in none
    assert "call 2: requestParameters.id is 'srv-aaaaaaaaaaaaaaaa', not 'srv-b'" in none
    assert "2 calls as wanted, instead of one, among 2 on the record" in two
    assert "no GetSrvice as wanted, instead of one, among 2 on the record; did you mean GetService?" in misspelt
    for shown in (none, two, misspelt, other):
        table = [re.sub(r"^E? +", "", line) for line in shown.splitlines()]
        assert any(line.endswith(", account 111122223333, region us-east-1, who 111122223333") for line in table)
        rows = [line.split() for line in table if re.match(r"\d  ", line)]
        assert [row[2:] for row in rows] == [
            ["ListNamespaces", "ok", "maxResults=7"],
            ["GetService", "ServiceNotFound", 'id="srv-aaaaaaaaaaaaaaaa"'],
        ]
    assert "Calls on the record" in other
    assert "Calls on the record" not in none + two
    assert "us-east-1" not in without


@pytest.mark.parametrize("columns", [80, 120])
def test_the_table_is_as_wide_as_the_terminal(suite: Suite, columns: int):
    text = """
def test(maptrail, cloudmap_client, audit):
    deploy = maptrail.client("servicediscovery", access_key="deploy")
    deploy.create_http_namespace(Name="a.example", Description="long " * 50)
    cloudmap_client.list_namespaces(MaxResults=7)
    audit.one()
"""
    lines = suite(text, COLUMNS=str(columns)).stdout.splitlines()
    (row,) = [line for line in lines if "CreateHttpNamespace" in line]
    assert "deploy" in row
    assert row.endswith("…")
    assert columns - 8 < len(row) <= columns


def test_a_running_server_is_used_and_never_reset(suite: Suite):
    text = """
def test(maptrail, cloudmap_client, audit):
    cloudmap_client.create_http_namespace(Name="mine.example")
    assert audit.one()["recipientAccountId"] == maptrail.account != "111122223333"

def test_again(maptrail_faults, maptrail_clock, cloudmap_client, audit):
    assert cloudmap_client.list_namespaces()["Namespaces"] == []
    assert len(audit.events()) == 1
    (file,) = audit.files()
    assert maptrail_faults and file.is_file() and cloudmap_client.list_namespaces()
"""
    with emulator.Emulator(admin_token="secret") as running, Client(running.url) as client:
        client.ok("CreateHttpNamespace", {"Name": "theirs.example"})
        assert passed(suite(text, "--maptrail-url", running.url + "/", MAPTRAIL_ADMIN_TOKEN="secret"), 2)
        assert passed(suite(text, MAPTRAIL_URL=running.url, MAPTRAIL_ADMIN_TOKEN="secret"), 2)
        assert len(client.ok("ListNamespaces")["Namespaces"]) == 1


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_the_examples_pass_beside_others(suite: Suite, folder: Path):
    with emulator.Emulator() as running:
        done = suite("", "--maptrail-url", running.url, folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_server_that_wants_a_token_is_one_sentence(suite: Suite):
    with emulator.Emulator(admin_token="secret") as running:
        done = suite("def test(audit): pass", "--maptrail-url", running.url)
    assert done.returncode == 1
    assert re.search(r"The Maptrail at \S+ refuses: This needs the admin token.* Set MAPTRAIL_ADMIN_TOKEN", done.stdout)
    assert "Traceback" not in done.stdout
    assert "During handling" not in done.stdout


def test_a_server_that_ends_meanwhile_does_not_hide_the_failure(suite: Suite):
    text = """
def test(maptrail, audit, cloudmap_client):
    from dataclasses import replace
    audit._maptrail = replace(maptrail, url="http://127.0.0.1:9")
    assert 1 + 1 == 3
"""
    done = suite(text)
    assert done.returncode == 1
    assert "assert (1 + 1) == 3" in done.stdout
    assert "INTERNALERROR" not in done.stdout


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "nowhere"])
def test_a_server_that_does_not_answer_is_one_sentence(suite: Suite, url: str):
    done = suite("def test(maptrail): pass", "--maptrail-url", url)
    assert done.returncode == 1
    assert f"No Maptrail answers at {url} (" in done.stdout
    assert "Traceback" not in done.stdout


def test_an_option_that_is_off_is_one_sentence(suite: Suite):
    text = """
import pytest
@pytest.fixture(scope="session")
def maptrail_options(): return {"quotas": "none"}
def test(maptrail): pass
"""
    done = suite(text)
    assert "quotas is 'none': it takes aws or off." in done.stdout
    assert "Traceback" not in done.stdout


def test_each_worker_has_a_server_of_its_own(suite: Suite, tmp_path: Path):
    text = """
import os, pathlib, time, pytest
@pytest.mark.parametrize("number", range(4))
def test(maptrail, number):
    time.sleep(0.2)
    pathlib.Path(os.environ["PYTEST_XDIST_WORKER"]).write_text(maptrail.url)
"""
    assert passed(suite(text, "-n", "2"), 4)
    urls = [file.read_text() for file in tmp_path.glob("gw?")]
    assert len(urls) == len(set(urls)) == 2


def test_it_can_be_left_out(suite: Suite):
    done = suite("def test(maptrail): pass", "-p", "no:maptrail")
    assert "fixture 'maptrail' not found" in done.stdout
