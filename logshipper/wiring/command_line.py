"""Settings from what the command line gives: a settings file, uWSGI's configuration, or log files alone."""

import netrc
import os
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from logshipper.errors import UserError
from logshipper.follow.rotated import is_beside, locations_of
from logshipper.settings.load import Loaded
from logshipper.settings.options import (
    OUTPUTS,
    FileOutputSettings,
    InfluxDB1,
    InfluxDB2,
    Input,
    LogshipperSettings,
    Settings,
    SqliteSettings,
)
from logshipper.uwsgi.found import SECTION
from logshipper.wiring.check import load_checked
from logshipper.wiring.uwsgi_input import log_of, uwsgi_input

DEFAULT = "sqlite:///requests.db"
# What other programs take as InfluxDB's address.
_INTERFACES = ("write", "query", "ping", "api/v2/write", "api/v3/write_lp")
_SETTINGS = re.compile(r"^\s*\[\[(?:inputs|outputs)\.\w+\]\]\s*(?:#.*)?$", re.MULTILINE)
# The first line of either that is no comment. A log may hold a configuration that somebody printed, further down.
_FIRST_LINE = re.compile(r"\[\[?[\w.:-]+\]\]?\s*(?:[#;].*)?$|uwsgi:$|<uwsgi>$|<\?xml")


@dataclass(frozen=True, slots=True)
class CommandLine:
    """The options that say where settings come from.

    `config` is a settings file, `ini` uWSGI's configuration, `to` an output's address.
    """

    logs: Sequence[str] = ()
    config: Path | None = None
    ini: str | None = None
    to: str | None = None
    timezone: str | None = None
    state_dir: Path | None = None

    def load(self, *, shipping: bool = True, waiting: bool = False, consuming: bool = False) -> Loaded:
        """Return the settings, and notes on them. Raises UserError; `shipping` and `waiting` as for `load_checked`.

        With `consuming`, the settings may be those of a consumer, which has no logs.
        """
        if self.config and self.ini:
            raise UserError("--config and --ini both say what the lines look like", fix="give one of them")
        if self.to is not None and not self.to.strip():
            raise UserError("--to is empty", fix="give sqlite:///FILE, http://HOST:8086/DATABASE, or -")
        for name in self.logs:
            check_log(name)
        for given, option in ((self.config, "--config"), (self.ini, "--ini")):
            kind, right = _kind(given) if given else ("", option)
            if kind and right != option:
                raise UserError(f"{kind}, which {option} does not read", where=str(given), fix=f"give it as {right}")
        if self.config:
            loaded = load_checked(self.config, shipping=shipping and not self.to, waiting=waiting)
            if loaded.settings.kafka_consumer and not consuming:
                raise UserError("a consumer has no logs", where=str(self.config), fix="give it to logshipper run")
            loaded = replace(loaded, settings=_with_output(loaded.settings, self.to)) if self.to else loaded
        elif self.ini:
            loaded = _from_ini(self.ini, self.logs, self.to or DEFAULT)
        else:
            loaded = Loaded(settings_for(self.logs, self.to or DEFAULT))
        settings = _in_zone(loaded.settings, self.timezone) if self.timezone else loaded.settings
        if self.state_dir:
            settings = replace(settings, logshipper=replace(settings.logshipper, state_dir=str(self.state_dir)))
        return replace(loaded, settings=settings)


def _with_output(settings: Settings, to: str) -> Settings:
    """Return the settings with the output of an address instead of their own."""
    other = settings_for((), to)
    outputs = {name: getattr(other, name) for name in OUTPUTS}
    state_dir = settings.logshipper.state_dir or other.logshipper.state_dir
    return replace(settings, logshipper=replace(settings.logshipper, state_dir=state_dir), **outputs)


def _from_ini(ini: str, logs: Sequence[str], to: str) -> Loaded:
    found = log_of(ini)
    settings = settings_for(logs or found.files, to)
    given = uwsgi_input(found, settings.inputs[0].files)
    return Loaded(replace(settings, inputs=[given]), tuple(found.notes))


def _in_zone(settings: Settings, zone: str) -> Settings:
    return replace(settings, inputs=[_input_in_zone(one, zone) for one in settings.inputs])


def _input_in_zone(given: Input, zone: str) -> Input:
    json = replace(given.json, timezone=zone, locations={}) if given.json else None
    return replace(given, grok=replace(given.grok, timezone=zone), json=json)


def check_log(name: str) -> None:
    """Raise UserError if a file that is given as a log is a settings file or uWSGI's configuration."""
    kind, option = _kind(name)
    if kind:
        raise UserError(f"{kind}, not a log", where=name, fix=f"give it as {option} {name}")


