"""One content of a live log, open, with the place up to which it was read."""

from dataclasses import dataclass, replace

from logshipper.follow.content import Content, Head, Mark, digest, mark_after, read_head
from logshipper.model import Chunk

MOST_LINE = 2**20
"""A longer line is never taken into memory as a whole. In bytes."""
_HOLE = b"\n" + bytes(4096)
_SCAN = 2**20


class ContentChanged(Exception):  # noqa: N818 - an event, which the source handles
    """The open file no longer holds the content that was read from it: it was truncated or written anew."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A chunk, and the mark behind it."""

    chunk: Chunk
    mark: Mark


class Generation:
    """Reads one content forward, whole lines at a time."""

    def __init__(self, path: str, content: Content, mark: Mark | None = None) -> None:
        """`path` is the live log's name, `mark` the place to go on from."""
        self.path = path
        self.content = content
        self.mark = mark
        self.acknowledged = mark
        self.in_flight = 0
        self.size = 0
        self.gone = False
        self._scanned = 0
        self._previous: Mark | None = None
        self._given_back = -1
        self._seen: tuple[int, int] = (-2, 0)

    @property
    def offset(self) -> int:
        """Return the place up to which the content was read, in bytes."""
        return self.mark.offset if self.mark else 0

    def has_news(self) -> bool:
        """Tell whether the file may hold something that was not looked at."""
        size, changed, _ = self.content.state()
        self.size = max(size, self.offset) if size >= 0 else self.offset
        return (size, changed) != self._seen

    def read(self, limit: int, final: bool = False) -> Reading | None:
        """Return the next whole lines, about `limit` bytes at the most; None where there are none.

        With `final` the end of the file ends its last line too. Raises ContentChanged, and OSError.
        """
        size, changed, _ = self.content.state()
        if (size, changed) == self._seen and not final:
            return None
        head = self.mark.head if self.mark else read_head(self.content, final)
        if head is None:
            self._seen = (size, changed)
            return None
        mark = self.mark or Mark(head, head.start, key=self.content.key)
        data = self._verified(mark, limit)
        self.size = max(size, mark.offset)
        reading = self._cut(mark, data, limit, final)
        if reading is None:
            self._seen = (size, changed) if size >= 0 else self._seen
            return None
        if reading.chunk.last and reading.mark.offset == self._given_back:
            return None
        self._scanned = 0
        self._previous, self.mark = self.mark, reading.mark
        return reading

    def unread(self, reading: Reading) -> None:
        """Give a reading back: it will be read again when the file has changed."""
        size, changed, _ = self.content.state()
        self.mark, self._previous = self._previous, None
        self._seen = (size, changed)
        self._given_back = reading.mark.offset

    def _verified(self, mark: Mark, limit: int) -> bytes:
        """Return the bytes after the mark; that they follow the marked content is checked after reading them."""
        block = self.content.read_at(mark.offset - mark.guard_length, limit + mark.guard_length)
        guard, data = block[: mark.guard_length], block[mark.guard_length :]
        if len(guard) < mark.guard_length or (mark.guard_length and digest(guard) != mark.guard):
            raise ContentChanged
        first = self.content.read_at(mark.head.start, mark.head.length)
        if digest(first) != mark.head.identity or 0 <= self.content.state()[0] < mark.offset:
            raise ContentChanged
        return data

    def _cut(self, mark: Mark, data: bytes, limit: int, final: bool) -> Reading | None:
        if data.startswith(b"\0" * 4096):
            return self._after_hole(mark, limit, final)
        hole = data.find(_HOLE)
        if hole >= 0:
            data = data[: hole + 1]
        end = data.rfind(b"\n") + 1
        if end:
            return self._reading(mark, data[:end])
        if len(data) < limit:
            return self._reading(mark, data, last=True) if final and data else None
        if limit < MOST_LINE:
            return self._cut(mark, self._verified(mark, MOST_LINE), MOST_LINE, final)
        return self._long_line(mark, final)

    def _after_hole(self, mark: Mark, limit: int, final: bool) -> Reading | None:
        """Go on behind a run of NULs: a hole that a writer has left, which holds no lines."""
        place = self.content.next_data(mark.offset)
        while True:
            block = self.content.read_at(place, _SCAN)
            text = block.lstrip(b"\0")
            if text or not block:
                break
            place = self.content.next_data(place + len(block))
        if not text:
            return None
        place += len(block) - len(text)
        beyond = replace(mark, offset=place, guard_length=0, guard=0)
        return self._cut(beyond, self.content.read_at(place, limit), limit, final)

    def _long_line(self, mark: Mark, final: bool) -> Reading | None:
        """Look for the end of a line that is too long, and give its place without its bytes."""
        place = max(self._scanned, mark.offset + MOST_LINE)
        while True:
            block = self.content.read_at(place, _SCAN)
            newline = block.find(b"\n")
            if newline >= 0:
                end = place + newline + 1
                break
            place += len(block)
            if len(block) < _SCAN:
                self._scanned = place
                if not final:
                    return None
                end = place
                break
        chunk = Chunk(self.path, mark.head.identity, mark.offset, b"", end, last=final, oversize=True)
        return Reading(chunk, replace(mark, offset=end, guard_length=0, guard=0))

    def _reading(self, mark: Mark, data: bytes, last: bool = False) -> Reading:
        end = mark.offset + len(data)
        following = mark_after(mark.head, data, end, self.content.key)
        whole = data + b"\n" if last else data
        return Reading(Chunk(self.path, mark.head.identity, mark.offset, whole, end, last), following)


def at_end(content: Content) -> Mark | None:
    """Return the mark behind the last whole line; None for a file that holds none."""
    head = read_head(content)
    size = content.state()[0]
    if head is None:
        return None
    stop = size
    while stop > head.start:
        begin = max(head.start, stop - _SCAN)
        block = content.read_at(begin, stop - begin)
        newline = block.rfind(b"\n")
        if newline >= 0:
            return mark_after(head, block[: newline + 1], begin + newline + 1, content.key)
        stop = begin
    return Mark(head, head.start, key=content.key)


def start_mark(head: Head, content: Content) -> Mark:
    """Return the mark before the first line."""
    return Mark(head, head.start, key=content.key)
