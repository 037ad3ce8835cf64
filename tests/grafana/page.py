"""A dashboard in a real Chromium: what it asks for, how long each panel waits, and what it then shows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from selenium.webdriver import Chrome

from tests.support.browser import complaints
from tests.support.waiting import DEADLINE, wait_until

# Keeps what the page asks Grafana's server for, which panel asks it, and what comes back when.
LISTEN = """
window.asked = [];
const fetched = window.fetch;
window.fetch = async (input, init) => {
  const url = String(input.url || input);
  if (!/api\\/(ds\\/query|datasources\\/.*\\/resources\\/)/.test(url)) return fetched(input, init);
  const headers = new Headers((init && init.headers) || input.headers || {});
  const one = {panel: Number(headers.get('X-Panel-Id') || 0), url, start: performance.now(), end: 0, status: 0};
  window.asked.push(one);
  try {
    const answer = await fetched(input, init);
    one.text = await answer.clone().text();
    one.status = answer.status;
    return answer;
  } catch (error) {
    one.text = String(error);
    throw error;
  } finally {
    one.end = performance.now();
  }
};
"""
# Every panel by its title: its text, whether it has drawn a graph, its table's rows, its error, its links.
LOOK = """
const found = {};
for (const panel of document.querySelectorAll('[data-testid^="data-testid Panel header "]')) {
  const title = panel.dataset.testid.slice('data-testid Panel header '.length);
  const content = panel.querySelector('[data-testid="data-testid panel content"]');
  if (!content) continue;
  const links = [...content.querySelectorAll('a[href]')];
  found[title] = {
    text: content.innerText,
    graphs: content.querySelectorAll('canvas').length,
    rows: content.querySelectorAll('[role="row"]').length,
    error: [...panel.querySelectorAll('[data-testid="data-testid Panel status error"]')]
      .map((mark) => mark.getAttribute('aria-label') || 'error').join('; '),
    empty: !!content.querySelector('[data-testid="data-testid Panel data error message"]'),
    cut: [...panel.querySelectorAll('h2, [role="grid"]')].some((part) => part.scrollWidth > part.clientWidth + 1),
    links: links.map((link) => link.href),
  };
}
return found;
"""
# Answers true when each of these panels has its data and has drawn it, or false after five seconds. The page itself
# waits: a test that asks again and again takes the time away that the page needs to draw.
SETTLED = """
const [panels, done] = arguments;
const end = performance.now() + 5000;
const look = () => {
  const answered = new Set(window.asked.filter(({end}) => end).map(({panel}) => panel));
  const loading = document.querySelectorAll('[aria-label="Panel loading bar"]').length;
  if (loading || window.asked.some(({end}) => !end) || panels.some((panel) => !answered.has(panel))) {
    if (performance.now() > end) done(false);
    else setTimeout(look, 250);
  } else {
    requestAnimationFrame(() => requestAnimationFrame(() => done(true)));
  }
};
look();
"""
HEIGHT = 3_600  # so high that every panel is in sight, and so asks at once


@dataclass(frozen=True)
class Shown:
    """A panel as it stands on the page; `milliseconds` is how long the slowest of its queries took."""

    text: str
    graphs: int
    rows: int
    error: str
    empty: bool
    cut: bool
    links: list[str]
    milliseconds: float


@dataclass(frozen=True)
class Page:
    """A dashboard that has been drawn: its panels by title, and what went wrong beside them."""

    panels: Mapping[str, Shown]
    failures: list[str]


def listen(browser: Chrome) -> None:
    """Make every page from now on keep its questions."""
    browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": LISTEN})


def resize(browser: Chrome, width: int, height: int = HEIGHT) -> None:
    """Give the page this size, whatever the window's smallest is."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def address(grafana: str, uid: str, start: int, end: int, **more: str) -> str:
    """Return a dashboard's address for a window in epoch seconds."""
    return f"{grafana}/d/{uid}?{urlencode({'from': start * 1000, 'to': end * 1000, 'refresh': '', **more})}"


def open_page(browser: Chrome, url: str, board: Mapping[str, Any]) -> Page:
    """Open a dashboard and wait until each of its panels has its answer and is drawn."""
    complaints(browser)
    browser.get(url)
    return read_page(browser, board)


def read_page(browser: Chrome, board: Mapping[str, Any]) -> Page:
    """Wait until each panel of the dashboard that is open has its answer and is drawn."""
    waiting = [panel["id"] for panel in board["panels"] if panel.get("targets")]
    browser.set_script_timeout(DEADLINE)
    wait_until(lambda: browser.execute_async_script(SETTLED, waiting), browser.current_url)
    asked = browser.execute_script("return window.asked")
    ids = {panel["title"]: panel["id"] for panel in board["panels"]}
    panels = {}
    for title, found in browser.execute_script(LOOK).items():
        number = next((number for name, number in ids.items() if plain(name) == plain(title)), 0)
        times = [one["end"] - one["start"] for one in asked if one["panel"] == number]
        panels[title] = Shown(**found, milliseconds=max(times, default=0))
    finished = [one for one in asked if not one["text"].startswith("AbortError")]  # the page asked again by itself
    failures = [
        f"{one['url']}: {one['text'][:300]}" for one in finished if one["status"] != 200 or has_error(one["text"])
    ]
    return Page(panels, [*failures, *complaints(browser)])


def plain(title: str) -> str:
    """Return a title without its variables' values: p95 by route and p$rank by route are one."""
    return title.replace("$rank", "95")


def has_error(answer: str) -> bool:
    """Return whether a query of an answer failed."""
    results = json.loads(answer).get("results", {}) if answer.startswith("{") else {}
    return any("error" in one for one in results.values())
