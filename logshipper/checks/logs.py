"""Checks that the log files are there, can be read by this user, and grow."""

import glob
import os
from collections.abc import Iterator, Sequence

from logshipper.checks.finding import Finding, bad, doubtful, good
from logshipper.checks.processes import Holder
from logshipper.follow.files import PlainFile, is_compressed, is_packed
from logshipper.follow.folders import matching
from logshipper.follow.obstacles import MISSING, fix_for, obstacle
from logshipper.follow.rotated import is_beside, locations_of, names_beside
from logshipper.words import lasting, size

# Seconds without a line after which one should look, and that a copy may be written to after its rotation.
QUIET, REOPENED = 3600.0, 60.0
_SHIPPERS = ("logshipper", "telegraf", "fluent-bit", "vector", "promtail", "filebeat")


def live_logs(files: Sequence[str]) -> list[str]:
    """Return the logs that an input follows: no rotated copy, nothing compressed, no folder."""
    names = dict.fromkeys(name for pattern in files for name in matching(pattern) if os.path.lexists(name))
    readable = [name for name in names if not is_packed(name) and not os.path.isdir(name)]
    places = {name: locations_of(name) for name in readable}
    return [name for name in readable if not any(is_beside(places[other], name) for other in readable if other != name)]


def is_readable(name: str) -> bool:
    """Return whether the shipper can read a log; a pipe would make whoever opens it wait."""
    try:
        PlainFile(name).close()
    except OSError:
        return False
    return True


def check_names(files: Sequence[str]) -> Iterator[Finding]:
    """Yield the names and wildcards that stand for no log."""
    for pattern in files:
        if live_logs([pattern]):
            continue
        found = matching(pattern) if glob.has_magic(pattern) else [pattern]
        what, fix = obstacle(found[0]) if found else (MISSING, "")
        if what == MISSING:
            fix = "correct files, or start uWSGI with this file as its logto (`logshipper check --ini` finds it)"
        yield bad("log", f"{pattern}: {what or 'cannot be followed'}", fix or "correct files")


def check_log(name: str, held: Sequence[Holder], now: float) -> Iterator[Finding]:
    """Yield what is to say of one log; `held` are the processes that have it open."""
    try:
        content = PlainFile(name)
        content.close()
    except OSError as error:
        yield bad("log", f"{name}: cannot be read: {error.strerror}", fix_for(name, error))
        return
    yield _growth(name, [one for one in held if one.file == name], now)
    yield from _readers(name, [one for one in held if one.file == name])


def _growth(name: str, held: Sequence[Holder], now: float) -> Finding:
    state = os.stat(name)
    gone = [one for one in held if one.writes and one.deleted]
    if gone:
        fix = f"let uWSGI open it again: touch its touch-logreopen file, or restart it; {_ROTATE}"
        return bad("log", f"{name}: {gone[0]} writes to a deleted file of this name", fix)
    copy = _written_copy(name, state.st_mtime)
    if copy:
        return bad("log", f"{name}: what is written goes to {copy}, which is newer", f"after a rotation {_ROTATE}")
    if not state.st_size:
        fix = "make a request; if it stays empty, correct files here or logto in uWSGI's configuration"
        return doubtful("log", f"{name}: empty", fix)
    age, writers = max(0.0, now - state.st_mtime), [one for one in held if one.writes]
    text = f"{name}: {size(state.st_size)}, last written {lasting(age)} ago"
    if age > QUIET and not writers:
        return doubtful("log", text, "make a request and check again; if it does not grow, uWSGI writes elsewhere")
    return good("log", f"{text} by {writers[0]}" if writers else text)


_ROTATE = "touch uWSGI's touch-logreopen file in logrotate's postrotate, or rotate with copytruncate"


def _written_copy(name: str, changed: float) -> str:
    """Return the rotated copy that is still written to, "" for none."""
    copies = [copy for copy in names_beside(locations_of(name)) if not is_compressed(copy)]
    newest = copies[-1] if copies else ""
    return newest if newest and os.stat(newest).st_mtime > changed + REOPENED else ""


def _readers(name: str, held: Sequence[Holder]) -> Iterator[Finding]:
    readers = {one.pid: one for one in held if not one.writes and one.name in _SHIPPERS}
    if len(readers) > 1:
        who = ", ".join(map(str, readers.values()))
        fix = "stop all but one, unless each writes to a database of its own"
        yield doubtful("log", f"{name}: {who} read it at the same time", fix)
