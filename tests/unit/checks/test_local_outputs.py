"""Outputs on this machine."""

import sqlite3
from contextlib import closing
from pathlib import Path

from logshipper.checks.local_outputs import check_file, check_sqlite


def test_a_database_that_is_not_there_yet_is_good_and_stays_away(tmp_path: Path) -> None:
    (found,) = check_sqlite(str(tmp_path / "a.db"))
    assert found.status == "good"
    assert not (tmp_path / "a.db").exists()


def test_the_row_that_was_tried_is_not_left(tmp_path: Path) -> None:
    file = tmp_path / "what?.db"
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE mine (a)")
        (found,) = check_sqlite(str(file))
        assert (found.status, "written, read back and removed" in found.text) == ("good", True)
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)]


def test_what_is_no_database_is_bad(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("no database" * 100)
    assert next(check_sqlite(str(tmp_path / "a.txt"))).status == "bad"
    assert next(check_sqlite(str(tmp_path))).status == "bad"


def test_a_file_is_not_created(tmp_path: Path) -> None:
    assert next(check_file("stdout")).status == "good"
    assert next(check_file(str(tmp_path / "a.lp"))).status == "good"
    assert list(tmp_path.iterdir()) == []
