"""What a live log has left behind: contents that were read to their end, kept as marks so that none is read again."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from logshipper.follow.content import Content, Mark
from logshipper.follow.rotated import holds

# Of finished contents that no file holds any more the latest are kept: a file may be away for a moment.
KEPT_WITHOUT_FILE = 32


@dataclass(frozen=True, slots=True)
class Saved:
    """What a checkpoint knows of a source: its unfinished contents, oldest first, and the finished ones."""

    marks: Sequence[Mark] = ()
    finished: Sequence[Mark] = ()


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
