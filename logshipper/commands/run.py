"""`logshipper run`: follow log files and ship their lines."""

import dataclasses
import logging
import sys
from pathlib import Path

import click

from logshipper.errors import UserError
from logshipper.settings.options import Settings
from logshipper.wiring.given import Given

log = logging.getLogger(__name__)


@click.command()
@click.argument("logs", nargs=-1, metavar="[LOG]…")
@click.option("--config", "config", type=click.Path(path_type=Path), help="A settings file (TOML).")
@click.option("--ini", metavar="FILE", help="uWSGI's configuration, for its log-format; without LOG for its log too.")
@click.option(
    "--to", metavar="URL", help="sqlite:///requests.db (default), http://HOST:8086/DATABASE, or - for stdout."
)
@click.option("--timezone", help="The time zone of the log: Local (default), UTC, Europe/Paris …")
@click.option("--once", is_flag=True, help="Ship what is in the files now, then exit.")
@click.option("--state-dir", type=click.Path(path_type=Path), help="The folder for checkpoints and the quarantine.")
def command(  # noqa: PLR0913, PLR0917 - one for each option
    logs: tuple[str, ...],
    config: Path | None,
    ini: str | None,
    to: str | None,
    timezone: str | None,
    once: bool,
    state_dir: Path | None,
) -> int:
    """Follow log files and ship their lines, with a settings file or without one."""
    from logshipper.malloc import keep_memory
    from logshipper.ship.loop import ShipLoop

    if bool(logs or ini) == bool(config):
        raise UserError("give either log files or --config", fix="logshipper run /var/log/uwsgi/app.log")
    loaded = Given(logs, config, ini, to, timezone).load()
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
    return ShipLoop(settings, once=once).run()


def start_logging(settings: Settings) -> None:
    """Send messages to stderr, as many as `[agent]` asks for."""
    level = logging.DEBUG if settings.agent.debug else logging.ERROR if settings.agent.quiet else logging.INFO
    logging.basicConfig(
        stream=sys.stderr,
        level=level,
        format="%(asctime)s %(levelname)s %(message)s",
        datefmt="%Y-%m-%dT%H:%M:%S",
    )
    # At debug level urllib3 would print headers, and the token with them.
    logging.getLogger("urllib3").setLevel(logging.WARNING)
