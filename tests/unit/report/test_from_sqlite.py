"""A report of a SQLite file is that of the log which was shipped into it."""

import sqlite3
from pathlib import Path

import pytest

from logshipper.errors import UserError
from logshipper.report.from_sqlite import from_sqlite
from logshipper.report.periods import HOUR, ReportChoice
from tests.support.deploy_log import Release, lines_of
from tests.support.reports import report
from tests.support.requests_log import store


@pytest.mark.parametrize(
    "choice",
    [
        ReportChoice(1000 * HOUR),
        ReportChoice(HOUR // 4),
        ReportChoice(HOUR, since_deploy=True),
        ReportChoice(HOUR, each_uri=True),
    ],
)
def test_the_database_and_the_log_say_the_same(tmp_path: Path, choice: ReportChoice) -> None:
    lines = list(lines_of(5, [Release(1500), Release(900)]))
    of_log, of_database = report(tmp_path, lines, choice), from_sqlite(store(lines, tmp_path), choice)
    assert (of_database.now, of_database.before) == (of_log.now, of_log.before)
    assert of_database.changes == of_log.changes
    assert of_database.bars == of_log.bars
    assert [one.ms for one in of_database.slowest] == [one.ms for one in of_log.slowest]
    assert of_database.deploy == of_log.deploy


def test_another_file_is_an_error_with_a_fix(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        from_sqlite(tmp_path / "missing.db", ReportChoice(HOUR))
    text = tmp_path / "text.db"
    text.write_text("this is not a database, however long it may be\n" * 50)
    with pytest.raises(UserError, match="cannot read the database"):
        from_sqlite(text, ReportChoice(HOUR))
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE things (name)")
    with pytest.raises(UserError, match="no table uwsgi_log"):
        from_sqlite(tmp_path / "other.db", ReportChoice(HOUR))


def test_a_database_without_a_start_has_no_deploy(tmp_path: Path) -> None:
    database = store([one for one in lines_of(5, [Release(9)]) if one.startswith("[pid")], tmp_path)
    with pytest.raises(UserError, match="no start or reload"):
        from_sqlite(database, ReportChoice(HOUR, since_deploy=True))
