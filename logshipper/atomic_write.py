"""Writing state so that it is on the disk, nobody else's, and never behind a link that somebody planted."""

import os
import stat
from pathlib import Path


def write_private(file: Path, data: bytes) -> None:
    """Write a new file that nobody else reads; one planted under its name is refused, a link not followed."""
    try:
        if stat.S_ISREG(os.lstat(file).st_mode):
            file.unlink()  # left behind by a crash
    except FileNotFoundError:
        pass
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as opened:
        opened.write(data)
        opened.flush()
        os.fsync(handle)


def sync_folder(folder: Path) -> None:
    """Make durable what was created and renamed in a folder."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
