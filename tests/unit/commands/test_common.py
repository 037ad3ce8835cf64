"""What several commands have in common: options in the same words, and messages on stderr."""

import logging
from collections.abc import Iterator

import pytest

from logshipper.commands.common import start_logging
from logshipper.settings.load import Loaded
from logshipper.settings.options import Agent, Settings


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
    start_logging(Loaded(Settings(agent=agent)))
    assert root_logger.level == level
    assert not logging.getLogger("urllib3").isEnabledFor(logging.INFO)  # it would print headers, the token among them


def test_a_message_that_quotes_a_file_name_is_one_line(
    root_logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    root_logger.handlers = []
    start_logging(Loaded(Settings()))
    root_logger.error("%s: gone", "a\nb\x1b[2J.log")
    assert capsys.readouterr().err.endswith("ERROR a\\x0ab\\x1b[2J.log: gone\n")


def test_the_notes_on_the_settings_come_first(root_logger: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    root_logger.handlers = []
    start_logging(Loaded(Settings(), ("c.toml, line 3: interval has no effect here",)))
    assert capsys.readouterr().err.endswith("WARNING c.toml, line 3: interval has no effect here\n")
