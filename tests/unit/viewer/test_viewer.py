"""The viewer: what `logshipper view` refuses, and the results of the dashboard's queries."""

import asyncio
import contextlib
import math
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from logshipper.errors import UserError
from logshipper.viewer import application, dashboard
from tests.support.needs import need_root
from tests.support.processes import ROOT
from tests.support.request_lines import START, line, spread
from tests.support.requests_log import store

Ask = Callable[..., Any]
AS_NOBODY = """
import os, sys, pathlib
from logshipper.errors import UserError
from logshipper.viewer import application
os.setuid(65534)
try:
    application(pathlib.Path(sys.argv[1]))
except UserError as error:
    print(error)
"""


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Ship the lines and return a function that asks the viewer for a page, or for a chart's rows."""

    def get(path: Path, address: str, **arguments: str) -> Any:
        viewer = application(path)
        return asyncio.run(viewer.client.get(address, params=arguments or None))

    return get


def chart(path: Path, ask: Ask, name: str, **filters: str) -> list[dict[str, Any]]:
    """Return the rows of a card as the page gets them."""
    answer = ask(path, "/-/figures", **{"last": "all", **filters}).json()
    assert "error" not in answer, answer
    rows: list[dict[str, Any]] = answer["cards"][name]
    return rows


def nearest_rank(values: list[int], share: float) -> int:
    """Return the percentile as textbooks define it: the smallest value that `share` of all do not exceed."""
    return sorted(values)[max(0, math.ceil(len(values) * share) - 1)]


class TestUsage:
    def test_a_missing_database_gives_one_line_with_the_fix(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match=r"nothing\.db: no such database; .*logshipper run LOG --to sqlite:///"):
            application(tmp_path / "nothing.db")

    @pytest.mark.parametrize("content", [b"not SQLite at all, but long enough for a header" * 100, b"SQLite format 3"])
    def test_another_kind_of_file_is_refused(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "notes.txt").write_bytes(content)
        with pytest.raises(UserError, match="cannot be read as a SQLite database"):
            application(tmp_path / "notes.txt")

    def test_a_folder_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="cannot be read"):
            application(tmp_path)

    @pytest.mark.slow
    def test_a_file_or_folder_of_another_user_has_its_own_fix(self) -> None:
        need_root("to become a user who cannot write to the folder")
        with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to others
            Path(name).chmod(0o755)
            database = store([line()], Path(name))
            command = [sys.executable, "-c", AS_NOBODY, str(database)]
            unreadable = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            database.chmod(0o644)
            readable = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert "you may not read the file; run the viewer as the user of the shipper" in unreadable.stdout, unreadable
        assert "copy the file to a folder that you can write to" in readable.stdout, readable


class TestPages:
    def test_the_landing_page_is_the_dashboard(self, tmp_path: Path, ask: Ask) -> None:
        answer = ask(store([line()], tmp_path), "/")
        assert (answer.status_code, answer.headers["location"]) == (302, "/-/dashboards/requests")

    def test_the_dashboard_begins_with_the_last_hour(self, tmp_path: Path, ask: Ask) -> None:
        answer = ask(store([line()], tmp_path), "/-/dashboards/requests")
        assert answer.headers["location"] == "/-/dashboards/requests?last=1+hour"

    def test_the_landing_page_of_an_empty_file_says_that_it_is_waiting(self, tmp_path: Path, ask: Ask) -> None:
        (tmp_path / "requests.db").touch()
        answer = ask(tmp_path / "requests.db", "/")
        assert answer.status_code == 200
        assert "Waiting for the first request" in answer.text

    def test_the_dashboard_of_an_empty_file_is_not_an_error(self, tmp_path: Path, ask: Ask) -> None:
        (tmp_path / "requests.db").touch()
        assert ask(tmp_path / "requests.db", "/-/dashboards/requests", last="1 hour").status_code == 200

    @pytest.mark.parametrize("address", ["/", "/-/dashboards/requests?last=all", "/requests/uwsgi_log", "/requests"])
    def test_every_page_forbids_the_browser_to_contact_other_hosts(
        self, tmp_path: Path, ask: Ask, address: str
    ) -> None:
        answer = ask(store([line()], tmp_path), address)
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "http:" not in answer.headers["content-security-policy"]

    def test_the_table_shows_the_newest_request_first(self, tmp_path: Path, ask: Ask) -> None:
        path = store(spread(["/first", "/second", "/third"]), tmp_path)
        rows = ask(path, "/requests/uwsgi_log.json", _shape="objects").json()["rows"]
        assert [row["uri"] for row in rows] == ["/third", "/second", "/first"]

    def test_nothing_can_be_written(self, tmp_path: Path, ask: Ask) -> None:
        path = store([line()], tmp_path)
        assert ask(path, "/requests.json", sql="DELETE FROM uwsgi_log").status_code == 400
        with sqlite3.connect(path) as connection:
            assert connection.execute("SELECT count(*) FROM uwsgi_log").fetchone() == (1,)

    def test_the_viewer_can_read_while_another_process_writes(self, tmp_path: Path, ask: Ask) -> None:
        path = store([line()], tmp_path)
        with sqlite3.connect(path) as writer:
            writer.execute("BEGIN IMMEDIATE")
            writer.execute("UPDATE uwsgi_log SET status = 500")
            assert chart(path, ask, "total") == [{"value": "1"}]


