"""What a live log has left behind: contents that were read to their end, kept as marks so that none is read again."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from logshipper.follow.files import OpenFile
from logshipper.follow.reader import Reader
from logshipper.follow.rotated import holds
from logshipper.model import Bookmark

# Of finished contents that no file holds any more the latest are kept: a file may be away for a moment.
KEPT_WITHOUT_FILE = 32
# So many contents that are no longer live are kept open for a writer that stays on the old file. Beyond them one is
# closed when nobody has written to it for so many seconds; one that was deleted is, so that its room is freed.
MOST_OLD = 4
OLD_PATIENCE = 5.0
DELETED_PATIENCE = 60.0


class FinishedContents:
    """The marks at the end of finished contents, by identity; two contents may begin alike."""

    def __init__(self, bookmarks: Iterable[Bookmark] = ()) -> None:
        self._bookmarks = {
            (bookmark.fingerprint.hash, bookmark.offset, bookmark.tail_hash): bookmark for bookmark in bookmarks
        }

    def add(self, bookmark: Bookmark) -> None:
        """Note that a content is finished up to here."""
        key = (bookmark.fingerprint.hash, bookmark.offset, bookmark.tail_hash)
        self._bookmarks.pop(key, None)
        self._bookmarks[key] = bookmark

    def remove(self, bookmark: Bookmark) -> None:
        """Forget a content: it is being read again."""
        self._bookmarks.pop((bookmark.fingerprint.hash, bookmark.offset, bookmark.tail_hash), None)

    def known(self, content: OpenFile, first_line_hash: int) -> Bookmark | None:
        """Return the farthest mark that is in a content, None for a content that was never finished."""
        alike = [bookmark for bookmark in self._bookmarks.values() if bookmark.fingerprint.hash == first_line_hash]
        fitting = [bookmark for bookmark in alike if _was_seen(content, bookmark) or holds(content, bookmark)]
        return max(fitting, key=lambda bookmark: bookmark.offset, default=None)

    def seen_at(self, bookmark: Bookmark, content: OpenFile) -> None:
        """Note in which file a finished content is now: a compressed one need not be unpacked again to know it."""
        self.add(replace(bookmark, key=content.key, name=content.real_name))

    def forget(self, present: Collection[int]) -> None:
        """Let go of contents that are no longer there; `present` are the identities of those that are."""
        absent = [key for key in self._bookmarks if key[0] not in present]
        for key in absent[:-KEPT_WITHOUT_FILE]:
            del self._bookmarks[key]

    def bookmarks(self) -> list[Bookmark]:
        """Return all marks, the latest last."""
        return list(self._bookmarks.values())


def _was_seen(content: OpenFile, bookmark: Bookmark) -> bool:
    return not content.growing and content.key == bookmark.key


class ClosingRule:
    """Watches how long the old contents of one log have been quiet."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self._quiet_since: dict[Reader, float] = {}

    def forget(self, reader: Reader) -> None:
        """Note that something was read, or that the content was closed."""
        self._quiet_since.pop(reader, None)

    def is_due(self, reader: Reader, readers: Sequence[Reader]) -> bool:
        """Tell whether a content that was read to its end can be let go; `readers` are in order, oldest first."""
        if reader.in_flight:
            return False
        if not reader.content.growing:
            return True
        quiet = self.clock() - self._quiet_since.setdefault(reader, self.clock())
        later = len(readers) - 1 - readers.index(reader)
        deleted = reader.content.state()[2] == 0
        return (later > MOST_OLD and quiet > OLD_PATIENCE) or (deleted and quiet > DELETED_PATIENCE)
