"""SQLite: a table for each measurement, InfluxDB's columns, and a point that comes again replaces itself."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from logshipper.errors import UserError
from logshipper.outputs.protocol import RetryLater
from logshipper.outputs.sqlite import SqliteOutput, is_new
from tests.support.rows import rows_of

TIME = 1493995899123456789


def written(file: Path, *bodies: str) -> sqlite3.Connection:
    output = SqliteOutput(file)
    for body in bodies:
        assert not output.write(rows_of(body.encode())).rejected
    output.close()
    return sqlite3.connect(file)


def rows(connection: sqlite3.Connection, table: str = "m") -> list[dict[str, Any]]:
    connection.row_factory = sqlite3.Row
    return [dict(row) for row in connection.execute(f'SELECT * FROM "{table}" ORDER BY time')]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "requests.db"


def test_a_point_is_a_row_with_time_tags_and_fields_in_alphabetical_order(file: Path) -> None:
    (row,) = rows(written(file, f'm,uri=/a,host=h x=1.5,n=5i,s="text" {TIME}\n'))
    expected = {"time": "2017-05-05T14:51:39.123456789Z", "host": "h", "n": 5, "s": "text", "uri": "/a", "x": 1.5}
    assert row == expected
    assert list(row) == list(expected)
    assert [type(row[name]) for name in ("n", "x", "s")] == [int, float, str]


def test_the_same_point_again_replaces_its_row(file: Path) -> None:
    assert [row["n"] for row in rows(written(file, f"m,t=a n=1i {TIME}\n", f"m,t=a n=2i {TIME}\n"))] == [2]


def test_points_that_differ_in_a_tag_are_separate_rows(file: Path) -> None:
    assert len(rows(written(file, f"m,t=a n=1i {TIME}\nm,t=b n=1i {TIME}\nm n=1i {TIME}\n"))) == 3


def test_a_missing_tag_is_empty_and_a_missing_field_null(file: Path) -> None:
    connection = written(file, f"m,t=a n=1i {TIME}\n", f'm,u=b s="x" {TIME + 1}\n')
    assert [(row["t"], row["u"], row["n"], row["s"]) for row in rows(connection)] == [
        ("a", "", 1, None),
        ("", "b", None, "x"),
    ]


def test_new_columns_are_added_to_an_existing_file(file: Path) -> None:
    written(file, f"m,t=a n=1i {TIME}\n").close()
    connection = written(file, f"m,t=a,u=b n=2i,k=3i {TIME}\nm,t=a n=3i {TIME}\n")
    assert sorted((row["u"], row["n"], row["k"]) for row in rows(connection)) == [("", 3, None), ("b", 2, 3)]


def test_each_measurement_has_a_table(file: Path) -> None:
    connection = written(file, f'a n=1i {TIME}\nb" n=2i {TIME}\n')
    assert [rows(connection, "a")[0]["n"], rows(connection, 'b""')[0]["n"]] == [1, 2]


@pytest.mark.parametrize(
    ("body", "column", "value"),
    [
        (r"m,t=a\,b\=c\ d n=1i", "t", "a,b=c d"),
        (r'm s="say \"a\" \\"', "s", 'say "a" \\'), ("m,t=café n=1i", "t", "café"),
        (r"m,a\ b=c n=1i", "a b", "c"),
        ('m s="two\nlines"', "s", "two\nlines"), ("m b=true", "b", 1), ("m n=-7i", "n", -7),
        ("m x=1e-05", "x", 1e-05), ('m s=""', "s", ""), ("m,t=\\n n=1i", "t", "\\n"),
    ],
)  # fmt: skip
def test_any_name_and_value_is_stored_unchanged(file: Path, body: str, column: str, value: object) -> None:
    assert rows(written(file, f"{body} {TIME}\n"))[0][column] == value


@pytest.mark.parametrize(
    ("time", "text"),
    [(0, "1970-01-01T00:00:00.000000000Z"), (999_999_999, "1970-01-01T00:00:00.999999999Z"),
     (-1, "1969-12-31T23:59:59.999999999Z"), (9_223_372_036 * 10**9, "2262-04-11T23:47:16.000000000Z")],
)  # fmt: skip
def test_every_time_that_influxdb_accepts_is_stored(file: Path, time: int, text: str) -> None:
    assert rows(written(file, f"m n=1i {time}\n", f"m n=1i {time}\n"))[0]["time"] == text


def test_many_points_of_many_shapes_are_all_stored(file: Path) -> None:
    shapes = ["m,t=a n={0}i", "m,t=a,u=b n={0}i", 'm,t=a n={0}i,s="x"', "k n={0}i"]
    body = "".join(shapes[number % 4].format(number) + f" {TIME + number}\n" for number in range(3000))
    connection = written(file, body)
    assert sorted(row["n"] for table in "mk" for row in rows(connection, table)) == list(range(3000))


def test_an_unwritable_file_means_retry_later(tmp_path: Path) -> None:
    (tmp_path / "x.db").symlink_to(tmp_path / "nowhere" / "x.db")
    with pytest.raises(RetryLater, match="cannot create the file"):
        SqliteOutput(tmp_path / "x.db").write(rows_of(b"m n=1i 1\n"))


def test_a_path_that_can_never_be_a_database_is_a_user_error(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("text")
    for name, said in ((".", "a folder"), ("text", "not a usable SQLite file")):
        with pytest.raises(UserError, match=said):
            SqliteOutput(tmp_path / name).write(rows_of(b"m n=1i 1\n"))


@pytest.mark.parametrize("replaced", [False, True])
def test_a_removed_or_replaced_file_is_noticed_and_created_again(
    file: Path, caplog: pytest.LogCaptureFixture, replaced: bool
) -> None:
    output = SqliteOutput(file)
    output.write(rows_of(b"m n=1i 1\n"))
    file.unlink()
    if replaced:
        sqlite3.connect(file).execute("CREATE TABLE other (x)")
    output.write(rows_of(b"m n=2i 2\n"))
    assert [row["n"] for row in rows(sqlite3.connect(file))] == [2]
    assert "the file was removed or replaced" in caplog.text


def test_a_locked_file_means_retry_later_and_then_takes_the_points(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logshipper.outputs.sqlite._BUSY_SECONDS", 0.01)
    written(file, f"m n=1i {TIME}\n").close()
    with sqlite3.connect(file) as other:
        other.execute("BEGIN IMMEDIATE")
        output = SqliteOutput(file)
        with pytest.raises(RetryLater, match="locked"):
            output.write(rows_of(b"m n=2i 1\n"))
        other.rollback()
    output.write(rows_of(b"m n=2i 1\n"))
    assert len(rows(sqlite3.connect(file))) == 2


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"m n=9223372036854775808i 5\n", "too large"),
        (b'm s="\xff" 5\n', "utf-8"),
        (b"sqlite_x n=1i 5\n", "reserved"),
        (b"m " + b",".join(b"f%d=1i" % number for number in range(2100)) + b" 5\n", "too many columns"),
        (b"m a\0b=1i 5\n", "null character"),
    ],
)
def test_only_a_point_that_sqlite_cannot_store_is_rejected(file: Path, bad: bytes, reason: str) -> None:
    output = SqliteOutput(file)
    for _ in range(2):
        answer = output.write(rows_of(b"m n=1i 1\n" + bad + b"m n=2i 2\n"))
        assert list(answer.rejected) == [1]
        assert reason in answer.rejected[1]
    output.close()
    assert [row["n"] for row in rows(sqlite3.connect(file))] == [1, 2]


def test_a_dropped_table_is_created_again(file: Path) -> None:
    output = SqliteOutput(file)
    output.write(rows_of(b"m n=1i 1\n"))
    with sqlite3.connect(file) as other:
        other.execute("DROP TABLE m")
    assert not output.write(rows_of(b"m n=2i 2\n")).rejected
    output.close()
    assert [row["n"] for row in rows(sqlite3.connect(file))] == [2]


def test_a_file_is_new_until_something_is_stored(file: Path) -> None:
    assert is_new(file)
    file.touch()
    assert is_new(file)
    written(file, "m n=1i 1\n").close()
    assert not is_new(file)


def test_only_the_owner_can_read_the_file_and_it_is_never_created_through_a_link(tmp_path: Path) -> None:
    opened = written(tmp_path / "a.db", "m a=1i 1\n")
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    opened.close()
    (tmp_path / "b.db").symlink_to(tmp_path / "precious")
    with pytest.raises(RetryLater, match="cannot create the file"):
        SqliteOutput(tmp_path / "b.db").write(rows_of(b"m a=1i 1\n"))
    assert not (tmp_path / "precious").exists()


def test_a_large_write_ahead_log_is_emptied_once_no_reader_needs_it(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("logshipper.outputs.sqlite._MOST_WAL", 100_000)
    monkeypatch.setattr("logshipper.outputs.sqlite._BUSY_SECONDS", 0.01)
    monkeypatch.setattr("logshipper.outputs.sqlite._PAUSE", 0.0)
    output, log = SqliteOutput(file), Path(f"{file}-wal")
    output.write(rows_of(b"m n=1i 1\n"))
    reader = sqlite3.connect(file, isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM m").fetchone() == (1,)
    output.write(rows_of("\n".join(f"m n={n}i {n}" for n in range(5000)) + "\n"))
    assert log.stat().st_size > 100_000
    reader.close()
    output.write(rows_of(b"m n=1i 1\n"))
    assert log.stat().st_size < 100_000
    output.close()
