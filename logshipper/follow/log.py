"""One log: its contents one after the other, whatever happens to the file.

Rotation means that the path names another file (renamed and created again), that the open file holds another content
(truncated or overwritten), or that the path names no file (deleted, or not created again yet). The log goes on reading
the old content to its end, through the open descriptor or from its copy, beside the new one. Contents that came and
were rotated away unseen are found among the copies: a copy that holds no bookmark was never read.
"""

import logging
import os

from logshipper.follow.files import Damaged, OpenFile, PlainFile
from logshipper.follow.fingerprint import blank_bookmark, bookmark_last_line, read_fingerprint
from logshipper.follow.finished import FinishedContents
from logshipper.follow.lost import LostContents
from logshipper.follow.obstacles import fix_for
from logshipper.follow.open_files import FollowContext
from logshipper.follow.reader import FileChanged, Reader, Reading
from logshipper.follow.resume import bookmarks_of_old_copies, find_again
from logshipper.follow.rotated import RotatedCopies, RotatedCopy, holds
from logshipper.model import Bookmark, Key, SavedPositions

log = logging.getLogger(__name__)

# Seconds that a copy may take to be complete after its name appeared.
COPY_GROWS = 3.0


class LiveLog:
    """Follows one path."""

    def __init__(self, path: str, context: FollowContext) -> None:
        self.path, self.context = path, context
        self.rotated_copies = RotatedCopies(path, context.is_live_log)
        self.readers: list[Reader] = []
        self.live: Reader | None = None
        self.finished = FinishedContents(clock=context.clock)
        self.problem = ""
        self._lost = LostContents(self.rotated_copies, context.clock)
        self._ignored: tuple[Key, int] | None = None
        self._look_until = 0.0
        self._never_read = False

    @property
    def lost_bytes(self) -> int:
        """Return how many bytes were seen in the file and could not be read before they were gone."""
        return self._lost.lost_bytes

    def begin(self, saved: SavedPositions | None, from_end: bool) -> None:
        """Continue from the saved positions; without them start at the start or the end of the live file."""
        if saved is None:
            self._never_read = True  # a copy that somebody made of it says nothing of what was read
            self.finished = FinishedContents(bookmarks_of_old_copies(self.rotated_copies), self.context.clock)
            if from_end and (content := self._open_live()):
                self._append(content, bookmark_last_line(content))
                log.info("%s: starting at its end (from_beginning = false); backfill ships what is there", self.path)
        else:
            self.finished = FinishedContents(saved.finished, self.context.clock)
            for bookmark in saved.bookmarks:
                self._resume(bookmark)
            self._add_missed()
        self.poll()
        self._never_read = False

    def _resume(self, bookmark: Bookmark) -> None:
        """Go on at a bookmark, in the live file or a copy."""
        content = find_again(self.path, bookmark, self.rotated_copies, self._is_open)
        if content:
            self._append(content, None if bookmark.is_blank else bookmark)
        elif not bookmark.is_blank:
            self.finished.add(bookmark)

    def poll(self) -> None:
        """Check whether the path names another file than before, and follow it."""
        try:
            found = os.stat(self.path)
        except OSError as error:
            self.live = None
            if not isinstance(error, FileNotFoundError):
                self._complain(f"cannot read the file: {error.strerror}", fix_for(self.path, error))
        else:
            self._look_at((found.st_dev, found.st_ino), found.st_size)
        for reader, copy in self._lost.found(self._is_open):
            self.context.open_files.take(copy.key, self.path)
            reader.adopt(copy)
            self._add_missed()
        for reader in self._lost.given_up():
            self.readers.remove(reader)
            self.finished.give_up(reader)

    def _look_at(self, key: Key, size: int) -> None:
        live = self.live
        if live and not live.gone and live.content.key == key:
            # After a truncation the file may already be larger than before, so its size alone proves nothing.
            if size < live.size or (size > live.size and live.bookmark and not holds(live.content, live.bookmark)):
                self._changed(live)
            elif size > live.size:
                live.size = size
                self._begin(live)
            return
        self.live = next((reader for reader in self.readers if not reader.gone and reader.content.key == key), None)
        is_open_elsewhere = self.context.open_files.is_open_elsewhere
        if self.live is None and self._ignored != (key, size) and not is_open_elsewhere(key, self.path):
            self._follow_new()

    def _follow_new(self) -> None:
        content = self._open_live()
        if content is None:
            return
        if self._is_open(content.key) or self.context.is_known_elsewhere(self.path, content):
            self._ignored = (content.key, content.state().size)
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
        """Return where to continue in a file that was finished and came back."""
        fingerprint = None if self._never_read else read_fingerprint(content)
        bookmark = self.finished.find(content, fingerprint.hash) if fingerprint else None
        if bookmark:
            self.finished.remove(bookmark)
        return bookmark

    def _open_live(self) -> OpenFile | None:
        try:
            content = PlainFile(self.path)
        except OSError as error:
            if not isinstance(error, FileNotFoundError):
                self._complain(f"cannot read the file: {error.strerror}", fix_for(self.path, error))
            return None
        if self.problem:
            log.warning("%s: readable again", self.path)
            self.problem = ""
        return content

    def _complain(self, problem: str, fix: str = "check the permissions, or replace a damaged file") -> None:
        if problem != self.problem:
            log.error("%s: %s; its lines wait: %s", self.path, problem, fix)
        self.problem = problem

    def _is_open(self, key: Key) -> bool:
        """Return whether a file is being read already, by this log or another one."""
        return self.context.open_files.is_open(key)

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
        """Look for new copies after news, and for a while longer, since a copy may still be growing."""
        now = self.context.clock()
        if has_news:
            self._look_until = now + COPY_GROWS
        if now < self._look_until:
            self._add_missed()

    def _add_missed(self) -> None:
        """Read the contents that came and were rotated away unseen."""
        for copy in self.rotated_copies.unchecked():
            if not self._is_open(copy.key):
                self._add_copy(copy)
        copies = self.rotated_copies.copies(live_logs_too=True)
        self.finished.prune({copy.fingerprint.hash for copy in copies if copy.fingerprint})

    def _add_copy(self, copy: RotatedCopy) -> None:
        content = copy.open()
        if content is None or copy.fingerprint is None:
            return
        bookmark = self.finished.find(content, copy.fingerprint.hash)
        if bookmark:
            is_known = self.finished.note_if_finished(content, bookmark)
        else:
            is_known = self.reads(content, copy.fingerprint.hash) or self.context.is_known_elsewhere(self.path, content)
        self.rotated_copies.skip(copy)
        if is_known:
            content.close()
            return
        if bookmark:
            self.finished.remove(bookmark)  # somebody has gone on writing there
        log.info("%s: reading %s, which was rotated unseen", self.path, copy.name)
        self._append(content, bookmark)

    def needs_polling(self) -> bool:
        """Return whether to look again soon: a copy is searched for or may be growing, or a file cannot be read."""
        return bool(self.problem) or self._lost.is_searching() or self.context.clock() < self._look_until

    def reads(self, content: OpenFile, first_line_hash: int) -> bool:
        """Return whether this log is reading the content."""
        return any(reader.is_of(content, first_line_hash) for reader in self.readers)

    def read(self, limit: int, final: bool = False) -> tuple[Reader, Reading] | None:
        """Return the next lines of the oldest content that has some; None if there is nothing to read now.

        `final` also shows a last line without a newline.
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
                reader.in_flight += 1
                return reader, reading
        return None

    def settle(self, reader: Reader, bookmark: Bookmark) -> None:
        """Let the checkpoint go on to a bookmark: every line before it is settled."""
        reader.in_flight -= 1
        reader.acknowledged = bookmark

    def take_back(self, reader: Reader, reading: Reading) -> None:
        """Take back what was read: it will be read again."""
        reader.in_flight -= 1
        if not reading.peeked:
            reader.rewind(reading.before)

    def _read(self, reader: Reader, limit: int, final: bool) -> Reading | None:
        reading = reader.read(limit, final=not reader.content.growing, peek=final)
        if reading is None and reader is not self.live and self.finished.waited_enough(reader, self.readers):
            reading = reader.read(limit, final=True)
            if reading is None:
                self._close(reader)
        if reading:
            self.finished.restart_wait(reader)
        return reading

    def _changed(self, reader: Reader) -> None:
        """Turn to the new content of a file; the rest of the old one is in a copy, if anywhere."""
        content, known = reader.content, reader.bookmark is not None
        if not known:
            self.readers.remove(reader)
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

    def _close(self, reader: Reader) -> None:
        self.readers.remove(reader)
        self.context.open_files.release(reader.content.key, self.path)
        reader.content.close()
        self.finished.finish(reader)

    def is_drained(self) -> bool:
        """Return whether everything that is there was read and acknowledged."""
        return not self._lost.has_unread_lines() and not any(
            reader.in_flight or reader.has_news() for reader in self.readers
        )

    def lag(self) -> int:
        """Return how many bytes are not acknowledged yet."""
        return sum(reader.lag() for reader in self.readers)

    def saved(self) -> SavedPositions:
        """Return what a checkpoint must keep: the bookmarks after the last acknowledged lines."""
        bookmarks = [reader.acknowledged or blank_bookmark(reader.content) for reader in self.readers]
        return SavedPositions(bookmarks, self.finished.bookmarks())

    def close(self) -> None:
        """Close all files."""
        for reader in self.readers:
            if not reader.gone:
                self.context.open_files.release(reader.content.key, self.path)
                reader.content.close()
