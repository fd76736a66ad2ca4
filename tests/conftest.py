"""What holds for every test, and the servers and clients that tests share."""

import contextlib
import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from emulator import Emulator
    from tests.sdk import Pool

_accounts = itertools.count(200_000_000_000)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--forbid-skips", action="store_true", help="a test that would be skipped fails, with its reason")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> object:
    report = yield
    return _failed(report) if item.config.getoption("forbid_skips") else report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> object:
    report = yield
    return _failed(report) if collector.config.getoption("forbid_skips") else report


def _failed(report: pytest.TestReport | pytest.CollectReport) -> object:
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"No test may be skipped here: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def server() -> "Iterator[Emulator]":
    """One Maptrail for all tests that only call the API: each test has an account of its own."""
    with _emulator() as running:
        yield running


@pytest.fixture(scope="session")
def slow_server() -> "Iterator[Emulator]":
    """One Maptrail whose operations take a minute, and a change of custom health half of one."""
    with _emulator(operation_delay=60, custom_health_delay=30) as running:
        yield running


def _emulator(**options: Any) -> "Emulator":
    from emulator import Emulator

    return Emulator(default_trail=False, **options)


@pytest.fixture
def account() -> str:
    """An account that no other test uses."""
    return str(next(_accounts))


@pytest.fixture(params=["json", "cbor"])
def protocol(request: pytest.FixtureRequest) -> str:
    """Each of the protocols that the service speaks."""
    return str(request.param)


@pytest.fixture(scope="session")
def _clients() -> "Iterator[Pool]":
    from tests.sdk import Pool

    with contextlib.closing(Pool()) as pool:
        yield pool


@pytest.fixture
def connect(account: str, _clients: "Pool") -> Iterator[Callable[..., Any]]:
    """Lends clients, of the test's account unless told otherwise."""
    with contextlib.ExitStack() as borrowed:

        def connect(server: "Emulator", **options: Any) -> Any:
            return borrowed.enter_context(_clients.borrow(server.url, **{"account": account, **options}))

        yield connect


@pytest.fixture
def cloudmap(server: "Emulator", connect: Callable[..., Any], protocol: str) -> Any:
    """A client in an account of its own, once over each protocol."""
    return connect(server, protocol=protocol)


@pytest.fixture
def unchecked(server: "Emulator", connect: Callable[..., Any]) -> Any:
    """A client that sends whatever it is given: botocore's own checks are off."""
    return connect(server, parameter_validation=False)
