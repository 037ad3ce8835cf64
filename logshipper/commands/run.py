"""`logshipper run`: follow log files and ship their lines."""

import dataclasses
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import click

from logshipper.errors import UserError
from logshipper.settings.options import (
    OUTPUTS,
    FileOutputSettings,
    InfluxDB1,
    Input,
    LogshipperSettings,
    Settings,
    SqliteSettings,
)
from logshipper.wiring.check import load_checked

log = logging.getLogger(__name__)


@click.command()
@click.argument("logs", nargs=-1, metavar="[LOG]…")
@click.option("--config", "config", type=click.Path(path_type=Path), help="A settings file (TOML).")
@click.option("--ini", metavar="FILE", help="uWSGI's configuration, for its log-format; without LOG for its log too.")
@click.option(
    "--to", metavar="URL", help="sqlite:///requests.db (default), http://HOST:8086/DATABASE, or - for stdout."
)
@click.option("--once", is_flag=True, help="Ship what is in the files now, then exit.")
@click.option("--state-dir", type=click.Path(path_type=Path), help="The folder for checkpoints and the quarantine.")
def command(  # noqa: PLR0913, PLR0917 - one for each option
    logs: tuple[str, ...], config: Path | None, ini: str | None, to: str | None, once: bool, state_dir: Path | None
) -> int:
    """Follow log files and ship their lines, with a settings file or without one."""
    from logshipper.malloc import keep_memory
    from logshipper.ship.loop import ShipLoop

    if bool(logs or ini) == bool(config):
        raise UserError("give either log files or --config", fix="logshipper run /var/log/uwsgi/app.log")
    settings, notes = _from_file(config, to) if config else _from_logs(logs, ini, to or "sqlite:///requests.db")
    if state_dir:
        settings = dataclasses.replace(
            settings, logshipper=dataclasses.replace(settings.logshipper, state_dir=str(state_dir))
        )
    start_logging(settings)
    for note in notes:
        log.warning(note)
    keep_memory()
    return ShipLoop(settings, once=once).run()


def _from_file(config: Path, to: str | None) -> tuple[Settings, Sequence[str]]:
    """Return the settings of a file, and notes; `to` takes the place of its outputs."""
    loaded = load_checked(config, shipping=not to)
    if not to:
        return loaded.settings, loaded.notes
    other = settings_for((), to)
    outputs = {name: getattr(other, name) for name in OUTPUTS}
    own = loaded.settings.logshipper
    state_dir = own.state_dir or other.logshipper.state_dir
    return dataclasses.replace(
        loaded.settings, logshipper=dataclasses.replace(own, state_dir=state_dir), **outputs
    ), loaded.notes


def _from_logs(logs: tuple[str, ...], ini: str | None, to: str) -> tuple[Settings, Sequence[str]]:
    """Return the settings for log files, and notes; `ini` is the uWSGI configuration that wrote them."""
    if not ini:
        return settings_for(logs, to), ()
    from logshipper.commands.pattern import log_of
    from logshipper.wiring.uwsgi_input import uwsgi_input

    found = log_of(ini)
    if not (logs or found.files):
        raise UserError("the configuration names no log file", where=ini, fix=f"logshipper run --ini {ini} LOG")
    settings = settings_for(logs or found.files, to)
    given = uwsgi_input(found, settings.inputs[0].files)
    return dataclasses.replace(settings, inputs=[given]), found.notes


def settings_for(logs: Sequence[str], to: str) -> Settings:
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
    # At debug level urllib3 would print headers, and the token with them.
    logging.getLogger("urllib3").setLevel(logging.WARNING)
