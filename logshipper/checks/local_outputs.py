"""Checks that outputs on this machine can be written, and that there is space."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from logshipper.checks.finding import Finding, bad, good
from logshipper.follow.obstacles import user_name
from logshipper.words import size

# Seconds to wait for a shipper that is writing.
_PATIENCE = 5.0


def check_file(name: str) -> Iterator[Finding]:
    """Yield whether points can be appended to a file."""
    if name == "stdout":
        yield good("output", "standard output")
        return
    path = Path(name).absolute()
    if problem := _problem(path):
        yield problem
    else:
        yield good("output", f"{path}: can be written; {size(shutil.disk_usage(path.parent).free)} free")


def check_sqlite(name: str) -> Iterator[Finding]:
    """Yield whether a row can be written into the SQLite file, in a transaction that is taken back."""
    path = Path(name).absolute()
    if problem := _problem(path):
        yield problem
        return
    free = f"{size(shutil.disk_usage(path.parent).free)} free"
    if not os.path.exists(path):
        yield good("output", f"{path}: will be created; {free}")
        return
    try:
        address = f"file:{quote(str(path))}?mode=rw"
        with closing(sqlite3.connect(address, uri=True, timeout=_PATIENCE, isolation_level=None)) as file:
            file.execute("BEGIN IMMEDIATE")
            file.execute("CREATE TABLE logshipper_check (value INTEGER)")
            file.execute("INSERT INTO logshipper_check VALUES (1)")
            found = file.execute("SELECT value FROM logshipper_check").fetchall()
            file.execute("ROLLBACK")
    except sqlite3.Error as error:
        fix = "give the path of the file that logshipper wrote, or of one that is not there yet"
        yield bad("output", f"{path}: a row cannot be written: {error}", fix)
        return
    yield good("output", f"{path}: {len(found)} row was written, read back and removed; {free}")


def _problem(path: Path) -> Finding | None:
    if os.path.isdir(path):
        return bad("output", f"{path}: a folder, not a file", f"name a file in it: {path / 'requests.db'}")
    target = path if os.path.exists(path) else path.parent
    if not os.access(target, os.W_OK):
        fix = f"chown {user_name()} {target} as root, or choose another file"
        return bad("output", f"{target}: this user may not write there", fix)
    return None
