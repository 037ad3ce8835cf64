"""Prefixes for rows: measurement, tags and the fields that come from tags."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from logshipper import line_protocol
from logshipper.parse.encoder import Column
from logshipper.parse.prefix_cache import PLACEHOLDER, CacheBudget, PrefixCache, PrefixRules
from logshipper.parse.row_encoder import Head, written_name
from logshipper.parse.tag_limit import TagLimit
from logshipper.points import utf8

_OVERHEAD = 64  # what Python needs besides the characters of a value


@dataclass(frozen=True, slots=True, eq=False)
class RowPrefix:
    """The beginning of a row: its head, and the values of its tags and first fields."""

    head: Head
    values: tuple[str, ...]

    def __len__(self) -> int:
        return sum(map(len, self.values)) + _OVERHEAD * len(self.values)


class RowPrefixes(PrefixCache[RowPrefix]):
    """`prefixes[a][b]`, for the raw tag cells a and b, is the beginning of a row."""

    __slots__ = ("_heads",)

    def __init__(
        self, rules: PrefixRules, columns: Sequence[Column], path_tags: Mapping[str, str], tag_limit: TagLimit,
        budget: CacheBudget,
    ) -> None:  # fmt: skip
        self._heads: dict[tuple[object, ...], Head] = {}
        super().__init__(rules, columns, path_tags, tag_limit, budget)

    def clear(self) -> None:
        """Forget everything."""
        super().clear()
        self._heads.clear()

    def written(self, name: str, tags: Mapping[str, str], fields: Mapping[str, str]) -> RowPrefix:
        """See `PrefixCache`."""
        labels = {tag: tags[tag] for tag in sorted(tags) if tags[tag] and self.rules.keep_tag(tag)}
        texts = {label: text for label, text in fields.items() if text and self.rules.keep_field(label)}
        return self.beginning(name, labels, texts)

    def beginning(self, name: str, tags: Mapping[str, str], fields: Mapping[str, str]) -> RowPrefix:
        """Return the beginning of a row; one without tags and fields has the same head."""
        measurement = utf8(line_protocol.fit_measurement(name))
        head = self._head(measurement, tuple(map(written_name, tags)), tuple(map(written_name, fields)))
        values = [utf8(line_protocol.fit(value)) for value in tags.values()]
        return RowPrefix(head, (*values, *map(utf8, fields.values())))

    def _head(self, measurement: str, tags: tuple[str, ...], fields: tuple[str, ...]) -> Head:
        key = measurement, tags, fields
        if key not in self._heads:
            self._heads[key] = Head(measurement, tags, fields)
        return self._heads[key]

    def with_field(self, prefix: RowPrefix, field: str, text: str) -> RowPrefix:
        """See `PrefixCache`."""
        head = prefix.head
        grown = self._head(head.measurement, head.tags, (*head.fields, field))
        return RowPrefix(grown, (*prefix.values, utf8(text)))

    def split(self, prefix: RowPrefix, count: int) -> Sequence[RowPrefix]:
        """See `PrefixCache`."""
        return [prefix] if prefix.values.count(PLACEHOLDER) == count else []

    def filled(self, frame: Sequence[RowPrefix], uri: str, carried: bool) -> RowPrefix:
        """See `PrefixCache`."""
        (prefix,) = frame
        uri = utf8(uri)
        return RowPrefix(prefix.head, tuple([uri if value == PLACEHOLDER else value for value in prefix.values]))
