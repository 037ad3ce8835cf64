"""An open file, plain or compressed, that is read at any offset."""

import bz2
import errno
import gzip
import lzma
import os
import stat
import zlib
from collections.abc import Callable
from io import BufferedReader
from typing import IO, Any, Protocol

from logshipper.model import Key

COMPRESSED: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
# Compressed with something that this program cannot unpack.
UNREADABLE = (".zst", ".lz4", ".lzo", ".lzma", ".Z", ".zip", ".7z", ".br")


_BLOCK, _LOOK_BACK = 2**16, 2**12


class Damaged(OSError):  # noqa: N818 - a state of a file
    """A compressed file that cannot be unpacked: it is damaged, or not complete yet."""


class OpenFile(Protocol):
    """An open file. `real_name` was its name without symbolic links when it was opened.

    `growing` is true if somebody may still append to it.
    """

    key: Key
    name: str
    real_name: str
    growing: bool

    def read_at(self, offset: int, count: int) -> bytes:
        """Return `count` bytes from `offset`; fewer only at the end."""

    def state(self) -> tuple[int, int, int]:
        """Return the size in bytes (-1 if unknown), the time of the last change in ns, and the number of names."""

    def next_data(self, offset: int) -> int:
        """Return the offset of the next data that is not a hole, from `offset` on; the size if there is none."""

    def close(self) -> None:
        """Close the file; calling it again does nothing."""


class PlainFile:
    """A plain file, read through a descriptor that stays valid when the file is renamed or deleted."""

    growing = True

    def __init__(self, name: str) -> None:
        """Open the file. Raises OSError if that fails or it is not a regular file."""
        self.name, self.real_name = name, os.path.realpath(name)
        # Without O_NONBLOCK, opening a named pipe would wait for a writer.
        self.fd = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        found = os.fstat(self.fd)
        if not stat.S_ISREG(found.st_mode):
            os.close(self.fd)
            raise OSError(0, "not a regular file", name)
        self.key: Key = (found.st_dev, found.st_ino)

    def read_at(self, offset: int, count: int) -> bytes:
        """Read; see `OpenFile`."""
        return os.pread(self.fd, count, max(0, offset))

    def state(self) -> tuple[int, int, int]:
        """Look; see `OpenFile`."""
        found = os.fstat(self.fd)
        # Unlike the mtime, the ctime cannot be set back with `touch`.
        return found.st_size, found.st_ctime_ns, found.st_nlink

    def next_data(self, offset: int) -> int:
        """Skip a hole; see `OpenFile`."""
        try:
            return os.lseek(self.fd, offset, os.SEEK_DATA)
        except OSError as error:
            size = os.fstat(self.fd).st_size
            return max(offset, size) if error.errno == errno.ENXIO else offset

    def close(self) -> None:
        """Close; see `OpenFile`."""
        # Forget the number: the next file that is opened may get it.
        handle, self.fd = self.fd, -1
        if handle >= 0:
            os.close(handle)


class CompressedFile:
    """A compressed file: it is complete, and only reading forward is cheap."""

    growing = False

    def __init__(self, name: str) -> None:
        """Open the file. Raises OSError if that fails."""
        self.name, self.real_name = name, os.path.realpath(name)
        self.file: IO[bytes] = COMPRESSED[os.path.splitext(name)[1]](name, "rb")
        found = os.stat(name)
        self.key: Key = (found.st_dev, found.st_ino)
        self._mtime = found.st_mtime_ns

    def read_at(self, offset: int, count: int) -> bytes:
        """Read; see `OpenFile`."""
        try:
            self.file.seek(max(0, offset))
            return self.file.read(count)
        except (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile, ValueError) as error:
            raise Damaged(0, f"damaged: {error}", self.name) from error

    def state(self) -> tuple[int, int, int]:
        """Look; see `OpenFile`."""
        return -1, self._mtime, 1

    def next_data(self, offset: int) -> int:
        """Skip a hole; see `OpenFile`."""
        return offset

    def close(self) -> None:
        """Close; see `OpenFile`."""
        self.file.close()


class Stream:
    """A pipe, which can be read forward only; the bytes just before the present offset are kept for a look back."""

    key: Key = (0, 0)
    growing = False

    def __init__(self, file: BufferedReader) -> None:
        self.name = self.real_name = "-"
        self.file = file
        self._start, self._data, self._ended = 0, b"", False

    def read_at(self, offset: int, count: int) -> bytes:
        """Read; fewer bytes also if a whole line is among them, so that lines pass on as they come."""
        position = offset - self._start
        while not self._ended and len(self._data) < position + count and self._data.find(b"\n", max(0, position)) < 0:
            block = self.file.read1(_BLOCK)
            self._ended = not block
            self._data += block
        found = self._data[max(0, position) : position + count]
        passed = max(0, position - _LOOK_BACK)
        self._start, self._data = self._start + passed, self._data[passed:]
        return found

    def state(self) -> tuple[int, int, int]:
        """Look; see `OpenFile`."""
        return -1, 0, 1

    def next_data(self, offset: int) -> int:
        """Skip a hole; see `OpenFile`."""
        return offset

    def close(self) -> None:
        """Leave the pipe open: it is not ours."""


def open_file(name: str) -> OpenFile:
    """Open a file, unpacking it if its name says that it is compressed. Raises OSError."""
    return CompressedFile(name) if is_compressed(name) else PlainFile(name)


def is_compressed(name: str) -> bool:
    """Return whether a file is compressed, judged by the end of its name."""
    return os.path.splitext(name)[1] in COMPRESSED
