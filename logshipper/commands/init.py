"""`logshipper init`: a settings file for what is found on this machine, or from a configuration of Telegraf."""

import grp
import os
import shutil
import sys
from pathlib import Path

import click

from logshipper.commands import common
from logshipper.errors import UserError
from logshipper.settings.takeover import read_telegraf
from logshipper.uwsgi.found import configurations
from logshipper.wiring.command_line import DEFAULT, settings_for
from logshipper.wiring.first_settings import FoundLog, only, plain_log, unit_file, whole_file
from logshipper.wiring.uwsgi_input import log_of

_UNIT = "logshipper.service"


@click.command("init")
@click.option(
    "--output",
    type=common.FILE,
    default="logshipper.toml",
    show_default=True,
    help="The settings file to write; - prints it.",
)
@click.option(
    "--ini",
    type=common.FILE,
    metavar="FILE",
    help="uWSGI's configuration; by default that of a running uWSGI, or one nearby.",
)
@click.option("--log", metavar="FILE", help="The log; by default what uWSGI's configuration names.")
@click.option("--to", metavar="URL", help=f"{DEFAULT} (default), or http://HOST:8086/DATABASE.")
@click.option("--from", "telegraf", metavar="FILE", type=click.Path(path_type=Path), help="Telegraf's configuration.")
@click.option("--unit", is_flag=True, help=f"Write a systemd unit too, {_UNIT} beside the settings.")
@click.option("--yes", is_flag=True, help="Ask nothing: take what is found, and the defaults.")
@click.option("--force", is_flag=True, help="Replace files that are there.")
def command(  # noqa: PLR0913, PLR0917 - one for each option
    output: str,
    ini: str | None,
    log: str | None,
    to: str | None,
    telegraf: Path | None,
    unit: bool,
    yes: bool,
    force: bool,
) -> int:
    """Write a commented settings file for the uWSGI that is found here, or take over Telegraf's.

    Asks at most three questions: the log, the output, the systemd unit.

    Example: logshipper init --to http://127.0.0.1:8086/telegraf

    Example: logshipper init --from /etc/telegraf/telegraf.conf
    """
    _need_free(output, force)
    if telegraf:
        return _take_over(telegraf, output)
    ask = not yes and sys.stdin.isatty()
    found = _found(ini, log, ask)
    if ask and not to:
        to = click.prompt("Where do the rows go (sqlite:///FILE or http://HOST:8086/DATABASE)", DEFAULT, err=True)
    unit = output != "-" and (unit or (ask and click.confirm(f"Write a systemd unit ({_UNIT})?", err=True)))
    service = unit or os.geteuid() == 0
    _write(output, whole_file(output, found, to or DEFAULT, for_service=service, routes=_routes()))
    if unit:
        _write_unit(output, found, to or DEFAULT, force)
    elif output != "-":
        click.echo(f"next: logshipper check --config {output}", err=True)
    return 0


def _routes() -> str:
    """Return the file in this folder that `logshipper routes` has written, "" if there is none."""
    file = Path("routes.json").absolute()
    try:
        if '"rules"' not in file.read_text("utf-8", errors="replace"):
            return ""
    except OSError:
        return ""
    click.echo(f"found {file}: rows get the tag route", err=True)
    return str(file)


def _found(ini: str | None, log: str | None, ask: bool) -> list[FoundLog]:
    """Return the logs and how to read them. Raises UserError if there is none, and nobody to ask."""
    files = [ini] if ini else [one.file for one in configurations(Path.cwd())]
    found, seen = [], set()
    for file in files:
        try:
            made = FoundLog(log_of(file), file)
        except UserError as error:
            if ini:
                raise
            click.echo(f"logshipper: note: {error}", err=True)
            continue
        click.echo(f"found {file}: its log is {', '.join(made.log.files) or 'not named there'}", err=True)
        if made.log.files not in seen:
            seen.add(made.log.files)
            found.append(made)
    named = [one for one in found if one.log.files]
    if log or not named:
        first = log or (click.prompt("Which log does uWSGI write", err=True) if ask else "")
        if not first:
            fix = "give --log FILE, or --ini uwsgi.ini"
            raise UserError("no uWSGI runs here, and no configuration names a log", fix=fix)
        return [only(found[0], first) if found else plain_log(first)]
    if ask:
        shown = ", ".join(name for one in named for name in one.log.files)
        answer = click.prompt("The log to follow", shown, err=True)
        return named if answer == shown else [only(named[0], answer)]
    return named


def _take_over(telegraf: Path, output: str) -> int:
    taken = read_telegraf(telegraf, os.environ)
    for remark in taken.remarks:
        click.echo(str(remark), err=True)
    _write(output, taken.text)
    wrong = sum(remark.became == "wrong" for remark in taken.remarks)
    zone = "times without a zone are read in this machine's, which uWSGI writes; Telegraf's default was UTC"
    click.echo(f"note: {zone} (timezone sets it)", err=True)
    if wrong:
        click.echo(f"{wrong} to correct by hand in {output}, then: logshipper check --config {output}", err=True)
        return 1
    click.echo(f"next: logshipper check --config {output}; stop Telegraf for these logs first", err=True)
    return 0


def _write_unit(config: str, found: list[FoundLog], to: str, force: bool) -> None:
    """Write the unit beside the settings, and say what root has to do with it."""
    settings = Path(config).absolute()
    file = settings.with_name(_UNIT)
    _need_free(str(file), force)
    logs = [name for one in found for name in one.log.files]
    database = next((one.path for one in settings_for((), to).sqlite), "")
    _write(str(file), unit_file(_program(), str(settings), group := _group(found), logs, database))
    joining = f" --groups {group}" if group else ""
    click.echo("next, as root:", err=True)
    for line in (
        f"useradd --system --no-create-home{joining} logshipper",
        f"chgrp logshipper {settings}",
        *(
            [f"chown logshipper {os.path.dirname(database)}   # where {os.path.basename(database)} is"]
            if database
            else []
        ),
        f"logshipper check --config {settings} --user logshipper",
        f"install -m 644 {file} /etc/systemd/system/",
        "systemctl enable --now logshipper",
    ):
        click.echo(f"  {line}", err=True)


def _program() -> str:
    """Return the command as a unit can name it."""
    own = Path(sys.argv[0]).absolute()
    if own.name == "logshipper" and own.is_file():
        return str(own)
    return shutil.which("logshipper") or f"{sys.executable} -m logshipper"


def _group(found: list[FoundLog]) -> str:
    """Return the group that may read the first log, "" if that is not known, or root's: it may read too much else."""
    try:
        name = grp.getgrgid(os.stat(found[0].log.files[0]).st_gid).gr_name
    except (OSError, KeyError):
        return ""
    return "" if name == "root" else name


def _need_free(name: str, force: bool) -> None:
    if name != "-" and not force and os.path.lexists(name):
        raise UserError("there is such a file already", where=name, fix="give another --output, or --force")


def _write(name: str, text: str) -> None:
    """Write a file that others cannot read, because a password may come into it; `-` is standard output."""
    if name == "-":
        click.echo(text, nl=not text.endswith("\n"))
        return
    try:
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text if text.endswith("\n") else f"{text}\n")
    except OSError as error:
        raise UserError(f"cannot write it: {error.strerror}", where=name, fix="choose another --output") from error
    click.echo(f"wrote {name}", err=True)
