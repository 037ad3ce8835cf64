"""`logshipper retry`: ship rejected lines when the pattern is right, and requests that were taken for output."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import click

from logshipper.backfill.coordinator import Backfill
from logshipper.backfill.ranges import log_of, old_file
from logshipper.backfill.rejected import QuarantineShipper
from logshipper.backfill.worker import BackfillWork
from logshipper.commands import common
from logshipper.commands.progress import progress
from logshipper.commands.shipping import form_groups, log_failure
from logshipper.deliver.retry import DeliveryContext
from logshipper.model import AdmittedValues
from logshipper.parse.parser import Parser
from logshipper.settings.options import Settings
from logshipper.state.checkpoint import CheckpointStore
from logshipper.state.lock import StateLock, own_folder
from logshipper.state.quarantine import quarantines
from logshipper.wiring.command_line import CommandLine, log_behind
from logshipper.wiring.outputs import plan_outputs
from logshipper.wiring.parsers import limits
from logshipper.wiring.planned_output import PlannedOutput
from logshipper.wiring.state import state_folder
from logshipper.words import counted

log = logging.getLogger(__name__)

_FILES = "retry"  # the folder with what is noted of files


@click.command()
@click.argument("files", nargs=-1, type=common.FILE, metavar="[FILE]…")
@common.CONFIG
@common.INI
@click.option(
    "--to", metavar="URL", help="The output of the run that rejected the lines; sqlite:///requests.db (default)."
)
@common.TIMEZONE
@common.STATE_DIR
def command(  # noqa: PLR0913, PLR0917 - one for each option
    files: tuple[str, ...],
    config: Path | None,
    ini: str | None,
    to: str | None,
    timezone: str | None,
    state_dir: Path | None,
) -> int:
    """Ship rejected lines again, with the pattern of now; stop the shipper first.

    With FILE, also ship the requests in these files that were taken for output of the application. Nothing is doubled,
    because a time in a line is the same however often it is read.

    Example: logshipper retry --ini uwsgi.ini
    """
    loaded = CommandLine([log_behind(name) for name in files], config, ini, to, timezone, state_dir).load()
    common.start_logging(loaded)
    # Events were written when the lines were first read.
    settings = replace(loaded.settings, logshipper=replace(loaded.settings.logshipper, events=False))
    folder, outputs = state_folder(settings), plan_outputs(settings)
    lock = StateLock(folder)
    if not files and not any(folder.rglob("*.reasons")):
        log.info("no rejected line is kept in %s", folder)
    try:
        left = sum(_from_quarantine(settings, folder / one.state_name, [one]) for one in outputs)
        for other in (*sorted(folder.glob("backfill/*")), folder / _FILES):
            left += _from_quarantine(settings, other, outputs)
        if files:
            left += _from_files(settings, folder, outputs, files)
    finally:
        lock.release()
    return 1 if left else 0


def _from_quarantine(settings: Settings, folder: Path, outputs: Sequence[PlannedOutput]) -> int:
    """Ship the lines in a folder's quarantine. Return how many are left."""
    found = list(quarantines(folder / "quarantine"))
    if not found:
        return 0
    groups, left = form_groups(settings, outputs), 0
    opened = [[one() for one in group.outputs] for group in groups]
    parsers_of = _parsers(settings, folder, [group.parsers for group in groups])
    shipper = QuarantineShipper(opened, settings.agent.metric_batch_size, DeliveryContext(log_failure), parsers_of)
    for quarantine in found:
        shipped, rest = shipper.ship(quarantine)
        left += rest
        where = f"; {counted(rest, 'line')} left, {quarantine.reasons} says why" if rest else ""
        log.info("%s: %d rejected lines shipped%s", quarantine.path, shipped, where)
    for output in chain.from_iterable(opened):
        output.close()
    return left


def _parsers(
    settings: Settings, folder: Path, parsers: Sequence[Sequence[Parser]]
) -> Callable[[str], tuple[Sequence[Parser], AdmittedValues]]:
    """Return the function from a log's path to its parsers, one a group, and the tag values in its checkpoint."""
    files = [one.files for one in settings.inputs]

    def parsers_of(path: str) -> tuple[Sequence[Parser], AdmittedValues]:
        index = log_of(path, files)[0]
        found = CheckpointStore(folder / parsers[0][index].rules.prefix.measurement).load(path)
        return [of_group[index] for of_group in parsers], found.admitted if found else {}

    return parsers_of


def _from_files(settings: Settings, folder: Path, outputs: Sequence[PlannedOutput], names: Sequence[str]) -> int:
    """Ship all requests in files. Return how many lines were rejected."""
    found = [file for name in names if (file := old_file(name, [one.files for one in settings.inputs]))]
    work = BackfillWork(form_groups(settings, outputs), settings.agent.metric_batch_size, log_failure)
    if any(not pattern.time_kind for parser in work.parsers for pattern in parser.rules.patterns):
        log.warning("a pattern reads no time from the line: requests that were written before are written once more")
    own_folder(folder / _FILES)
    with progress() as show:
        backfill = Backfill(folder / _FILES, work, limits(settings), show)
        for file in found:
            backfill.ledger.forget(file)
        backfill.run(found, 1)
    log.info("%s: %s", counted(len(found), "file"), backfill.account.text())
    return backfill.account.rejected.total()
