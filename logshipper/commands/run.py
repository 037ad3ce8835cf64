"""`logshipper run`: follow log files and ship their lines."""

import dataclasses
import logging
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import click

from logshipper.errors import UserError
from logshipper.settings.load import load
from logshipper.settings.options import (
    FileOutputSettings,
    InfluxDB1,
    Input,
    LogshipperSettings,
    Settings,
    SqliteSettings,
)

log = logging.getLogger(__name__)


@click.command()
@click.argument("logs", nargs=-1, metavar="[LOG]…")
@click.option("--config", "config", type=click.Path(path_type=Path), help="A settings file (TOML).")
@click.option(
    "--to", metavar="URL", help="sqlite:///requests.db (default), http://HOST:8086/DATABASE, or - for stdout."
)
@click.option("--once", is_flag=True, help="Ship what is in the files now, then exit.")
@click.option("--state-dir", type=click.Path(path_type=Path), help="The folder for checkpoints and the quarantine.")
def command(logs: tuple[str, ...], config: Path | None, to: str | None, once: bool, state_dir: Path | None) -> int:
    """Follow log files and ship their lines, with a settings file or without one."""
    from logshipper.malloc import keep_memory
    from logshipper.ship.loop import ShipLoop

    if bool(logs) == bool(config):
        raise UserError("give either log files or --config", fix="logshipper run /var/log/uwsgi/app.log")
    if config and to:
        raise UserError("--to goes with log files, not with --config", fix="set the output in the settings file")
    notes: tuple[str, ...] = ()
    if config:
        loaded = load(config)
        settings, notes = loaded.settings, loaded.notes
    else:
        settings = settings_for(logs, to or "sqlite:///requests.db")
    if state_dir:
        settings = dataclasses.replace(
            settings, logshipper=dataclasses.replace(settings.logshipper, state_dir=str(state_dir))
        )
    start_logging(settings)
    for note in notes:
        log.warning(note)
    keep_memory()
    return ShipLoop(settings, once=once).run()


def settings_for(logs: tuple[str, ...], to: str) -> Settings:
    """Return the settings for log files and the address of an output. Raises UserError if it is not one."""
    files = [os.path.abspath(name) for name in logs]
    source = Input(files=files, from_beginning=True)
    quiet = LogshipperSettings(metrics_address="")
    if to == "-":
        return Settings(inputs=[source], file=[FileOutputSettings(files=["stdout"])], logshipper=quiet)
    parts = urlsplit(to)
    if parts.scheme == "sqlite" and not parts.netloc and parts.path.strip("/"):
        path = os.path.abspath(parts.path[1:])
        # The state is beside the file, so that both are kept, moved and removed together.
        state = dataclasses.replace(quiet, state_dir=f"{path}.state")
        return Settings(inputs=[source], sqlite=[SqliteSettings(path=path)], logshipper=state)
    if parts.scheme in ("http", "https"):
        database = parts.path.strip("/") or "telegraf"
        url = f"{parts.scheme}://{parts.netloc}"
        return Settings(inputs=[source], influxdb=[InfluxDB1(urls=[url], database=database)], logshipper=quiet)
    raise UserError(f"--to {to!r} is not an output", fix="give sqlite:///FILE, http://HOST:8086/DATABASE, or -")


def start_logging(settings: Settings) -> None:
    """Send messages to stderr, as many as `[agent]` asks for."""
    level = logging.DEBUG if settings.agent.debug else logging.ERROR if settings.agent.quiet else logging.INFO
    logging.basicConfig(
        stream=sys.stderr,
        level=level,
        format="%(asctime)s %(levelname)s %(message)s",
        datefmt="%Y-%m-%dT%H:%M:%S",
    )
    # At debug level these libraries would print headers, and the token with them.
    for name in ("urllib3", "influxdb_client"):
        logging.getLogger(name).setLevel(logging.WARNING)
