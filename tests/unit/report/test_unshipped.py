"""How many lines of a followed log are not shipped is known from its checkpoint."""

from pathlib import Path

import pytest

from logshipper.report.logs import LogFile, log_file
from logshipper.report.unshipped import unshipped
from tests.support.reports import write
from tests.support.request_lines import spread
from tests.support.requests_log import ship


@pytest.mark.slow
def test_lines_after_the_checkpoint_are_counted(tmp_path: Path) -> None:
    lines = spread(f"/{n}" for n in range(10))
    state = Path(f"{ship(lines[:7], tmp_path)}.state")
    file = log_file(str(tmp_path / "uwsgi.log"))
    assert isinstance(file, LogFile)
    assert list(unshipped(file, state)) == [("sqlite", 0)]
    log = write(tmp_path, lines, "uwsgi.log")
    file = log_file(str(log))
    assert isinstance(file, LogFile)
    assert list(unshipped(file, state)) == [("sqlite", 3)]


def test_a_log_that_nobody_follows_is_not_said(tmp_path: Path) -> None:
    file = log_file(str(write(tmp_path, spread(["/"]))))
    assert isinstance(file, LogFile)
    assert list(unshipped(file, tmp_path / "state")) == []
