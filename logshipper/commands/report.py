"""`logshipper report`: slow and failing routes of a period, and what changed."""

import re
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import tzinfo
from pathlib import Path
from shutil import copyfileobj, get_terminal_size

import click

from logshipper.commands import common
from logshipper.commands.progress import progress
from logshipper.durations import nanoseconds
from logshipper.errors import RunError, UserError
from logshipper.report.from_logs import from_logs
from logshipper.report.periods import ReportChoice
from logshipper.report.summary import Report
from logshipper.report.tally import FIELDS
from logshipper.settings.options import Settings
from logshipper.times.zones import zone_named
from logshipper.wiring.command_line import CommandLine, check_log, settings_for
from logshipper.wiring.counting import counting_parser
from logshipper.wiring.state import state_folder

_DAYS = re.compile(r"(\d+(?:\.\d+)?)([dw])")
_HOURS = {"d": 24.0, "w": 168.0}
_COLOURS = {"red": "red", "green": "green"}


@click.command()
@click.argument("files", nargs=-1, type=common.FILE, metavar="[FILE|-]…")
@click.option(
    "--since", default="24h", show_default=True, metavar="TIME", help="The length of the period: 90m, 24h, 7d."
)
@click.option("--since-deploy", is_flag=True, help="The period since the last start or reload that the log has.")
@click.option("--by", type=click.Choice(["route", "uri"]), default="route", help="Count by route (default) or by path.")
@click.option("--from", "database", metavar="DB", help="Read what `run` wrote: FILE, or http://HOST:8086/DB.")
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE", help="Write a page, complete in one file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@common.PATTERNS
@common.INI
@common.TIMEZONE
@common.STATE_DIR
def command(  # noqa: PLR0913, PLR0917 - one for each option
    files: tuple[str, ...], since: str, since_deploy: bool, by: str, database: str | None, html: Path | None,
    as_json: bool, config: Path | None, ini: str | None, timezone: str | None, state_dir: Path | None,
) -> None:  # fmt: skip
    """Report slow and failing routes, and what changed against the period before.

    Rotated copies beside a FILE are read too, as far as the period needs them. Without FILE, the logs of --config or
    --ini.

    Example: logshipper report --since-deploy --html report.html /var/log/uwsgi/app.log
    """
    choice = ReportChoice(_length(since), since_deploy, by == "uri")
    loaded = CommandLine(config=config, ini=ini, timezone=timezone, state_dir=state_dir).load(shipping=False)
    for note in loaded.notes:
        click.echo(f"logshipper: note: {note}", err=True)
    if database and files:
        raise UserError("both FILE and --from say what to read", fix="give one of them")
    report = _from_database(database, choice) if database else _from_logs(files, loaded.settings, choice)
    zone = zone_named(loaded.settings.inputs[0].grok.timezone)
    if html:
        _write_page(report, html, zone)
    if as_json:
        from logshipper.report.as_json import as_json as render

        click.echo(render(report), nl=False)
    elif not html:
        _print(report, zone)


def _length(text: str) -> int:
    """Return a duration in nanoseconds. Raises UserError."""
    found = nanoseconds(_DAYS.sub(lambda part: f"{float(part[1]) * _HOURS[part[2]]}h", text))
    if not found:
        raise UserError(f"{text!r} is not a duration", where="--since", fix="write 90m, 24h or 7d")
    return round(found)


def _from_logs(files: Sequence[str], settings: Settings, choice: ReportChoice) -> Report:
    names = common.logs_to_read(files, settings, "give a FILE, or --config, --ini or --from")
    for name in names:
        check_log(name)
    with ExitStack() as stack:
        read = [stack.enter_context(_Spooled()).name if name == "-" else name for name in names]
        with progress() as show:
            return from_logs(read, counting_parser(settings, FIELDS), choice, state_folder(settings), show)


def _from_database(database: str, choice: ReportChoice) -> Report:
    if database.startswith(("http://", "https://")):
        if "@" in database:  # what precedes it may be a password: show nothing of it
            fix = "set INFLUX_USER and INFLUX_PASSWORD in the environment, or use ~/.netrc"
            raise UserError("the URL after --from contains a user or password", fix=fix)
        from logshipper.report.from_influxdb import from_influxdb
        from logshipper.wiring.influx_questions import questions

        return from_influxdb(*questions(settings_for((), database)), choice)
    if "://" in database.removeprefix("sqlite:///"):
        fix = "give FILE, sqlite:///FILE, or http://HOST:8086/DATABASE"
        raise UserError(f"{database!r} is not a database", where="--from", fix=fix)
    from logshipper.report.from_sqlite import from_sqlite

    return from_sqlite(Path(database.removeprefix("sqlite:///")), choice)


class _Spooled:
    """Standard input in a file: a report looks at the end of a log before it reads the rest."""

    def __enter__(self) -> "tempfile._TemporaryFileWrapper[bytes]":
        self._file = tempfile.NamedTemporaryFile(prefix="logshipper-", suffix=".log")
        try:
            copyfileobj(sys.stdin.buffer, self._file)
            self._file.flush()
        except OSError as error:
            self._file.close()
            raise RunError(
                f"cannot keep standard input: {error.strerror}", fix="set TMPDIR to a larger disk"
            ) from error
        return self._file

    def __exit__(self, *error: object) -> None:
        self._file.close()


def _write_page(report: Report, file: Path, zone: tzinfo) -> None:
    from logshipper.report.html import as_html

    try:
        file.write_text(as_html(report, zone), "utf-8")
    except OSError as error:
        fix = "check the folder and its permissions"
        raise RunError(f"cannot write the page: {error.strerror}", where=str(file), fix=fix) from error
    click.echo(f"logshipper: the report is in {file}", err=True)


def _print(report: Report, zone: tzinfo) -> None:
    from logshipper.report.text import as_text

    width = max(80, min(140, get_terminal_size().columns)) if sys.stdout.isatty() else 100
    click.echo(as_text(report, zone, width, _paint), nl=False, color=common.color())


def _paint(text: str, style: str) -> str:
    return click.style(text, fg=_COLOURS.get(style), bold=style == "bold" or None, dim=style == "dim" or None)
