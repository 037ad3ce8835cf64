"""How contents are recognised: by the hash of their first line, and by bookmarks in them."""

from logshipper.follow.files import OpenFile
from logshipper.hashing import digest
from logshipper.model import Bookmark, Fingerprint

FINGERPRINT_BYTES = 1024
TAIL_BYTES = 512
# NULs before the first line of a compressed file; in a plain one, holes are skipped.
_MOST_NULS = 2**28


def read_fingerprint(content: OpenFile, final: bool = False) -> Fingerprint | None:
    """Return the fingerprint of a content; None while its first line is not complete.

    `final` accepts a first line without its newline, because nothing more will come.
    """
    start = content.next_data(0)
    block = content.read_at(start, FINGERPRINT_BYTES)
    while block and not block.strip(b"\0"):
        if not content.growing and start > _MOST_NULS:
            return None  # a small compressed file can hold NULs for hours
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
    """Return whether the bookmark was made in this content: the first line and the bytes before it are the same."""
    first = content.read_at(bookmark.fingerprint.start, bookmark.fingerprint.length)
    if digest(first) != bookmark.fingerprint.hash:
        return False
    before = content.read_at(bookmark.offset - bookmark.tail_length, bookmark.tail_length)
    if len(before) < bookmark.tail_length or 0 <= content.state().size < bookmark.offset:
        return False
    return not bookmark.tail_length or digest(before) == bookmark.tail_hash


def blank_bookmark(content: OpenFile) -> Bookmark:
    """Return the bookmark for a content that holds no whole line yet."""
    return Bookmark(Fingerprint(0, 0, digest(b"")), 0, key=content.key, name=content.real_name)


def bookmark_after(fingerprint: Fingerprint, data: bytes, end: int, content: OpenFile) -> Bookmark:
    """Return the bookmark at offset `end`; the bytes before it are the end of `data`."""
    before = data[-TAIL_BYTES:]
    return Bookmark(fingerprint, end, len(before), digest(before), content.key, content.real_name)


def bookmark_at(fingerprint: Fingerprint, offset: int, content: OpenFile) -> Bookmark:
    """Return the bookmark at an offset of an open content. In front of the first line it has no tail hash."""
    length = max(0, min(TAIL_BYTES, offset - fingerprint.start))
    return bookmark_after(fingerprint, content.read_at(offset - length, length), offset, content)


def bookmark_last_line(content: OpenFile) -> Bookmark | None:
    """Return the bookmark after the last whole line of a plain file; None if there is no line."""
    fingerprint = read_fingerprint(content)
    if fingerprint is None:
        return None
    stop = content.state().size
    while stop > fingerprint.start:
        begin = max(fingerprint.start, stop - 2**20)
        newline = content.read_at(begin, stop - begin).rfind(b"\n")
        if newline >= 0:
            return bookmark_at(fingerprint, begin + newline + 1, content)
        stop = begin
    return bookmark_at(fingerprint, fingerprint.start, content)


def same_so_far(one: OpenFile, other: OpenFile) -> bool:
    """Return whether the shorter content starts and ends like the same bytes of the longer one."""
    sizes = [content.state().size for content in (one, other)]
    common = min(size for size in sizes if size >= 0) if max(sizes) >= 0 else 64 * FINGERPRINT_BYTES
    offsets = (0,) if min(sizes) < 0 else (0, max(0, common - TAIL_BYTES))
    for offset in offsets:
        count = min(64 * FINGERPRINT_BYTES, common - offset)
        first, second = one.read_at(offset, count), other.read_at(offset, count)
        length = min(len(first), len(second))
        if first[:length] != second[:length]:
            return False
    return True