class TestCharts:
    def test_percentiles_use_the_nearest_rank(self, tmp_path: Path, ask: Ask) -> None:
        times = [(number * 37) % 211 for number in range(200)]
        lines = [line("/slow", ms=ms, at=START + timedelta(seconds=i), number=i) for i, ms in enumerate(times)]
        path = store(lines, tmp_path)
        expected = {name: nearest_rank(times, share) for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))}
        assert {row["name"]: row["ms"] for row in chart(path, ask, "by_uri")} == expected
        slowest = chart(path, ask, "slowest")[0]
        assert {name: slowest[name] for name in expected} == expected
        assert (slowest["requests"], slowest["max"]) == (200, max(times))
        assert chart(path, ask, "p95") == [{"value": str(expected["p95"])}]

    def test_the_slowest_uri_is_first(self, tmp_path: Path, ask: Ask) -> None:
        lines = [line(f"/{ms}", ms=ms, number=ms) for ms in (10, 5005, 900)]
        rows = chart(store(lines, tmp_path), ask, "slowest")
        assert [(row["uri"], row["p95"]) for row in rows] == [("/5005", 5005), ("/900", 900), ("/10", 10)]

    def test_status_classes_are_counted(self, tmp_path: Path, ask: Ask) -> None:
        lines = [line(status=status, number=i) for i, status in enumerate([200, 201, 302, 404, 500, 503, 200])]
        path = store(lines, tmp_path)
        counts = {row["status_class"]: row["requests"] for row in chart(path, ask, "classes")}
        assert counts == {"2xx": 3, "3xx": 1, "4xx": 1, "5xx": 2}
        assert chart(path, ask, "failed") == [{"value": "28.57"}]

    def test_the_rates_multiplied_by_their_durations_add_up_to_all_requests(self, tmp_path: Path, ask: Ask) -> None:
        # 101 requests over 1,000 seconds: bars of 30 s, of which the first and the last are not whole.
        path = store(spread(["/"] * 101, every=10), tmp_path)
        first = START.timestamp()
        total = 0.0
        for row in chart(path, ask, "throughput"):
            start, end = (START.fromisoformat(row[name]).timestamp() for name in ("time", "until"))
            assert end - start == 30
            total += row["rate"] * (min(end, first + 1001) - max(start, first))
        assert round(total, 6) == 101

    def test_bars_are_stacked(self, tmp_path: Path, ask: Ask) -> None:
        path = store([line(number=1), line(number=2), line(status=500, number=3)], tmp_path)
        rows = chart(path, ask, "throughput")
        assert [(row["status_class"], row["low"], row["high"]) for row in rows] == [("2xx", 0, 2), ("5xx", 2, 3)]

    def test_the_window_ends_at_the_newest_request(self, tmp_path: Path, ask: Ask) -> None:
        path = store(spread(["/"] * 10, every=600), tmp_path)
        assert chart(path, ask, "total", last="15 minutes") == [{"value": "2"}]
        assert chart(path, ask, "total", last="1 hour") == [{"value": "7"}]
        assert chart(path, ask, "total", last="all") == [{"value": "10"}]

    def test_a_row_in_the_future_does_not_hide_others(self, tmp_path: Path, ask: Ask) -> None:
        path = store(spread(["/"] * 10, every=600), tmp_path)
        with contextlib.closing(sqlite3.connect(path)) as rows, rows:
            columns = [row[1] for row in rows.execute("PRAGMA table_info(uwsgi_log)")]
            others = ", ".join(f'"{name}"' for name in columns if name != "time")
            future = f"SELECT '2999-01-01T00:00:00.0Z', {others} FROM uwsgi_log LIMIT 1"
            rows.execute(f"INSERT INTO uwsgi_log (time, {others}) {future}")
        assert chart(path, ask, "total", last="1 hour") == [{"value": "7"}]
        assert chart(path, ask, "total", last="all") == [{"value": "10"}]

    def test_routes_have_a_table_of_their_own(self, tmp_path: Path, ask: Ask) -> None:
        path = store([line("/a/1", ms=5, number=1), line("/a/2", ms=7, number=2)], tmp_path)
        with contextlib.closing(sqlite3.connect(path)) as rows, rows:
            rows.execute("ALTER TABLE uwsgi_log ADD COLUMN route TEXT NOT NULL DEFAULT '/a/<int:n>'")
        (row,) = chart(path, ask, "routes")
        assert (row["route"], row["requests"], row["max"]) == ("/a/<int:n>", 2, 7)

    def test_filters_are_combined(self, tmp_path: Path, ask: Ask) -> None:
        lines = [line("/a"), line("/a", method="POST"), line("/a", status=500), line("/b")]
        path = store(lines, tmp_path)
        assert chart(path, ask, "total", uri="/a") == [{"value": "3"}]
        assert chart(path, ask, "total", uri="/a", method="GET") == [{"value": "2"}]
        assert chart(path, ask, "total", uri="/a", method="GET", status_class="5xx") == [{"value": "1"}]
        assert chart(path, ask, "total", uri="") == [{"value": "4"}]

    def test_sql_in_a_uri_filter_is_not_executed(self, tmp_path: Path, ask: Ask) -> None:
        path = store([line()], tmp_path)
        assert chart(path, ask, "total", uri="' OR 1=1 --") == [{"value": "0"}]

    def test_the_table_shows_every_column(self, tmp_path: Path, ask: Ask) -> None:
        path = store([line("/api/obj/124", ms=5005)], tmp_path)
        row = chart(path, ask, "table")[0]
        assert (row["uri"], row["resTime"], row["httpVer"], row["remoteAddr"]) == (
            "/api/obj/124",
            5005,
            1.1,
            "10.0.2.2",
        )
        assert row["time"].startswith("2026-03-01T12:00:00.")

    @pytest.mark.parametrize("name", sorted(dashboard()["charts"]))
    def test_no_chart_fails_if_a_filter_matches_nothing(self, tmp_path: Path, ask: Ask, name: str) -> None:
        rows = chart(store([line()], tmp_path), ask, name, uri="/nobody-asked-for-this")
        assert rows in ([], [{"value": "0"}], None)
