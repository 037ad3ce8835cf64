"""Taking up work after a restart: which file holds now what a mark was made in."""

import contextlib
import logging
from collections.abc import Callable, Iterator

from logshipper.follow.files import OpenFile, open_file
from logshipper.follow.fingerprint import bookmark_at
from logshipper.follow.rotated import RotatedCopies, holds
from logshipper.model import Bookmark, Key

log = logging.getLogger(__name__)

Passed = Callable[[Key], bool]
"""Tells which files are none to be looked at, since they are being read."""


def bookmarks_of_old_copies(rotated_copies: RotatedCopies) -> Iterator[Bookmark]:
    """Yield a mark at the end of each copy that was rotated before we came: none of ours."""
    for copy in rotated_copies.copies():
        content = copy.open() if copy.fingerprint else None
        if content and copy.fingerprint:
            offset = content.state()[0] if content.growing else copy.fingerprint.start
            with contextlib.suppress(OSError):  # one that cannot be read now is read as a new one later
                yield bookmark_at(copy.fingerprint, offset, content)
            content.close()


def find_again(path: str, bookmark: Bookmark, rotated_copies: RotatedCopies, passed: Passed) -> OpenFile | None:
    """Return the file that holds the marked content, open: the live one, or a copy; None where there is none."""
    if bookmark.is_blank:
        return _find_blank(bookmark, passed)
    content = _open_if_holding(path, bookmark, passed)
    # Another file may begin alike: the one where it was seen last goes first.
    if content is None or content.key != bookmark.key:
        named = _open_if_holding(bookmark.name, bookmark, passed) if bookmark.name not in ("", path) else None
        hinted = named or rotated_copies.find(bookmark, passed)
        if hinted and (content is None or hinted.key == bookmark.key):
            content, hinted = hinted, content
        if hinted:
            hinted.close()
    if content is None:
        log.warning("%s: the file that was read up to byte %d is gone", path, bookmark.offset)
    elif content.name != path:
        log.info("%s: going on in %s", path, content.name)
    return content


def _find_blank(bookmark: Bookmark, passed: Passed) -> OpenFile | None:
    """Return a file that held no line yet: nothing but its name and inode tell that it is the same."""
    content = _open_if_holding(bookmark.name, bookmark, passed)
    if content and content.key != bookmark.key:
        content.close()
        return None
    return content


def _open_if_holding(name: str, bookmark: Bookmark, passed: Passed) -> OpenFile | None:
    try:
        content = open_file(name)
    except OSError:
        return None
    if not passed(content.key) and holds(content, bookmark):
        return content
    content.close()
    return None
