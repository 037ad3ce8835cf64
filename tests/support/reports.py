"""Reports made from request lines, for the tests of what shows them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from logshipper.parse.parser import Parser
from logshipper.report.from_logs import from_logs
from logshipper.report.periods import HOUR, ReportChoice
from logshipper.report.summary import Report
from logshipper.report.tally import FIELDS
from logshipper.settings.options import Grok, Input, LogshipperSettings, Settings
from logshipper.wiring.counting import counting_parser


def parser(**own: Any) -> Parser:
    """Return the parser of a report, in UTC; `own` are settings under [logshipper]."""
    given = Input(files=["x.log"], grok=Grok(timezone="UTC"))
    return counting_parser(Settings(inputs=[given], logshipper=LogshipperSettings(**own)), FIELDS)


def write(folder: Path, lines: Iterable[str], name: str = "app.log") -> Path:
    """Write a log and return its name."""
    file = folder / name
    file.write_text("".join(lines))
    return file


def report(folder: Path, lines: Iterable[str], choice: ReportChoice | None = None, **own: Any) -> Report:
    """Return the report of a log with these lines, by default of its last hour."""
    return from_logs([str(write(folder, lines))], parser(**own), choice or ReportChoice(HOUR))
