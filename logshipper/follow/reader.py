"""One content of a live log, open, with the place up to which it was read."""

from dataclasses import dataclass, replace

from logshipper.follow.files import Content
from logshipper.follow.fingerprint import is_in, mark_after, mark_at, read_head, same_so_far
from logshipper.hashing import digest
from logshipper.model import Chunk, Mark

MOST_LINE = 2**20
"""A longer line is never taken into memory as a whole. In bytes."""
_HOLE = b"\n" + bytes(4096)
_SCAN = 2**20
_NEVER = (-2, 0)


class ContentChanged(Exception):  # noqa: N818 - an event, which the source handles
    """The open file no longer holds the content that was read from it: it was truncated or written anew."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A chunk, the mark before it, and the one that a checkpoint may take when it is done.

    `peeked` tells that the chunk is a last line that has no newline yet: it was looked at only, so its mark stays
    before it, and when the line is complete it will be read again as a whole.
    """

    chunk: Chunk
    before: Mark
    mark: Mark
    peeked: bool = False


class Generation:
    """Reads one content forward, whole lines at a time."""

    def __init__(self, path: str, content: Content, mark: Mark | None = None) -> None:
        """`path` is the live log's name, `mark` the place to go on from."""
        self.path = path
        self.content = content
        self.mark = mark
        self.acknowledged = mark
        self.in_flight = 0
        self.size = mark.offset if mark else 0
        self.gone = False
        self._checked = False
        self._scanned = 0
        self._seen = self._peeked = _NEVER

    @property
    def offset(self) -> int:
        """Return the place up to which the content was read, in bytes."""
        return self.mark.offset if self.mark else 0

    def begin(self, final: bool = False) -> Mark | None:
        """Note the head of a content that is new, so that it is known again whatever becomes of the file."""
        if self.mark is None:
            head = read_head(self.content, final)
            if head:
                self.mark = self.acknowledged = mark_at(head, head.start, self.content)
                self.size = max(self.size, head.start + head.length)
        return self.mark

    def adopt(self, copy: Content) -> None:
        """Go on in another file that holds the same content."""
        self.content, self.gone, self._checked = copy, False, True
        self._seen = self._peeked = _NEVER

    def rewind(self, mark: Mark) -> None:
        """Go back to a mark: what follows it will be read again."""
        self.mark, self._scanned = mark, 0
        self._seen = self._peeked = _NEVER

    def is_of(self, content: Content, identity: int) -> bool:
        """Tell whether another file holds this content, or the beginning of it."""
        if self.mark is None or self.mark.head.identity != identity:
            return False
        try:
            return is_in(content, self.mark) if self.gone else same_so_far(self.content, content)
        except OSError:
            return False

    def has_news(self) -> bool:
        """Tell whether the file may hold something that was not looked at."""
        return not self.gone and self.content.state()[:2] != self._seen

    def lag(self) -> int:
        """Return how many bytes are there and not acknowledged; those of a compressed file are not known."""
        done = self.acknowledged.offset if self.acknowledged else 0
        size = self.size if self.gone else self.content.state()[0]
        return max(0, size - done)

    def read(self, limit: int, *, final: bool = False, peek: bool = False) -> Reading | None:
        """Return the next whole lines, about `limit` bytes at the most; None where there are none.

        With `final` the end of the file ends its last line too; with `peek` that line is looked at (see `Reading`).
        Raises ContentChanged, and OSError.
        """
        state = size, _ = self.content.state()[:2]
        if state == self._seen and not final and (not peek or self._peeked == state):
            return None
        mark = self.begin(final or peek)
        if mark is None:
            self._seen = state
            return None
        data = self._following(mark, limit)
        self.size = max(self.size, size, mark.offset)
        reading = self._cut(mark, data, limit, final, peek)
        if reading is None or reading.peeked:
            self._seen = state
        if reading is None:
            return None
        if reading.peeked:
            self._peeked = state
            return reading
        self._scanned = 0
        self.mark = reading.mark
        return reading

    def _following(self, mark: Mark, limit: int) -> bytes:
        """Return the bytes after the mark; that they follow the marked content is checked after reading them."""
        if not self.content.growing:
            return self._following_packed(mark, limit)
        block = self.content.read_at(mark.offset - mark.guard_length, limit + mark.guard_length)
        guard, data = block[: mark.guard_length], block[mark.guard_length :]
        if len(guard) < mark.guard_length or (mark.guard_length and digest(guard) != mark.guard):
            raise ContentChanged
        first = self.content.read_at(mark.head.start, mark.head.length)
        if digest(first) != mark.head.identity or self.content.state()[0] < mark.offset:
            raise ContentChanged
        return data

    def _following_packed(self, mark: Mark, limit: int) -> bytes:
        """Return the bytes after the mark; checked once: nobody writes here, and going back means unpacking again."""
        if not self._checked and not is_in(self.content, mark):
            raise ContentChanged
        self._checked = True
        return self.content.read_at(mark.offset, limit)

    def _cut(self, mark: Mark, data: bytes, limit: int, final: bool, peek: bool) -> Reading | None:
        if data.startswith(bytes(4096)):
            return self._after_hole(mark, limit, final, peek)
        hole = data.find(_HOLE)
        if hole >= 0:
            data = data[: hole + 1]
        end = data.rfind(b"\n") + 1
        if end:
            return self._reading(mark, data[:end])
        if len(data) < limit:
            if not data or not (final or peek):
                return None
            return self._reading(mark, data, last=True, peeked=not final)
        if limit < MOST_LINE:
            return self._cut(mark, self._following(mark, MOST_LINE), MOST_LINE, final, peek)
        return self._long_line(mark, final)

    def _after_hole(self, mark: Mark, limit: int, final: bool, peek: bool) -> Reading | None:
        """Go on behind a run of NULs: a hole that a writer has left, which holds no lines."""
        place = self.content.next_data(mark.offset)
        while block := self.content.read_at(place, _SCAN):
            text = block.lstrip(b"\0")
            place += len(block) - len(text)
            if text:
                beyond = replace(mark, offset=place, guard_length=0, guard=0)
                return self._cut(beyond, self.content.read_at(place, limit), limit, final, peek)
            place = self.content.next_data(place)
        return None

    def _long_line(self, mark: Mark, final: bool) -> Reading | None:
        """Look for the end of a line that is too long, and give its place without its bytes."""
        place = max(self._scanned, mark.offset + MOST_LINE)
        while block := self.content.read_at(place, _SCAN):
            newline = block.find(b"\n")
            if newline >= 0:
                return self._oversize(mark, place + newline + 1)
            place += len(block)
        self._scanned = place
        return self._oversize(mark, place, last=True) if final else None

    def _oversize(self, mark: Mark, end: int, last: bool = False) -> Reading:
        chunk = Chunk(self.path, mark.head.identity, mark.offset, b"", end, last=last, oversize=True)
        return Reading(chunk, mark, mark_at(mark.head, end, self.content))

    def _reading(self, mark: Mark, data: bytes, last: bool = False, peeked: bool = False) -> Reading:
        end = mark.offset + len(data)
        following = mark if peeked else mark_after(mark.head, data, end, self.content)
        whole = data + b"\n" if last else data
        return Reading(Chunk(self.path, mark.head.identity, mark.offset, whole, end, last), mark, following, peeked)
