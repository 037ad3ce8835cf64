"""One open content of a log, read forward in whole lines."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from logshipper.follow.files import OpenFile
from logshipper.follow.fingerprint import bookmark_after, bookmark_at, is_in, read_fingerprint, same_so_far
from logshipper.hashing import digest
from logshipper.model import Bookmark, Chunk

MAX_LINE_BYTES = 2**20
"""A longer line is never read into memory as a whole."""
_HOLE = b"\n" + bytes(4096)
_SCAN = 2**20
_NEVER = (-2, 0)


class FileChanged(Exception):  # noqa: N818 - an event, which the log handles
    """The open file no longer holds the content that was read from it: it was truncated or overwritten."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A chunk, the bookmark before it, and the bookmark that a checkpoint may save when the chunk is settled.

    `peeked`: the chunk is a last line that has no newline yet. Both bookmarks are before it, so the line is read again
    when it is complete.
    """

    chunk: Chunk
    before: Bookmark
    bookmark: Bookmark
    peeked: bool = False


def blocks(content: OpenFile, start: int, end: int) -> Iterator[bytes]:
    """Yield the bytes [start, end) of a content, a MiB at a time. Raises OSError if they are gone."""
    while start < end:
        block = content.read_at(start, min(_SCAN, end - start))
        if not block:
            raise OSError(0, "the file was truncated meanwhile", content.name)
        yield block
        start += len(block)


class Reader:
    """Reads one content forward, whole lines at a time."""

    def __init__(self, path: str, content: OpenFile, bookmark: Bookmark | None = None) -> None:
        """`path` is the log's name, `bookmark` where to go on; None for a content that is new."""
        self.path = path
        self.content = content
        self.bookmark = bookmark
        self.acknowledged = bookmark
        self.in_flight = 0
        self.size = bookmark.offset if bookmark else 0
        self.gone = False
        self._checked = False
        self._scanned = 0
        self._seen = self._peeked = _NEVER

    @property
    def offset(self) -> int:
        """Return how far the content was read, in bytes."""
        return self.bookmark.offset if self.bookmark else 0

    def begin(self, final: bool = False) -> Bookmark | None:
        """Fingerprint a content that is new, so that it is recognised whatever happens to the file."""
        if self.bookmark is None:
            fingerprint = read_fingerprint(self.content, final)
            if fingerprint:
                self.bookmark = self.acknowledged = bookmark_at(fingerprint, fingerprint.start, self.content)
                self.size = max(self.size, fingerprint.start + fingerprint.length)
        return self.bookmark

    def adopt(self, copy: OpenFile) -> None:
        """Continue in another file that holds the same content."""
        self.content, self.gone, self._checked = copy, False, True
        self._seen = self._peeked = _NEVER

    def rewind(self, bookmark: Bookmark) -> None:
        """Go back to a bookmark: the lines after it will be read again."""
        self.bookmark, self._scanned = bookmark, 0
        self._seen = self._peeked = _NEVER

    def is_of(self, content: OpenFile, first_line_hash: int) -> bool:
        """Return whether another file holds this content, or the start of it."""
        if self.bookmark is None or self.bookmark.fingerprint.hash != first_line_hash:
            return False
        try:
            return is_in(content, self.bookmark) if self.gone else same_so_far(self.content, content)
        except OSError:
            return False

    def has_news(self) -> bool:
        """Return whether the file has changed since it was last read to its end."""
        return not self.gone and self.content.state()[:2] != self._seen

    def lag(self) -> int:
        """Return how many bytes are not acknowledged yet; 0 for a compressed file, whose size is unknown."""
        done = self.acknowledged.offset if self.acknowledged else 0
        size = self.size if self.gone else self.content.state().size
        return max(0, size - done)

    def read(self, limit: int, *, final: bool = False, peek: bool = False) -> Reading | None:
        """Return the next whole lines, at most about `limit` bytes; None if there are none.

        `final` also takes a last line without a newline for good; `peek` shows it (see `Reading`). Raises FileChanged
        and OSError.
        """
        state = size, _ = self.content.state()[:2]
        if state == self._seen and not final and (not peek or self._peeked == state):
            return None
        bookmark = self.begin(final or peek)
        if bookmark is None:
            self._seen = state
            return None
        data = self._read_after(bookmark, limit)
        self.size = max(self.size, size, bookmark.offset)
        reading = self._cut(bookmark, data, limit, final, peek)
        if reading is None or reading.peeked:
            self._seen = state
        if reading is None:
            return None
        if reading.peeked:
            self._peeked = state
            return reading
        self._scanned = 0
        self.bookmark = reading.bookmark
        return reading

    def _read_after(self, bookmark: Bookmark, limit: int) -> bytes:
        """Return the bytes after the bookmark. Read, then check whose they are: the file may change in between."""
        if not self.content.growing:
            return self._read_compressed(bookmark, limit)
        block = self.content.read_at(bookmark.offset - bookmark.tail_length, limit + bookmark.tail_length)
        tail, data = block[: bookmark.tail_length], block[bookmark.tail_length :]
        if len(tail) < bookmark.tail_length or (bookmark.tail_length and digest(tail) != bookmark.tail_hash):
            raise FileChanged
        first = self.content.read_at(bookmark.fingerprint.start, bookmark.fingerprint.length)
        if digest(first) != bookmark.fingerprint.hash or self.content.state().size < bookmark.offset:
            raise FileChanged
        return data

    def _read_compressed(self, bookmark: Bookmark, limit: int) -> bytes:
        """Return the bytes after the bookmark. Check once: nobody writes here, and going back unpacks it again."""
        if not self._checked and not is_in(self.content, bookmark):
            raise FileChanged
        self._checked = True
        return self.content.read_at(bookmark.offset, limit)

    def _cut(self, bookmark: Bookmark, data: bytes, limit: int, final: bool, peek: bool) -> Reading | None:
        if data.startswith(bytes(4096)):
            return self._after_hole(bookmark, limit, final, peek)
        hole = data.find(_HOLE) if b"\0" in data else -1  # one byte is found much faster than a long text
        if hole >= 0:
            data = data[: hole + 1]
        end = data.rfind(b"\n") + 1
        if end:
            return self._reading(bookmark, data[:end])
        if len(data) < limit:
            if not data or not (final or peek):
                return None
            return self._reading(bookmark, data, last=True, peeked=not final)
        if limit < MAX_LINE_BYTES:
            return self._cut(bookmark, self._read_after(bookmark, MAX_LINE_BYTES), MAX_LINE_BYTES, final, peek)
        return self._long_line(bookmark, final)

    def _after_hole(self, bookmark: Bookmark, limit: int, final: bool, peek: bool) -> Reading | None:
        """Continue after a run of NULs, which holds no lines: a writer left a hole when its file was truncated."""
        offset = self.content.next_data(bookmark.offset)
        while block := self.content.read_at(offset, _SCAN):
            text = block.lstrip(b"\0")
            offset += len(block) - len(text)
            if text:
                beyond = replace(bookmark, offset=offset, tail_length=0, tail_hash=0)
                return self._cut(beyond, self.content.read_at(offset, limit), limit, final, peek)
            offset = self.content.next_data(offset)
        return None

    def _long_line(self, bookmark: Bookmark, final: bool) -> Reading | None:
        """Find the end of a line that is too long, and return where it is without its bytes."""
        offset = max(self._scanned, bookmark.offset + MAX_LINE_BYTES)
        while block := self.content.read_at(offset, _SCAN):
            newline = block.find(b"\n")
            if newline >= 0:
                return self._oversize(bookmark, offset + newline + 1)
            offset += len(block)
        self._scanned = offset
        return self._oversize(bookmark, offset, last=True) if final else None

    def _oversize(self, bookmark: Bookmark, end: int, last: bool = False) -> Reading:
        parts = partial(blocks, self.content, bookmark.offset, end if last else end - 1)
        chunk = Chunk(self.path, bookmark.fingerprint.hash, bookmark.offset, b"", end, last, oversize=True, parts=parts)
        return Reading(chunk, bookmark, bookmark_at(bookmark.fingerprint, end, self.content))

    def _reading(self, bookmark: Bookmark, data: bytes, last: bool = False, peeked: bool = False) -> Reading:
        end = bookmark.offset + len(data)
        following = bookmark if peeked else bookmark_after(bookmark.fingerprint, data, end, self.content)
        whole = data + b"\n" if last else data
        return Reading(
            Chunk(self.path, bookmark.fingerprint.hash, bookmark.offset, whole, end, last), bookmark, following, peeked
        )

    def rest(self, limit: int, end: int = -1, *, final: bool = True) -> Iterator[Chunk]:
        """Yield the chunks up to the offset `end`, or to the end of the file. For files that are not rotated meanwhile.

        `final` takes a last line without a newline too. Raises FileChanged and OSError.
        """
        while end < 0 or self.offset < end:
            reading = self.read(limit if end < 0 else min(limit, end - self.offset), final=final)
            if reading is None:
                return
            yield reading.chunk
