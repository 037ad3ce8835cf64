"""Checks that uWSGI's configuration writes what is followed, and that its log can be read after a rotation."""

import fnmatch
import grp
import os
from collections.abc import Iterator, Sequence

from logshipper.checks.finding import Finding, bad, doubtful, good
from logshipper.follow.obstacles import joining
from logshipper.settings.options import Settings
from logshipper.uwsgi.logformat import RequestLog
from logshipper.uwsgi.options import Options, is_set, values


def check_uwsgi(ini: str, options: Options, log: RequestLog, settings: Settings) -> Iterator[Finding]:
    """Yield where uWSGI's options and the settings disagree."""
    if is_set(options, "disable-logging"):
        yield bad("uwsgi", f"{ini}: disable-logging is set, so requests are not logged", f"remove it from {ini}")
    if not log.files:
        fix = "add logto = /var/log/uwsgi/app.log and log-master = true"
        yield bad("uwsgi", f"{ini}: names no file for its log", fix)
    followed = [name for one in settings.inputs for name in one.files]
    for file in log.files:
        if not any(fnmatch.fnmatch(file, os.path.abspath(pattern)) for pattern in followed):
            yield bad("uwsgi", f"{ini}: requests go to {file}, which no input follows", f'set files = ["{file}"]')
            continue
        yield good("uwsgi", f"{ini}: requests go to {file}, which is followed")
        yield from _rotation(ini, file, options, log.notes)


def _rotation(ini: str, file: str, options: Options, notes: Sequence[str]) -> Iterator[Finding]:
    renames = [note for note in notes if note.startswith("uWSGI renames ")]
    if not renames:
        return
    if "overwrites" in renames[0]:
        fix = f"remove backupname in {ini}, so that each copy has a name of its own"
        yield doubtful("uwsgi", f"{ini}: {renames[0]}", fix)
    group = _group(file, options)
    if os.geteuid() == 0 or group is None or group in (os.getegid(), *os.getgroups()):
        yield good("uwsgi", f"{ini}: the log can be read after its rotation")
        return
    name = _name(group)
    what = f"{ini}: after its rotation only the group {name} can read {file}: uWSGI creates it with 0640"
    yield bad("uwsgi", what, joining(name))


def _group(file: str, options: Options) -> int | None:
    """Return the group of the next file; None for a file of our own, or if the group is not known."""
    wanted = values(options, "gid")[-1:]
    try:
        if os.stat(file).st_uid == os.geteuid():
            return None
        if not wanted:
            return os.stat(file).st_gid
        return int(wanted[0]) if wanted[0].isdecimal() else grp.getgrnam(wanted[0]).gr_gid
    except (OSError, KeyError):
        return None


def _name(group: int) -> str:
    try:
        return grp.getgrgid(group).gr_name
    except KeyError:
        return str(group)
