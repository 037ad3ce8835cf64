"""The first settings file: commented, and made for what was found on this machine."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from logshipper.package_data import folder
from logshipper.settings.options import Settings
from logshipper.uwsgi.logformat import RequestLog
from logshipper.uwsgi.snippet import format_settings, toml_string
from logshipper.wiring.command_line import settings_for

_HEAD = """\
# Settings of logshipper. The names are Telegraf's; what Telegraf does not have is under [logshipper].
#   logshipper check --config {name}     is everything in place?
#   logshipper run --config {name}       follow the logs and ship their lines
"""
_STATE = """
[logshipper]
  {mark}state_dir = "/var/lib/logshipper"    # the position in each log, and the quarantine
  # metrics_address = "127.0.0.1:9273"     # /metrics for Prometheus, /healthz, /livez
  {routes}
"""
_NO_ROUTES = '# routes_file = "routes.json"            # one tag for /user/1, /user/2, …; `logshipper routes` writes it'


@dataclass(frozen=True, slots=True)
class FoundLog:
    """How to read a log, and the configuration that says so; "" if there is none."""

    log: RequestLog
    configuration: str = ""


def whole_file(name: str, found: Sequence[FoundLog], to: str, *, for_service: bool = False, routes: str = "") -> str:
    """Return the text of the settings file. Raises UserError if `to` is not an output.

    `for_service`: the state is where the systemd unit has it. `routes`: the file of the application's routes.
    """
    named = f"routes_file = {_t(routes)}    # one tag for /user/1, /user/2, …" if routes else _NO_ROUTES
    state = _STATE.lstrip("\n").format(mark="" if for_service else "# ", routes=named)
    return "\n".join([_HEAD.format(name=name), *map(_input, found), _output(settings_for((), to)), state])


def _input(found: FoundLog) -> str:
    """Return the section of an input."""
    by = f"as {found.configuration} says" if found.configuration else "in uWSGI's own format"
    files = ", ".join(map(toml_string, found.log.files))
    lines = [
        f"# The requests of this log, {by}.",
        "[[inputs.tail]]",
        f"  files = [{files}]",
        "  from_beginning = true      # false: only what is appended from now on",
        *(f"  {line}" for line in format_settings(found.log)),
        '  # grok_timezone = "UTC"    # if uWSGI runs in another time zone than this machine',
        *(f"  # {note}" for note in found.log.notes),
    ]
    return "\n".join([*lines, ""])


def _output(settings: Settings) -> str:
    """Return the section of the output."""
    for database in settings.sqlite:
        return (
            f"# `logshipper view` shows this file in the browser.\n[[outputs.sqlite]]\n  path = {_t(database.path)}\n"
        )
    for one in settings.influxdb:
        secret = ['  # username = "shipper"', '  # password_file = "/etc/logshipper/password"']
        if one.username:
            secret = [f"  username = {_t(one.username)}", '  password = "${INFLUX_PASSWORD}"']
        lines = ["[[outputs.influxdb]]", f"  urls = [{_t(one.urls[0])}]", f"  database = {_t(one.database)}", *secret]
        return "\n".join([*lines, ""])
    for two in settings.influxdb_v2:
        lines = ["[[outputs.influxdb_v2]]", f"  urls = [{_t(two.urls[0])}]", '  token = "${INFLUX_TOKEN}"']
        lines += [f"  organization = {_t(two.organization)}", f"  bucket = {_t(two.bucket)}"]
        return "\n".join([*lines, ""])
    return '[[outputs.file]]\n  files = ["stdout"]\n'


def unit_file(program: str, config: str, group: str, logs: Sequence[str], database: str = "") -> str:
    """Return the systemd unit that runs this program with these settings.

    The group may read the logs; `database` is the SQLite file, if there is one.
    """
    text = (folder("systemd") / "logshipper.service").read_text("utf-8")
    text = text[text.index("[Unit]") :]
    paths = [program, config, *logs, database]
    changes = {
        "ExecStart": f"{program} run --config {config}",
        "SupplementaryGroups": group,
        "ProtectHome": "read-only" if any(path.startswith(("/home/", "/root/")) for path in paths) else "yes",
        "PrivateTmp": "no" if any(path.startswith(("/tmp/", "/var/tmp/")) for path in paths) else "yes",  # noqa: S108
    }
    for key, value in changes.items():
        line = f"{key}={value}".replace("\\", r"\\")
        text = re.sub(rf"^{key}=.*$", line, text, flags=re.MULTILINE)
    if database:
        writable = f"ProtectSystem=strict\nReadWritePaths={os.path.dirname(database)}"
        text = text.replace("ProtectSystem=strict", writable)
    return text


def plain_log(file: str) -> FoundLog:
    """Return a log in uWSGI's own format."""
    return FoundLog(RequestLog(("%{UWSGI_LOG}",), files=(os.path.abspath(file),)))


def only(found: FoundLog, file: str) -> FoundLog:
    """Return the log with another file."""
    return replace(found, log=replace(found.log, files=(os.path.abspath(file),)))


_t = toml_string
