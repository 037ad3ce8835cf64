"""`logshipper pattern UWSGI_INI`: print what reads the request lines of that configuration."""

import os
from dataclasses import replace
from pathlib import Path

import click

from logshipper.uwsgi.logformat import RequestLog, request_log
from logshipper.uwsgi.options import read_options
from logshipper.uwsgi.snippet import format_settings, toml_string, whole_settings


def log_of(configuration: str, section: str = "") -> RequestLog:
    """Return how to read the request log of a configuration, FILE or FILE:SECTION. Raises UserError."""
    path, colon, named = configuration.rpartition(":")
    file = Path(path if colon and not Path(configuration).exists() else configuration)
    asked = section or (named if colon and str(file) == path else "") or "uwsgi"
    log = request_log(read_options(file, asked))
    return replace(log, files=tuple(_absolute(name, file.absolute().parent) for name in log.files))


def _absolute(name: str, folder: Path) -> str:
    """Return the whole name of a log: uWSGI was started in this folder, or in that of its configuration."""
    return os.path.abspath(name) if Path(name).exists() else os.path.normpath(folder / name)


@click.command("pattern")
@click.argument("configuration", metavar="UWSGI_INI")
@click.option("--section", default="", help="The section or key to read; uwsgi by default. Also UWSGI_INI:SECTION.")
@click.option("--config", "as_settings", is_flag=True, help="Print a whole settings file.")
def command(configuration: str, section: str, as_settings: bool) -> None:
    """Print the grok pattern for the request lines of a uWSGI configuration (ini, yaml, json or xml).

    Several lines are patterns to try in turn. For uWSGI's json encoder this prints the settings that read it.
    """
    log = log_of(configuration, section)
    if as_settings:
        click.echo(whole_settings(log))
    elif log.data_format == "json":
        click.echo("\n".join(format_settings(log)))
    else:
        click.echo("\n".join(log.patterns))
        if log.custom_patterns:
            click.echo(
                f"logshipper: note: the pattern needs custom_patterns = {toml_string(log.custom_patterns)}", err=True
            )
    for note in log.notes:
        click.echo(f"logshipper: note: {note}", err=True)
