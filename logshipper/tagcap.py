"""The cap on the number of distinct values of a tag, so that a crawler cannot fill the database with series."""

from collections.abc import Mapping, Sequence

OTHER = "(other)"


class TagCap:
    """Admits the first `limit` values of each tag; what comes later is to be written as `(other)`.

    The decision depends on the order of the lines alone. The admitted values are part of a file's checkpoint, in
    the order in which they came: `counts()` after a chunk and `values(counts)` later give those of that moment.
    """

    def __init__(self, limit: int, admitted: Mapping[str, Sequence[str]] | None = None) -> None:
        self.limit = limit
        self._admitted = {tag: dict.fromkeys(values) for tag, values in (admitted or {}).items()}
        self.refused = 0

    def admits(self, tag: str, value: str) -> bool:
        """Tell whether the tag may carry this value, and remember it if so."""
        known = self._admitted.setdefault(tag, {})
        if value in known:
            return True
        if len(known) >= self.limit:
            self.refused += 1
            return False
        known[value] = None
        return True

    def is_closing(self, lines: int) -> bool:
        """Tell whether so many lines more may fill a tag up, so that their order decides what is admitted."""
        rooms = [self.limit - len(values) for values in self._admitted.values()]
        return self.limit < lines or any(0 < room < lines for room in rooms)

    def counts(self) -> dict[str, int]:
        """Return how many values each tag has by now."""
        return {tag: len(values) for tag, values in self._admitted.items()}

    def values(self, counts: Mapping[str, int]) -> dict[str, list[str]]:
        """Return the values that were admitted when `counts` was taken."""
        return {tag: list(self._admitted[tag])[:count] for tag, count in counts.items()}
