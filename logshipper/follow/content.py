"""An open file, plain or compressed, read at any place."""

import bz2
import errno
import gzip
import lzma
import os
import stat
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import IO, Any, Protocol

HEAD_BYTES = 1024
GUARD_BYTES = 512
COMPRESSED: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
# What a file can be compressed with that cannot be read here.
UNREADABLE = (".zst", ".lz4", ".lzo", ".lzma", ".Z", ".zip", ".7z", ".br")

Key = tuple[int, int]
"""Device and inode."""


class Damaged(OSError):  # noqa: N818 - a state of a file
    """A compressed file that cannot be unpacked: damaged, or not yet written to its end."""


class Content(Protocol):
    """An open file: `place` is its name without symbolic links, when it was opened.

    `read_at` returns fewer bytes than asked for only at the end.
    """

    key: Key
    name: str
    place: str
    growing: bool

    def read_at(self, offset: int, count: int) -> bytes:
        """Return up to `count` bytes from `offset`."""

    def state(self) -> tuple[int, int, int]:
        """Return size in bytes (-1 where unknown), time of the last change in ns, number of names."""

    def next_data(self, offset: int) -> int:
        """Return where the next bytes that are no hole begin, at or after `offset`; the size where none follow."""

    def close(self) -> None:
        """Close the file; a second time it does nothing."""


class PlainContent:
    """A file as it is, read through a descriptor that stays valid when the file is renamed or deleted."""

    growing = True

    def __init__(self, name: str) -> None:
        """Open the file; OSError where that is not possible or it is not a regular file."""
        self.name, self.place = name, os.path.realpath(name)
        # Without O_NONBLOCK the opening of a named pipe would wait for a writer.
        self.fd = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        found = os.fstat(self.fd)
        if not stat.S_ISREG(found.st_mode):
            os.close(self.fd)
            raise OSError(0, "not a regular file", name)
        self.key: Key = (found.st_dev, found.st_ino)

    def read_at(self, offset: int, count: int) -> bytes:
        """Read; see `Content`."""
        return os.pread(self.fd, count, max(0, offset))

    def state(self) -> tuple[int, int, int]:
        """Look; see `Content`."""
        found = os.fstat(self.fd)
        # The time of the change of state cannot be set back, as `touch` does with the one of the data.
        return found.st_size, found.st_ctime_ns, found.st_nlink

    def next_data(self, offset: int) -> int:
        """Pass a hole; see `Content`."""
        try:
            return os.lseek(self.fd, offset, os.SEEK_DATA)
        except OSError as error:
            size = os.fstat(self.fd).st_size
            return max(offset, size) if error.errno == errno.ENXIO else offset

    def close(self) -> None:
        """Close; see `Content`."""
        # The number is forgotten: the next file that is opened may get it.
        handle, self.fd = self.fd, -1
        if handle >= 0:
            os.close(handle)


class CompressedContent:
    """A rotated file that was compressed: it is complete, and cheap to read forward only."""

    growing = False

    def __init__(self, name: str) -> None:
        """Open the file; OSError where that is not possible."""
        self.name, self.place = name, os.path.realpath(name)
        self.file: IO[bytes] = COMPRESSED[os.path.splitext(name)[1]](name, "rb")
        found = os.stat(name)
        self.key: Key = (found.st_dev, found.st_ino)
        self._mtime = found.st_mtime_ns

    def read_at(self, offset: int, count: int) -> bytes:
        """Read; see `Content`."""
        try:
            self.file.seek(max(0, offset))
            return self.file.read(count)
        except (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile, ValueError) as error:
            raise Damaged(0, f"damaged: {error}", self.name) from None

    def state(self) -> tuple[int, int, int]:
        """Look; see `Content`."""
        return -1, self._mtime, 1

    def next_data(self, offset: int) -> int:
        """Pass a hole; see `Content`."""
        return offset

    def close(self) -> None:
        """Close; see `Content`."""
        self.file.close()


def open_content(name: str) -> Content:
    """Open a file, compressed or not, by the end of its name; OSError where that is not possible."""
    return CompressedContent(name) if is_compressed(name) else PlainContent(name)


