"""What the commands that ship old lines have in common: where points go, and what is said of failed writes."""

import logging
from collections.abc import Sequence

from logshipper.backfill.worker import FormGroup
from logshipper.deliver.retry import Answered, Failed
from logshipper.settings.options import Settings
from logshipper.wiring.parsers import build_parser
from logshipper.wiring.planned_output import PlannedOutput

log = logging.getLogger(__name__)


def form_groups(settings: Settings, outputs: Sequence[PlannedOutput]) -> list[FormGroup]:
    """Return a group of the outputs that take line protocol, and one for those that take rows."""
    groups = []
    for rows in (False, True):
        if takers := [output.open for output in outputs if output.takes_rows is rows]:
            parsers = [build_parser(settings, source, rows=rows) for source in settings.inputs]
            groups.append(FormGroup(parsers, takers))
    return groups


def log_failure(event: Failed | Answered) -> None:
    """Log a write that failed and is tried again."""
    if isinstance(event, Failed):
        log.warning("%s; nothing is lost, retrying", event.reason)
