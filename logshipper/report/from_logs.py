"""A report from log files."""

from collections.abc import Callable, Sequence
from pathlib import Path

from logshipper.account import Account, OnProgress, unseen
from logshipper.errors import UserError
from logshipper.parse.parser import Parser
from logshipper.report.deploys import deploys
from logshipper.report.logs import LogFile, last_time, log_file, parts, with_copies
from logshipper.report.periods import LONGEST_BEFORE, Comparison, ReportChoice, last_period, since_deploy
from logshipper.report.reading import Job, count
from logshipper.report.routes import ID, Names, plain_path, without_ids
from logshipper.report.summary import Report, Source, report_of
from logshipper.report.unshipped import unshipped


def from_logs(
    names: Sequence[str],
    parser: Parser,
    choice: ReportChoice,
    state: Path | None = None,
    progress: OnProgress = unseen,
) -> Report:
    """Return the report of log files and their rotated copies; `state` is where a shipper keeps its checkpoints.

    Raises UserError.
    """
    given = [file for name in dict.fromkeys(names) if (file := log_file(name))]
    end = last_time(given, parser)
    if end is None:
        fix = "see `logshipper explain` for the lines that do not match"
        raise UserError("no request in the log", where=", ".join(names), fix=fix)
    files, periods = _chosen(given, end, parser, choice)
    start = periods.before.start
    rules = parser.rules.prefix
    route = plain_path if choice.each_uri else rules.route or without_ids
    found = count(Job(
        [part for file in files for part in parts(file, parser, start)],
        parser, (periods.before, periods.now), Names(route, rules.clean_path), uri_cleaner(parser),
    ), progress)  # fmt: skip
    notes = [*_notes(found.account), *_waiting(given, state)]
    if not (rules.route or choice.each_uri) and any(
        ID in name for tally in found.tallies for name, _, _ in tally.counts
    ):
        notes.append(
            "Routes are guessed: <id> is a number, a UUID or a hash in a path. Set routes_file for the real ones."
        )
    source = Source([file.name for file in files], notes, found.account)
    return report_of(source, periods, *found.tallies)


def uri_cleaner(parser: Parser) -> Callable[[str], str]:
    """Return the function that removes the secrets of a uri, and makes it readable text."""
    rules = parser.rules.prefix

    def clean(uri: str) -> str:
        path, mark, query = uri.partition("?")
        found = f"{rules.clean_path(path)}{mark}{rules.clean_query(query)}".removesuffix("?")
        return found.encode("latin-1", "replace").decode("utf-8", "replace")

    return clean


def _chosen(
    given: Sequence[LogFile], end: int, parser: Parser, choice: ReportChoice
) -> tuple[Sequence[LogFile], Comparison]:  # fmt: skip
    if not choice.since_deploy:
        periods = last_period(end, choice.length)
        return with_copies(given, periods.before.start), periods
    files = with_copies(given, end - LONGEST_BEFORE)
    found = since_deploy(deploys(files, parser), end)
    if found is None:
        fix = "leave --since-deploy, or give older files too"
        raise UserError("no start or reload in the log", where=", ".join(file.name for file in files), fix=fix)
    return files, found


def _notes(account: Account) -> Sequence[str]:
    rejected = account.rejected.total()
    if not rejected:
        return ()
    return [f"{rejected:,} lines could not be read and are not counted; `logshipper explain` shows why."]


def _waiting(files: Sequence[LogFile], state: Path | None) -> Sequence[str]:
    notes = []
    for file in files:
        for output, lines in unshipped(file, state) if state else ():
            text = f"{lines:,} of its lines are not shipped yet" if lines else "all of its lines are shipped"
            notes.append(f"{file.name} is followed ({output}): {text}.")
    return notes
