"""What several commands have in common: options, in the same words, and how their messages are shown."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path

import click

from logshipper.errors import UserError
from logshipper.follow.folders import matching
from logshipper.log_handler import CountingHandler, formatter
from logshipper.settings.load import Loaded
from logshipper.settings.options import Settings

log = logging.getLogger(__name__)

# A file's name, so that the shell completes it; whoever opens the file says what is wrong with it.
FILE = click.Path(readable=False)
CONFIG = click.option("--config", type=click.Path(path_type=Path), help="A settings file (TOML).")
PATTERNS = click.option(
    "--config", type=click.Path(path_type=Path), help="A settings file: use the patterns of its first input."
)
INI = click.option("--ini", type=FILE, metavar="FILE", help="uWSGI's configuration, for its log-format.")
TIMEZONE = click.option("--timezone", help="The time zone of the log: Local (default), UTC, Europe/Paris …")
STATE_DIR = click.option(
    "--state-dir", type=click.Path(path_type=Path), help="The folder for checkpoints and the quarantine."
)
LOG_FORMAT = click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How messages are written to stderr. In systemd's journal, text leaves out the time, which is there anyway.",
)


def color() -> bool | None:
    """Return click's choice of colours: none where NO_COLOR asks for that, otherwise those that a terminal gets."""
    return False if os.environ.get("NO_COLOR") else None


def logs_to_read(given: Sequence[str], settings: Settings, fix: str) -> list[str]:
    """Return the logs that are given, otherwise those of the first input. Raises UserError, with the fix, for none."""
    names = list(given) or [name for one in settings.inputs[0].files for name in matching(one)]
    if not names:
        raise UserError("no log given, and none of those in the settings exists", fix=fix)
    return names


def start_logging(loaded: Loaded, log_format: str = "text") -> None:
    """Send messages to stderr, as many as `[agent]` asks for, and begin with the notes on the settings."""
    handler = CountingHandler()
    handler.setFormatter(formatter(log_format))
    logging.basicConfig(handlers=[handler])
    # At debug level urllib3 would print headers, and the token with them.
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    set_level(loaded)


def set_level(loaded: Loaded) -> None:
    """Show as many messages as `[agent]` asks for, beginning with the notes on the settings."""
    agent = loaded.settings.agent
    logging.getLogger().setLevel(logging.DEBUG if agent.debug else logging.ERROR if agent.quiet else logging.INFO)
    for note in loaded.notes:
        log.warning(note)
