"""`logshipper backfill`: ship old files on all cores."""

import logging
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import click

from logshipper.account import Account
from logshipper.backfill.coordinator import Backfill, rate
from logshipper.backfill.ranges import OldFile, old_file
from logshipper.backfill.worker import BackfillWork
from logshipper.commands import common
from logshipper.commands.progress import progress
from logshipper.commands.shipping import form_groups, log_failure
from logshipper.errors import RunError
from logshipper.hashing import digest
from logshipper.state.lock import StateLock
from logshipper.wiring.command_line import CommandLine, log_behind
from logshipper.wiring.outputs import plan_outputs
from logshipper.wiring.parsers import limits
from logshipper.wiring.planned_output import PlannedOutput
from logshipper.wiring.state import state_folder
from logshipper.words import counted

log = logging.getLogger(__name__)


@click.command()
@click.argument("files", nargs=-1, required=True, type=common.FILE, metavar="FILE…")
@common.CONFIG
@common.INI
@click.option("--to", metavar="URL", help="sqlite:///requests.db (default), http://HOST:8086/DATABASE, or -.")
@click.option("--jobs", type=click.IntRange(1, 256), help="The number of processes; one per core by default.")
@click.option("--again", is_flag=True, help="Also ship what was already shipped.")
def command(  # noqa: PLR0913, PLR0917 - one for each option
    files: tuple[str, ...], config: Path | None, ini: str | None, to: str | None, jobs: int | None, again: bool
) -> int:
    """Ship old files (also .gz, .bz2, .xz) as the same points that `run` would have made.

    A file whose name makes it a rotated copy of a log in the settings is read as that log; any other is a log of its
    own. If backfill was stopped or killed, run it again: it continues where it stopped. If a tag has more values than
    max_tag_values, backfill may keep other values than `run`.

    Example: logshipper backfill --config logshipper.toml /var/log/uwsgi/app.log.*.gz
    """
    loaded = CommandLine([log_behind(name) for name in files], config, ini, to).load()
    settings = loaded.settings
    common.start_logging(loaded)
    inputs = [given.files for given in settings.inputs]
    found = [file for name in dict.fromkeys(files) if (file := old_file(name, inputs))]
    outputs = plan_outputs(settings)
    together = digest(" ".join(output.state_name for output in outputs).encode())
    folder = state_folder(settings) / "backfill" / f"{together:016x}"
    lock = StateLock(folder)
    signal.signal(signal.SIGTERM, _interrupt)
    with progress() as show:
        given = BackfillWork(form_groups(settings, outputs), settings.agent.metric_batch_size, log_failure)
        backfill = Backfill(folder, given, limits(settings), show)
        for file in found if again else ():
            backfill.ledger.forget(file)
        started = time.monotonic()
        try:
            backfill.run(found, jobs or _jobs(outputs))
        except KeyboardInterrupt:
            raise RunError("stopped", fix="run it again to continue") from None  # Ctrl-C is not an error
    lock.release()
    _say(backfill, found, started, folder)
    return 1 if backfill.account.rejected or _is_all_unknown(backfill.account) else 0


def _is_all_unknown(account: Account) -> bool:
    """Return whether there are lines of unknown origin, but no request."""
    return not account.written and bool(account.not_request["app_output"])


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _jobs(outputs: Sequence[PlannedOutput]) -> int:
    """Return the number of processes: one if an output can have only one writer."""
    return 1 if any(output.single_writer for output in outputs) else len(os.sched_getaffinity(0))


def _say(backfill: Backfill, files: Sequence[OldFile], started: float, folder: Path) -> None:
    account = backfill.account
    log.info("%s: %s; %d lines/s", counted(len(files), "file"), account.text(), rate(account, started))
    if files and not account.read and not backfill.unfinished:
        log.info("nothing new: these files were shipped before; --again ships them again")
    if account.rejected:
        log.warning("the rejected lines are in %s; the .reasons files there say why", folder / "quarantine")
    for name in backfill.unfinished:
        log.warning(
            "%s: the last line is incomplete (no newline) and was not shipped; run backfill again when it is complete",
            name,
        )
    if _is_all_unknown(account):
        log.warning(
            "0 requests in %d lines: run `logshipper explain %s`; if uWSGI has a log-format of your own, give its"
            " configuration: --ini YOUR.ini --again",
            account.read, files[0].name,
        )  # fmt: skip
    for tag in backfill.full_tags():
        log.warning(
            "the tag %s has reached max_tag_values: any further value was written as (other); raise it to keep those",
            tag,
        )
