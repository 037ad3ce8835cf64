"""Taking up work after a restart: which file holds now what a mark was made in."""

import contextlib
import logging
from collections.abc import Callable, Iterator

from logshipper.follow.files import Content, open_content
from logshipper.follow.fingerprint import mark_at
from logshipper.follow.rotated import Siblings, holds
from logshipper.model import Key, Mark

log = logging.getLogger(__name__)

Passed = Callable[[Key], bool]
"""Tells which files are none to be looked at, since they are being read."""


def marks_of_old_copies(siblings: Siblings) -> Iterator[Mark]:
    """Yield a mark at the end of each copy that was rotated before we came: none of ours."""
    for copy in siblings.copies():
        content = copy.open() if copy.head else None
        if content and copy.head:
            place = content.state()[0] if content.growing else copy.head.start
            with contextlib.suppress(OSError):  # one that cannot be read now is read as a new one later
                yield mark_at(copy.head, place, content)
            content.close()


def find_again(path: str, mark: Mark, siblings: Siblings, passed: Passed) -> Content | None:
    """Return the file that holds the marked content, open: the live one, or a copy; None where there is none."""
    if mark.is_blank:
        return _find_blank(mark, passed)
    content = _open_if_holding(path, mark, passed)
    # Another file may begin alike: the one where it was seen last goes first.
    if content is None or content.key != mark.key:
        named = _open_if_holding(mark.name, mark, passed) if mark.name not in ("", path) else None
        hinted = named or siblings.find(mark, passed)
        if hinted and (content is None or hinted.key == mark.key):
            content, hinted = hinted, content
        if hinted:
            hinted.close()
    if content is None:
        log.warning("%s: the file that was read up to byte %d is gone", path, mark.offset)
    elif content.name != path:
        log.info("%s: going on in %s", path, content.name)
    return content


def _find_blank(mark: Mark, passed: Passed) -> Content | None:
    """Return a file that held no line yet: nothing but its name and inode tell that it is the same."""
    content = _open_if_holding(mark.name, mark, passed)
    if content and content.key != mark.key:
        content.close()
        return None
    return content


def _open_if_holding(name: str, mark: Mark, passed: Passed) -> Content | None:
    try:
        content = open_content(name)
    except OSError:
        return None
    if not passed(content.key) and holds(content, mark):
        return content
    content.close()
    return None
