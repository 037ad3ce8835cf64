"""`logshipper explain`: show where lines stop matching, and what the pattern expects there."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import click

from logshipper.commands import common
from logshipper.commands.parse import chunks
from logshipper.grok.explain import Explainer, Probe
from logshipper.model import Batch
from logshipper.parse.parser import NO_MATCH
from logshipper.parse.time_limit import TooSlowError, in_time
from logshipper.points import AnyPoints, rows_in
from logshipper.printable import in_columns
from logshipper.wiring.command_line import CommandLine, check_log
from logshipper.wiring.parsers import build_parser, named_patterns
from logshipper.words import counted

# Patterns of the library that the user may need instead.
KNOWN = ("UWSGI_LOG", "UWSGI_LOG_MICROS", "UWSGI_LOG_VARIANT", "NGINX_ACCESS_LOG", "COMBINED_LOG_FORMAT",
         "COMMON_LOG_FORMAT", "HTTPD_ERRORLOG")  # fmt: skip
# Texts of the application that are shown, and columns of each.
_SHOWN, _WIDTH = 10, 76
# Seconds for one line: the explanation tries every pattern many times, and compiles parts of it.
_EXPLAINED_IN = 2.0


@dataclass(slots=True)
class _Found:
    """What the lines of a log became."""

    lines: int = 0
    requests: int = 0
    others: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    output: Counter[str] = field(default_factory=Counter)

    def add(self, batch: Batch) -> None:
        self.lines += batch.lines
        self.requests += len(batch.points)
        self.others.update(batch.noise)
        self.reasons.update(line.reason.partition(":")[0] for line in batch.rejected)
        self.add_events(batch.events)

    def add_events(self, events: AnyPoints) -> None:
        for shape, values, _ in rows_in(events):
            event = dict(zip(shape.names, values, strict=True))
            if event["kind"] == "app_output":
                self.output[str(event["message"])] += 1

    def summary(self) -> Iterator[str]:
        """Yield lines that say, the requests first, what the lines of the log are."""
        yield f"{counted(self.requests, 'request')} in {counted(self.lines, 'line')}"
        if self.reasons:
            reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(self.reasons.items()))
            yield f"{self.reasons.total()} rejected: {reasons}"
        if self.others:
            kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.others.items()))
            yield f"{self.others.total()} not a request: {kinds}"
        if self.lines and not self.requests:
            yield "if uWSGI has a log-format of your own, give its configuration: --ini YOUR.ini"

    def shown_output(self) -> Iterator[str]:
        """Yield what was taken for output of the application, the most frequent text first."""
        if self.output:
            yield "taken for output of the application, not for requests:"
        for text, count in self.output.most_common(_SHOWN):
            shown = in_columns(text[:_WIDTH]) + "…" * (len(text) > _WIDTH)
            yield f"  {count}x {shown}"
        if len(self.output) > _SHOWN:
            yield f"  and {len(self.output) - _SHOWN} other texts"


@click.command("explain")
@click.argument("name", type=common.FILE, metavar="[FILE|-]", default="-")
@common.PATTERNS
@common.INI
def command(name: str, config: Path | None, ini: str | None) -> int:
    """Show how far the nearest pattern gets in each kind of line that does not match, and what it expects there.

    Example: logshipper explain --ini uwsgi.ini /var/log/uwsgi/app.log
    """
    check_log(name)
    settings = CommandLine(config=config, ini=ini).load(shipping=False).settings
    given = settings.inputs[0]
    # Without events nobody could see what was taken for output.
    parser = build_parser(replace(settings, logshipper=replace(settings.logshipper, events=True)), given, rows=True)
    patterns = named_patterns(given)
    tried = [Probe(compiled.name, patterns) for compiled in parser.rules.patterns]
    names = {compiled.name for compiled in parser.rules.patterns}
    explainer = Explainer(tried, [Probe(f"%{{{one}}}", patterns) for one in KNOWN if f"%{{{one}}}" not in names])
    memory = parser.memory("")
    found, lines_before = _Found(), 0
    for chunk in chunks(name, ""):
        batch = parser.parse(chunk, memory)
        found.add(batch)
        for rejected in batch.rejected:
            number = lines_before + chunk.data.count(b"\n", 0, rejected.offset - chunk.offset) + 1
            line = rejected.line.decode("latin-1")
            _explain(explainer, line, number, rejected.reason)
        lines_before += chunk.data.count(b"\n")
    found.add_events(parser.finish(memory))
    click.echo("\n".join(found.summary()) + "\n")
    for paragraph in explainer.report():
        click.echo(paragraph + "\n")
    for line in found.shown_output():
        click.echo(line)
    return 1 if found.reasons or (found.lines and not found.requests) else 0


def _explain(explainer: Explainer, line: str, number: int, reason: str) -> None:
    """Add a rejected line to the report, with its reason where the patterns do not say one within the time limit."""
    if reason == NO_MATCH:
        try:
            in_time(partial(explainer.add, line), number, 1, "", _EXPLAINED_IN)
        except TooSlowError:
            reason = f"{NO_MATCH}, and finding out why takes too long"
        else:
            return
    explainer.add_rejected(line, number, reason)
