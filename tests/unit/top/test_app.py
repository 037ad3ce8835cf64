"""The live view obeys its keys."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC
from pathlib import Path

import pytest

from logshipper.report.routes import Names, plain_path
from logshipper.top.feed import Feed
from logshipper.top.window import RecentRequests
from tests.support.reports import parser, write
from tests.support.request_lines import line

pytest.importorskip("textual")

from textual.pilot import Pilot

from logshipper.top.app import Top

Steps = Callable[[Top, Pilot[None]], Awaitable[None]]


def run(folder: Path, steps: Steps) -> None:
    """Run the view on a log of two routes, without a terminal."""
    log = write(folder, [line("/a"), line("/a"), line("/b", ms=900)])
    feed, window = Feed(str(log), parser()), RecentRequests(60, Names(plain_path))

    async def drive() -> None:
        app = Top(feed, window, UTC)
        async with app.run_test(size=(80, 24)) as pilot:
            await steps(app, pilot)

    for batch in feed.recent(60):
        window.take(batch.points, batch.events, time.monotonic())
    asyncio.run(drive())
    feed.close()


def text(app: Top) -> str:
    return str(app.query_one("#screen").render())


def test_keys_sort_pause_and_move(tmp_path: Path) -> None:
    async def steps(app: Top, pilot: Pilot[None]) -> None:
        await pilot.pause()
        assert "GET /b" in text(app)
        await pilot.press("s", "p", "down")
        await pilot.pause()
        assert (app.view.sort, app.view.paused, app.view.first) == ("requests", True, 1)
        assert "PAUSED" in text(app)

    run(tmp_path, steps)


def test_a_filter_is_typed_kept_and_cleared(tmp_path: Path) -> None:
    async def steps(app: Top, pilot: Pilot[None]) -> None:
        await pilot.press("slash", "/", "b", "enter")
        await pilot.pause()
        assert "filter: /b" in text(app)
        await pilot.press("s")  # a key again, not a letter
        assert (app.view.text, app.view.sort) == ("/b", "requests")
        await pilot.press("escape")
        await pilot.pause()
        assert app.view.text == ""

    run(tmp_path, steps)


def test_what_is_appended_is_shown_unless_it_is_paused(tmp_path: Path) -> None:
    async def steps(app: Top, pilot: Pilot[None]) -> None:
        with (tmp_path / "app.log").open("a") as opened:
            opened.write(line("/new"))
        await pilot.press("p")
        app.step()
        await pilot.pause()
        assert "GET /new" not in text(app)
        await pilot.press("p")
        app.step()
        await pilot.pause()
        assert "GET /new" in text(app)

    run(tmp_path, steps)
