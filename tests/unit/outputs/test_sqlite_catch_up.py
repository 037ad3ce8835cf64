"""A file of an older version gets its rollups once, wherever that is interrupted."""

import sqlite3
from pathlib import Path

import pytest

from logshipper.outputs import sqlite_catch_up
from logshipper.outputs.sqlite import SqliteOutput
from logshipper.points import PointShape, Rows
from logshipper.rollups import BUILDING, HOUR, TABLE
from tests.support.stored_requests import SECOND, START, agree, request, some_requests, write


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file without rollups."""
    made = tmp_path / "requests.db"
    write(made, some_requests(2000, 5 * HOUR, 40))
    with sqlite3.connect(made) as connection:
        connection.execute(f'DROP TABLE "{TABLE}"')
    return made


def is_building(file: Path) -> bool:
    with sqlite3.connect(file) as connection:
        return bool(connection.execute(f'SELECT 1 FROM "{TABLE}" WHERE width = {BUILDING}').fetchone())


def test_the_rows_that_are_there_and_the_new_ones_are_counted(file: Path) -> None:
    write(file, [request((START + 6 * HOUR) * SECOND)], some_requests(500, 5 * HOUR, 40))
    agree(file)
    assert not is_building(file)


def test_it_goes_on_where_it_was_interrupted(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hours, whole = 0, sqlite_catch_up._next_hour

    def three_hours(*arguments: object) -> None:
        nonlocal hours
        hours += 1
        if hours > 3:
            raise KeyboardInterrupt
        whole(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(sqlite_catch_up, "_next_hour", three_hours)
    with pytest.raises(KeyboardInterrupt):
        SqliteOutput(file).write(Rows([request(START * SECOND)]))
    assert is_building(file)
    monkeypatch.undo()
    write(file, [request(START * SECOND)])
    agree(file)
    assert not is_building(file)


def test_rows_without_a_route_time_or_size_are_counted(tmp_path: Path) -> None:
    file, bare = tmp_path / "a.db", PointShape("uwsgi_log", ("method",), (("n", int),))
    write(file, [(bare, ("GET", 1), START * SECOND)])
    with sqlite3.connect(file) as connection:
        connection.execute(f'DROP TABLE "{TABLE}"')
    write(file, [(bare, ("GET", 1), (START + 60) * SECOND)])
    with sqlite3.connect(file) as connection:
        assert connection.execute(f'SELECT sum(requests) FROM "{TABLE}" WHERE width = {HOUR}').fetchone() == (2,)


def test_an_empty_file_and_other_measurements_need_nothing(tmp_path: Path) -> None:
    shape = PointShape("m", (), (("n", int),))
    for number in range(2):
        write(tmp_path / "a.db", [(shape, (number,), number)])
    with sqlite3.connect(tmp_path / "a.db") as connection:
        assert connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall() == [("m",)]
