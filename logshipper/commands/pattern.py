"""`logshipper pattern UWSGI_INI`: print what reads the request lines of that configuration."""

import click

from logshipper.commands import common
from logshipper.uwsgi.snippet import format_settings, toml_string, whole_settings
from logshipper.wiring.uwsgi_input import log_of


@click.command("pattern")
@click.argument("configuration", type=common.FILE, metavar="UWSGI_INI")
@click.option("--section", default="", help="The section or key to read; uwsgi by default. Also UWSGI_INI:SECTION.")
@click.option("--config", "as_settings", is_flag=True, help="Print a whole settings file.")
def command(configuration: str, section: str, as_settings: bool) -> None:
    """Print the grok pattern for the request lines of a uWSGI configuration (ini, yaml, json or xml).

    Several lines are patterns to try in turn. For uWSGI's json encoder this prints the settings that read it.

    Example: logshipper pattern --config /etc/uwsgi/app.ini > logshipper.toml
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
