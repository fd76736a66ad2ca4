"""The application is a WSGI application: under another server it answers, commits and records all the same."""

import threading
from collections.abc import Iterator
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from emulator.data import DataDirectory
from emulator.machine import Machine
from emulator.settings import Settings
from emulator.web import create_app
from tests.serving.client import Client


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    settings = Settings(data=tmp_path, log_level="warning")
    directory = DataDirectory(settings)
    machine = Machine(settings, directory, strict=True)
    machine.start()
    yield machine
    machine.close()
    directory.close()


@pytest.fixture
def elsewhere(machine: Machine) -> Iterator[Client]:
    """A client of the standard library's own server."""
    with make_server("127.0.0.1", 0, create_app(machine), handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        with Client(f"http://127.0.0.1:{server.server_port}") as client:
            yield client
        server.shutdown()
        thread.join()


def _recorded(machine: Machine) -> int:
    with machine.database.reading() as connection:
        return connection.execute("SELECT count(*) FROM event").fetchone()[0]


def test_a_call_is_committed_before_its_answer_leaves(elsewhere: Client, machine: Machine):
    elsewhere.ok("CreateHttpNamespace", {"Name": "a.example"})
    assert _recorded(machine) == 1
    assert len(elsewhere.ok("ListNamespaces")["Namespaces"]) == 1
    assert _recorded(machine) == 2


def test_what_cannot_be_committed_has_not_happened(elsewhere: Client, machine: Machine):
    machine.database._writer.execute(
        "CREATE TEMP TRIGGER full BEFORE INSERT ON main.event BEGIN SELECT RAISE(ROLLBACK, 'full'); END"
    )
    answer = elsewhere.call("CreateHttpNamespace", {"Name": "a.example"})
    assert (answer.status, answer.code) == (500, "InternalFailure")
    machine.database._writer.execute("DROP TRIGGER full")
    assert elsewhere.ok("ListNamespaces") == {"Namespaces": []}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_form_and_a_query(elsewhere: Client, method: str):
    asked = "Action=GetCallerIdentity&Version=2011-06-15"
    form = {"Content_Type": "application/x-www-form-urlencoded", "Authorization": "Credential=smithj/1/us-east-1/sts/x"}
    sent = ("/", asked.encode()) if method == "POST" else (f"/?{asked}", None)
    answer = elsewhere.request(method, *sent, **form)
    assert b"<Arn>arn:aws:iam::111122223333:user/smithj</Arn>" in answer.body


def test_the_other_doors(elsewhere: Client):
    assert elsewhere.get("/_maptrail/health").status == 200
    assert elsewhere.get("/no-such-bucket/key").status == 404
