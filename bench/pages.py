"""The viewer's page in Chromium: when something shows, and when all is drawn, alone and while rows arrive."""

import multiprocessing
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote_plus

from selenium.webdriver import Chrome

from logshipper.outputs.sqlite import SqliteOutput
from logshipper.points import PointRow, PointShape, Rows, Value
from tests.support.browser import chromium
from tests.support.needs import find
from tests.support.network import fetch, free_port
from tests.support.processes import Server
from tests.support.waiting import wait_until

RATE = 1000
"""Rows a second that arrive, in ten writes."""
_NOTE_WHEN_DRAWN = """
    new MutationObserver((_, observer) => {
        if (!document.body?.dataset.drawn) return;
        window.drawnAt = performance.now();
        observer.disconnect();
    }).observe(document, {subtree: true, attributes: true, attributeFilter: ["data-drawn"]});
"""
_PAINT = "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


@dataclass(frozen=True, slots=True)
class Drawn:
    """Milliseconds after the address was opened."""

    first: float
    all: float

    def __str__(self) -> str:
        return f"{self.first:,.0f} / {self.all:,.0f}"


@contextmanager
def arriving(file: Path, shape: PointShape, values: Sequence[tuple[Value, ...]]) -> Iterator[None]:
    """Let rows of now arrive from another process."""
    writer = multiprocessing.get_context("spawn").Process(target=_write_on, args=(file, shape, values), daemon=True)
    writer.start()
    try:
        yield
    finally:
        writer.kill()
        writer.join()


def _write_on(file: Path, shape: PointShape, values: Sequence[tuple[Value, ...]]) -> None:
    output, due, number = SqliteOutput(file), time.monotonic(), 0
    while True:
        now, batch = time.time_ns(), list[PointRow]()
        for _ in range(RATE // 10):
            number += 1
            batch.append((shape, values[number % len(values)], now + number % 1000))
        output.write(Rows(batch))
        due += 0.1
        time.sleep(max(0.0, due - time.monotonic()))


def in_browser(
    file: Path, profile: Path, windows: Sequence[str], times: int, more: AbstractContextManager[None]
) -> dict[str, tuple[Drawn, Drawn]]:
    """Open the page of each window some times, alone and within `more`; return medians, nothing without Chromium."""
    if not (find("chromium") and find("chromedriver")):
        return {}
    port = free_port()
    command = [sys.executable, "-m", "logshipper", "view", str(file), "--port", str(port)]
    viewer, url = Server(command, profile.with_suffix(".out")).start(), f"http://127.0.0.1:{port}"
    addresses = [f"{url}/-/dashboards/requests?last={quote_plus(last)}" for last in windows]
    try:
        viewer.wait_ready(lambda: fetch(f"{url}/-/versions.json")[0] == 200)
        with chromium(profile, height=2200) as browser:
            browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _NOTE_WHEN_DRAWN})
            alone = [_opened(browser, address, times) for address in addresses]
            with more:
                busy = [_opened(browser, address, times) for address in addresses]
    finally:
        viewer.kill()
    return dict(zip(windows, zip(alone, busy, strict=True), strict=True))


def _opened(browser: Chrome, address: str, times: int) -> Drawn:
    found = []
    for _ in range(times):
        browser.get(address)
        drawn: float = wait_until(lambda: browser.execute_script("return window.drawnAt"))
        found.append((float(browser.execute_script(_PAINT) or drawn), drawn))
    return Drawn(*(statistics.median(column) for column in zip(*found, strict=True)))
