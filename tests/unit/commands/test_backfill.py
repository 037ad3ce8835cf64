"""`logshipper backfill`: its exit code and its messages about the files."""

import contextlib
import logging
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from logshipper.commands.backfill import command
from logshipper.errors import UserError
from tests.support.request_lines import LINE

SETTINGS = """
[[inputs.logparser]]
files = ["{folder}/app.log"]
[[outputs.file]]
files = ["{folder}/points.lp"]
[logshipper]
state_dir = "{folder}/state"
"""


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    file = tmp_path / "settings.toml"
    file.write_text(SETTINGS.format(folder=tmp_path))
    return file


@pytest.mark.parametrize(("damaged", "code"), [(False, 0), (True, 1)])
def test_backfill_exits_with_1_if_a_line_was_rejected(settings: Path, damaged: bool, code: int) -> None:
    old = settings.parent / "app.log.1"
    old.write_text(f"{LINE}\n{LINE[:80] if damaged else LINE}\n")
    assert (
        CliRunner().invoke(command, ["--config", str(settings), str(old)], standalone_mode=False).return_value == code
    )
    assert (settings.parent / "points.lp").read_text().count("uwsgi_log,") == (1 if damaged else 2)


def test_backfill_prints_the_account(settings: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    old = settings.parent / "app.log.1"
    old.write_text(f"{LINE}\n")
    CliRunner().invoke(command, ["--config", str(settings), str(old)], standalone_mode=False)
    assert "read 1, written 1" in caplog.text


def test_a_file_that_was_shipped_before_is_said_with_the_option_that_ships_it(
    settings: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    old = settings.parent / "app.log.1"
    old.write_text(f"{LINE}\n")
    for _ in range(2):
        assert "shipped before" not in caplog.text
        CliRunner().invoke(command, ["--config", str(settings), str(old)], standalone_mode=False)
    assert "nothing new: these files were shipped before; --again ships them again" in caplog.text


def test_a_missing_file_is_a_user_error(settings: Path) -> None:
    done = CliRunner().invoke(command, ["--config", str(settings), "/nowhere/app.log.1"], standalone_mode=False)
    assert isinstance(done.exception, UserError)
    assert "/nowhere/app.log.1" in str(done.exception)


def test_without_a_config_a_file_goes_to_sqlite_under_the_live_logs_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.log").touch()
    (tmp_path / "app.log.1").write_text(f"{LINE}\n")
    assert CliRunner().invoke(command, ["--jobs", "1", "app.log.1"], standalone_mode=False).return_value == 0
    with contextlib.closing(sqlite3.connect("requests.db")) as rows:
        assert rows.execute("SELECT path FROM uwsgi_log").fetchall() == [(str(tmp_path / "app.log"),)]


def test_a_file_without_requests_exits_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.log").write_text("starting\nloading\n")
    assert CliRunner().invoke(command, ["--jobs", "1", "other.log"], standalone_mode=False).return_value == 1
    assert "0 requests in 2 lines" in caplog.text
