"""Continuing after a restart: find the file that a saved position belongs to."""

import contextlib
import logging
from collections.abc import Callable, Iterator

from logshipper.follow.files import OpenFile, open_file
from logshipper.follow.fingerprint import bookmark_at
from logshipper.follow.rotated import RotatedCopies, holds
from logshipper.model import Bookmark, Key

log = logging.getLogger(__name__)

IsOpen = Callable[[Key], bool]
"""Whether a file is already open, so that it cannot be the one we look for."""


def bookmarks_of_old_copies(rotated_copies: RotatedCopies) -> Iterator[Bookmark]:
    """Yield a bookmark at the end of each copy that was rotated before the first start: those are not shipped."""
    for copy in rotated_copies.copies():
        content = copy.open() if copy.fingerprint else None
        if content and copy.fingerprint:
            offset = content.state().size if content.growing else copy.fingerprint.start
            with contextlib.suppress(OSError):  # one that cannot be read now will be read as a new one
                yield bookmark_at(copy.fingerprint, offset, content)
            content.close()


def find_again(path: str, bookmark: Bookmark, rotated_copies: RotatedCopies, is_open: IsOpen) -> OpenFile | None:
    """Return the file that holds the bookmark, open: the live one or a copy; None if no file does."""
    if bookmark.is_blank:
        return _find_blank(bookmark, is_open)
    content = _open_if_holding(path, bookmark, is_open)
    # Two files may start alike: prefer the one where the content was last seen.
    if content is None or content.key != bookmark.key:
        named = _open_if_holding(bookmark.name, bookmark, is_open) if bookmark.name not in ("", path) else None
        hinted = named or rotated_copies.find(bookmark, is_open)
        if hinted and (content is None or hinted.key == bookmark.key):
            content, hinted = hinted, content
        if hinted:
            hinted.close()
    if content is None:
        log.warning(
            "%s: the file that was read up to byte %d is gone, and no rotated copy holds it: "
            "lines that followed are lost; keep rotated copies until the shipper has read them",
            path,
            bookmark.offset,
        )
    elif content.name != path:
        log.info("%s: continuing in %s, its rotated copy", path, content.name)
    return content


def _find_blank(bookmark: Bookmark, is_open: IsOpen) -> OpenFile | None:
    """Return a file that held no line yet; its name and inode are all there is to recognise it by."""
    content = _open_if_holding(bookmark.name, bookmark, is_open)
    if content and content.key != bookmark.key:
        content.close()
        return None
    return content


def _open_if_holding(name: str, bookmark: Bookmark, is_open: IsOpen) -> OpenFile | None:
    try:
        content = open_file(name)
    except OSError:
        return None
    if not is_open(content.key) and holds(content, bookmark):
        return content
    content.close()
    return None
