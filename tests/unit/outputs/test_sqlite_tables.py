"""Which table and column the parts of a point go to: names that SQLite takes for one get a number."""

import sqlite3
from pathlib import Path

import pytest

from logshipper.outputs.line_protocol_reader import LineProtocolReader
from logshipper.outputs.sqlite_tables import Tables

BODY = "m,host=h,Host=H time=1i,host=2i,a=3i,A=4i 5\n"
COLUMNS = ["host", "Host_1", "time_1", "host_2", "a", "A_1"]


@pytest.fixture
def connection(tmp_path: Path) -> sqlite3.Connection:
    return sqlite3.connect(tmp_path / "a.db")


def fit(connection: sqlite3.Connection, body: str) -> tuple[str, list[str]]:
    """Return the table and the columns of a point, as a process finds them that opens the file now."""
    ((shape, _),) = LineProtocolReader().read(body)
    table = Tables(connection).of(shape.measurement)
    return table.name, list(table.fit(connection, shape))


def test_a_name_that_is_taken_gets_the_next_free_number_whoever_opens_the_file(connection: sqlite3.Connection) -> None:
    assert fit(connection, BODY) == ("m", COLUMNS)
    assert fit(connection, BODY) == ("m", COLUMNS)


def test_measurements_that_differ_in_case_alone_have_two_tables(connection: sqlite3.Connection) -> None:
    for _ in range(2):
        assert [fit(connection, f"{name} n=1i 5\n")[0] for name in ("m", "M")] == ["m", "M_1"]


def test_a_table_is_never_named_like_the_index_of_another(connection: sqlite3.Connection) -> None:
    for _ in range(2):
        names = [fit(connection, f"{name} n=1i 5\n")[0] for name in ("m", r"m\ points", r"k\ points", "k")]
        assert names == ["m", "m points_1", "k points", "k_1"]


def test_a_tag_that_another_point_has_as_a_field_gets_a_column_of_its_own(connection: sqlite3.Connection) -> None:
    assert fit(connection, "m a=1i 5\n")[1] == ["a"]
    assert fit(connection, "m,a=x n=1i 5\n")[1] == ["a_1", "n"]
    assert fit(connection, "m a=1i 5\n")[1] == ["a"]


def test_the_index_holds_the_time_and_all_tags(connection: sqlite3.Connection) -> None:
    fit(connection, "m,u=x n=1i 5\n")
    fit(connection, "m,t=x n=1i 5\n")
    assert [row[2] for row in connection.execute("PRAGMA index_info('m points')")] == ["time", "t", "u"]
