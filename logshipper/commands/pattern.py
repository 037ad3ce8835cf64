"""`logshipper pattern UWSGI_INI`: print what reads the request lines of that configuration."""

from pathlib import Path

import click

from logshipper.uwsgi.logformat import request_log
from logshipper.uwsgi.options import read_options
from logshipper.uwsgi.snippet import format_settings, input_settings, toml_string


@click.command("pattern")
@click.argument("configuration", metavar="UWSGI_INI")
@click.option("--section", default="", help="The section or key to read; uwsgi by default. Also UWSGI_INI:SECTION.")
@click.option("--config", "as_settings", is_flag=True, help="Print a whole [[inputs.tail]] for a settings file.")
def command(configuration: str, section: str, as_settings: bool) -> None:
    """Print the grok pattern for the request lines of a uWSGI configuration (ini, yaml, json or xml).

    Several lines are patterns to try in turn. If uWSGI writes JSON, this prints the settings that read it.
    """
    path, colon, named = configuration.rpartition(":")
    file = Path(path if colon and not Path(configuration).exists() else configuration)
    asked = section or (named if colon and str(file) == path else "") or "uwsgi"
    log = request_log(read_options(file, asked))
    if as_settings:
        click.echo(input_settings(log))
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
