"""Which rows of requests count as new: a row is known by its time and all the tags that the table has."""

from pathlib import Path

import pytest

from logshipper.points import PointRow, PointShape
from logshipper.rollups import HOUR, URI
from tests.support.stored_requests import SECOND, START, rollups, write

FIELDS = (("resTime", int), ("resSize", int))
OLD = PointShape("uwsgi_log", ("uri",), FIELDS)
NEW = PointShape("uwsgi_log", ("app", "uri"), FIELDS)
TIME = START * SECOND


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "requests.db"


def requests(file: Path) -> int:
    return sum(cell[0] for cell in rollups(file, HOUR, URI).values())


def test_rows_that_differ_in_a_tag_that_only_one_has_are_two(file: Path) -> None:
    for _ in range(2):
        write(file, [(OLD, ("/", 1, 10), TIME)], [(NEW, ("a", "/", 1, 10), TIME)], [(OLD, ("/", 1, 10), TIME)])
        assert requests(file) == 2


def test_an_empty_tag_and_a_missing_one_are_the_same(file: Path) -> None:
    write(file, [(NEW, ("", "/", 1, 10), TIME), (OLD, ("/", 1, 10), TIME)])
    assert requests(file) == 1


def test_a_row_without_a_time_takes_nothing_from_the_times_when_it_gets_one(file: Path) -> None:
    bare = PointShape("uwsgi_log", ("uri",), (("resSize", int),))
    write(file, [(bare, ("/", 10), TIME)], [(OLD, ("/", 7, 20), TIME)])
    ((count, size, times),) = rollups(file, HOUR, URI).values()
    assert (count, size, sum(times.values())) == (1, 20, 1)


def test_a_batch_of_which_some_rows_are_new_is_stored_whole(file: Path) -> None:
    rows: list[PointRow] = [(OLD, (f"/{number}", number, 1), TIME + number) for number in range(2500)]
    write(file, rows[:1300:2], rows)
    assert requests(file) == 2500
