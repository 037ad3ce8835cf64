"""Checks that this user may write to the state folder, that there is space, and who uses it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from logshipper.checks.finding import Finding, bad, doubtful, good
from logshipper.checks.processes import lock_holder
from logshipper.follow.obstacles import user_name
from logshipper.settings.options import Settings
from logshipper.wiring.state import state_folder
from logshipper.words import size

# Bytes that should be free: checkpoints are small, but a full disk stops them.
LITTLE, TOO_LITTLE = 200 * 10**6, 10**6


def check_state(settings: Settings) -> Iterator[Finding]:
    """Yield whether checkpoints can be saved in the folder."""
    folder = state_folder(settings)
    there = next(one for one in (folder, *folder.parents) if os.path.lexists(one))
    problem = _problem(folder, there)
    if problem:
        yield bad("state", f"{folder}: {problem}", _fix(folder))
        return
    if foreign := _foreign(folder):
        fix = f"chown -R {user_name()} {folder} as root, and run the shipper as this user only"
        yield bad("state", f"{folder}: another user owns {foreign} in it", fix)
    pid = lock_holder(folder / "lock")
    yield _space(folder, shutil.disk_usage(there).free, f"a shipper (pid {pid}) uses it" if pid else "not in use now")


def _problem(folder: Path, there: Path) -> str:
    """Return why the folder cannot be used, "" if it can; `there` is the first folder above it that exists."""
    if not there.is_dir():
        return "a file is in its way" if there != folder else "not a folder"
    if there == folder and folder.is_symlink():
        return "a link, not a folder"
    if there == folder and os.stat(folder).st_uid not in (os.geteuid(), 0):
        return "another user owns it"
    if not os.access(there, os.W_OK | os.X_OK):
        return "this user may not write there" if there == folder else f"missing, and {there} is not writable"
    return ""


def _fix(folder: Path) -> str:
    made = f"install -d -m 700 -o {user_name()} {folder} as root"
    if os.geteuid() == 0 and folder.is_dir():
        return f"if its shipper runs as {folder.owner()}, check with --user {folder.owner()}; else {made}"
    return f"{made}, or set state_dir in [logshipper] to another folder (the systemd unit's is /var/lib/logshipper)"


def _foreign(folder: Path) -> str:
    """Return what a shipper of another user has left in the folder, "" for nothing."""
    if os.geteuid() == 0 or not folder.is_dir():
        return ""
    return next((one.name for one in sorted(folder.iterdir()) if one.lstat().st_uid != os.geteuid()), "")


def _space(folder: Path, free: int, used: str) -> Finding:
    text = f"{folder}: {used}; {size(free)} free"
    if free < TOO_LITTLE:
        return bad("state", text, "free space on that disk, or set state_dir in [logshipper] to another one")
    if free < LITTLE:
        return doubtful("state", text, "free space on that disk before it is full: then no checkpoint can be saved")
    return good("state", text)
