"""The viewer in real Chromium: what a person sees, and what the browser requests."""

import contextlib
import re
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

from tests.support.browser import chromium, complaints, requested
from tests.support.network import fetch
from tests.support.processes import Server
from tests.support.request_lines import START, line, spread
from tests.support.requests_log import ship
from tests.support.waiting import wait_until

EVIL = "/<img%20src=x%20onerror=window.owned=1>"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("profile"), height=2200) as driver:
        yield driver


@pytest.fixture
def view(tmp_path: Path, port: int) -> Iterator[Server]:
    """The viewer on requests.db in tmp_path; the file has to be there."""
    command = [sys.executable, "-m", "logshipper", "view", str(tmp_path / "requests.db"), "--port", str(port)]
    server = Server(command, tmp_path / "view.out")
    yield server
    server.kill()


def open_page(browser: Chrome, view: Server, port: int, address: str = "/") -> None:
    view.start().wait_ready(lambda: fetch(f"http://127.0.0.1:{port}/-/versions.json")[0] == 200)
    requested(browser)
    complaints(browser)
    browser.get(f"http://127.0.0.1:{port}{address}")


def wait_drawn(browser: Chrome, times: int = 1) -> None:
    script = "return Number(document.body.dataset.drawn || 0)"
    wait_until(lambda: browser.execute_script(script) >= times, what="the charts")


def text(browser: Chrome, selector: str) -> str:
    """Return the text of an element; one that is drawn again while it is read is looked up again."""

    def look() -> list[str]:
        with contextlib.suppress(NoSuchElementException, StaleElementReferenceException):
            return [browser.find_element(By.CSS_SELECTOR, selector).text]
        return []

    return wait_until(look, what=selector)[0]


def test_the_page_shows_the_charts_and_the_table(browser: Chrome, view: Server, tmp_path: Path, port: int) -> None:
    lines = spread(["/", "/api/obj/1", "/api/obj/2"] * 20)
    ship([*lines, line("/broken", status=500, ms=4321, at=START + timedelta(seconds=60))], tmp_path)
    open_page(browser, view, port)
    wait_drawn(browser)
    assert text(browser, "#chart-total") == "61"
    assert text(browser, "#chart-rate") == "1.00"
    for name in ("throughput", "classes", "latency", "by_uri"):
        shapes = browser.find_elements(By.CSS_SELECTOR, f"#chart-{name} svg .role-mark path")
        assert len(shapes) >= 2, name
    slowest = text(browser, "#chart-slowest tbody tr")
    assert slowest.startswith("GET /broken 1 1 4,321")
    heads = [head.text for head in browser.find_elements(By.CSS_SELECTOR, "#chart-table th")]
    assert heads[0] == "time"
    assert {"uri", "resTime", "status", "remoteAddr", "coreInfo", "host"} <= set(heads)
    newest = [cell.text for cell in browser.find_elements(By.CSS_SELECTOR, "#chart-table tbody tr:first-child td")]
    assert newest[0].startswith("2026-03-01T12:01:00.")
    assert len(browser.find_elements(By.CSS_SELECTOR, "#chart-table tbody tr")) == 50
    assert complaints(browser) == []


def test_the_browser_contacts_no_other_host(browser: Chrome, view: Server, tmp_path: Path, port: int) -> None:
    ship(spread(["/"] * 5), tmp_path)
    open_page(browser, view, port)
    wait_drawn(browser)
    for address in (
        "/requests/uwsgi_log?_sort_desc=time",
        "/requests",
        "/-/dashboards",
        "/-/dashboards/requests/slowest",
    ):
        browser.get(f"http://127.0.0.1:{port}{address}")
    ours = re.compile(rf"http://127\.0\.0\.1:{port}/|data:|chrome:")
    addresses = requested(browser)
    assert len(addresses) > 20
    assert [address for address in addresses if not ours.match(address)] == []


def test_a_hostile_uri_is_shown_as_text(browser: Chrome, view: Server, tmp_path: Path, port: int) -> None:
    ship([line(EVIL.replace("%20", "/")), line("/<img src=x onerror=window.owned=1>")], tmp_path)
    open_page(browser, view, port)
    wait_drawn(browser)
    assert "onerror=window.owned" in text(browser, "#chart-slowest")
    assert "onerror=window.owned" in text(browser, "#chart-table")
    assert browser.find_elements(By.CSS_SELECTOR, ".card img") == []
    assert browser.execute_script("return window.owned") is None


def test_new_requests_appear_without_a_reload(browser: Chrome, view: Server, tmp_path: Path, port: int) -> None:
    (tmp_path / "requests.db").touch()
    open_page(browser, view, port)
    assert "Waiting for the first request" in text(browser, "h1")
    ship([line("/first")], tmp_path)
    wait_until(lambda: "/-/dashboards/requests" in browser.current_url, what="the dashboard")
    wait_drawn(browser)
    assert text(browser, "#chart-total") == "1"
    assert "/first" in text(browser, "#chart-table")
    ship([line("/second", at=START + timedelta(seconds=5))], tmp_path)
    wait_until(lambda: text(browser, "#chart-total") == "2", what="the second request")
    wait_until(lambda: "/second" in text(browser, "#chart-table tbody tr"), what="the second row")
    bars = "#chart-throughput svg .role-mark.marks path"
    wait_until(lambda: len(browser.find_elements(By.CSS_SELECTOR, bars)) == 2, what="the second bar")


