"""What the commands that ship old lines have in common: where points go, and what is said of failed writes."""

import logging
from collections.abc import Sequence

from logshipper.backfill.worker import Route
from logshipper.deliver.retry import Answered, Failed
from logshipper.settings.options import Settings
from logshipper.wiring.parsers import build_parser
from logshipper.wiring.planned_output import PlannedOutput

log = logging.getLogger(__name__)


def routes_of(settings: Settings, outputs: Sequence[PlannedOutput]) -> list[Route]:
    """Return a route for the outputs that take line protocol, and one for those that take rows."""
    routes = []
    for rows in (False, True):
        if takers := [output.open for output in outputs if output.takes_rows is rows]:
            parsers = [build_parser(settings, source, rows=rows) for source in settings.inputs]
            routes.append(Route(parsers, takers))
    return routes


def log_failure(event: Failed | Answered) -> None:
    """Log a write that failed and is tried again."""
    if isinstance(event, Failed):
        log.warning("%s; nothing is lost, retrying", event.reason)
