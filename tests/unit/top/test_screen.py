"""The screen fits its terminal, sorts and filters."""

from dataclasses import replace
from pathlib import Path

import pytest

from logshipper.report.routes import Names, plain_path
from logshipper.top.feed import Feed
from logshipper.top.screen import SORTS, View, chosen, plain, screen
from logshipper.top.window import RecentRequests, ShownEvent, Snapshot
from tests.support.deploy_log import Release, lines_of
from tests.support.reports import parser, write
from tests.support.request_lines import line


def snapshot(folder: Path, *more: str) -> Snapshot:
    feed = Feed(str(write(folder, [*lines_of(1, [Release(900)]), *more])), parser())
    window = RecentRequests(900, Names(plain_path))
    for batch in feed.recent(900):
        window.take(batch.points, batch.events, 0.0)
    feed.close()
    return window.snapshot(0.0)


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 40), (200, 50)])
def test_it_fits_the_terminal(tmp_path: Path, width: int, height: int) -> None:
    long = line("/a/very/long/path" * 20, ms=99_000, at="Sun Mar  1 12:06:00 2026")
    lines = screen(snapshot(tmp_path, long), View("/var/log/uwsgi/" + "x" * 90), width, height)
    assert height - 9 <= len(lines) <= height
    assert max(sum(len(text) for text, _ in one) for one in lines) <= width


def test_all_parts_are_there(tmp_path: Path) -> None:
    text = plain(screen(snapshot(tmp_path), View("app.log"), 80, 24))
    for part in ("app.log", "5xx", "p99", "route ", "GET /search", "slowest requests", "busiest addresses", "events"):
        assert part in text


def test_routes_that_do_not_fit_are_said(tmp_path: Path) -> None:
    found = snapshot(tmp_path)
    for first in (0, 2):
        text = plain(screen(found, View("", first=first), 80, 16))
        last = text.count("\nGET ") + text.count("\nPOST ") + first
        assert f"\nroute {first + 1}-{last} of {len(found.routes)} " in text
    assert "\nroute  " in plain(screen(found, View(""), 80, 50))


def test_a_tall_terminal_is_empty_below_the_events(tmp_path: Path) -> None:
    found = replace(snapshot(tmp_path), events=[ShownEvent(0, "start", "*** Starting")])
    texts = ["".join(text for text, _ in one).strip() for one in screen(found, View(""), 200, 80)]
    assert texts[-3:-1] == ["", "events"]
    assert len(texts) < 60


def test_any_column_sorts(tmp_path: Path) -> None:
    found = snapshot(tmp_path)
    for name, value in SORTS.items():
        values = [value(route) for route in chosen(found, View("", sort=name))]
        assert values == sorted(values, reverse=True)


def test_a_text_filters(tmp_path: Path) -> None:
    assert {route.name for route in chosen(snapshot(tmp_path), View("", text="API"))} == {
        "GET /api/obj",
        "GET /api/list",
    }


def test_a_pause_is_said_and_bad_events_are_red(tmp_path: Path) -> None:
    found = replace(
        snapshot(tmp_path), events=[ShownEvent(0, "start", "*** Starting"), ShownEvent(0, "harakiri", "*** HARAKIRI")]
    )
    lines = screen(found, View("app.log", paused=True), 80, 24)
    assert "PAUSED" in plain(lines)
    assert [style for ((text, style),) in lines[-2:] if "Starting" in text or "HARAKIRI" in text] == ["", "red"]


def test_an_empty_window_is_shown(tmp_path: Path) -> None:
    text = plain(screen(RecentRequests(60, Names(plain_path)).snapshot(0.0), View("app.log"), 80, 24))
    assert "0.0/min" in text


def test_what_a_client_sends_cannot_steer_the_terminal(tmp_path: Path) -> None:
    found = snapshot(tmp_path, line("/\x1b[31m", ms=99_000, at="Sun Mar  1 12:06:00 2026"))
    assert "\x1b" not in plain(screen(found, View("app.log"), 80, 24))
