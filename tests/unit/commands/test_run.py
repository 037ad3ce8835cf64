"""`logshipper run`: which settings log files and --to stand for. What it does then, tests/integration shows."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from logshipper.commands.run import command, settings_for, start_logging
from logshipper.errors import UserError
from logshipper.settings.options import Agent, Settings


def test_logs_are_read_from_their_beginning_and_named_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (given,) = settings_for(("app.log",), "-").inputs
    assert (given.files, given.from_beginning) == ([str(tmp_path / "app.log")], True)


def test_a_sqlite_file_has_its_state_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = settings_for(("app.log",), "sqlite:///requests.db")
    assert [output.path for output in settings.sqlite] == [str(tmp_path / "requests.db")]
    assert settings.logshipper.state_dir == str(tmp_path / "requests.db.state")


@pytest.mark.parametrize(
    ("address", "url", "database"),
    [("http://db:8086/logs", "http://db:8086", "logs"), ("https://db", "https://db", "telegraf")],
)
def test_an_influxdb(address: str, url: str, database: str) -> None:
    (output,) = settings_for(("app.log",), address).influxdb
    assert (output.urls, output.database) == ([url], database)


def test_a_dash_is_standard_output() -> None:
    assert [output.files for output in settings_for(("app.log",), "-").file] == [["stdout"]]


@pytest.mark.parametrize("address", ["ftp://db", "sqlite://requests.db", "sqlite:///", "", "requests.db"])
def test_any_other_address_is_a_user_s_error(address: str) -> None:
    with pytest.raises(UserError, match="sqlite:///FILE"):
        settings_for(("app.log",), address)


@pytest.mark.parametrize("arguments", [[], ["app.log", "--config", "c.toml"], ["--config", "c.toml", "--to", "-"]])
def test_either_logs_or_a_settings_file(arguments: list[str]) -> None:
    done = CliRunner().invoke(command, arguments, standalone_mode=False)
    assert isinstance(done.exception, UserError)


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    level, handlers = root.level, root.handlers
    yield root
    root.setLevel(level)
    root.handlers = handlers


@pytest.mark.parametrize(
    ("agent", "level"),
    [(Agent(), logging.INFO), (Agent(debug=True), logging.DEBUG), (Agent(quiet=True), logging.ERROR)],
)
def test_how_much_is_said(root_logger: logging.Logger, agent: Agent, level: int) -> None:
    root_logger.handlers = []
    start_logging(Settings(agent=agent))
    assert root_logger.level == level
    assert not logging.getLogger("urllib3").isEnabledFor(logging.INFO)  # it would print headers, the token among them