def _kind(name: str | Path) -> tuple[str, str]:
    """Return what a configuration file is, and the option that takes it; two empty texts for any other file."""
    try:
        found = os.open(name, os.O_RDONLY | os.O_NONBLOCK)  # a named pipe must not wait for a writer
        head = os.read(found, 2**16).decode("latin-1") if stat.S_ISREG(os.fstat(found).st_mode) else ""
        os.close(found)
    except OSError:
        return "", ""
    lines = (line.strip() for line in head.splitlines())
    if not _FIRST_LINE.match(next((line for line in lines if line and line[0] not in "#;"), "")):
        return "", ""
    if _SETTINGS.search(head):
        return "a settings file", "--config"
    return ("uWSGI's configuration", "--ini") if SECTION.search(head) else ("", "")


def settings_for(logs: Sequence[str], to: str) -> Settings:
    """Return the settings for log files and the address of an output. Raises UserError if it is not one."""
    files = [os.path.abspath(os.path.expanduser(name)) for name in logs]  # a shell leaves '~/app.log' in quotes
    source = Input(files=files, from_beginning=True)
    quiet = LogshipperSettings(metrics_address="")
    if to == "-":
        return Settings(inputs=[source], file=[FileOutputSettings(files=["stdout"])], logshipper=quiet)
    if "@" in to and not to.startswith("sqlite:"):  # what precedes it may be a password: show nothing of it
        fix = "set INFLUX_USER and INFLUX_PASSWORD in the environment, or use ~/.netrc"
        raise UserError("the URL after --to contains a user or password", fix=fix)
    parts = urlsplit(to)
    if parts.scheme == "sqlite" and not parts.netloc and parts.path.strip("/"):
        path = os.path.abspath(parts.path[1:])
        # The state is beside the file, so that both are kept, moved and removed together.
        state = replace(quiet, state_dir=f"{path}.state")
        return Settings(inputs=[source], sqlite=[SqliteSettings(path=path)], logshipper=state)
    if parts.scheme in ("http", "https"):
        if parts.query or parts.path.strip("/") in _INTERFACES:
            fix = f"give {parts.scheme}://{parts.netloc}/DATABASE"
            raise UserError("--to is the address of an interface, not of a database", fix=fix)
        return replace(_influxdb(parts, os.environ), inputs=[source], logshipper=quiet)
    raise UserError(f"--to {to!r} is not an output", fix="give sqlite:///FILE, http://HOST:8086/DATABASE, or -")


def _influxdb(parts: SplitResult, environment: Mapping[str, str]) -> Settings:
    """Return the output for a URL; its password or token is in the environment or, for 1.x, in ~/.netrc."""
    database, urls = parts.path.strip("/") or "telegraf", [f"{parts.scheme}://{parts.netloc}"]
    if token := environment.get("INFLUX_TOKEN"):
        organization = environment.get("INFLUX_ORG", "")
        return Settings(influxdb_v2=[InfluxDB2(urls=urls, bucket=database, token=token, organization=organization)])
    user, password = environment.get("INFLUX_USER", ""), environment.get("INFLUX_PASSWORD", "")
    if not user:
        user, password = from_netrc(parts.hostname or "")
    return Settings(influxdb=[InfluxDB1(urls=urls, database=database, username=user, password=password)])


_NETRC_FIX = "correct it, or set INFLUX_USER"


def from_netrc(host: str) -> tuple[str, str]:
    """Return user and password of a host in ~/.netrc; two empty texts if it has none."""
    try:
        found = netrc.netrc().authenticators(host)
    except FileNotFoundError:
        return "", ""
    except netrc.NetrcParseError as error:
        reason, _, _ = error.msg.partition(" '")  # the word that follows may be the password
        where = f" in line {error.lineno}" if error.lineno else ""
        raise UserError(f"cannot use ~/.netrc: {reason}{where}", fix=_NETRC_FIX) from None
    except OSError as error:
        raise UserError(f"cannot use ~/.netrc: {error}", fix=_NETRC_FIX) from error
    return (found[0], found[2] or "") if found else ("", "")


def log_behind(name: str) -> str:
    """Return the log whose rotated copy this file is, judging by the names beside it; otherwise the file itself."""
    path = os.path.abspath(name)
    folder = os.path.dirname(path)
    try:
        beside = [os.path.join(folder, other) for other in os.listdir(folder)]
    except OSError:
        return path
    return min((other for other in beside if is_beside(locations_of(other), path)), key=len, default=path)
