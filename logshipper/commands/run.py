"""`logshipper run`: follow log files and ship their lines."""

import dataclasses
import logging
from pathlib import Path

import click

from logshipper.errors import UserError
from logshipper.log_handler import CountingHandler
from logshipper.printable import PrintableFormatter
from logshipper.settings.options import Settings
from logshipper.settings.values import InvalidValueError, duration
from logshipper.wiring.command_line import CommandLine

log = logging.getLogger(__name__)


@click.command()
@click.argument("logs", nargs=-1, metavar="[LOG]…")
@click.option("--config", "config", type=click.Path(path_type=Path), help="A settings file (TOML).")
@click.option("--ini", metavar="FILE", help="uWSGI's configuration: gives the log-format and, without LOG, the log.")
@click.option(
    "--to", metavar="URL", help="sqlite:///requests.db (default), http://HOST:8086/DATABASE, or - for stdout."
)
@click.option("--timezone", help="The time zone of the log: Local (default), UTC, Europe/Paris …")
@click.option("--once", is_flag=True, help="Ship what is in the files now, then exit.")
@click.option("--timeout", metavar="TIME", help="The longest that --once may take, such as 30s or 5m; then it exits 1.")
@click.option("--state-dir", type=click.Path(path_type=Path), help="The folder for checkpoints and the quarantine.")
def command(  # noqa: PLR0913, PLR0917 - one for each option
    logs: tuple[str, ...],
    config: Path | None,
    ini: str | None,
    to: str | None,
    timezone: str | None,
    once: bool,
    timeout: str | None,
    state_dir: Path | None,
) -> int:
    """Follow log files and ship their lines, with a settings file or without one."""
    from logshipper.malloc import keep_memory
    from logshipper.ship.loop import ShipLoop

    if bool(logs or ini) == bool(config):
        raise UserError("give either log files or --config", fix="logshipper run /var/log/uwsgi/app.log")
    seconds = _seconds(timeout, once)
    loaded = CommandLine(logs, config, ini, to, timezone).load()
    settings = loaded.settings
    if not any(one.files for one in settings.inputs):
        raise UserError("the configuration names no log file", where=ini or "", fix=f"logshipper run --ini {ini} LOG")
    if state_dir:
        settings = dataclasses.replace(
            settings, logshipper=dataclasses.replace(settings.logshipper, state_dir=str(state_dir))
        )
    start_logging(settings)
    for note in loaded.notes:
        log.warning(note)
    keep_memory()
    return ShipLoop(settings, once=once, timeout=seconds).run()


def _seconds(timeout: str | None, once: bool) -> float:
    """Return the limit of a run in seconds, 0 for none. Raises UserError."""
    if timeout is None:
        return 0.0
    if not once:
        raise UserError("--timeout limits only --once", fix="add --once, or leave --timeout out")
    try:
        return duration("--timeout", float(timeout) if timeout.replace(".", "", 1).isdecimal() else timeout)
    except InvalidValueError as error:
        raise UserError(error.what, fix="write it as 30s or 5m") from error


def start_logging(settings: Settings) -> None:
    """Send messages to stderr, as many as `[agent]` asks for."""
    level = logging.DEBUG if settings.agent.debug else logging.ERROR if settings.agent.quiet else logging.INFO
    handler = CountingHandler()
    handler.setFormatter(PrintableFormatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S"))
    logging.basicConfig(level=level, handlers=[handler])
    # At debug level urllib3 would print headers, and the token with them.
    logging.getLogger("urllib3").setLevel(logging.WARNING)
