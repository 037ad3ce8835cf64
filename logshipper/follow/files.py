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
from typing import IO, Any, NamedTuple, Protocol

from logshipper.model import Key

COMPRESSED: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
# Compressed with something that this program cannot unpack.
UNREADABLE = (".zst", ".lz4", ".lzo", ".lzma", ".Z", ".zip", ".7z", ".br")


_BLOCK, _LOOK_BACK = 2**16, 2**12


class Damaged(OSError):  # noqa: N818 - a state of a file
    """A compressed file that cannot be unpacked: it is damaged, or not complete yet."""


class FileState(NamedTuple):
    """What an open file is now: its size in bytes (-1 if unknown), its last change in ns, and how many names it has."""

    size: int
    changed: int
    names: int


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

    def state(self) -> FileState:
        """Return the state of the file now."""

    def next_data(self, offset: int) -> int:
        """Return the offset of the next data that is not a hole, from `offset` on; the size if there is none."""

    def close(self) -> None:
        """Close the file; calling it again does nothing."""


class PlainFile:
    """A plain file, read through a descriptor that stays valid when the file is renamed or deleted."""

    growing = True

    def __init__(self, name: str, owner: int | None = None) -> None:
        """Open the file. Raises OSError; for `owner` see `open_file`."""
        self.name, self.real_name = name, os.path.realpath(name)
        self.fd, found = _descriptor(name, owner)
        self.key: Key = (found.st_dev, found.st_ino)

    def read_at(self, offset: int, count: int) -> bytes:
        """Read; see `OpenFile`."""
        return os.pread(self.fd, count, max(0, offset))

    def state(self) -> FileState:
        """Look; see `OpenFile`."""
        found = os.fstat(self.fd)
        # Unlike the mtime, the ctime cannot be set back with `touch`.
        return FileState(found.st_size, found.st_ctime_ns, found.st_nlink)

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

    def __init__(self, name: str, owner: int | None = None) -> None:
        """Open the file. Raises OSError; for `owner` see `open_file`."""
        self.name, self.real_name = name, os.path.realpath(name)
        handle, found = _descriptor(name, owner)
        self._raw = os.fdopen(handle, "rb")
        self.file: IO[bytes] = COMPRESSED[os.path.splitext(name)[1]](self._raw, "rb")
        self.key: Key = (found.st_dev, found.st_ino)
        self._mtime = found.st_mtime_ns

    def read_at(self, offset: int, count: int) -> bytes:
        """Read; see `OpenFile`."""
        try:
            self.file.seek(max(0, offset))
            return self.file.read(count)
        except (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile, ValueError) as error:
            raise Damaged(0, f"damaged: {error}", self.name) from error

    def state(self) -> FileState:
        """Look; see `OpenFile`."""
        return FileState(-1, self._mtime, 1)

    def next_data(self, offset: int) -> int:
        """Skip a hole; see `OpenFile`."""
        return offset

    def close(self) -> None:
        """Close; see `OpenFile`."""
        self.file.close()
        self._raw.close()


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

    def state(self) -> FileState:
        """Look; see `OpenFile`."""
        return FileState(-1, 0, 1)

    def next_data(self, offset: int) -> int:
        """Skip a hole; see `OpenFile`."""
        return offset

    def close(self) -> None:
        """Leave the pipe open: it is not ours."""


def open_file(name: str, owner: int | None = None) -> OpenFile:
    """Open a regular file, unpacking it if its name says that it is compressed. Raises OSError.

    With `owner` the name is not trusted: it must not be a link, and the file must belong to this user.
    """
    return CompressedFile(name, owner) if is_compressed(name) else PlainFile(name, owner)


class ForeignFile(OSError):  # noqa: N818 - a state of a file
    """A file that belongs to another user than the log."""


def _descriptor(name: str, owner: int | None) -> tuple[int, os.stat_result]:
    """Open a file, then look at what was opened: a look at the name before may have seen another file."""
    # Without O_NONBLOCK, opening a named pipe would wait for a writer.
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
    if owner is None:
        _refuse_planted_link(name)
    handle = os.open(name, flags if owner is None else flags | os.O_NOFOLLOW)
    found = os.fstat(handle)
    if stat.S_ISREG(found.st_mode) and owner in (None, found.st_uid):
        return handle, found
    os.close(handle)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(0, "not a regular file", name)
    raise ForeignFile(0, f"it belongs to user {found.st_uid}, not {owner}", name)


def _refuse_planted_link(name: str) -> None:
    """Refuse a link that its owner may have made to read a file of somebody else's through us."""
    link = os.lstat(name)
    if stat.S_ISLNK(link.st_mode) and link.st_uid not in (0, os.geteuid(), os.stat(name).st_uid):
        raise OSError(0, "a symbolic link to a file of another user", name)


def is_compressed(name: str) -> bool:
    """Return whether a file is compressed in a way that is read, judged by the end of its name."""
    return os.path.splitext(name)[1] in COMPRESSED


def is_packed(name: str) -> bool:
    """Return whether a file is compressed in whatever way, judged by the end of its name."""
    return is_compressed(name) or name.endswith(UNREADABLE)
