"""The limits on what the lines of a log may name, so that a stranger cannot fill the database, nor our memory.

A tag has a limit on its distinct values, so that a crawler cannot fill the database with series. The lines themselves
may name measurements (a pattern's `:measurement`, JSON's name key) and, in JSON, tags and fields: each of them is a
table, a column and a cached encoder somewhere, so there is a limit on these too.

Admitted values are kept as 64-bit hashes: 16 bytes each instead of a hundred, for perhaps a thousand logs. If two
values have the same hash, both are admitted and count as one.

Who asks: `prefix_cache` for the tags of a line, `events/log_events` for an event's exception. A value that is not
admitted becomes `(other)`; a line keeps it in a field, an event in its text. `prefix_cache` and `json_points` ask
for names; a line with one too many is rejected, so that nothing is lost. Tags from the settings and the path,
`status_class` and the raw cells of reports have no limit. Near a limit the order of the lines decides, so `parser` and
`json_points` take them one at a time.
"""

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from logshipper.hashing import digest
from logshipper.model import AdmittedValues

OTHER = "(other)"
MEASUREMENTS, NAMES = "(measurements)", "(names)"
"""What is counted besides the values of tags."""
LONGEST_NAME = 2048  # bytes; a longer name bloats every index
TOO_MANY_MEASUREMENTS = "more measurements than max_measurements"
TOO_MANY_NAMES = "more names of tags and fields than max_names"
TOO_LONG_NAME = f"a name of more than {LONGEST_NAME} bytes"


@dataclass(frozen=True, slots=True)
class Limits:
    """The most distinct values of a tag, and the most measurements and names that the lines of one log may bring."""

    tag_values: int
    measurements: int = 100
    names: int = 2_000

    def of(self, counted: str) -> int:
        """Return the limit of a tag's values, of `MEASUREMENTS` or of `NAMES`."""
        return {MEASUREMENTS: self.measurements, NAMES: self.names}.get(counted, self.tag_values)


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

    def __contains__(self, number: int) -> bool:
        index = bisect_left(self._sorted, number)
        return index < len(self._sorted) and self._sorted[index] == number

    def take(self, number: int, limit: int) -> bool:
        """Add a number unless the set holds `limit` already; return whether it is in the set."""
        if number in self:
            return True
        if len(self) >= limit:
            return False
        insort(self._sorted, number)
        self.order.append(number)
        return True


class TagLimit:
    """Admits the first values of each tag, and the first names, up to the limits.

    Only the order of the lines decides. What is admitted is part of a file's checkpoint, in its order: take
    `counts()` after a chunk, and `values(counts)` later returns the values of that moment.
    """

    def __init__(self, limits: Limits, admitted: AdmittedValues | None = None) -> None:
        self.limits, self.limit = limits, limits.tag_values
        self._admitted = {tag: Hashes(hashes) for tag, hashes in (admitted or {}).items()}
        self._named = {kind: self._admitted.pop(kind, Hashes()) for kind in (MEASUREMENTS, NAMES)}

    def admits(self, tag: str, value: str) -> bool:
        """Return whether the tag may carry this value; if so, it is admitted from now on."""
        known = self._admitted.get(tag)
        if known is None:
            known = self._admitted[tag] = Hashes()
        return known.take(value_hash(value), self.limit)

    def surplus_measurement(self, name: str) -> str:
        """Return why a line may not name this measurement, "" if it may: then it is admitted from now on."""
        if len(name) > LONGEST_NAME:
            return TOO_LONG_NAME
        admitted = self._named[MEASUREMENTS].take(value_hash(name), self.limits.measurements)
        return "" if admitted else TOO_MANY_MEASUREMENTS

    def surplus_names(self, measurement: str, names: Iterable[str]) -> str:
        """Return why a line may not bring these names of tags and fields, "" if it may: then all are admitted."""
        known, new = self._named[NAMES], dict[int, None]()
        for name in names:
            if len(name) > LONGEST_NAME:
                return TOO_LONG_NAME
            if (number := value_hash(f"{measurement}\0{name}")) not in known:
                new[number] = None
        if len(known) + len(new) > self.limits.names:
            return TOO_MANY_NAMES
        for number in new:
            known.take(number, self.limits.names)
        return ""

    @property
    def takes_measurements(self) -> bool:
        """Whether another measurement would be admitted: until then the order of the lines matters."""
        return len(self._named[MEASUREMENTS]) < self.limits.measurements

    def rewind(self, counts: Mapping[str, int]) -> None:
        """Forget what was admitted since `counts` was taken."""
        for known in (self._admitted, self._named):
            for kind, values in known.items():
                known[kind] = Hashes(values.order[: counts.get(kind, 0)])

    def is_closing(self, lines: int) -> bool:
        """Return whether `lines` more lines may reach the limit of a tag, so that their order matters."""
        rooms = [self.limit - len(values) for values in self._admitted.values()]
        return self.limit < lines or any(0 < room < lines for room in rooms)

    def counts(self) -> dict[str, int]:
        """Return how many values each tag has by now, and how many measurements and names lines have brought."""
        named = {kind: len(values) for kind, values in self._named.items() if values}
        return self.tag_counts() | named

    def tag_counts(self) -> dict[str, int]:
        """Return how many values each tag has by now."""
        return {tag: len(values) for tag, values in self._admitted.items()}

    def values(self, counts: Mapping[str, int]) -> dict[str, Sequence[int]]:
        """Return the hashes of what was admitted when `counts` was taken."""
        admitted = self._admitted | self._named
        return {tag: admitted[tag].order[:count] for tag, count in counts.items()}
