"""Decides when a content is finished: read to its end, with nobody expected to write to it.

Who decides, and where:

- An open file that is no longer live: `waited_enough`, which `log` asks. Nothing is in flight, and one of these holds:
  the file is compressed; or more than `MAX_OLD_FILES` newer contents are open (the live one counts) and it was quiet
  for `OLD_PATIENCE`; or it is deleted and was quiet for `DELETED_PATIENCE`.
- A copy that turns up: `note_if_finished`, which `log` asks if a bookmark is in the copy. Nothing follows the bookmark,
  or the copy cannot be unpacked: then it is finished until it changes.
- Noted without asking either: copies that are older than the first start (`resume`); at a restart, a content that no
  file holds (`log`); one that was truncated, or whose compressed file is damaged, once `lost` stops looking.

A finished content leaves a bookmark, which the checkpoint keeps. A copy with more lines after it is read on from there.
"""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from logshipper.follow.files import OpenFile, is_compressed
from logshipper.follow.reader import Reader
from logshipper.follow.rotated import holds
from logshipper.model import Bookmark

# A file may be away for a moment, so this many bookmarks of contents that no file holds are kept, the latest.
KEPT_WITHOUT_FILE = 32
# The writer may go on writing to the old file after a rotation, so keep this many old files open.
MAX_OLD_FILES = 4
# An old file beyond these is finished after this many quiet seconds.
OLD_PATIENCE = 5.0
# A deleted file is finished after this many: while it is open, its disk space is not freed.
DELETED_PATIENCE = 60.0
_NO_FILE = (0, 0)


class FinishedContents:
    """The finished contents of one log, known by the bookmarks at their ends. Two contents may start alike."""

    def __init__(self, bookmarks: Iterable[Bookmark] = (), clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._bookmarks = {_key(bookmark): bookmark for bookmark in bookmarks}
        self._quiet_since: dict[Reader, float] = {}

    # -- open files --------------------------------------------------------------------------------

    def waited_enough(self, reader: Reader, readers: Sequence[Reader]) -> bool:
        """Return whether an old file that was read to its end is finished; the first call starts the wait for quiet.

        `readers` are in order, oldest first.
        """
        if reader.in_flight:
            return False
        if not reader.content.growing:
            return True
        quiet = self.clock() - self._quiet_since.setdefault(reader, self.clock())
        newer = len(readers) - 1 - readers.index(reader)
        is_deleted = reader.content.state().names == 0
        return (newer > MAX_OLD_FILES and quiet > OLD_PATIENCE) or (is_deleted and quiet > DELETED_PATIENCE)

    def restart_wait(self, reader: Reader) -> None:
        """Restart the wait for quiet: something was read from the file."""
        self._quiet_since.pop(reader, None)

    def finish(self, reader: Reader) -> None:
        """Remember that a content is finished where its reader stands."""
        self._quiet_since.pop(reader, None)
        if reader.bookmark:
            self.add(reader.bookmark)

    def give_up(self, reader: Reader) -> None:
        """Remember that a content was read no further, without its file: that may be completed yet."""
        self._quiet_since.pop(reader, None)
        if reader.bookmark:
            self.add(replace(reader.bookmark, key=_NO_FILE))

    # -- copies that turn up -----------------------------------------------------------------------

    def find(self, content: OpenFile, first_line_hash: int) -> Bookmark | None:
        """Return the last bookmark that is in a content; None if the content was never finished."""
        alike = [bookmark for bookmark in self._bookmarks.values() if bookmark.fingerprint.hash == first_line_hash]
        seen = [bookmark for bookmark in alike if _was_seen(content, bookmark)]
        fitting = seen or [bookmark for bookmark in alike if holds(content, bookmark)]
        return max(fitting, key=lambda bookmark: bookmark.offset, default=None)

    def note_if_finished(self, content: OpenFile, bookmark: Bookmark) -> bool:
        """Return whether nothing follows the bookmark in a file. If so, note that the file holds this content.

        What follows in a file that cannot be unpacked is not known yet: true, until the file changes.
        """
        try:
            if _has_more(content, bookmark):
                return False
        except OSError:
            return True
        self.add(replace(bookmark, key=content.key, name=content.real_name))
        return True

    # -- the bookmarks -----------------------------------------------------------------------------

    def add(self, bookmark: Bookmark) -> None:
        """Remember that a content is finished at this bookmark."""
        self._bookmarks.pop(_key(bookmark), None)
        self._bookmarks[_key(bookmark)] = bookmark

    def remove(self, bookmark: Bookmark) -> None:
        """Forget a content: it is being read again."""
        self._bookmarks.pop(_key(bookmark), None)

    def prune(self, present: Collection[int]) -> None:
        """Forget contents that no file holds any more; `present` are the first-line hashes of those that one does."""
        absent = [key for key in self._bookmarks if key[0] not in present]
        for key in absent[:-KEPT_WITHOUT_FILE]:
            del self._bookmarks[key]

    def bookmarks(self) -> list[Bookmark]:
        """Return all bookmarks, the latest last."""
        return list(self._bookmarks.values())


def _key(bookmark: Bookmark) -> tuple[int, int, int]:
    return bookmark.fingerprint.hash, bookmark.offset, bookmark.tail_hash


def _was_seen(content: OpenFile, bookmark: Bookmark) -> bool:
    # A copy may get the inode of the plain file that it was made from.
    return not content.growing and content.key == bookmark.key and is_compressed(bookmark.name)


def _has_more(content: OpenFile, bookmark: Bookmark) -> bool:
    """Return whether anything follows the bookmark. Raises OSError if the file cannot be unpacked."""
    if content.growing:
        return content.state().size > bookmark.offset
    # One that is known by its inode need not be unpacked again; one from before the first start is not read at all.
    if _was_seen(content, bookmark) or bookmark.offset == bookmark.fingerprint.start:
        return False
    return bool(content.read_at(bookmark.offset, 1))
