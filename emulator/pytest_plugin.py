"""The pytest plugin: a Maptrail for the tests of programs that use Cloud Map, and assertions on the calls they made.

Nothing of the server is imported before a test asks for it, so that pytest starts as fast as without, and a coverage
tool that starts later misses nothing. ``-p no:maptrail`` leaves the plugin out.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from emulator.audit import Audit
    from emulator.testing import Clock, FaultRules, Maptrail

__all__ = [
    "audit",
    "cloudmap_client",
    "cloudtrail_client",
    "maptrail",
    "maptrail_account",
    "maptrail_clock",
    "maptrail_env",
    "maptrail_faults",
    "maptrail_options",
    "maptrail_server",
]

_FIRST, _LAST = 100_000_000_000, 999_999_999_999
_DISTURBING = (
    "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_ENDPOINT_URL",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)  # fmt: skip


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the address of a server that runs already."""
    parser.getgroup("maptrail").addoption(
        "--maptrail-url",
        metavar="URL",
        default=os.environ.get("MAPTRAIL_URL") or None,
        help="use the Maptrail that runs there instead of starting one; it is never reset [default: $MAPTRAIL_URL]",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what is on the record where a test fails that asked for ``audit``."""
    report = yield
    recorded = getattr(item, "funcargs", {}).get("audit")
    if recorded is not None and report.when == "call" and report.failed and not _shown(call):
        with contextlib.suppress(OSError, ValueError):  # a server that is gone, or refuses
            report.sections.append(("Calls on the record", recorded.table()))
    return report


def _shown(call: pytest.CallInfo[None]) -> bool:
    return call.excinfo is not None and hasattr(call.excinfo.value, "shows_the_record")


@pytest.fixture(scope="session")
def maptrail_options() -> Mapping[str, Any]:
    """Options of the server that is started, by their Python names, such as ``{"operation_delay": 2}``; to override."""
    return {}


@pytest.fixture(scope="session")
def maptrail_server(request: pytest.FixtureRequest, maptrail_options: Mapping[str, Any]) -> Iterator[Maptrail]:
    """One server for the whole session, on a free port; one for each worker of xdist."""
    from emulator.settings import SettingsError, StartError
    from emulator.testing import running, started

    url = request.config.getoption("--maptrail-url")
    wrong = ""
    with contextlib.ExitStack() as opened:
        try:
            server = opened.enter_context(running(url) if url else started(maptrail_options))
        except (SettingsError, StartError) as error:
            wrong = str(error)
        if wrong:
            pytest.fail(wrong, pytrace=False)
        yield server


@pytest.fixture
def maptrail_account() -> str:
    """A fresh account of 12 digits, which no other test has: a test that asks for it shares nothing but the server."""
    return str(_FIRST + secrets.randbelow(_LAST - _FIRST))


@pytest.fixture
def maptrail(request: pytest.FixtureRequest, maptrail_server: Maptrail) -> Maptrail:
    """The server, as new: reset before the test.

    Not reset where the test asks for ``maptrail_account`` or the server is one of ``--maptrail-url``: then it is the
    server as a fresh account sees it.
    """
    if "maptrail_account" in request.fixturenames or not maptrail_server.own:
        return replace(maptrail_server, account=request.getfixturevalue("maptrail_account"), alone=False)
    maptrail_server.reset()
    return maptrail_server


@pytest.fixture
def cloudmap_client(maptrail: Maptrail) -> Iterator[Any]:
    """A boto3 client of Cloud Map."""
    with contextlib.closing(maptrail.client("servicediscovery")) as client:
        yield client


@pytest.fixture
def cloudtrail_client(maptrail: Maptrail) -> Iterator[Any]:
    """A boto3 client of CloudTrail."""
    with contextlib.closing(maptrail.client("cloudtrail")) as client:
        yield client


@pytest.fixture
def maptrail_env(maptrail: Maptrail, monkeypatch: pytest.MonkeyPatch) -> Maptrail:
    """The environment set for the code under test: its SDKs call the server, as the test's account."""
    import boto3

    for name in _DISTURBING:
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    for name, value in maptrail.environment.items():
        monkeypatch.setenv(name, value)
    # boto3.client() keeps the credentials that it found first.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    return maptrail


@pytest.fixture
def audit(maptrail: Maptrail, tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """What is on the record since the test began: ``one``, ``events``, ``files``."""
    from emulator.audit import Audit

    return Audit(maptrail, lambda: tmp_path_factory.mktemp("maptrail-files"))


@pytest.fixture
def maptrail_clock(maptrail: Maptrail) -> Iterator[Clock]:
    """The server's clock, put right after the test."""
    from emulator.testing import Clock

    clock = Clock(maptrail)
    yield clock
    clock.reset()


@pytest.fixture
def maptrail_faults(maptrail: Maptrail) -> Iterator[FaultRules]:
    """Rules that make calls fail, gone after the test; of the test's account only, where it has one of its own."""
    from emulator.testing import FaultRules

    faults = FaultRules(maptrail)
    yield faults
    faults.clear()
