"""What stands between this program and a log, and what to do about it, in words."""

import grp
import os
import pwd
import shlex
import stat
from pathlib import Path

from logshipper.follow.files import PlainFile, is_compressed, is_packed
from logshipper.follow.not_text import not_text

MISSING = "no such file"


def obstacle(name: str) -> tuple[str, str]:
    """Return why nobody tries to read a named log, and the fix; two empty texts if somebody does."""
    if os.path.isdir(name):
        return "a folder, so nothing is read", f"name its files: {os.path.join(name, '*.log')}"
    if is_compressed(name):
        return "compressed, so it is not followed", f"ship it once: logshipper backfill {name}"
    if is_packed(name):
        return "compressed, so it is not followed", "unpack it, then ship it once with `logshipper backfill`"
    try:
        return _content(name)
    except FileNotFoundError:
        folder = os.path.dirname(os.path.abspath(name))
        return MISSING, "check the name" if os.path.isdir(folder) else f"check the name, or mkdir -p {folder}"
    except OSError:
        return "", ""  # whoever reads it says so


def _content(name: str) -> tuple[str, str]:
    file = PlainFile(name)
    try:
        what, fix = not_text(file.read_at, name)
    finally:
        file.close()
    return (f"{what}, so its lines cannot be read", fix) if what else ("", "")


def fix_for(name: str, error: OSError) -> str:
    """Return what to do about a log that cannot be opened."""
    if isinstance(error, PermissionError):
        return _right_to_read(name)
    if error.strerror == "not a regular file":
        return "let the program write to a file, or pipe its output into `logshipper parse`"
    return "check the file and its disk"


def _right_to_read(name: str) -> str:
    folder = _closed_folder(name)
    if folder:
        group = _group(folder, stat.S_IXGRP)
        fix = joining(group) if group else f"setfacl -m u:{user_name()}:x {folder} as root"
        return f"let this user enter {folder}: {fix}"
    group = _group(name, stat.S_IRGRP)
    return joining(group) if group else f"setfacl -m u:{user_name()}:r {name} as root"


def _closed_folder(name: str) -> str:
    """Return the first folder above a file that this user may not enter, "" for none."""
    above = [os.path.dirname(os.path.abspath(name))]
    while above[-1] != "/":
        above.append(os.path.dirname(above[-1]))
    return next((one for one in reversed(above) if os.path.isdir(one) and not os.access(one, os.X_OK)), "")


def _group(name: str, right: int) -> str:
    """Return the group of a file if it has the right, else ""."""
    try:
        found = os.stat(name)
        if not found.st_mode & right:
            return ""
        # In a unit with PrivateUsers=yes every group that is not ours has this number: a shell outside knows its name.
        unknown = found.st_gid == _overflow_group()
        return f"$(stat -c %G {shlex.quote(name)})" if unknown else grp.getgrgid(found.st_gid).gr_name
    except (OSError, KeyError):
        return ""


def _overflow_group() -> int:
    try:
        return int(Path("/proc/sys/kernel/overflowgid").read_text())
    except OSError:
        return 65_534  # Linux's own choice


def user_name() -> str:
    """Return the name of this user, or the number of one that has none."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def joining(group: str) -> str:
    """Return what makes this user a member of a group."""
    return f"usermod -aG {group} {user_name()} as root, then start the shipper again"
