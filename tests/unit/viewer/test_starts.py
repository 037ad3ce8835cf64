"""The same time before and after a start, in whole minutes."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from logshipper.viewer.starts import before_and_after, last_start
from logshipper.viewer.sums import Sums, Window

START = 1_772_366_400  # 2026-03-01T12:00:00Z


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as made:
        made.execute("CREATE TABLE uwsgi_event (time TEXT, kind TEXT)")
        made.executemany(
            "INSERT INTO uwsgi_event VALUES (?, ?)",
            [
                ("2026-03-01T12:00:00.1Z", "start"),
                ("2026-03-01T12:30:07.5Z", "reload"),
                ("2026-03-01T12:40:00Z", "traceback"),
            ],
        )
        yield made


def test_a_reload_is_a_start_and_other_events_are_not(connection: sqlite3.Connection) -> None:
    assert last_start(connection, Window(START, START + 3600, 60)) == START + 1807
    assert last_start(connection, Window(START, START + 600, 60)) == START
    assert last_start(connection, Window(START + 2000, START + 3600, 60)) is None


@pytest.mark.parametrize(("later", "seconds"), [(90, 0), (120, 60), (700, 600), (90_000, 3600)])
def test_both_sides_have_the_same_length_and_neither_has_the_minute_of_the_start(later: int, seconds: int) -> None:
    asked: list[Window] = []

    def add_up(window: Window) -> Sums:
        asked.append(window)
        made = Sums(window, True, window.start, window.start, window.end)
        made.bars[window.start, "2xx"].add(5, {7: 5})
        return made

    rows = before_and_after(START + 7, START + later, add_up)
    assert [row[""] for row in rows] == (["before", "after"] if seconds else [])
    sides = [(window.start, window.end) for window in asked]
    assert sides == ([(START - seconds, START), (START + 60, START + 60 + seconds)] if seconds else [])


def test_a_side_without_requests_is_no_comparison() -> None:
    assert not before_and_after(START, START + 600, lambda window: Sums(window, True, 0, 0, 0))
