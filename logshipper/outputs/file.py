"""Line protocol to files or to standard output."""

import contextlib
import fcntl
import os
import stat
from collections.abc import Iterator, Sequence

from logshipper.errors import UserError
from logshipper.outputs.protocol import Acknowledged, RetryLater
from logshipper.outputs.torn_tail import torn_at
from logshipper.points import Points
from logshipper.stdout import write_out

# How many bytes at the end of a file are searched for a torn point; the next size is tried if the last was not enough.
_TAILS = (2**18, 2**22, 2**26)


@contextlib.contextmanager
def _alone(handle: int) -> Iterator[None]:
    """Lock the file against other writers, such as the processes of a backfill."""
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(handle, fcntl.LOCK_UN)


class _File:
    """A file that this process and others append to."""

    def __init__(self, name: str) -> None:
        """Open it and cut off the torn point that a killed writer left. Raises OSError."""
        self.handle = os.open(name, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        self._reader: int | None = None  # only for a regular file that we may read
        self._unsynced: tuple[int, int] | None = None  # where our unsynced bytes begin and end, if nobody's are between
        try:
            if stat.S_ISREG(os.fstat(self.handle).st_mode):
                with contextlib.suppress(PermissionError):
                    self._reader = os.open(f"/dev/fd/{self.handle}", os.O_RDONLY | os.O_CLOEXEC)
                with _alone(self.handle):
                    self._without_torn_point(os.fstat(self.handle).st_size)
        except OSError:
            self.close()
            raise

    def append(self, body: bytes) -> None:
        """Write the whole body, or nothing and raise OSError."""
        with _alone(self.handle):
            start = os.fstat(self.handle).st_size
            if not self._ends_with_line(start):  # a writer was killed in the middle of a line
                start = self._without_torn_point(start)
            try:
                view = memoryview(body)
                while view:
                    view = view[os.write(self.handle, view) :]
            except OSError:
                os.ftruncate(self.handle, start)
                raise
        first, end = self._unsynced or (start, start)
        self._unsynced = (first if end == start else start, start + len(body))

    def sync(self) -> None:
        """Sync what was appended; if that fails, cut it off, unless others have appended since, and raise OSError."""
        unsynced, self._unsynced = self._unsynced, None
        try:
            os.fsync(self.handle)
        except OSError:
            with _alone(self.handle):
                if unsynced and os.fstat(self.handle).st_size == unsynced[1]:
                    os.ftruncate(self.handle, unsynced[0])
            raise

    def _ends_with_line(self, size: int) -> bool:
        return self._reader is None or size == 0 or os.pread(self._reader, 1, size - 1) == b"\n"

    def _without_torn_point(self, size: int) -> int:
        """Cut off the torn point, which will be written again. Return the new size."""
        if self._reader is None:
            return size
        for length in _TAILS:
            start = max(0, size - length)
            position = torn_at(os.pread(self._reader, length, start), is_all=start == 0)
            if position is not None and start + position < size:
                os.ftruncate(self.handle, start + position)
                return start + position
            if position is not None or start == 0:
                break
        return size

    def close(self) -> None:
        for handle in (self.handle, self._reader):
            if handle is not None:
                os.close(handle)


class FileOutput:
    """Appends to each file; "stdout" is standard output.

    A file cannot overwrite a point: one that is written again after a crash appears twice, with the same time.
    """

    connections = 0

    def __init__(self, files: Sequence[str]) -> None:
        self.files = files
        self._opened: dict[str, _File] = {}

    def write(self, points: Points) -> Acknowledged:
        """Append points; see `Output`."""
        for name in self.files:
            if name == "stdout":
                write_out(points.body)
                continue
            try:
                if name not in self._opened:
                    self._opened[name] = _File(name)
                self._opened[name].append(points.body)
            except IsADirectoryError as error:
                raise UserError(
                    "a folder, not a file to write to", where=name, fix=f"write {name}/points.lp"
                ) from error
            except OSError as error:
                raise RetryLater("file", f"{name}: {error.strerror}") from error
        return Acknowledged()

    def sync(self) -> None:
        """Sync the files; see `Output`."""
        for name, file in self._opened.items():
            try:
                file.sync()
            except OSError as error:
                raise RetryLater("file", f"{name}: {error.strerror}") from error

    def close(self) -> None:
        """Close the files."""
        for file in self._opened.values():
            file.close()
        self._opened.clear()
