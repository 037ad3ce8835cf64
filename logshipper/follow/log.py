"""One live log: its contents one after the other, whatever happens to the file.

What rotation means here: the path names another file (renamed and created anew), the open file holds another content
(truncated, or written anew), or the path names none (deleted, or not yet created anew). The content that was being
read is read to its end, through the open descriptor or from its copy, beside the new one. What came and was rotated
away meanwhile is found among the copies: a content that no mark fits was never read.
"""

import logging
import os

from logshipper.follow.files import Damaged, OpenFile, PlainFile
from logshipper.follow.fingerprint import blank_bookmark, bookmark_last_line, read_fingerprint
from logshipper.follow.finished import ClosingRule, FinishedContents
from logshipper.follow.lost import LostContents
from logshipper.follow.open_files import FollowContext
from logshipper.follow.reader import FileChanged, Reader, Reading
from logshipper.follow.resume import bookmarks_of_old_copies, find_again
from logshipper.follow.rotated import RotatedCopies, RotatedCopy, holds
from logshipper.model import Bookmark, Key, SavedPositions

log = logging.getLogger(__name__)

# How long a copy may take to be whole after its name was seen first, in seconds.
COPY_GROWS = 3.0


class LiveLog:
    """Follows one path."""

    def __init__(self, path: str, context: FollowContext) -> None:
        self.path, self.context = path, context
        self.rotated_copies = RotatedCopies(path, context.foreign)
        self.readers: list[Reader] = []
        self.live: Reader | None = None
        self.history = FinishedContents()
        self.problem = ""
        self._lost = LostContents(self.rotated_copies, context.clock)
        self._closing = ClosingRule(context.clock)
        self._ignored: tuple[Key, int] | None = None
        self._look_until = 0.0

    @property
    def lost_bytes(self) -> int:
        """Return how many bytes were seen in the file and could be read nowhere."""
        return self._lost.lost_bytes

    # -- the start ---------------------------------------------------------------------------------

    def begin(self, saved: SavedPositions | None, from_end: bool) -> None:
        """Take up the work where `saved` says; without it at the beginning or the end of the live file."""
        if saved is None:
            self.history = FinishedContents(bookmarks_of_old_copies(self.rotated_copies))
            if from_end and (content := self._open_live()):
                self._append(content, bookmark_last_line(content))
        else:
            self.history = FinishedContents(saved.finished)
            for bookmark in saved.bookmarks:
                self._resume(bookmark)
            self._add_missed()
        self.poll()

    def _resume(self, bookmark: Bookmark) -> None:
        """Go on behind a mark, in the live file or a copy."""
        content = find_again(self.path, bookmark, self.rotated_copies, self._is_passed)
        if content:
            self._append(content, None if bookmark.is_blank else bookmark)
        elif not bookmark.is_blank:
            self.history.add(bookmark)

    # -- watching ----------------------------------------------------------------------------------

    def poll(self) -> None:
        """Look whether the path names another file than before, and follow it."""
        try:
            found = os.stat(self.path)
        except OSError as error:
            self.live = None
            if not isinstance(error, FileNotFoundError):
                self._complain(f"cannot look at the file: {error.strerror}")
        else:
            self._look_at((found.st_dev, found.st_ino), found.st_size)
        for reader, copy in self._lost.look(self._is_passed):
            self.context.open_files.take(copy.key, self.path)
            reader.adopt(copy)
            self._add_missed()
        for reader in self._lost.given_up():
            self.readers.remove(reader)
            self._finish(reader)

    def _look_at(self, key: Key, size: int) -> None:
        live = self.live
        if live and not live.gone and live.content.key == key:
            # A size may be that of what was written after a truncation: it is no news of the old content then.
            if size < live.size or (size > live.size and live.bookmark and not holds(live.content, live.bookmark)):
                self._changed(live)
            elif size > live.size:
                live.size = size
                self._begin(live)
            return
        self.live = next((g for g in self.readers if not g.gone and g.content.key == key), None)
        if (
            self.live is None
            and not self.context.open_files.is_open_elsewhere(key, self.path)
            and self._ignored != (key, size)
        ):
            self._follow_new()

    def _follow_new(self) -> None:
        content = self._open_live()
        if content is None:
            return
        if self._is_passed(content.key) or self.context.known_elsewhere(self.path, content):
            self._ignored = (content.key, content.state()[0])
            content.close()
            return
        try:
            bookmark = self._known_bookmark(content)
        except OSError as error:
            self._complain(f"cannot read the file: {error.strerror}")
            content.close()
            return
        self._append(content, bookmark, newest=True)
        self._add_missed()

    def _known_bookmark(self, content: OpenFile) -> Bookmark | None:
        """Return where to go on in a file that was read before and came back."""
        fingerprint = read_fingerprint(content)
        bookmark = self.history.known(content, fingerprint.hash) if fingerprint else None
        if bookmark:
            self.history.remove(bookmark)
        return bookmark

    def _open_live(self) -> OpenFile | None:
        try:
            content = PlainFile(self.path)
        except OSError as error:
            if not isinstance(error, FileNotFoundError):
                self._complain(f"cannot read the file: {error.strerror}")
            return None
        if self.problem:
            log.warning("%s: readable again", self.path)
            self.problem = ""
        return content

    def _complain(self, problem: str) -> None:
        if problem != self.problem:
            log.error("%s: %s; its lines wait until that is fixed", self.path, problem)
        self.problem = problem

    def _is_passed(self, key: Key) -> bool:
        """Tell whether a file is being read already, here or for another log."""
        return self.context.open_files.owner(key) is not None

    def _append(self, content: OpenFile, bookmark: Bookmark | None, newest: bool = False) -> None:
        self.context.open_files.take(content.key, self.path)
        reader = Reader(self.path, content, bookmark)
        self.readers.append(reader)
        self._begin(reader)
        if newest or content.name == self.path:
            self.live = reader

    def _begin(self, reader: Reader) -> None:
        try:
            reader.begin(final=not reader.content.growing)
        except OSError as error:
            self._complain(f"cannot read {reader.content.name}: {error.strerror}")

    def look_for_copies(self, has_news: bool) -> None:
        """Look at the copies where there may be a new one, and for a while after, since it may still be growing."""
        now = self.context.clock()
        if has_news:
            self._look_until = now + COPY_GROWS
        if now < self._look_until:
            self._add_missed()

    def _add_missed(self) -> None:
        """Take in the contents that came and were rotated away while nobody looked."""
        for copy in self.rotated_copies.fresh():
            if not self._is_passed(copy.key):
                self._add_copy(copy)
        self.history.forget({c.fingerprint.hash for c in self.rotated_copies.copies(foreign_too=True) if c.fingerprint})

    def _add_copy(self, copy: RotatedCopy) -> None:
        content = copy.open()
        if content is None or copy.fingerprint is None:
            return
        bookmark = self.history.known(content, copy.fingerprint.hash)
        if bookmark and content.growing and content.state()[0] > bookmark.offset:
            self.history.remove(bookmark)  # somebody has gone on writing there
        elif bookmark or self.reads(content, copy.fingerprint.hash) or self.context.known_elsewhere(self.path, content):
            if bookmark:
                self.history.seen_at(bookmark, content)
            self.rotated_copies.done(copy)
            content.close()
            return
        log.info("%s: reading %s, which was rotated unseen", self.path, copy.name)
        self._append(content, bookmark)

    def is_restless(self) -> bool:
        """Tell whether a copy is being looked for or may be growing, or a file could not be read."""
        return bool(self.problem) or self._lost.are_sought() or self.context.clock() < self._look_until

    def reads(self, content: OpenFile, first_line_hash: int) -> bool:
        """Tell whether a content is one of those that are being read."""
        return any(reader.is_of(content, first_line_hash) for reader in self.readers)

    # -- reading -----------------------------------------------------------------------------------

    def read(self, limit: int, final: bool = False) -> tuple[Reader, Reading] | None:
        """Return the next lines of the oldest content that has some; None where there is nothing to read now.

        `final` looks at a last line without its newline too.
        """
        for reader in list(self.readers):
            if reader.gone:
                continue
            try:
                reading = self._read(reader, limit, final)
            except FileChanged:
                self._changed(reader)
                continue
            except Damaged as error:
                self._complain(f"cannot read {error.filename}: {error.strerror}")
                self._changed(reader)
                continue
            except OSError as error:
                self._complain(f"cannot read {reader.content.name}: {error.strerror}")
                continue
            if reading:
                return reader, reading
        return None

    def _read(self, reader: Reader, limit: int, final: bool) -> Reading | None:
        is_live = reader is self.live
        reading = reader.read(limit, final=not reader.content.growing, peek=final)
        if reading is None and not is_live and self._closing.is_due(reader, self.readers):
            reading = reader.read(limit, final=True)
            if reading is None:
                self._close(reader)
        if reading:
            self._closing.forget(reader)
        return reading

    def _changed(self, reader: Reader) -> None:
        """Go over to the new content of a file; what is left of the old one is in a copy, if anywhere."""
        place, content = self.readers.index(reader), reader.content
        known = reader.bookmark is not None
        self.readers[place : place + 1] = [reader] if known else []
        reader.gone = True
        if content.growing:
            fresh = Reader(self.path, content)
            self.readers.append(fresh)
            self._begin(fresh)
            if reader is self.live:
                self.live = fresh
        else:
            self.context.open_files.release(content.key, self.path)
            content.close()
        if known:
            self._lost.add(reader)
        self._add_missed()

    # -- the end of old contents -------------------------------------------------------------------

    def _close(self, reader: Reader) -> None:
        self._closing.forget(reader)
        self.readers.remove(reader)
        self.context.open_files.release(reader.content.key, self.path)
        reader.content.close()
        self._finish(reader)

    def _finish(self, reader: Reader) -> None:
        if reader.bookmark:
            self.history.add(reader.bookmark)

    def drained(self) -> bool:
        """Tell whether everything that is there was read and acknowledged."""
        return not self._lost.hold_lines() and not any(g.in_flight or g.has_news() for g in self.readers)

    def lag(self) -> int:
        """Return how many bytes are there and not acknowledged."""
        return sum(reader.lag() for reader in self.readers)

    def saved(self) -> SavedPositions:
        """Return what a checkpoint is to keep: the places behind the last acknowledged lines."""
        bookmarks = [g.acknowledged or blank_bookmark(g.content) for g in self.readers]
        return SavedPositions(bookmarks, self.history.bookmarks())

    def close(self) -> None:
        """Close all files."""
        for reader in self.readers:
            if not reader.gone:
                self.context.open_files.release(reader.content.key, self.path)
                reader.content.close()
