"""`logshipper retry`: rejected lines, and requests mistaken for output, reach the database once."""

import contextlib
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from logshipper.commands import retry, run

INI = "[uwsgi]\nlog-format = [%(ctime)] %(method) %(uri) %(status) %(msecs)ms\n"
LOG = """\
[Fri May  5 14:51:39 2017] GET /a 200 5ms
starting
[Fri May  5 14:51:40 2017] GET /b 404 7ms
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    Path("uwsgi.ini").write_text(INI)
    Path("app.log").write_text(LOG)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def uris() -> list[str]:
    with contextlib.closing(sqlite3.connect("requests.db")) as rows:
        return [uri for (uri,) in rows.execute("SELECT uri FROM uwsgi_log ORDER BY time")]


def call(*arguments: str) -> int:
    done = CliRunner().invoke(retry.command, arguments, standalone_mode=False)
    assert done.exception is None
    return int(done.return_value)


def test_rejected_lines_are_shipped_with_the_right_pattern_and_only_once() -> None:
    assert CliRunner().invoke(run.command, ["--once", "app.log"], standalone_mode=False).return_value == 1
    assert call() == 1  # the same pattern
    assert call("--ini", "uwsgi.ini") == 0
    assert call("--ini", "uwsgi.ini", "app.log") == 0  # once more from the file
    assert uris() == ["/a", "/b"]
    with contextlib.closing(sqlite3.connect("requests.db")) as rows:
        assert rows.execute("SELECT count(*) FROM uwsgi_event").fetchone() == (1,)


def test_a_pattern_without_a_time_cannot_keep_requests_apart(caplog: pytest.LogCaptureFixture) -> None:
    Path("uwsgi.ini").write_text(INI.replace("[%(ctime)] ", ""))
    Path("app.log").write_text("GET /a 200 5ms\n")
    assert call("--ini", "uwsgi.ini", "app.log") == 0
    assert "reads no time" in caplog.text
