"""What a content is known by: the hash of its first line, and marks in it that can be found again."""

from logshipper.follow.files import OpenFile
from logshipper.hashing import digest
from logshipper.model import Bookmark, Fingerprint

FINGERPRINT_BYTES = 1024
TAIL_BYTES = 512


def read_fingerprint(content: OpenFile, final: bool = False) -> Fingerprint | None:
    """Return the head of a content; None while the first line is not complete.

    `final` takes a first line without its newline: nothing more will come.
    """
    start = content.next_data(0)
    block = content.read_at(start, FINGERPRINT_BYTES)
    while block and not block.strip(b"\0"):
        start = content.next_data(start + len(block))
        block = content.read_at(start, 64 * FINGERPRINT_BYTES)
    skipped = len(block) - len(block.lstrip(b"\0"))
    if skipped or len(block) > FINGERPRINT_BYTES:
        start += skipped
        block = content.read_at(start, FINGERPRINT_BYTES)
    line, newline, _ = block.partition(b"\n")
    if not newline and len(block) < FINGERPRINT_BYTES and not (final and block):
        return None
    return Fingerprint(start, len(line), digest(line))


def is_in(content: OpenFile, bookmark: Bookmark) -> bool:
    """Tell whether a content is the marked one, as far as the mark."""
    first = content.read_at(bookmark.fingerprint.start, bookmark.fingerprint.length)
    if digest(first) != bookmark.fingerprint.hash:
        return False
    before = content.read_at(bookmark.offset - bookmark.tail_length, bookmark.tail_length)
    if len(before) < bookmark.tail_length or 0 <= content.state()[0] < bookmark.offset:
        return False
    return not bookmark.tail_length or digest(before) == bookmark.tail_hash


def blank_bookmark(content: OpenFile) -> Bookmark:
    """Return the mark of a content that holds no whole line yet."""
    return Bookmark(Fingerprint(0, 0, digest(b"")), 0, key=content.key, name=content.real_name)


def bookmark_after(fingerprint: Fingerprint, data: bytes, end: int, content: OpenFile) -> Bookmark:
    """Return the mark at `end`, the end of `data`."""
    before = data[-TAIL_BYTES:]
    return Bookmark(fingerprint, end, len(before), digest(before), content.key, content.real_name)


def bookmark_at(fingerprint: Fingerprint, offset: int, content: OpenFile) -> Bookmark:
    """Return the mark at a place of an open content; before the first line it has no guard."""
    length = max(0, min(TAIL_BYTES, offset - fingerprint.start))
    return bookmark_after(fingerprint, content.read_at(offset - length, length), offset, content)


def bookmark_last_line(content: OpenFile) -> Bookmark | None:
    """Return the mark behind the last whole line of a plain file; None for one that holds none."""
    fingerprint = read_fingerprint(content)
    if fingerprint is None:
        return None
    stop = content.state()[0]
    while stop > fingerprint.start:
        begin = max(fingerprint.start, stop - 2**20)
        newline = content.read_at(begin, stop - begin).rfind(b"\n")
        if newline >= 0:
            return bookmark_at(fingerprint, begin + newline + 1, content)
        stop = begin
    return bookmark_at(fingerprint, fingerprint.start, content)


def same_so_far(one: OpenFile, other: OpenFile) -> bool:
    """Tell whether two contents are the same as far as the shorter one goes, judged by its beginning and its end."""
    sizes = [content.state()[0] for content in (one, other)]
    common = min(size for size in sizes if size >= 0) if max(sizes) >= 0 else 64 * FINGERPRINT_BYTES
    offsets = (0,) if min(sizes) < 0 else (0, max(0, common - TAIL_BYTES))
    for offset in offsets:
        count = min(64 * FINGERPRINT_BYTES, common - offset)
        first, second = one.read_at(offset, count), other.read_at(offset, count)
        length = min(len(first), len(second))
        if first[:length] != second[:length]:
            return False
    return True
