"""`logshipper check`: one line for each thing that must be in place."""

import codecs
import json
import os
import pwd
import shutil
import sys
import textwrap
import time
from collections.abc import Iterable
from dataclasses import asdict
from itertools import chain
from pathlib import Path

import click

from logshipper.checks.everything import Examination
from logshipper.checks.finding import Finding, bad, verdict, worst
from logshipper.commands import common
from logshipper.errors import UserError
from logshipper.printable import printable
from logshipper.wiring.command_line import CommandLine

_COLORS = {"good": "green", "doubtful": "yellow", "bad": "red"}


@click.command("check")
@click.argument("logs", nargs=-1, type=common.FILE, metavar="[LOG]…")
@common.CONFIG
@common.INI
@click.option("--to", metavar="URL", help="The output, if there is no settings file.")
@common.TIMEZONE
@common.STATE_DIR
@click.option("--grafana", metavar="URL", help="Grafana's address: check its datasource too.")
@click.option("--user", metavar="NAME", help="Check as this user, such as the service's; needs root.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(  # noqa: PLR0913, PLR0917 - one for each option
    logs: tuple[str, ...],
    config: Path | None,
    ini: str | None,
    to: str | None,
    timezone: str | None,
    state_dir: Path | None,
    grafana: str | None,
    user: str | None,
    as_json: bool,
) -> int:
    """Check everything that shipping needs, and say the fix for what is not in place. The shipper may run meanwhile.

    One point is written into each InfluxDB, read back and removed. GRAFANA_TOKEN, or GRAFANA_USER and
    GRAFANA_PASSWORD, let it look into Grafana.

    Example: sudo logshipper check --config /etc/logshipper/logshipper.toml --ini /etc/uwsgi/app.ini --user logshipper
    """
    if not (logs or config or ini):
        raise UserError("give --config, --ini or log files", fix="logshipper check --config logshipper.toml")
    if user:
        _become(user)
    try:
        # Beside a settings file, uWSGI's configuration only says what that should read.
        loaded = CommandLine(logs, config, None if config else ini, to, timezone, state_dir).load(consuming=True)
    except UserError as error:
        _show((_of_settings(one) for one in error.each()), as_json)
        return error.exit_code
    try:
        found = _show(Examination(loaded, time.time(), ini or "", grafana or "").findings(), as_json)
    except ImportError as error:
        if not user:
            raise
        what, where = f"{user} cannot read Python's own library", error.path or error.name or ""
        fix = "install logshipper where everybody can read it, such as /opt/logshipper"
        raise UserError(what, where=where, fix=fix) from error
    return 1 if worst(found) == "bad" else 0


def _of_settings(error: UserError) -> Finding:
    return bad("settings", f"{error.where}: {error.what}" if error.where else error.what, error.fix)


def _show(findings: Iterable[Finding], as_json: bool) -> list[Finding]:
    """Show each finding when it is there, or all as JSON; return them."""
    found = []
    for finding in findings:
        found.append(finding)
        if not as_json:
            click.echo(_line(finding), color=common.color())
    if as_json:
        shown = [{key: printable(value) for key, value in asdict(one).items() if value} for one in found]
        click.echo(json.dumps({"status": worst(found), "verdict": verdict(found), "checks": shown}, indent=1))
    else:
        click.echo(verdict(found))
    return found


def _line(finding: Finding) -> str:
    """Return the line; a terminal gets its words in a column of their own, and the fix below them."""
    status = click.style(f"{finding.status:<9}", fg=_COLORS[finding.status])
    text, fix = printable(finding.text), printable(finding.fix)
    if not sys.stdout.isatty():
        return f"{status}{finding.subject:<9}{text}{fix and f'; {fix}'}"
    width, column = shutil.get_terminal_size().columns, " " * 18
    parts = [text, *([f"fix: {fix}"] if fix else [])]
    words = [textwrap.wrap(part, max(40, width - 18), break_on_hyphens=False) for part in parts]
    return f"{status}{finding.subject:<9}" + f"\n{column}".join(chain.from_iterable(words))


def _become(user: str) -> None:
    """Go on as another user, with all of its groups. Raises UserError."""
    codecs.lookup("utf-8-sig")  # Python reads it from its library, which may be out of that user's reach
    try:
        found = pwd.getpwnam(user)
        os.initgroups(user, found.pw_gid)
        os.setgid(found.pw_gid)
        os.setuid(found.pw_uid)
    except KeyError as error:
        raise UserError(f"there is no user {user}", fix=f"useradd --system {user}, or correct --user") from error
    except PermissionError as error:
        raise UserError(f"only root can become {user}", fix=f"sudo logshipper check … --user {user}") from error
    os.environ["HOME"] = found.pw_dir
