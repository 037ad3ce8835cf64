"""Contents whose file was truncated or written anew before they were read to the end: their copies are looked for."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from logshipper.follow.files import Content
from logshipper.follow.reader import Generation
from logshipper.follow.rotated import Siblings
from logshipper.model import Key

log = logging.getLogger(__name__)

# How long a copy is looked for before its unread lines are given up, and how often. In seconds.
COPY_PATIENCE = 10.0
_BETWEEN = 0.25


@dataclass(slots=True)
class _Search:
    generation: Generation
    deadline: float
    next_look: float


class Orphans:
    """The contents of one log that wait for their copy to be found."""

    def __init__(self, siblings: Siblings, clock: Callable[[], float]) -> None:
        self.siblings, self.clock = siblings, clock
        self.lost_bytes = 0
        self._searches: list[_Search] = []
        self._deadlines: dict[Generation, float] = {}

    def add(self, generation: Generation) -> None:
        """Look for the copy of a content from now on."""
        now = self.clock()
        # A damaged copy comes back here again and again.
        again = generation in self._deadlines
        deadline = self._deadlines.setdefault(generation, now + COPY_PATIENCE)
        self._searches.append(_Search(generation, deadline, now + _BETWEEN if again else now))

    def are_sought(self) -> bool:
        """Tell whether the copy of any content is being looked for."""
        return bool(self._searches)

    def hold_lines(self) -> bool:
        """Tell whether lines that were seen are still to be found."""
        return any(search.generation.size > search.generation.offset for search in self._searches)

    def look(self, passed: Callable[[Key], bool]) -> Iterator[tuple[Generation, Content]]:
        """Yield the contents whose copy was found, and the copy."""
        now = self.clock()
        for search in list(self._searches):
            if not search.next_look <= now < search.deadline:
                continue
            search.next_look = now + _BETWEEN
            mark = search.generation.mark
            copy = self.siblings.find(mark, passed) if mark else None
            if copy:
                self._searches.remove(search)
                self._count_lost(search.generation, copy.state()[0])
                yield search.generation, copy

    def given_up(self) -> Iterator[Generation]:
        """Yield the contents whose copy was not found in time."""
        now = self.clock()
        for search in list(self._searches):
            if now >= search.deadline and not search.generation.in_flight:
                self._searches.remove(search)
                self._deadlines.pop(search.generation, None)
                self._count_lost(search.generation, search.generation.offset)
                yield search.generation

    def _count_lost(self, generation: Generation, copied: int) -> None:
        """Say what stood in the file when it was last looked at and is not in its copy."""
        lost = generation.size - max(copied, generation.offset)
        if copied >= 0 and lost > 0:
            self.lost_bytes += lost
            log.error("%s: truncated, and %d bytes that were not read are in no copy", generation.path, lost)
