"""`logshipper backfill`: its exit code, and what it says of the files."""

import logging
import signal
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
def test_it_ends_with_1_where_a_line_was_rejected(settings: Path, damaged: bool, code: int) -> None:
    old = settings.parent / "app.log.1"
    old.write_text(f"{LINE}\n{LINE[:80] if damaged else LINE}\n")
    assert (
        CliRunner().invoke(command, ["--config", str(settings), str(old)], standalone_mode=False).return_value == code
    )
    assert (settings.parent / "points.lp").read_text().count("uwsgi_log,") == (1 if damaged else 2)


def test_it_says_what_became_of_the_lines(settings: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    old = settings.parent / "app.log.1"
    old.write_text(f"{LINE}\n")
    CliRunner().invoke(command, ["--config", str(settings), str(old)], standalone_mode=False)
    assert "read 1, written 1" in caplog.text


def test_a_file_that_is_not_there_is_a_user_s_error(settings: Path) -> None:
    done = CliRunner().invoke(command, ["--config", str(settings), "/nowhere/app.log.1"], standalone_mode=False)
    assert isinstance(done.exception, UserError)
    assert "/nowhere/app.log.1" in str(done.exception)


def test_without_settings_it_does_nothing() -> None:
    done = CliRunner().invoke(command, ["app.log.1"])
    assert (done.exit_code, "--config" in done.output) == (2, True)
