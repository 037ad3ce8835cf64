"""`logshipper top`: a live view of a log in the terminal."""

import sys
import time
from pathlib import Path
from shutil import get_terminal_size

import click

from logshipper.commands import common
from logshipper.errors import UserError
from logshipper.report.from_logs import uri_cleaner
from logshipper.report.routes import Names, without_ids
from logshipper.report.tally import FIELDS
from logshipper.times.zones import zone_named
from logshipper.top.feed import Feed
from logshipper.top.window import RecentRequests
from logshipper.wiring.command_line import CommandLine, check_log
from logshipper.wiring.counting import counting_parser

_WIDTH, _HEIGHT = 100, 40


@click.command()
@click.argument("log", required=False, type=common.FILE, metavar="[LOG]")
@click.option(
    "--window", default=60, show_default=True, type=click.IntRange(10, 900), metavar="SECONDS", help="What is counted."
)
@click.option("--once", is_flag=True, help="Print the last seconds of the log, and end.")
@common.PATTERNS
@common.INI
@common.TIMEZONE
def command(  # noqa: PLR0913, PLR0917 - one for each option
    log: str | None, window: int, once: bool, config: Path | None, ini: str | None, timezone: str | None
) -> None:
    """Watch a log live: requests, errors and times by route, the slowest requests, busy workers, events.

    It reads the log itself and needs no database. Keys: s sorts by the next column, / filters routes, p pauses, the
    arrows move, q ends.

    Example: logshipper top /var/log/uwsgi/app.log
    """
    settings = CommandLine(config=config, ini=ini, timezone=timezone).load(shipping=False).settings
    parser = counting_parser(settings, (*FIELDS, "pid"))
    rules = parser.rules.prefix
    path = common.logs_to_read([log] if log else [], settings, "give a LOG, or --config or --ini")[0]
    check_log(path)
    feed = Feed(path, parser)
    counted = RecentRequests(window, Names(rules.route or without_ids, rules.clean_path), uri_cleaner(parser))
    zone = zone_named(settings.inputs[0].grok.timezone)
    try:
        for batch in feed.recent(window):
            counted.take(batch.points, batch.events, time.monotonic())
        if once or not is_terminal():
            from logshipper.top.screen import View, plain, screen

            size = get_terminal_size((_WIDTH, _HEIGHT)) if is_terminal() else (_WIDTH, _HEIGHT)
            lines = screen(counted.snapshot(time.monotonic()), View(feed.path), max(80, size[0]), size[1], zone)
            click.echo(plain(lines), nl=False)
            return
        try:
            from logshipper.top.app import Top
        except ModuleNotFoundError as error:
            fix = "pip install 'flaskfana[top]', or use --once"
            raise UserError(f"the live view is not installed ({error.name})", fix=fix) from error
        Top(feed, counted, zone).run()
    finally:
        feed.close()


def is_terminal() -> bool:
    """Return whether somebody looks at what is printed."""
    return sys.stdout.isatty()
