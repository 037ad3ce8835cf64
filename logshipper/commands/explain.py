"""`logshipper explain`: show where lines stop matching, and what the pattern expects there."""

from pathlib import Path

import click

from logshipper.commands.parse import chunks
from logshipper.grok.explain import Explainer, Probe
from logshipper.parse.parser import NO_MATCH
from logshipper.settings.load import load
from logshipper.settings.options import Input, Settings
from logshipper.wiring.parsers import build_parser, named_patterns

# Patterns of the library that the user may need instead.
KNOWN = ("UWSGI_LOG", "UWSGI_LOG_MICROS", "UWSGI_LOG_VARIANT", "NGINX_ACCESS_LOG", "COMBINED_LOG_FORMAT",
         "COMMON_LOG_FORMAT", "HTTPD_ERRORLOG")  # fmt: skip


@click.command("explain")
@click.argument("name", metavar="[FILE|-]", default="-")
@click.option("--config", type=click.Path(path_type=Path), help="A settings file: use the patterns of its first input.")
def command(name: str, config: Path | None) -> int:
    """Show how far the nearest pattern gets in each kind of line that does not match, and what it expects there."""
    settings = load(config).settings if config else Settings(inputs=[Input()])
    given = settings.inputs[0]
    parser = build_parser(settings, given)
    patterns = named_patterns(given)
    tried = [Probe(compiled.name, patterns) for compiled in parser.rules.patterns]
    names = {compiled.name for compiled in parser.rules.patterns}
    explainer = Explainer(tried, [Probe(f"%{{{one}}}", patterns) for one in KNOWN if f"%{{{one}}}" not in names])
    memory = parser.memory("")
    reasons: dict[str, int] = {}
    read = lines_before = 0
    for chunk in chunks(name, ""):
        batch = parser.parse(chunk, memory)
        read += batch.lines
        for rejected in batch.rejected:
            reasons[rejected.reason.partition(":")[0]] = reasons.get(rejected.reason.partition(":")[0], 0) + 1
            number = lines_before + chunk.data.count(b"\n", 0, rejected.offset - chunk.offset) + 1
            line = rejected.line.decode("latin-1")
            if rejected.reason == NO_MATCH:
                explainer.add(line, number)
            else:
                explainer.add_rejected(line, number, rejected.reason)
        lines_before += chunk.data.count(b"\n")
    for paragraph in explainer.report():
        click.echo(paragraph + "\n")
    others = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
    click.echo(f"{read} lines read" + (f"; rejected: {others}" if reasons else "; every one is understood"), err=True)
    return 1 if reasons else 0