def test_a_click_on_a_uri_filters_by_it(browser: Chrome, view: Server, tmp_path: Path, port: int) -> None:
    ship([line("/slow", ms=900), line("/quick"), line("/quick")], tmp_path)
    open_page(browser, view, port)
    wait_drawn(browser)
    browser.find_element(By.LINK_TEXT, "/slow").click()
    wait_until(lambda: "uri=%2Fslow" in browser.current_url)
    wait_until(lambda: text(browser, "#chart-total") == "1", what="the requests of that one")


def test_events_are_shown_if_there_are_any(browser: Chrome, view: Server, tmp_path: Path, port: int) -> None:
    died = "DAMN ! worker 1 (pid: 7) died, killed by signal 9 :( trying respawn ..."
    ship([line(), f"{died}\n", line()], tmp_path)
    open_page(browser, view, port)
    wait_drawn(browser)
    assert died in text(browser, "#chart-events")


def test_the_whole_text_of_a_traceback_is_shown(browser: Chrome, view: Server, tmp_path: Path, port: int) -> None:
    died = "DAMN ! worker 1 (pid: 7) died, killed by signal 9 :( trying respawn ...\n"
    raised = 'Traceback (most recent call last):\n  File "/app/views.py", line 7, in slow\nValueError: on purpose\n'
    ship([line(), died, raised, line()], tmp_path)
    open_page(browser, view, port)
    wait_drawn(browser)
    shown = text(browser, "#chart-events")
    assert "line 7, in slow" in shown
    assert "worker 1 (pid: 7) died" in shown


def test_a_table_is_sorted_by_a_click_on_its_head(browser: Chrome, view: Server, tmp_path: Path, port: int) -> None:
    ship([line("/b", ms=900), line("/a", ms=5), line("/c", ms=50)], tmp_path)
    open_page(browser, view, port)
    wait_drawn(browser)
    browser.find_element(By.CSS_SELECTOR, "#chart-slowest th:nth-child(2) button").click()
    cells = browser.find_elements(By.CSS_SELECTOR, "#chart-slowest tbody td:nth-child(2)")
    assert [cell.text for cell in cells] == ["/a", "/b", "/c"]
    assert browser.find_element(By.CSS_SELECTOR, "#chart-slowest th[aria-sort=ascending]").text.startswith("uri")


def test_dragging_over_a_chart_chooses_a_period(browser: Chrome, view: Server, tmp_path: Path, port: int) -> None:
    ship(spread(["/"] * 60, every=60), tmp_path)
    open_page(browser, view, port)
    wait_drawn(browser)
    chart = browser.find_element(By.CSS_SELECTOR, "#chart-throughput svg")
    mouse = ActionChains(browser).move_to_element_with_offset(chart, -100, 0).click_and_hold()
    mouse.move_by_offset(50, 0).move_by_offset(50, 0).release().perform()
    wait_until(lambda: "from=2026-03-01T12%3A" in browser.current_url, what="the period in the address")
    wait_drawn(browser)
    assert 5 < int(text(browser, "#chart-total")) < 40


def test_a_period_and_an_address_can_be_typed(browser: Chrome, view: Server, tmp_path: Path, port: int) -> None:
    ship([line("/a", address="10.0.0.1"), *spread(["/b"] * 9, every=60, address="10.0.0.2")], tmp_path)
    open_page(browser, view, port, "/-/dashboards/requests?last=all")
    wait_drawn(browser)
    fill = "const field = document.querySelector(arguments[0]); field.value = arguments[1];"
    change = "field.dispatchEvent(new Event('change', {bubbles: true}));"
    browser.execute_script(fill + change, "[name=address]", "10.0.0.2")
    wait_until(lambda: text(browser, "#chart-total") == "9", what="the requests of one address")
    browser.execute_script(fill + change, "[name=from]", "2026-03-01T12:05:00")
    wait_until(lambda: text(browser, "#chart-total") == "4", what="those of the period")
    assert browser.current_url.endswith("?last=all&address=10.0.0.2&from=2026-03-01T12%3A05")


def test_live_asks_only_for_what_is_new(browser: Chrome, view: Server, tmp_path: Path, port: int) -> None:
    ship([line("/first")], tmp_path)
    open_page(browser, view, port)
    wait_drawn(browser, 2)
    answers = "return performance.getEntriesByType('resource').filter(e => e.name.includes('/-/figures'))"
    sizes = [entry["decodedBodySize"] for entry in browser.execute_script(answers)]
    assert sizes[0] > 1000
    assert sizes[1] < 100


def test_it_is_readable_when_dark_and_narrow(browser: Chrome, view: Server, tmp_path: Path, port: int) -> None:
    ship(spread(["/"] * 5), tmp_path)
    dark = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", dark)
    narrow = {"width": 400, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", narrow)
    try:
        open_page(browser, view, port)
        wait_drawn(browser)
        card = browser.find_element(By.CSS_SELECTOR, ".card")
        assert card.value_of_css_property("background-color") == "rgba(32, 38, 44, 1)"
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 400
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
