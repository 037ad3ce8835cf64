"""Every panel of every dashboard in a real Grafana: drawn without an error, and its numbers those of the requests."""

from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome

from tests.grafana.expected import BY_DASHBOARD, NUMBER, Number, differences, rank, read
from tests.grafana.page import Page, Shown, address, open_page, resize
from tests.grafana.report import REPORT
from tests.grafana.stack import Stack
from tests.grafana.traffic import DAY, HOUR, MINUTE, RELOAD, Traffic
from tests.support.panels import dashboards
from tests.support.processes import ROOT

RANGES = {"15 m": 15 * MINUTE, "6 h": 6 * HOUR, "24 h": DAY, "30 d": 30 * DAY}
BOARDS = {path.stem: board for path, board in dashboards()}
PICTURES = ROOT / "var" / "grafana"
GRAPHS = {"timeseries", "heatmap"}


def fault(panel: Shown, kind: str) -> str:
    """Return what is wrong with a panel, or ""."""
    if panel.error or panel.empty:
        return panel.error or "no data"
    drawn = panel.graphs if kind in GRAPHS else panel.rows > 1 if kind == "table" else panel.text.strip()
    return "" if drawn and "no data" not in panel.text.lower() else f"empty: {panel.text[:80]!r}"


def faults(page: Page, board: dict[str, Any], wanted: Any) -> dict[str, str]:
    """Return title -> fault of all panels that have one."""
    found = {}
    for panel in board["panels"]:
        title = panel["title"].replace("$rank", "95")
        shown = page.panels.get(title)
        if shown is None:
            found[title] = "not on the page"
        elif wrong := fault(shown, panel["type"]) or (
            differences(shown.text, wanted[title]) if title in wanted else ""
        ):
            found[title] = wrong
    return found


@pytest.mark.parametrize("seconds", RANGES.values(), ids=RANGES)
@pytest.mark.parametrize("name", BOARDS)
def test_every_panel_is_drawn_and_right(
    stack: Stack, browser: Chrome, traffic: Traffic, name: str, seconds: int
) -> None:
    board, window = BOARDS[name], (traffic.end - seconds, traffic.end)
    page = open_page(browser, address(stack.grafana, board["uid"], *window), board)
    found = faults(page, board, BY_DASHBOARD[name](traffic, *window))
    period = next(period for period, length in RANGES.items() if length == seconds)
    REPORT.add(stack.version, name, period, page, found)
    picture(browser, f"{name}-{stack.version}-{period.replace(' ', '')}")
    assert not page.failures
    assert not found


def picture(browser: Chrome, name: str) -> Path:
    """Keep a screenshot in var/grafana, for whoever looks for the reason of a fault."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = PICTURES / f"{name}.png"
    browser.save_screenshot(str(path))
    return path


CHOICES = {
    "one host": "&var-host=web1",
    "two routes": "&var-route=%2F&var-route=%2Fsearch",
    "a status": "&var-status=2xx",
}


@pytest.mark.parametrize("seconds", [6 * HOUR, 2 * DAY], ids=["6 h", "2 d"])
@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES)
def test_percentiles_are_drawn_once_for_any_choice(
    stack: Stack, browser: Chrome, traffic: Traffic, choice: str, seconds: int
) -> None:
    board, window = BOARDS["uwsgi-requests"], (traffic.end - seconds, traffic.end)
    page = open_page(browser, address(stack.grafana, board["uid"], *window) + choice, board)
    assert not page.failures
    assert not faults(page, board, {})
    routes = page.panels["p95 by route"].text.split()
    assert "/search" in routes
    assert len(routes) == len(set(routes)), "two sources answer"


@pytest.mark.parametrize("width", [1280, 1600])
@pytest.mark.parametrize("name", BOARDS)
def test_no_title_and_no_table_is_cut(stack: Stack, browser: Chrome, traffic: Traffic, name: str, width: int) -> None:
    board = BOARDS[name]
    resize(browser, width)
    try:
        page = open_page(browser, address(stack.grafana, board["uid"], traffic.end - HOUR, traffic.end), board)
    finally:
        resize(browser, 1600)
    scrolls = {"Log"}  # it has every field
    assert {title for title, panel in page.panels.items() if panel.cut} <= scrolls


@pytest.mark.parametrize("table", ["Slowest routes", "Log"])
def test_a_route_leads_to_its_own_page(stack: Stack, browser: Chrome, traffic: Traffic, table: str) -> None:
    board, window = BOARDS["uwsgi-requests"], (traffic.end - HOUR, traffic.end)
    page = open_page(browser, address(stack.grafana, board["uid"], *window), board)
    link = next(link for link in page.panels[table].links if "obj" in link)
    alone = open_page(browser, link, board)
    known = [one for one in traffic.window(*window) if one.tags["route"] == "/api/obj/<int:id_num>"]
    assert not alone.failures
    assert not differences(alone.panels["Requests"].text, [Number(len(known) / HOUR)])


def test_a_deploy_shows_what_it_changed_and_leads_to_its_time(stack: Stack, browser: Chrome, traffic: Traffic) -> None:
    board, moment = BOARDS["uwsgi-requests"], traffic.end - RELOAD
    page = open_page(browser, address(stack.grafana, board["uid"], traffic.end - HOUR, traffic.end), board)
    shown = [read(match) for match in NUMBER.finditer(page.panels["Last deploys"].text)]
    for side in (traffic.window(moment - 900, moment - 1), traffic.window(moment + 1, moment + 900)):
        known = [one for one in side if one.tags["host"] == "web1"]
        for number in (rank(known, 95), len(known)):
            assert any(abs(value - number) <= half * 1.01 for value, half in shown), (number, shown)
    link = next(link for link in page.panels["Last deploys"].links if f"from={(moment - 1_800) * 1000}" in link)
    around = open_page(browser, link, board)
    assert not around.failures
    known = traffic.window(moment - 1_800, moment + 1_800)
    assert not differences(around.panels["Requests"].text, [Number(len(known) / HOUR)])
