"""One live log: its contents one after the other, whatever happens to the file.

What rotation means here: the path names another file (renamed and created anew), the open file holds another content
(truncated, or written anew), or the path names none (deleted, or not yet created anew). The content that was being
read is read to its end first, through the open descriptor or from its copy; then the next one.
"""

import logging
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from logshipper.follow.content import Content, Key, Mark, PlainContent, read_head
from logshipper.follow.generation import ContentChanged, Generation, Reading, at_end
from logshipper.follow.rotated import Siblings

log = logging.getLogger(__name__)

# How long a copy is looked for before its unread lines are given up, in seconds.
COPY_PATIENCE = 10.0
# So many contents that are no longer live are kept open, for a writer that stays on the old file.
MOST_OLD = 4
# A deleted file that nobody wrote to for so long is closed, so that its room on the disk is freed. In seconds.
DELETED_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Saved:
    """What a checkpoint knows of a source: its unfinished contents, oldest first, and all identities seen."""

    marks: Sequence[Mark]
    seen: frozenset[int]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a source needs to know of the others, and of the time.

    `foreign(name)` tells whether a file is a live log of its own, `taken(key)` whether another source has it open.
    """

    foreign: Callable[[str], bool]
    taken: Callable[[Key], bool]
    clock: Callable[[], float] = time.monotonic


class Source:
    """Follows one path."""

    def __init__(self, path: str, around: Surroundings) -> None:
        self.path, self.around = path, around
        self.siblings = Siblings(path, around.foreign)
        self.generations: list[Generation] = []
        self.seen: set[int] = set()
        self.lost_bytes = 0
        self.problem = ""
        self._orphans: dict[Generation, float] = {}
        self._idle_since: dict[Generation, float] = {}

    # -- the start ---------------------------------------------------------------------------------

    def begin(self, saved: Saved | None, from_end: bool) -> None:
        """Take up the work where `saved` says; without it at the beginning or the end of the live file."""
        if saved is None:
            self.seen = self.siblings.identities()
            content = self._open_live()
            if content:
                self._append(content, at_end(content) if from_end else None)
            return
        self.seen = set(saved.seen)
        is_live = [self._resume(mark) for mark in saved.marks]
        if not any(is_live):
            self._add_missed()
        self.poll()

    def _resume(self, mark: Mark) -> bool:
        """Go on behind a mark, in the live file or a copy; tell whether it is in the live file."""
        live = self._open_live()
        if live and mark.is_in(live):
            self._append(live, mark)
            return True
        if live:
            live.close()
        copy = self.siblings.find(mark)
        if copy:
            log.info("%s: going on in %s", self.path, copy.name)
            self._append(copy, mark)
        else:
            self.seen.add(mark.head.identity)
            log.warning("%s: the file that was read up to byte %d is gone", self.path, mark.offset)
        return False

    # -- watching ----------------------------------------------------------------------------------

    def poll(self) -> None:
        """Look whether the path names another file than before, and follow it."""
        try:
            found = os.stat(self.path)
        except OSError as error:
            if not isinstance(error, FileNotFoundError):
                self._complain(f"cannot look at the file: {error.strerror}")
            return
        key = (found.st_dev, found.st_ino)
        if any(generation.content.key == key and not generation.gone for generation in self.generations):
            return
        if self.around.taken(key):
            return
        content = self._open_live()
        if content is None:
            return
        if self.generations:
            self._add_missed(besides=content.key)
        self._append(content, None)

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

    def _append(self, content: Content, mark: Mark | None) -> None:
        self.generations.append(Generation(self.path, content, mark))

    def _add_missed(self, besides: Key | None = None) -> None:
        """Take in the contents that came and were rotated away while nobody looked."""
        open_keys = {generation.content.key for generation in self.generations} | {besides}
        for content, head in self.siblings.contents():
            known = head.identity in self.seen or self._is_known(head.identity)
            if known or content.key in open_keys or self.around.taken(content.key):
                content.close()
                continue
            self._append(content, None)

    def _is_known(self, identity: int) -> bool:
        for generation in self.generations:
            head = generation.mark.head if generation.mark else None
            if head is None and not generation.gone:
                head = read_head(generation.content)
            if head and head.identity == identity:
                return True
        return False

    # -- reading -----------------------------------------------------------------------------------

    def read(self, limit: int, final: bool = False) -> tuple[Generation, Reading] | None:
        """Return the next lines of the oldest content that has some; None where there is nothing to read now."""
        self._find_orphans()
        for generation in list(self.generations):
            if generation.gone:
                return None  # what comes after waits until the copy is found or given up
            try:
                reading = self._read(generation, limit, final)
            except ContentChanged:
                self._changed(generation)
                return self.read(limit, final)
            except OSError as error:
                self._complain(f"cannot read {generation.content.name}: {error.strerror}")
                return None
            if reading:
                return generation, reading
        return None

    def _read(self, generation: Generation, limit: int, final: bool) -> Reading | None:
        is_live = generation is self.generations[-1]
        reading = generation.read(limit, final=not generation.content.growing or (final and is_live))
        if reading is None and not is_live and self._is_over(generation):
            reading = generation.read(limit, final=True)
            if reading is None:
                self._close(generation)
        if reading:
            self._idle_since.pop(generation, None)
        return reading

    def _changed(self, generation: Generation) -> None:
        """Go over to the new content of a file; what is left of the old one is in a copy, if anywhere."""
        content = generation.content
        place = self.generations.index(generation)
        fresh: list[Generation] = []
        if generation is self.generations[-1]:
            live = self._open_live()
            if live:
                fresh = [Generation(self.path, live, None)]
        content.close()
        generation.gone = True
        self.generations[place + 1 :] = [*self.generations[place + 1 :], *fresh]
        if generation.mark is None:
            self.generations.remove(generation)
            return
        self._orphans[generation] = self.around.clock() + COPY_PATIENCE
        self._find_orphans()

    def _find_orphans(self) -> None:
        for generation, deadline in list(self._orphans.items()):
            mark = generation.mark
            copy = self.siblings.find(mark) if mark else None
            if copy:
                generation.content, generation.gone = copy, False
                del self._orphans[generation]
                self._count_lost(generation, copy)
                self._insert_missed(generation)
            elif generation.size <= generation.offset or self.around.clock() > deadline:
                del self._orphans[generation]
                self.generations.remove(generation)
                if mark:
                    self.seen.add(mark.head.identity)
                self._give_up(generation)

    def _insert_missed(self, generation: Generation) -> None:
        """Put contents that were rotated away since between the old content and the live one."""
        place = self.generations.index(generation) + 1
        later = self.generations[place:]
        self.generations[place:] = []
        self._add_missed(besides=later[-1].content.key if later else None)
        self.generations += later

    def _count_lost(self, generation: Generation, copy: Content) -> None:
        size = copy.state()[0]
        if 0 <= size < generation.size:
            lost = generation.size - max(size, generation.offset)
            if lost > 0:
                self.lost_bytes += lost
                log.error("%s: %d bytes were written between copy and truncation; they are lost", self.path, lost)

    def _give_up(self, generation: Generation) -> None:
        lost = generation.size - generation.offset
        if lost > 0:
            self.lost_bytes += lost
            log.error("%s: truncated with %d bytes unread, and no copy is beside it", self.path, lost)

    # -- the end of old contents -------------------------------------------------------------------

    def _is_over(self, generation: Generation) -> bool:
        """Tell whether a content that is no longer live, and read to its end, can be let go."""
        if generation.in_flight:
            return False
        since = self._idle_since.setdefault(generation, self.around.clock())
        deleted = generation.content.growing and generation.content.state()[2] == 0
        old = len(self.generations) - 1 - self.generations.index(generation)
        patience_over = deleted and self.around.clock() - since > DELETED_PATIENCE
        return not generation.content.growing or old > MOST_OLD or patience_over

    def _close(self, generation: Generation) -> None:
        self._idle_since.pop(generation, None)
        self.generations.remove(generation)
        generation.content.close()
        if generation.mark:
            self.seen.add(generation.mark.head.identity)

    def drained(self) -> bool:
        """Tell whether everything that is there was read and acknowledged."""
        return not self._orphans and not any(g.in_flight or g.has_news() for g in self.generations)

    def lag(self) -> int:
        """Return how many bytes are there and not acknowledged."""
        total = 0
        for generation in self.generations:
            done = generation.acknowledged.offset if generation.acknowledged else 0
            size = generation.offset if generation.gone else generation.content.state()[0]
            total += max(0, size - done)
        return total

    def saved(self) -> Saved:
        """Return what a checkpoint is to keep: the places behind the last acknowledged lines."""
        marks = [g.acknowledged for g in self.generations if g.acknowledged]
        return Saved(marks, frozenset(self.seen))

    def close(self) -> None:
        """Close all files."""
        for generation in self.generations:
            if not generation.gone:
                generation.content.close()


def keys(sources: Iterable[Source] | Mapping[str, Source]) -> set[Key]:
    """Return device and inode of every file that the sources have open."""
    values = sources.values() if isinstance(sources, Mapping) else sources
    return {g.content.key for source in values for g in source.generations if not g.gone}
