"""What a content is known by: the hash of its first line, and marks in it that can be found again."""

from logshipper.follow.files import Content
from logshipper.hashing import digest
from logshipper.model import Head, Mark

HEAD_BYTES = 1024
GUARD_BYTES = 512


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


def is_in(content: Content, mark: Mark) -> bool:
    """Tell whether a content is the marked one, as far as the mark."""
    first = content.read_at(mark.head.start, mark.head.length)
    if digest(first) != mark.head.identity:
        return False
    before = content.read_at(mark.offset - mark.guard_length, mark.guard_length)
    if len(before) < mark.guard_length or 0 <= content.state()[0] < mark.offset:
        return False
    return not mark.guard_length or digest(before) == mark.guard


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
