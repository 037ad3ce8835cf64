"""Servers that live for all tests of this folder, and the table that they end with."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from tests.grafana import page
from tests.grafana.report import REPORT
from tests.grafana.stack import GRAFANA, Stack, running, scraped
from tests.grafana.traffic import MINUTE, Traffic
from tests.support.browser import chromium


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip this folder without a Grafana."""
    reason = "GRAFANA names no Grafana (the folder with bin/, conf/ and public/); there is no Debian package"
    for item in items:
        if not GRAFANA and Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def traffic() -> Traffic:
    return Traffic(int(time.time()) // MINUTE * MINUTE)


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory, traffic: Traffic) -> Iterator[str]:
    with scraped(tmp_path_factory.mktemp("prometheus"), traffic) as address:
        yield address


@pytest.fixture(scope="session", params=["1", "2"], ids=["InfluxDB 1", "InfluxDB 2"])
def stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, prometheus: str, traffic: Traffic
) -> Iterator[Stack]:
    """Everything, with each InfluxDB in turn."""
    with running(request.param, tmp_path_factory.mktemp("stack"), prometheus, traffic) as started:
        yield started


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("profile"), width=1600) as driver:
        page.listen(driver)
        page.resize(driver, 1600)
        yield driver


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how long each panel waited."""
    for line in REPORT.lines():
        terminalreporter.write_line(line)
