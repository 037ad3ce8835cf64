"""Contents that vanished before they were read to the end, kept while we look for their copies."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from logshipper.follow.files import OpenFile
from logshipper.follow.reader import Reader
from logshipper.follow.rotated import RotatedCopies
from logshipper.model import Key

log = logging.getLogger(__name__)

# Give up the search for a copy after this many seconds.
COPY_PATIENCE = 10.0
# Look this often, in seconds.
LOOK_INTERVAL = 0.25


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
        """Start to look for the copy of a content."""
        now = self.clock()
        # A content whose copy is damaged is added again each time reading fails; its deadline stays the first one.
        again = reader in self._deadlines
        deadline = self._deadlines.setdefault(reader, now + COPY_PATIENCE)
        self._searches.append(_Search(reader, deadline, now + LOOK_INTERVAL if again else now))

    def is_searching(self) -> bool:
        """Return whether any copy is still being looked for."""
        return bool(self._searches)

    def has_unread_lines(self) -> bool:
        """Return whether lines were seen in the file that have not been found in a copy yet."""
        return any(search.reader.size > search.reader.offset for search in self._searches)

    def found(self, is_open: Callable[[Key], bool]) -> Iterator[tuple[Reader, OpenFile]]:
        """Yield each content whose copy is there now, and the copy."""
        now = self.clock()
        for search in list(self._searches):
            if not search.next_look <= now < search.deadline:
                continue
            search.next_look = now + LOOK_INTERVAL
            bookmark = search.reader.bookmark
            copy = self.rotated_copies.find(bookmark, is_open) if bookmark else None
            if copy:
                self._searches.remove(search)
                self._count_lost(search.reader, copy.state().size)
                yield search.reader, copy

    def given_up(self) -> Iterator[Reader]:
        """Yield each content whose copy was not found in time."""
        now = self.clock()
        for search in list(self._searches):
            if now >= search.deadline and not search.reader.in_flight:
                self._searches.remove(search)
                self._deadlines.pop(search.reader, None)
                self._count_lost(search.reader, search.reader.offset)
                yield search.reader

    def _count_lost(self, reader: Reader, copied: int) -> None:
        """Count and report the bytes that were in the file when it was last looked at and are not in its copy."""
        lost = reader.size - max(copied, reader.offset)
        if copied >= 0 and lost > 0:
            self.lost_bytes += lost
            log.error(
                "%s: truncated before %d bytes were read, and no rotated copy has them: those lines are lost; "
                "rotate by renaming instead of copytruncate",
                reader.path,
                lost,
            )
