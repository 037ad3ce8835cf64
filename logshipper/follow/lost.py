"""Contents whose file was truncated or written anew before they were read to the end: their copies are looked for."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from logshipper.follow.files import OpenFile
from logshipper.follow.reader import Reader
from logshipper.follow.rotated import RotatedCopies
from logshipper.model import Key

log = logging.getLogger(__name__)

# How long a copy is looked for before its unread lines are given up, and how often. In seconds.
COPY_PATIENCE = 10.0
_BETWEEN = 0.25


@dataclass(slots=True)
class _Search:
    reader: Reader
    deadline: float
    next_look: float


class LostContents:
    """The contents of one log that wait for their copy to be found."""

    def __init__(self, rotated_copies: RotatedCopies, clock: Callable[[], float]) -> None:
        self.rotated_copies, self.clock = rotated_copies, clock
        self.lost_bytes = 0
        self._searches: list[_Search] = []
        self._deadlines: dict[Reader, float] = {}

    def add(self, reader: Reader) -> None:
        """Look for the copy of a content from now on."""
        now = self.clock()
        # A damaged copy comes back here again and again.
        again = reader in self._deadlines
        deadline = self._deadlines.setdefault(reader, now + COPY_PATIENCE)
        self._searches.append(_Search(reader, deadline, now + _BETWEEN if again else now))

    def are_sought(self) -> bool:
        """Tell whether the copy of any content is being looked for."""
        return bool(self._searches)

    def hold_lines(self) -> bool:
        """Tell whether lines that were seen are still to be found."""
        return any(search.reader.size > search.reader.offset for search in self._searches)

    def look(self, passed: Callable[[Key], bool]) -> Iterator[tuple[Reader, OpenFile]]:
        """Yield the contents whose copy was found, and the copy."""
        now = self.clock()
        for search in list(self._searches):
            if not search.next_look <= now < search.deadline:
                continue
            search.next_look = now + _BETWEEN
            bookmark = search.reader.bookmark
            copy = self.rotated_copies.find(bookmark, passed) if bookmark else None
            if copy:
                self._searches.remove(search)
                self._count_lost(search.reader, copy.state()[0])
                yield search.reader, copy

    def given_up(self) -> Iterator[Reader]:
        """Yield the contents whose copy was not found in time."""
        now = self.clock()
        for search in list(self._searches):
            if now >= search.deadline and not search.reader.in_flight:
                self._searches.remove(search)
                self._deadlines.pop(search.reader, None)
                self._count_lost(search.reader, search.reader.offset)
                yield search.reader

    def _count_lost(self, reader: Reader, copied: int) -> None:
        """Say what stood in the file when it was last looked at and is not in its copy."""
        lost = reader.size - max(copied, reader.offset)
        if copied >= 0 and lost > 0:
            self.lost_bytes += lost
            log.error("%s: truncated, and %d bytes that were not read are in no copy", reader.path, lost)
