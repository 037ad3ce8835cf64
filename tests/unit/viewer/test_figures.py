"""One answer for the whole page: its cards, what to say about them, and nothing if nothing is new."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from logshipper.points import PointShape
from logshipper.viewer import figures as module
from logshipper.viewer.figures import answer
from tests.support.request_lines import START as FIRST
from tests.support.request_lines import line, spread
from tests.support.requests_log import store
from tests.support.stored_requests import SECOND, START, request, some_requests, write

HOUR, DAY = 3600, 86_400


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "requests.db"
    write(made, some_requests(1000, 2 * DAY, 40))
    return made


def ask(file: Path, **given: str) -> dict[str, Any]:
    with closing(sqlite3.connect(file)) as connection:
        return answer(connection, str(file), given)


def test_a_small_window_is_exact_and_a_large_one_says_how_exact_it_is(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = ask(file, last="all")
    monkeypatch.setattr(module, "MOST_ROWS", 10)
    about = ask(file, last="all")
    assert (exact["exact"], exact["notes"]) == (True, [])
    assert about["exact"] is False
    assert "within 2 %" in about["notes"][0]
    assert about["cards"]["total"] == exact["cards"]["total"] == [{"value": "1,000"}]
    assert [row["requests"] for row in about["cards"]["classes"]] == [
        row["requests"] for row in exact["cards"]["classes"]
    ]


def test_nothing_is_read_again_until_somebody_writes(file: Path) -> None:
    first = ask(file)
    assert ask(file, stamp=first["stamp"]) == {"stamp": first["stamp"], "unchanged": True}
    write(file, [request((START + 3 * DAY) * SECOND)])
    assert ask(file, stamp=first["stamp"])["cards"]["total"] == [{"value": "1,001"}]


def test_a_period_can_be_chosen(file: Path) -> None:
    found = ask(file, **{"from": "2026-03-01T12:00:00", "to": "2026-03-01T18:00:00"})
    assert (found["from"], found["to"]) == ("2026-03-01T12:00:00Z", "2026-03-01T18:00:00Z")
    assert 100 < int(found["cards"]["total"][0]["value"]) < 150
    assert "yesterday" in ask(file, **{"from": "yesterday"})["error"]


def test_the_table_begins_with_what_people_look_for(file: Path) -> None:
    row = ask(file)["cards"]["table"][0]
    assert list(row)[:5] == ["time", "method", "uri", "status", "resTime"]
    assert set(row) == {"time", "host", "method", "status_class", "uri", "resSize", "resTime", "status"}


def test_it_says_when_no_request_fits(file: Path) -> None:
    assert "No request fits" in ask(file, uri="/nowhere")["notes"][0]


def test_an_address_and_a_log_choose_among_the_newest_rows(tmp_path: Path) -> None:
    file = store(
        [line("/a", address="10.0.0.1"), line("/b", address="10.0.0.2"), line("/c", address="10.0.0.1")], tmp_path
    )
    assert [row["uri"] for row in ask(file, address="10.0.0.1")["cards"]["table"]] == ["/c", "/a"]
    assert ask(file, address="10.0.0.*")["cards"]["total"] == [{"value": "3"}]
    assert ask(file, log="*/uwsgi.log")["cards"]["total"] == [{"value": "3"}]
    assert ask(file, log="/elsewhere")["cards"]["total"] == [{"value": "0"}]


def test_it_says_when_only_the_newest_rows_are_searched(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SEARCHED", 100)
    found = ask(file, address="*")
    assert "newest 100 requests" in found["notes"][0]


def test_it_says_when_there_are_no_response_times(tmp_path: Path) -> None:
    file, bare = tmp_path / "a.db", PointShape("uwsgi_log", ("method",), (("status", int),))
    write(file, [(bare, ("GET", 200), START * SECOND)])
    found = ask(file)
    assert "no response time" in found["notes"][0]
    assert (found["cards"]["total"], found["cards"]["p95"]) == ([{"value": "1"}], [])


def test_requests_in_the_future_are_counted_apart(file: Path) -> None:
    write(file, [request(40 * 10**9 * SECOND // 10)])
    found = ask(file)
    assert (found["later"], found["cards"]["total"]) == (1, [{"value": "1,000"}])


def test_a_file_without_requests_has_no_cards_and_cards_without_data_are_null(tmp_path: Path, file: Path) -> None:
    (tmp_path / "empty.db").touch()
    assert ask(tmp_path / "empty.db")["newest"] is None
    assert ask(file)["cards"]["routes"] is None
    assert ask(file)["cards"]["events"] is None


def test_a_start_is_shown_with_what_was_before_and_after(tmp_path: Path) -> None:
    started = FIRST + timedelta(minutes=10)
    before, after = (
        spread(["/"] * 10, every=60),
        spread(["/"] * 10, every=60, begin=started + timedelta(seconds=61), ms=90),
    )
    begun = f"*** Starting uWSGI 2.0.31 (64bit) on [{started:%a %b %d %H:%M:%S %Y}] ***\n"
    file = store([*before, begun, *after], tmp_path)
    rows = ask(file, last="all")["cards"]["starts"]
    assert [(row[""], row["requests"] > 5, row["p50 (ms)"]) for row in rows] == [
        ("before", True, 5),
        ("after", True, 90),
    ]
    assert ask(file, last="5 minutes")["cards"]["starts"] is None


def test_a_traceback_has_its_exception_and_frame_in_columns_of_their_own(tmp_path: Path) -> None:
    raised = 'Traceback (most recent call last):\n  File "/app/views.py", line 7, in slow\nValueError: on purpose\n'
    (event,) = ask(store([line("/"), raised, line("/")], tmp_path))["cards"]["events"]
    assert (event["kind"], event["exception"], event["message"]) == ("traceback", "ValueError", "on purpose")
    assert event["frame"] == "/app/views.py:7 in slow"
    assert event["text"].startswith("Traceback")


def test_the_size_of_the_file_is_said(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert ask(file)["bytes"] == file.stat().st_size


@pytest.mark.slow
def test_an_answer_that_takes_too_long_is_interrupted(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(file, some_requests(30_000, DAY, 40))
    monkeypatch.setattr(module, "LIMIT", 0.0)
    assert ask(file)["error"] == "interrupted"
