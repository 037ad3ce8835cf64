"""`logshipper run`: follow log files and ship their lines."""

from pathlib import Path

import click

from logshipper.commands import common
from logshipper.errors import UserError
from logshipper.settings.values import InvalidValueError, duration
from logshipper.wiring.command_line import CommandLine


@click.command()
@click.argument("logs", nargs=-1, metavar="[LOG]…")
@common.CONFIG
@click.option("--ini", metavar="FILE", help="uWSGI's configuration: gives the log-format and, without LOG, the log.")
@click.option(
    "--to", metavar="URL", help="sqlite:///requests.db (default), http://HOST:8086/DATABASE, or - for stdout."
)
@common.TIMEZONE
@click.option("--once", is_flag=True, help="Ship what is in the files now, then exit.")
@click.option("--timeout", metavar="TIME", help="The longest that --once may take, such as 30s or 5m; then it exits 1.")
@common.STATE_DIR
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
    loaded = CommandLine(logs, config, ini, to, timezone, state_dir).load()
    settings = loaded.settings
    if not any(one.files for one in settings.inputs):
        raise UserError("the configuration names no log file", where=ini or "", fix=f"logshipper run --ini {ini} LOG")
    common.start_logging(loaded)
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