def is_compressed(name: str) -> bool:
    """Tell by the end of its name whether a file is compressed."""
    return os.path.splitext(name)[1] in COMPRESSED


def digest(data: bytes) -> int:
    """Return the 64-bit hash by which contents are told apart."""
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big")


@dataclass(frozen=True, slots=True)
class Head:
    """The first line of a content: where it starts, how many bytes of it are hashed, and their hash.

    It starts after the NULs that a writer leaves in front when its file was truncated under it.
    """

    start: int
    length: int
    identity: int


def read_head(content: Content, final: bool = False) -> Head | None:
    """Return the head of a content; None while the first line is not complete.

    `final` takes a first line without its newline: nothing more will come.
    """
    start = content.next_data(0)
    block = content.read_at(start, HEAD_BYTES)
    while block and not block.strip(b"\0"):
        start = content.next_data(start + len(block))
        block = content.read_at(start, 64 * HEAD_BYTES)
    skipped = len(block) - len(block.lstrip(b"\0"))
    if skipped or len(block) > HEAD_BYTES:
        start += skipped
        block = content.read_at(start, HEAD_BYTES)
    line, newline, _ = block.partition(b"\n")
    if not newline and len(block) < HEAD_BYTES and not (final and block):
        return None
    return Head(start, len(line), digest(line))


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a content, fit to find it again: `guard` is the hash of the `guard_length` bytes before `offset`.

    `key` and `name` tell where the content was seen last: hints, which decide between contents that both fit.
    """

    head: Head
    offset: int
    guard_length: int = 0
    guard: int = 0
    key: Key = (0, 0)
    name: str = ""

    @property
    def is_blank(self) -> bool:
        """Tell whether the content held no whole line yet."""
        return self.head.length == 0 and self.offset == 0

    def is_in(self, content: Content) -> bool:
        """Tell whether a content is the marked one, as far as the mark."""
        first = content.read_at(self.head.start, self.head.length)
        if digest(first) != self.head.identity:
            return False
        before = content.read_at(self.offset - self.guard_length, self.guard_length)
        if len(before) < self.guard_length or 0 <= content.state()[0] < self.offset:
            return False
        return not self.guard_length or digest(before) == self.guard


def blank_mark(content: Content) -> Mark:
    """Return the mark of a content that holds no whole line yet."""
    return Mark(Head(0, 0, digest(b"")), 0, key=content.key, name=content.place)


def mark_after(head: Head, data: bytes, end: int, content: Content) -> Mark:
    """Return the mark at `end`, the end of `data`."""
    before = data[-GUARD_BYTES:]
    return Mark(head, end, len(before), digest(before), content.key, content.place)


def mark_at(head: Head, offset: int, content: Content) -> Mark:
    """Return the mark at a place of an open content; before the first line it has no guard."""
    length = max(0, min(GUARD_BYTES, offset - head.start))
    return mark_after(head, content.read_at(offset - length, length), offset, content)


def mark_last_line(content: Content) -> Mark | None:
    """Return the mark behind the last whole line of a plain file; None for one that holds none."""
    head = read_head(content)
    if head is None:
        return None
    stop = content.state()[0]
    while stop > head.start:
        begin = max(head.start, stop - 2**20)
        newline = content.read_at(begin, stop - begin).rfind(b"\n")
        if newline >= 0:
            return mark_at(head, begin + newline + 1, content)
        stop = begin
    return mark_at(head, head.start, content)


def same_so_far(one: Content, other: Content) -> bool:
    """Tell whether two contents are the same as far as the shorter one goes, judged by its beginning and its end."""
    sizes = [content.state()[0] for content in (one, other)]
    common = min(size for size in sizes if size >= 0) if max(sizes) >= 0 else 64 * HEAD_BYTES
    places = (0,) if min(sizes) < 0 else (0, max(0, common - GUARD_BYTES))
    for place in places:
        count = min(64 * HEAD_BYTES, common - place)
        first, second = one.read_at(place, count), other.read_at(place, count)
        length = min(len(first), len(second))
        if first[:length] != second[:length]:
            return False
    return True
