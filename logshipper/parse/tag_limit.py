"""The limit on the number of distinct values of a tag, so that a crawler cannot fill the database with series.

Admitted values are kept as 64-bit hashes: 16 bytes each instead of a hundred, for perhaps a thousand logs. If two
values have the same hash, both are admitted and count as one.

Who asks: `prefix_cache` for the tags of a line, `events/log_events` for an event's exception. A value that is not
admitted becomes `(other)`; a line keeps it in a field, an event in its text.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

from logshipper.hashing import digest
from logshipper.model import AdmittedValues

OTHER = "(other)"


def value_hash(value: str) -> int:
    """Return the hash of a tag's value, given as latin-1-decoded bytes."""
    return digest(value.encode("latin-1"))


class Hashes:
    """A set of 64-bit numbers that keeps the order in which they came."""

    __slots__ = ("_sorted", "order")

    def __init__(self, given: Iterable[int] = ()) -> None:
        self.order = array("Q", given)
        self._sorted = array("Q", sorted(self.order))

    def __len__(self) -> int:
        return len(self.order)

    def take(self, number: int, limit: int) -> bool:
        """Add a number unless the set holds `limit` already; return whether it is in the set."""
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
    """Admits the first `limit` values of each tag; later ones are written as `(other)`.

    Only the order of the lines decides. The admitted values are part of a file's checkpoint, in their order: take
    `counts()` after a chunk, and `values(counts)` later returns the values of that moment.
    """

    def __init__(self, limit: int, admitted: AdmittedValues | None = None) -> None:
        self.limit = limit
        self._admitted = {tag: Hashes(hashes) for tag, hashes in (admitted or {}).items()}

    def admits(self, tag: str, value: str) -> bool:
        """Return whether the tag may carry this value; if so, it is admitted from now on."""
        known = self._admitted.get(tag)
        if known is None:
            known = self._admitted[tag] = Hashes()
        return known.take(value_hash(value), self.limit)

    def is_closing(self, lines: int) -> bool:
        """Return whether `lines` more lines may reach the limit of a tag, so that their order matters."""
        rooms = [self.limit - len(values) for values in self._admitted.values()]
        return self.limit < lines or any(0 < room < lines for room in rooms)

    def counts(self) -> dict[str, int]:
        """Return how many values each tag has by now."""
        return {tag: len(values) for tag, values in self._admitted.items()}

    def values(self, counts: Mapping[str, int]) -> dict[str, Sequence[int]]:
        """Return the hashes of the values that were admitted when `counts` was taken."""
        return {tag: self._admitted[tag].order[:count] for tag, count in counts.items()}
