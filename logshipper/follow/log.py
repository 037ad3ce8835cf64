"""One live log: its contents one after the other, whatever happens to the file.

What rotation means here: the path names another file (renamed and created anew), the open file holds another content
(truncated, or written anew), or the path names none (deleted, or not yet created anew). The content that was being
read is read to its end, through the open descriptor or from its copy, beside the new one. What came and was rotated
away meanwhile is found among the copies: a content that no mark fits was never read.
"""

import logging
import os

from logshipper.follow.files import Content, Damaged, PlainContent
from logshipper.follow.fingerprint import blank_mark, mark_last_line, read_head
from logshipper.follow.finished import History, Retirement
from logshipper.follow.lost import Orphans
from logshipper.follow.open_files import Surroundings
from logshipper.follow.reader import ContentChanged, Generation, Reading
from logshipper.follow.resume import find_again, marks_of_old_copies
from logshipper.follow.rotated import Copy, Siblings, holds
from logshipper.model import Key, Mark, Saved

log = logging.getLogger(__name__)

# How long a copy may take to be whole after its name was seen first, in seconds.
COPY_GROWS = 3.0


class Source:
    """Follows one path."""

    def __init__(self, path: str, around: Surroundings) -> None:
        self.path, self.around = path, around
        self.siblings = Siblings(path, around.foreign)
        self.generations: list[Generation] = []
        self.live: Generation | None = None
        self.history = History()
        self.problem = ""
        self._orphans = Orphans(self.siblings, around.clock)
        self._retirement = Retirement(around.clock)
        self._ignored: tuple[Key, int] | None = None
        self._look_until = 0.0

    @property
    def lost_bytes(self) -> int:
        """Return how many bytes were seen in the file and could be read nowhere."""
        return self._orphans.lost_bytes

    # -- the start ---------------------------------------------------------------------------------

    def begin(self, saved: Saved | None, from_end: bool) -> None:
        """Take up the work where `saved` says; without it at the beginning or the end of the live file."""
        if saved is None:
            self.history = History(marks_of_old_copies(self.siblings))
            if from_end and (content := self._open_live()):
                self._append(content, mark_last_line(content))
        else:
            self.history = History(saved.finished)
            for mark in saved.marks:
                self._resume(mark)
            self._add_missed()
        self.poll()

    def _resume(self, mark: Mark) -> None:
        """Go on behind a mark, in the live file or a copy."""
        content = find_again(self.path, mark, self.siblings, self._is_passed)
        if content:
            self._append(content, None if mark.is_blank else mark)
        elif not mark.is_blank:
            self.history.add(mark)

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
        for generation, copy in self._orphans.look(self._is_passed):
            self.around.open_files.take(copy.key, self.path)
            generation.adopt(copy)
            self._add_missed()
        for generation in self._orphans.given_up():
            self.generations.remove(generation)
            self._finish(generation)

    def _look_at(self, key: Key, size: int) -> None:
        live = self.live
        if live and not live.gone and live.content.key == key:
            # A size may be that of what was written after a truncation: it is no news of the old content then.
            if size < live.size or (size > live.size and live.mark and not holds(live.content, live.mark)):
                self._changed(live)
            elif size > live.size:
                live.size = size
                self._begin(live)
            return
        self.live = next((g for g in self.generations if not g.gone and g.content.key == key), None)
        if self.live is None and not self.around.open_files.is_others(key, self.path) and self._ignored != (key, size):
            self._follow_new()

    def _follow_new(self) -> None:
        content = self._open_live()
        if content is None:
            return
        if self._is_passed(content.key) or self.around.known_elsewhere(self.path, content):
            self._ignored = (content.key, content.state()[0])
            content.close()
            return
        try:
            mark = self._known_mark(content)
        except OSError as error:
            self._complain(f"cannot read the file: {error.strerror}")
            content.close()
            return
        self._append(content, mark, newest=True)
        self._add_missed()

    def _known_mark(self, content: Content) -> Mark | None:
        """Return where to go on in a file that was read before and came back."""
        head = read_head(content)
        mark = self.history.known(content, head.identity) if head else None
        if mark:
            self.history.remove(mark)
        return mark

    def _open_live(self) -> Content | None:
        try:
            content = PlainContent(self.path)
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
            log.error("%s: %s; its lines wait until that is mended", self.path, problem)
        self.problem = problem

    def _is_passed(self, key: Key) -> bool:
        """Tell whether a file is being read already, here or for another log."""
        return self.around.open_files.owner(key) is not None

    def _append(self, content: Content, mark: Mark | None, newest: bool = False) -> None:
        self.around.open_files.take(content.key, self.path)
        generation = Generation(self.path, content, mark)
        self.generations.append(generation)
        self._begin(generation)
        if newest or content.name == self.path:
            self.live = generation

    def _begin(self, generation: Generation) -> None:
        try:
            generation.begin(final=not generation.content.growing)
        except OSError as error:
            self._complain(f"cannot read {generation.content.name}: {error.strerror}")

    def look_for_copies(self, has_news: bool) -> None:
        """Look at the copies where there may be a new one, and for a while after, since it may still be growing."""
        now = self.around.clock()
        if has_news:
            self._look_until = now + COPY_GROWS
        if now < self._look_until:
            self._add_missed()

    def _add_missed(self) -> None:
        """Take in the contents that came and were rotated away while nobody looked."""
        for copy in self.siblings.fresh():
            if not self._is_passed(copy.key):
                self._add_copy(copy)
        self.history.forget({c.head.identity for c in self.siblings.copies(foreign_too=True) if c.head})

    def _add_copy(self, copy: Copy) -> None:
        content = copy.open()
        if content is None or copy.head is None:
            return
        mark = self.history.known(content, copy.head.identity)
        if mark and content.growing and content.state()[0] > mark.offset:
            self.history.remove(mark)  # somebody has gone on writing there
        elif mark or self.reads(content, copy.head.identity) or self.around.known_elsewhere(self.path, content):
            if mark:
                self.history.seen_at(mark, content)
            self.siblings.done(copy)
            content.close()
            return
        log.info("%s: reading %s, which was rotated unseen", self.path, copy.name)
        self._append(content, mark)

    def is_restless(self) -> bool:
        """Tell whether a copy is being looked for or may be growing, or a file could not be read."""
        return bool(self.problem) or self._orphans.are_sought() or self.around.clock() < self._look_until

    def reads(self, content: Content, identity: int) -> bool:
        """Tell whether a content is one of those that are being read."""
        return any(generation.is_of(content, identity) for generation in self.generations)

    # -- reading -----------------------------------------------------------------------------------

    def read(self, limit: int, final: bool = False) -> tuple[Generation, Reading] | None:
        """Return the next lines of the oldest content that has some; None where there is nothing to read now.

        `final` looks at a last line without its newline too.
        """
        for generation in list(self.generations):
            if generation.gone:
                continue
            try:
                reading = self._read(generation, limit, final)
            except ContentChanged:
                self._changed(generation)
                continue
            except Damaged as error:
                self._complain(f"cannot read {error.filename}: {error.strerror}")
                self._changed(generation)
                continue
            except OSError as error:
                self._complain(f"cannot read {generation.content.name}: {error.strerror}")
                continue
            if reading:
                return generation, reading
        return None

    def _read(self, generation: Generation, limit: int, final: bool) -> Reading | None:
        is_live = generation is self.live
        reading = generation.read(limit, final=not generation.content.growing, peek=final)
        if reading is None and not is_live and self._retirement.is_due(generation, self.generations):
            reading = generation.read(limit, final=True)
            if reading is None:
                self._close(generation)
        if reading:
            self._retirement.forget(generation)
        return reading

    def _changed(self, generation: Generation) -> None:
        """Go over to the new content of a file; what is left of the old one is in a copy, if anywhere."""
        place, content = self.generations.index(generation), generation.content
        known = generation.mark is not None
        self.generations[place : place + 1] = [generation] if known else []
        generation.gone = True
        if content.growing:
            fresh = Generation(self.path, content)
            self.generations.append(fresh)
            self._begin(fresh)
            if generation is self.live:
                self.live = fresh
        else:
            self.around.open_files.release(content.key, self.path)
            content.close()
        if known:
            self._orphans.add(generation)
        self._add_missed()

    # -- the end of old contents -------------------------------------------------------------------

    def _close(self, generation: Generation) -> None:
        self._retirement.forget(generation)
        self.generations.remove(generation)
        self.around.open_files.release(generation.content.key, self.path)
        generation.content.close()
        self._finish(generation)

    def _finish(self, generation: Generation) -> None:
        if generation.mark:
            self.history.add(generation.mark)

    def drained(self) -> bool:
        """Tell whether everything that is there was read and acknowledged."""
        return not self._orphans.hold_lines() and not any(g.in_flight or g.has_news() for g in self.generations)

    def lag(self) -> int:
        """Return how many bytes are there and not acknowledged."""
        return sum(generation.lag() for generation in self.generations)

    def saved(self) -> Saved:
        """Return what a checkpoint is to keep: the places behind the last acknowledged lines."""
        marks = [g.acknowledged or blank_mark(g.content) for g in self.generations]
        return Saved(marks, self.history.marks())

    def close(self) -> None:
        """Close all files."""
        for generation in self.generations:
            if not generation.gone:
                self.around.open_files.release(generation.content.key, self.path)
                generation.content.close()
