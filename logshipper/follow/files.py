"""An open file, plain or compressed, read at any place."""

import bz2
import errno
import gzip
import lzma
import os
import stat
import zlib
from collections.abc import Callable
from typing import IO, Any, Protocol

from logshipper.model import Key

COMPRESSED: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
# What a file can be compressed with that cannot be read here.
UNREADABLE = (".zst", ".lz4", ".lzo", ".lzma", ".Z", ".zip", ".7z", ".br")


class Damaged(OSError):  # noqa: N818 - a state of a file
    """A compressed file that cannot be unpacked: damaged, or not yet written to its end."""


class OpenFile(Protocol):
    """An open file: `real_name` is its name without symbolic links, when it was opened.

    `read_at` returns fewer bytes than asked for only at the end.
    """

    key: Key
    name: str
    real_name: str
    growing: bool

    def read_at(self, offset: int, count: int) -> bytes:
        """Return up to `count` bytes from `offset`."""

    def state(self) -> tuple[int, int, int]:
        """Return size in bytes (-1 where unknown), time of the last change in ns, number of names."""

    def next_data(self, offset: int) -> int:
        """Return where the next bytes that are no hole begin, at or after `offset`; the size where none follow."""

    def close(self) -> None:
        """Close the file; a second time it does nothing."""


class PlainFile:
    """A file as it is, read through a descriptor that stays valid when the file is renamed or deleted."""

    growing = True

    def __init__(self, name: str) -> None:
        """Open the file; OSError where that is not possible or it is not a regular file."""
        self.name, self.real_name = name, os.path.realpath(name)
        # Without O_NONBLOCK the opening of a named pipe would wait for a writer.
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
        # The time of the change of state cannot be set back, as `touch` does with the one of the data.
        return found.st_size, found.st_ctime_ns, found.st_nlink

    def next_data(self, offset: int) -> int:
        """Pass a hole; see `OpenFile`."""
        try:
            return os.lseek(self.fd, offset, os.SEEK_DATA)
        except OSError as error:
            size = os.fstat(self.fd).st_size
            return max(offset, size) if error.errno == errno.ENXIO else offset

    def close(self) -> None:
        """Close; see `OpenFile`."""
        # The number is forgotten: the next file that is opened may get it.
        handle, self.fd = self.fd, -1
        if handle >= 0:
            os.close(handle)


class CompressedFile:
    """A rotated file that was compressed: it is complete, and cheap to read forward only."""

    growing = False

    def __init__(self, name: str) -> None:
        """Open the file; OSError where that is not possible."""
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
            raise Damaged(0, f"damaged: {error}", self.name) from None

    def state(self) -> tuple[int, int, int]:
        """Look; see `OpenFile`."""
        return -1, self._mtime, 1

    def next_data(self, offset: int) -> int:
        """Pass a hole; see `OpenFile`."""
        return offset

    def close(self) -> None:
        """Close; see `OpenFile`."""
        self.file.close()


def open_file(name: str) -> OpenFile:
    """Open a file, compressed or not, by the end of its name; OSError where that is not possible."""
    return CompressedFile(name) if is_compressed(name) else PlainFile(name)


def is_compressed(name: str) -> bool:
    """Tell by the end of its name whether a file is compressed."""
    return os.path.splitext(name)[1] in COMPRESSED
