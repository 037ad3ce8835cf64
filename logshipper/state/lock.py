"""The state folder: private, and used by one shipper at a time; a second one would overwrite its checkpoints."""

import fcntl
import os
import stat
from pathlib import Path

from logshipper.errors import RunError, UserError


def own_folder(folder: Path) -> None:
    """Create a private folder if it is missing. Raises OSError if a link is in its place or another user owns it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode):
        raise OSError(0, "a link, not a folder", str(folder))
    if found.st_uid not in (os.geteuid(), 0):
        raise OSError(0, "another user owns it", str(folder))


class StateLock:
    """Holds the folder's lock until `release` or the end of the process, however it ends."""

    def __init__(self, folder: Path) -> None:
        """Take the lock. Raises UserError if the folder cannot be used, RunError if it is in use."""
        try:
            own_folder(folder)
            self._handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            fix = "set state_dir in [logshipper] to a folder that this user owns"
            raise UserError(f"cannot use the state folder: {error.strerror}", where=str(folder), fix=fix) from error
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._handle)
            fix = "stop it, or set another state_dir"
            raise RunError("another logshipper uses this state folder", where=str(folder), fix=fix) from error
        # A worker that outlives a killed shipper must not keep the lock from the next shipper.
        os.register_at_fork(after_in_child=self.release)

    def release(self) -> None:
        """Give the lock back."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
