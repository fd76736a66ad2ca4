"""What a start prints and writes, and in which words it is refused."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.serving.process import Server

Serve = Callable[..., Server]


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("start")) as server:
        yield server


def _refusal(server: Server) -> tuple[int, str, str]:
    status = server.process.wait(20)
    return status, server.output.read_text(), server.errors.read_text()


def _is_one_sentence(errors: str) -> bool:
    return errors.startswith("maptrail: ") and errors.count("\n") == 1 and errors.endswith(".\n")


def test_ready_stands_alone_on_a_line(started: Server):
    assert started.lines().count("Ready.") == 1


def test_it_says_its_address(started: Server):
    assert started.lines()[0].endswith(f" at {started.url}")


def test_it_prints_what_an_sdk_needs(started: Server):
    exports = [line.strip() for line in started.lines() if line.strip().startswith("export ")]
    assert f"export AWS_ENDPOINT_URL_SERVICEDISCOVERY={started.url}" in exports
    assert "export AWS_DISABLE_HOST_PREFIX_INJECTION=true" in exports


def test_the_printed_exports_are_for_a_shell(started: Server):
    script = "\n".join(line for line in started.lines() if "export " in line) + '\necho "$AWS_REGION"'
    assert subprocess.check_output(["sh", "-c", script], text=True) == "us-east-1\n"


def test_it_names_the_directory_of_the_buckets(started: Server):
    (line,) = [line for line in started.lines() if line.startswith("Buckets:")]
    assert line.split(maxsplit=1)[1] == str(started.s3)
    assert started.s3.is_dir()


def test_ready_is_said_when_it_is(serve: Serve):
    server = serve(wait=False, stdout=subprocess.PIPE)
    assert server.process.stdout is not None
    while server.process.stdout.readline().strip() != b"Ready.":
        assert server.process.poll() is None
    with server.client() as client:
        client.ok("ListNamespaces")


def test_the_port_file(started: Server):
    assert started.port_file.read_text() == f"{started.url.rpartition(':')[2]}\n"


def test_endpoint_json(started: Server):
    said = json.loads((started.data / "endpoint.json").read_text())
    assert said == {"url": started.url, "pid": started.pid, "region": "us-east-1", "account": "111122223333"}


def test_a_second_server_on_the_same_directory_is_refused(started: Server, serve: Serve):
    status, output, errors = _refusal(serve(wait=False, data=started.data))
    assert (status, output) == (1, "")
    assert _is_one_sentence(errors)
    assert str(started.data) in errors


def test_a_refused_second_server_leaves_the_first_alone(started: Server, serve: Serve):
    before = (started.data / "endpoint.json").read_text()
    _refusal(serve(wait=False, data=started.data))
    assert (started.data / "endpoint.json").read_text() == before
    with started.client() as client:
        client.ok("ListNamespaces")


def test_a_port_that_is_taken(started: Server, serve: Serve):
    port = started.url.rpartition(":")[2]
    status, output, errors = _refusal(serve("--port", port, wait=False))
    assert (status, output) == (1, "")
    assert _is_one_sentence(errors)
    assert port in errors


def test_an_address_that_is_not_here(serve: Serve):
    status, _, errors = _refusal(serve("--host", "192.0.2.1", wait=False))
    assert status == 1
    assert _is_one_sentence(errors)


def test_a_name_that_is_no_host(serve: Serve):
    status, _, errors = _refusal(serve("--host", "no.such.host.invalid", wait=False))
    assert status == 1
    assert _is_one_sentence(errors)


def test_a_data_directory_that_is_a_file(serve: Serve, tmp_path: Path):
    (tmp_path / "file").touch()
    status, _, errors = _refusal(serve(wait=False, data=tmp_path / "file"))
    assert status == 1
    assert _is_one_sentence(errors)


def test_a_data_directory_below_a_file(serve: Serve, tmp_path: Path):
    (tmp_path / "file").touch()
    status, _, errors = _refusal(serve(wait=False, data=tmp_path / "file" / "below"))
    assert status == 1
    assert _is_one_sentence(errors)


def test_a_data_directory_that_cannot_be_written(serve: Serve, tmp_path: Path):
    folder = "/proc/self" if os.getuid() == 0 else str(tmp_path / "closed")
    if os.getuid() != 0:
        (tmp_path / "closed").mkdir(mode=0o500)
    status, _, errors = _refusal(serve(wait=False, data=Path(folder) / "data"))
    assert status == 1
    assert _is_one_sentence(errors)


def test_a_database_that_is_none(serve: Serve, tmp_path: Path):
    (tmp_path / "maptrail.db").write_text("This is a letter, not a database. " * 100)
    status, _, errors = _refusal(serve(wait=False, data=tmp_path))
    assert status == 1
    assert _is_one_sentence(errors)


def test_a_database_of_another_version(serve: Serve, tmp_path: Path):
    serve(data=tmp_path).end()
    with closing(sqlite3.connect(tmp_path / "maptrail.db")) as connection:
        connection.execute("ALTER TABLE service ADD COLUMN owner TEXT")
    status, _, errors = _refusal(serve(wait=False, data=tmp_path))
    assert status == 1
    assert "another version" in errors
    assert _is_one_sentence(errors)


def test_a_port_file_that_cannot_be_written(serve: Serve, tmp_path: Path):
    status, _, errors = _refusal(serve("--port-file", str(tmp_path / "none" / "port"), wait=False))
    assert status == 1
    assert _is_one_sentence(errors)


def test_a_refused_start_leaves_the_directory_free(serve: Serve, started: Server, tmp_path: Path):
    port = started.url.rpartition(":")[2]
    _refusal(serve("--port", port, wait=False, data=tmp_path / "data"))
    assert serve(data=tmp_path / "data").end()[0] == 0


def test_the_environment_and_the_command_are_the_same(serve: Serve):
    server = serve(environ={"MAPTRAIL_REGION": "eu-west-3", "MAPTRAIL_LOG_LEVEL": "warning"})
    assert "export AWS_REGION=eu-west-3" in server.output.read_text()


def test_it_listens_on_the_loopback_only(started: Server):
    addresses = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in addresses - {"127.0.0.1", "127.0.1.1"}:
        with pytest.raises(ConnectionRefusedError), socket.create_connection((address, started.port), timeout=2):
            pass


def test_ipv6(serve: Serve):
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        pytest.skip("there is no IPv6 here")
    server = serve("--host", "::1", wait=False, stdout=subprocess.PIPE)
    assert server.process.stdout is not None
    assert b" at http://[::1]:" in server.process.stdout.readline()


def test_no_bytecode_or_module_of_the_caller_is_needed():
    ran = subprocess.run(
        [sys.executable, "-c", "import emulator.serving"], capture_output=True, text=True, timeout=20, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
