"""The cap on the number of distinct values of a tag, so that a crawler cannot fill the database with series.

A value that was admitted is remembered by its hash of 64 bits: 16 bytes instead of a hundred, in each of perhaps a
thousand logs. Should two values have one hash, both are admitted for one.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

from logshipper.hashing import digest
from logshipper.model import AdmittedValues

OTHER = "(other)"


def value_hash(value: str) -> int:
    """Return the hash of a tag's value, which is text of one byte a character."""
    return digest(value.encode("latin-1"))


class Hashes:
    """A set of 64-bit numbers that knows the order in which they came."""

    __slots__ = ("_sorted", "order")

    def __init__(self, given: Iterable[int] = ()) -> None:
        self.order = array("Q", given)
        self._sorted = array("Q", sorted(self.order))

    def __len__(self) -> int:
        return len(self.order)

    def take(self, number: int, limit: int) -> bool:
        """Take a number in unless there are `limit` already; tell whether it is there now."""
        known = self._sorted
        index = bisect_left(known, number)
        if index < len(known) and known[index] == number:
            return True
        if len(known) >= limit:
            return False
        known.insert(index, number)
        self.order.append(number)
        return True


class TagLimit:
    """Admits the first `limit` values of each tag; what comes later is to be written as `(other)`.

    The decision depends on the order of the lines alone. The admitted values are part of a file's checkpoint, in
    the order in which they came: `counts()` after a chunk and `values(counts)` later give those of that moment.
    """

    def __init__(self, limit: int, admitted: AdmittedValues | None = None) -> None:
        self.limit = limit
        self._admitted = {tag: Hashes(hashes) for tag, hashes in (admitted or {}).items()}

    def admits(self, tag: str, value: str) -> bool:
        """Tell whether the tag may carry this value, and remember it if so."""
        known = self._admitted.get(tag)
        if known is None:
            known = self._admitted[tag] = Hashes()
        return known.take(value_hash(value), self.limit)

    def is_closing(self, lines: int) -> bool:
        """Tell whether so many lines more may fill a tag up, so that their order decides what is admitted."""
        rooms = [self.limit - len(values) for values in self._admitted.values()]
        return self.limit < lines or any(0 < room < lines for room in rooms)

    def counts(self) -> dict[str, int]:
        """Return how many values each tag has by now."""
        return {tag: len(values) for tag, values in self._admitted.items()}

    def values(self, counts: Mapping[str, int]) -> dict[str, Sequence[int]]:
        """Return the hashes of the values that were admitted when `counts` was taken."""
        return {tag: self._admitted[tag].order[:count] for tag, count in counts.items()}
