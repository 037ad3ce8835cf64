"""Line protocol to files or to standard output."""

import contextlib
import fcntl
import os
import re
import stat
import sys
from collections.abc import Iterator, Sequence

from logshipper.outputs import Hold

# The end of a point: of its last field, and its nanoseconds since 1970.
_END_OF_POINT = re.compile(rb"[\"\die] \d{16,19}\n")
_LONGEST_END = 23
_BLOCK, _MOST_TORN = 2**16, 2**26


@contextlib.contextmanager
def _alone(handle: int) -> Iterator[None]:
    """Keep others that append to the same file, the processes of a backfill, from doing so in between."""
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(handle, fcntl.LOCK_UN)


def _remove_torn_point(handle: int) -> None:
    """Cut off what stands behind the last whole point: somebody was killed while writing it, and it comes again.

    Where there is no point at all nothing is touched: it is somebody else's file.
    """
    found = os.fstat(handle)
    place = found.st_size
    if not stat.S_ISREG(found.st_mode):
        return
    tail = b""
    while place > max(0, found.st_size - _MOST_TORN):
        start = max(0, place - _BLOCK)
        tail = os.pread(handle, place - start, start) + tail[:_LONGEST_END]
        ends = [match.end() for match in _END_OF_POINT.finditer(tail)]
        if ends:
            os.ftruncate(handle, start + ends[-1])
            return
        place = start


class FileOutput:
    """Appends to each file, synced; "stdout" is standard output.

    A file cannot overwrite a point: what is written again after a crash stands there twice, with the same time.
    With `lazy` nothing is synced before `sync`: for one who notes what was delivered only now and then.
    """

    def __init__(self, files: Sequence[str]) -> None:
        self.files = files
        self.lazy = False
        self._handles: dict[str, int] = {}

    def write(self, body: bytes) -> None:
        """Append a body; see `Output`."""
        for name in self.files:
            if name == "stdout":
                self._to_stdout(body)
                continue
            try:
                self._append(name, body)
            except OSError as error:
                raise Hold("file", f"{name}: {error.strerror}") from None

    def _append(self, name: str, body: bytes) -> None:
        handle = self._handle(name)
        with _alone(handle):
            start = os.fstat(handle).st_size
            try:
                view = memoryview(body)
                while view:
                    view = view[os.write(handle, view) :]
            except OSError:
                os.ftruncate(handle, start)
                raise
        if self.lazy:
            return
        try:
            os.fsync(handle)
        except OSError:
            with _alone(handle):
                if os.fstat(handle).st_size == start + len(body):  # nobody has written behind it
                    os.ftruncate(handle, start)
            raise

    def _handle(self, name: str) -> int:
        if name not in self._handles:
            handle = os.open(name, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
            self._handles[name] = handle
            with _alone(handle):
                _remove_torn_point(handle)
        return self._handles[name]

    def sync(self) -> None:
        """Make durable what was written. Raises OSError; then it is not known what was."""
        for handle in self._handles.values():
            os.fsync(handle)

    def _to_stdout(self, body: bytes) -> None:
        sys.stdout.buffer.write(body)
        sys.stdout.buffer.flush()

    def close(self) -> None:
        """Close the files."""
        for handle in self._handles.values():
            os.close(handle)
        self._handles.clear()
