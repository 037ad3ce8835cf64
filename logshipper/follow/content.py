"""An open file, plain or compressed, read at any place."""

import bz2
import gzip
import lzma
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import IO, Any, Protocol

HEAD_BYTES = 1024
GUARD_BYTES = 512
COMPRESSED: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}

Key = tuple[int, int]
"""Device and inode."""


class Content(Protocol):
    """An open file. `read_at` returns fewer bytes than asked for only at the end."""

    key: Key
    name: str
    growing: bool

    def read_at(self, offset: int, count: int) -> bytes:
        """Return up to `count` bytes from `offset`."""

    def state(self) -> tuple[int, int, int]:
        """Return size in bytes (-1 where unknown), time of the last change in ns, number of names."""

    def next_data(self, offset: int) -> int:
        """Return where the next bytes that are no hole begin, at or after `offset`."""

    def close(self) -> None:
        """Close the file."""


class PlainContent:
    """A file as it is, read through a descriptor that stays valid when the file is renamed or deleted."""

    growing = True

    def __init__(self, name: str) -> None:
        """Open the file; OSError where that is not possible or it is not a regular file."""
        self.name = name
        # Without O_NONBLOCK the opening of a named pipe would wait for a writer.
        self.fd = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        found = os.fstat(self.fd)
        if not stat.S_ISREG(found.st_mode):
            os.close(self.fd)
            raise OSError(0, "not a regular file", name)
        self.key: Key = (found.st_dev, found.st_ino)

    def read_at(self, offset: int, count: int) -> bytes:
        return os.pread(self.fd, count, offset)

    def state(self) -> tuple[int, int, int]:
        found = os.fstat(self.fd)
        return found.st_size, found.st_mtime_ns, found.st_nlink

    def next_data(self, offset: int) -> int:
        try:
            return os.lseek(self.fd, offset, os.SEEK_DATA)
        except OSError:
            return offset

    def close(self) -> None:
        os.close(self.fd)


class CompressedContent:
    """A rotated file that was compressed: it is complete, and read forward."""

    growing = False

    def __init__(self, name: str) -> None:
        """Open the file; OSError where that is not possible."""
        self.name = name
        self.file: IO[bytes] = COMPRESSED[os.path.splitext(name)[1]](name, "rb")
        found = os.stat(name)
        self.key: Key = (found.st_dev, found.st_ino)
        self._mtime = found.st_mtime_ns

    def read_at(self, offset: int, count: int) -> bytes:
        try:
            self.file.seek(offset)
            return self.file.read(count)
        except (EOFError, lzma.LZMAError) as error:
            raise OSError(0, f"damaged: {error}", self.name) from None

    def state(self) -> tuple[int, int, int]:
        return -1, self._mtime, 1

    def next_data(self, offset: int) -> int:
        return offset

    def close(self) -> None:
        self.file.close()


def open_content(name: str) -> Content:
    """Open a file, compressed or not, by the end of its name; OSError where that is not possible."""
    return CompressedContent(name) if os.path.splitext(name)[1] in COMPRESSED else PlainContent(name)


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

    `key` is where the content was seen last, a hint.
    """

    head: Head
    offset: int
    guard_length: int = 0
    guard: int = 0
    key: Key = (0, 0)

    def is_in(self, content: Content) -> bool:
        """Tell whether a content is the marked one, as far as the mark."""
        first = content.read_at(self.head.start, self.head.length)
        if digest(first) != self.head.identity:
            return False
        before = content.read_at(self.offset - self.guard_length, self.guard_length)
        if len(before) < self.guard_length or 0 <= content.state()[0] < self.offset:
            return False
        return not self.guard_length or digest(before) == self.guard


def mark_after(head: Head, data: bytes, end: int, key: Key) -> Mark:
    """Return the mark at `end`, the end of `data`."""
    before = data[-GUARD_BYTES:]
    return Mark(head, end, len(before), digest(before), key)
