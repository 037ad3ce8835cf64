"""`logshipper run`: follow log files and ship their lines."""

import gc
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from logshipper.account import Account
from logshipper.commands import common
from logshipper.commands.progress import is_shown, progress
from logshipper.errors import UserError
from logshipper.settings.load import Loaded
from logshipper.settings.options import Settings
from logshipper.settings.values import InvalidValueError, duration
from logshipper.wiring.command_line import CommandLine

if TYPE_CHECKING:
    from logshipper.ship.loop import ShipLoop

log = logging.getLogger(__name__)


@click.command()
@click.argument("logs", nargs=-1, type=common.FILE, metavar="[LOG]…")
@common.CONFIG
@click.option(
    "--ini",
    type=common.FILE,
    metavar="FILE",
    help="uWSGI's configuration: gives the log-format and, without LOG, the log.",
)
@click.option(
    "--to", metavar="URL", help="sqlite:///requests.db (default), http://HOST:8086/DATABASE, or - for stdout."
)
@common.TIMEZONE
@click.option("--once", is_flag=True, help="Ship what is in the files now, then exit.")
@click.option("--timeout", metavar="TIME", help="The longest that --once may take, such as 30s or 5m; then it exits 1.")
@common.STATE_DIR
@common.LOG_FORMAT
def command(  # noqa: PLR0913, PLR0917 - one for each option
    logs: tuple[str, ...],
    config: Path | None,
    ini: str | None,
    to: str | None,
    timezone: str | None,
    once: bool,
    timeout: str | None,
    state_dir: Path | None,
    log_format: str,
) -> int:
    """Follow log files and ship their lines, with a settings file or without one.

    With --config or --ini, SIGHUP reloads the settings and keeps the positions. User and password for an http URL in
    --to come from INFLUX_USER and INFLUX_PASSWORD or ~/.netrc, a token (2.x, 3) from INFLUX_TOKEN, with INFLUX_ORG.

    Example: logshipper run /var/log/uwsgi/app.log --to http://127.0.0.1:8086/telegraf
    """
    if "-" in logs:
        fix = "let the program write to a file and follow that, or see the points: … | logshipper parse"
        raise UserError("standard input cannot be followed: after a restart there is no way back in it", fix=fix)
    if bool(logs or ini) == bool(config):
        raise UserError("give either log files or --config", fix="logshipper run /var/log/uwsgi/app.log")
    seconds = _seconds(timeout, once)
    asked = CommandLine(logs, config, ini, to, timezone, state_dir)
    loaded = _load(asked, once)
    if loaded.settings.kafka_consumer:
        return _consume(loaded, log_format, once)
    common.start_logging(loaded, log_format)
    return _ship(loaded.settings, once, seconds, None if once or not (config or ini) else lambda: _again(asked))


def _load(asked: CommandLine, once: bool) -> Loaded:
    """Return the settings. Raises UserError. A run without an end waits for folders that are missing."""
    loaded = asked.load(waiting=not once, consuming=True)
    if not loaded.settings.kafka_consumer and not any(one.files for one in loaded.settings.inputs):
        fix = f"logshipper run --ini {asked.ini} LOG"
        what = ": ".join(["the configuration names no log file", *loaded.notes[-1:]])
        raise UserError(what, where=asked.ini or "", fix=fix)
    return loaded


def _again(asked: CommandLine) -> Settings:
    """Return the settings as they are now, and show their notes and as many messages as they want."""
    loaded = _load(asked, once=False)
    common.set_level(loaded)
    return loaded.settings


def _ship(settings: Settings, once: bool, timeout: float, read: Callable[[], Settings] | None) -> int:
    """Ship until the end; return the exit code. `read` returns the settings again, for a reload."""
    from logshipper.malloc import keep_memory
    from logshipper.ship.loop import ShipLoop
    from logshipper.ship.reload import Reload, Troubles
    from logshipper.ship.service_manager import ServiceManager

    keep_memory()
    manager, before = ServiceManager(), settings
    troubles: Troubles = {}
    while True:
        reload = Reload(read, happened=settings is not before, troubles=troubles) if read else None
        try:
            loop = ShipLoop(settings, once=once, timeout=timeout, reload=reload, manager=manager)
        except UserError as error:
            if settings is before:
                raise
            log.error("%s; keeping the previous settings", error)
            settings = before
            continue
        code = _run_once(loop) if once else loop.run()
        if not (reload and reload.settings):
            manager.close()
            return code
        before, settings, troubles = settings, reload.settings, loop.troubles()
        del loop
        gc.collect()  # what the old loop held: caches, and a pipe


def _run_once(loop: "ShipLoop") -> int:
    """Ship what is there, and show how far it is."""
    if not is_shown():
        return loop.run()
    whole = 0

    def watch(backlog: int, account: Account) -> None:
        nonlocal whole
        whole = max(whole, backlog)
        show(whole - backlog, whole, account)

    with progress() as show:
        return loop.run(watch)


def _consume(loaded: Loaded, log_format: str, once: bool) -> int:
    """Read from Kafka instead of logs."""
    from functools import partial

    from logshipper.consume.loop import ConsumeLoop
    from logshipper.malloc import keep_memory
    from logshipper.settings.options import DEFAULT_METRICS_ADDRESS
    from logshipper.ship import metrics
    from logshipper.wiring.consumer import plan_consumer
    from logshipper.wiring.state import state_folder

    settings = loaded.settings
    if once:
        raise UserError("--once is for logs; a topic has no end", fix="leave --once out, and stop it with Ctrl-C")
    member, outputs = plan_consumer(settings)
    common.start_logging(loaded, log_format)
    keep_memory()
    address = settings.logshipper.metrics_address
    serve = partial(metrics.start, address, optional=address == DEFAULT_METRICS_ADDRESS)
    linger = settings.agent.flush_interval
    return ConsumeLoop(member, outputs, state_folder(settings), linger, serve).run()


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
