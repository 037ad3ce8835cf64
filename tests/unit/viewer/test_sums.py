"""The same requests added up from rows and from rollups."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from logshipper.histogram import ERROR
from logshipper.outputs.sqlite import SqliteOutput
from logshipper.points import Rows
from logshipper.rollups import DAY, HOUR, MINUTE, STEP, TABLE
from logshipper.viewer.choice import Choice
from logshipper.viewer.sums import (
    Sum,
    Sums,
    Window,
    from_rollups,
    from_rows,
    others,
    requests_between,
    rolled,
    step_of,
)
from tests.support.stored_requests import SECOND, START, request, some_requests, write

DAYS = 3
COLUMNS = ("method", "uri", "status_class", "resTime")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("sums") / "requests.db"
    write(made, some_requests(4000, DAYS * DAY, 40))
    return made


def counts(sums: dict[tuple[str, str, str], Sum]) -> dict[tuple[str, str, str], int]:
    return {key: one.requests for key, one in sums.items()}


def both(file: Path, window: Window, **filters: str) -> tuple[Sums, Sums]:
    choice = Choice(filters=tuple(filters.items()))
    with closing(sqlite3.connect(file)) as connection:
        return from_rows(connection, choice, window, COLUMNS), from_rollups(
            connection, choice, window, COLUMNS, rolled(connection) or 0
        )


@pytest.mark.parametrize("filters", [{}, {"method": "POST"}, {"status_class": "5xx"}, {"uri": "/1"}, {"uri": "/1*"}])
@pytest.mark.parametrize(("start", "end"), [(0, DAYS * DAY), (5 * HOUR, 2 * DAY), (HOUR, DAY + 3 * HOUR)])
def test_rows_and_rollups_give_the_same_counts(file: Path, start: int, end: int, filters: dict[str, str]) -> None:
    rows, rollups = both(file, Window(START + start, START + end, HOUR), **filters)
    assert counts(rollups.uris) == counts(rows.uris)
    assert sum(one.requests for one in rollups.bars.values()) == sum(one.requests for one in rows.bars.values())
    for key, one in rows.uris.items():
        assert sum(rollups.uris[key].times.values()) == sum(one.times.values())


def test_times_are_within_two_percent(file: Path) -> None:
    rows, rollups = both(file, Window(START, START + DAYS * DAY, HOUR))
    for key, one in rows.uris.items():
        assert max(rollups.uris[key].times) == pytest.approx(max(one.times), rel=ERROR + 1e-9)


def test_bars_of_a_day_are_made_of_minutes_and_those_of_a_uri_of_hours(file: Path) -> None:
    window = Window(START + 90, START + DAY, 600)
    assert both(file, window)[1].window == Window(START + MINUTE, START + DAY, 600)
    assert both(file, window, uri="/1")[1].window == Window(START, START + DAY, HOUR)
    assert both(file, window)[1].values_since == START


def test_rows_that_wait_to_be_added_are_read_beside_the_rollups(tmp_path: Path) -> None:
    requests, file = some_requests(3000, 2 * DAY, 40), tmp_path / "a.db"
    write(file, requests[:2000])
    output = SqliteOutput(file)
    output.write(Rows(requests[2000:]))
    output.close()
    rows, rollups = both(file, Window(START + 5 * HOUR, START + 2 * DAY, HOUR))
    assert counts(rollups.uris) == counts(rows.uris)
    assert sum(one.requests for one in rollups.bars.values()) == sum(one.requests for one in rows.bars.values())


def test_a_file_whose_rows_are_not_in_its_rollups_is_read_without_them(tmp_path: Path) -> None:
    write(tmp_path / "a.db", [request(START * SECOND)])
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        assert rolled(connection) == 1
        connection.execute(f'UPDATE "{TABLE}" SET start = ? WHERE width = 0', (-2 * STEP,))
        assert rolled(connection) is None
        connection.execute(f'DROP TABLE "{TABLE}"')
        assert rolled(connection) is None


def test_how_many_requests_there_are_is_known_from_the_rollups(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        assert requests_between(connection, START - HOUR, START + DAYS * DAY) == 4000


def test_requests_of_rare_uris_may_be_missing(tmp_path: Path) -> None:
    rare = [request(START * SECOND + number, f"/{number}") for number in range(600)]
    write(tmp_path / "a.db", rare, [request(START * SECOND, "/often")] * 2, [request((START + 3 * HOUR) * SECOND)])
    window = Window(START, START + HOUR, 60)
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        assert others(connection, window, "/nobody") > 150
        (named,) = connection.execute(
            f'SELECT max(value) FROM "{TABLE}" WHERE width = {HOUR} AND start = {START}'
        ).fetchone()
        assert others(connection, window, named) == 0


@pytest.mark.parametrize(
    ("seconds", "step"), [(60, 5), (3600, 30), (86_400, 600), (604_800, 3600), (400 * DAY, 4 * DAY)]
)
def test_a_chart_has_a_sensible_number_of_bars(seconds: int, step: int) -> None:
    assert step_of(seconds) == step
    assert step_of(60, MINUTE) == MINUTE
