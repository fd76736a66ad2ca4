"""What holds for every test."""

import pytest


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
