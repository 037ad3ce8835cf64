"""Writing state safely: on the disk before we go on, readable by us alone, never through a planted link."""

import contextlib
import os
import stat
from pathlib import Path


def write_private(file: Path, data: bytes) -> None:
    """Write a new file that only this user can read. Raises OSError if something else was planted under its name."""
    try:
        if stat.S_ISREG(os.lstat(file).st_mode):
            file.unlink()  # a crash left it
    except FileNotFoundError:
        pass
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as opened:
        opened.write(data)
        opened.flush()
        os.fsync(handle)


def replace_private(file: Path, data: bytes, old: Path | None = None) -> None:
    """Replace a file by one that only this user can read; `old` is the name for the version before, if it is kept.

    A crash leaves one version or the other, and between the two renames only `old`. Raises OSError.
    """
    temporary = file.with_suffix(".tmp")
    write_private(temporary, data)
    if old:
        with contextlib.suppress(FileNotFoundError):
            os.replace(file, old)
    os.replace(temporary, file)
    sync_folder(file.parent)


def create_private(file: Path) -> None:
    """Create an empty file that only this user can read, unless it exists. Raises OSError for a link to nothing."""
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    except FileExistsError as error:
        if not file.is_file():
            raise OSError(0, "neither a file nor a link to one", str(file)) from error


def sync_folder(folder: Path) -> None:
    """Put a folder's new and renamed files on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
