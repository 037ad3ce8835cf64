"""`logshipper run`: its arguments and its log level. The rest is tested in tests/integration."""

import logging
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from logshipper.commands.run import command, start_logging
from logshipper.errors import UserError
from logshipper.settings.options import Agent, Settings


@pytest.mark.parametrize("arguments", [[], ["app.log", "--config", "c.toml"], ["--config", "c.toml", "--to", "-"]])
def test_run_takes_either_logs_or_a_settings_file(arguments: list[str]) -> None:
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
def test_debug_and_quiet_set_the_log_level(root_logger: logging.Logger, agent: Agent, level: int) -> None:
    root_logger.handlers = []
    start_logging(Settings(agent=agent))
    assert root_logger.level == level
    assert not logging.getLogger("urllib3").isEnabledFor(logging.INFO)  # it would print headers, the token among them


def test_a_message_that_quotes_a_file_name_is_one_line(
    root_logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    root_logger.handlers = []
    start_logging(Settings())
    root_logger.error("%s: gone", "a\nb\x1b[2J.log")
    assert capsys.readouterr().err.endswith("ERROR a\\x0ab\\x1b[2J.log: gone\n")
