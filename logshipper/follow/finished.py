"""What a live log has left behind: contents that were read to their end, kept as marks so that none is read again."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from logshipper.follow.files import Content
from logshipper.follow.reader import Generation
from logshipper.follow.rotated import holds
from logshipper.model import Mark

# Of finished contents that no file holds any more the latest are kept: a file may be away for a moment.
KEPT_WITHOUT_FILE = 32
# So many contents that are no longer live are kept open for a writer that stays on the old file. Beyond them one is
# closed when nobody has written to it for so many seconds; one that was deleted is, so that its room is freed.
MOST_OLD = 4
OLD_PATIENCE = 5.0
DELETED_PATIENCE = 60.0


class History:
    """The marks at the end of finished contents, by identity; two contents may begin alike."""

    def __init__(self, marks: Iterable[Mark] = ()) -> None:
        self._marks = {(mark.head.identity, mark.offset, mark.guard): mark for mark in marks}

    def add(self, mark: Mark) -> None:
        """Note that a content is finished up to here."""
        key = (mark.head.identity, mark.offset, mark.guard)
        self._marks.pop(key, None)
        self._marks[key] = mark

    def remove(self, mark: Mark) -> None:
        """Forget a content: it is being read again."""
        self._marks.pop((mark.head.identity, mark.offset, mark.guard), None)

    def known(self, content: Content, identity: int) -> Mark | None:
        """Return the farthest mark that is in a content, None for a content that was never finished."""
        alike = [mark for mark in self._marks.values() if mark.head.identity == identity]
        fitting = [mark for mark in alike if _was_seen(content, mark) or holds(content, mark)]
        return max(fitting, key=lambda mark: mark.offset, default=None)

    def seen_at(self, mark: Mark, content: Content) -> None:
        """Note in which file a finished content is now: a compressed one need not be unpacked again to know it."""
        self.add(replace(mark, key=content.key, name=content.place))

    def forget(self, present: Collection[int]) -> None:
        """Let go of contents that are no longer there; `present` are the identities of those that are."""
        absent = [key for key in self._marks if key[0] not in present]
        for key in absent[:-KEPT_WITHOUT_FILE]:
            del self._marks[key]

    def marks(self) -> list[Mark]:
        """Return all marks, the latest last."""
        return list(self._marks.values())


def _was_seen(content: Content, mark: Mark) -> bool:
    return not content.growing and content.key == mark.key


class Retirement:
    """Watches how long the old contents of one log have been quiet."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self._quiet_since: dict[Generation, float] = {}

    def forget(self, generation: Generation) -> None:
        """Note that something was read, or that the content was closed."""
        self._quiet_since.pop(generation, None)

    def is_due(self, generation: Generation, generations: Sequence[Generation]) -> bool:
        """Tell whether a content that was read to its end can be let go; `generations` are in order, oldest first."""
        if generation.in_flight:
            return False
        if not generation.content.growing:
            return True
        quiet = self.clock() - self._quiet_since.setdefault(generation, self.clock())
        later = len(generations) - 1 - generations.index(generation)
        deleted = generation.content.state()[2] == 0
        return (later > MOST_OLD and quiet > OLD_PATIENCE) or (deleted and quiet > DELETED_PATIENCE)
