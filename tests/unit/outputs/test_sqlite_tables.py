"""Which table and column the parts of a point go to: names that SQLite takes for one get a number."""

import sqlite3
from pathlib import Path

import pytest

from logshipper.outputs.sqlite_tables import Tables
from tests.support.rows import rows_of

BODY = "m,host=h,Host=H time=1i,host=2i,a=3i,A=4i 5\n"
COLUMNS = ["host", "Host_1", "time_1", "host_2", "a", "A_1"]


@pytest.fixture
def connection(tmp_path: Path) -> sqlite3.Connection:
    return sqlite3.connect(tmp_path / "a.db")


def fit(connection: sqlite3.Connection, body: str) -> tuple[str, list[str]]:
    """Return the table and the columns of a point, as a process finds them that opens the file now."""
    ((shape, _, _),) = rows_of(body)
    table = Tables(connection).of(shape.measurement)
    return table.name, list(table.fit(connection, shape))


def test_a_taken_name_gets_the_next_free_number_each_time_the_file_is_opened(connection: sqlite3.Connection) -> None:
    assert fit(connection, BODY) == ("m", COLUMNS)
    assert fit(connection, BODY) == ("m", COLUMNS)


def test_measurements_that_differ_only_in_case_have_two_tables(connection: sqlite3.Connection) -> None:
    for _ in range(2):
        assert [fit(connection, f"{name} n=1i 5\n")[0] for name in ("m", "M")] == ["m", "M_1"]


def test_a_table_never_has_the_name_of_another_tables_index(connection: sqlite3.Connection) -> None:
    for _ in range(2):
        names = [fit(connection, f"{name} n=1i 5\n")[0] for name in ("m", r"m\ points", r"k\ points", "k")]
        assert names == ["m", "m points_1", "k points", "k_1"]


def test_a_tag_named_like_a_field_of_another_point_gets_its_own_column(connection: sqlite3.Connection) -> None:
    assert fit(connection, "m a=1i 5\n")[1] == ["a"]
    assert fit(connection, "m,a=x n=1i 5\n")[1] == ["a_1", "n"]
    assert fit(connection, "m a=1i 5\n")[1] == ["a"]


def test_the_index_covers_the_time_and_all_tags(connection: sqlite3.Connection) -> None:
    fit(connection, "m,u=x n=1i 5\n")
    fit(connection, "m,t=x n=1i 5\n")
    assert [row[2] for row in connection.execute("PRAGMA index_info('m points')")] == ["time", "t", "u"]
