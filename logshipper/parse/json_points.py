"""From JSON records to points. Each shape of object gets an encoder, made when the shape first appears."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from logshipper.parse.compiled_pattern import decides_prefix
from logshipper.parse.encoder import Column, Encode, Row, clean_rows, encoder
from logshipper.parse.json_lines import JsonReader, JsonRecord, KeyShape, columns
from logshipper.parse.prefix_cache import CacheBudget, PrefixCache, PrefixRules
from logshipper.parse.redaction import CellMask, masked
from logshipper.parse.tag_limit import TagLimit
from logshipper.parse.unique_time import unique_digits

_MOST_SHAPES = 500
MOST_VALUES = 200  # of one object


@dataclass(frozen=True, slots=True)
class JsonInput:
    """How an input's objects become points: `times` and `precision` for those with a time, `arrival` for the others.

    `mask_of(field, kind=…)` returns the mask for a field's text, None for no mask.
    """

    reader: JsonReader
    times: Mapping[str, int]
    precision: int
    arrival: Mapping[str, int]
    mask_of: Callable[..., CellMask | None]


@dataclass(frozen=True, slots=True)
class _ShapeEncoder:
    encode: Encode
    prefixes: PrefixCache
    strings: Sequence[Column]
    masks: Sequence[tuple[int, CellMask]]
    has_time: bool


@dataclass(slots=True)
class JsonPoints:
    """Makes points of one live log's records."""

    given: JsonInput
    rules: PrefixRules
    path_tags: Mapping[str, str]
    tag_limit: TagLimit
    budget: CacheBudget
    _encoders: dict[KeyShape, _ShapeEncoder] = field(default_factory=dict)

    def encode(self, found: Iterable[tuple[int, JsonRecord]], fingerprint: int) -> Iterable[tuple[int, str]]:
        """Yield (offset, point) for each (offset, record), or the reason in place of a point that cannot be made.

        A reason begins with a NUL, which no point does.
        """
        groups: dict[KeyShape, list[tuple[int, Row]]] = defaultdict(list)
        for offset, record in found:
            if len(record.shape) > MOST_VALUES:
                yield offset, f"\0more than {MOST_VALUES} values"
            elif not record.shape:
                yield offset, "\0no field has a value"
            else:
                groups[record.shape].append((offset, record.row))
        for shape, rows in groups.items():
            yield from self._encode_rows(self._encoder(shape), rows, fingerprint)

    def _encode_rows(
        self, made: _ShapeEncoder, rows: Sequence[tuple[int, Row]], fingerprint: int
    ) -> Iterable[tuple[int, str]]:
        offsets = [offset for offset, _ in rows]
        cells = clean_rows(masked([row for _, row in rows], made.masks), made.strings)
        times = self.given.times if made.has_time else self.given.arrival
        try:
            yield from zip(
                offsets,
                made.encode(cells, unique_digits(offsets, fingerprint, self.given.precision), made.prefixes, times),
                strict=True,
            )
        except ValueError as error:
            if len(rows) == 1:
                yield offsets[0], f"\0{error}"
                return
            for row in rows:
                yield from self._encode_rows(made, [row], fingerprint)

    def _encoder(self, shape: KeyShape) -> _ShapeEncoder:
        if shape not in self._encoders:
            if len(self._encoders) >= _MOST_SHAPES:
                self._encoders.clear()
            self._encoders[shape] = self._make(columns(shape))
        return self._encoders[shape]

    def _make(self, found: Sequence[Column]) -> _ShapeEncoder:
        prefix = sorted((column for column in found if decides_prefix(column)), key=lambda column: column.kind != "int")
        kept = [c for c in found if c.kind in ("int", "float", "string") and self.rules.keep_field(c.field)]
        time = [column for column in found if column.kind == "time"]
        masks = [
            (column.index, mask)
            for column in found
            if (column.field, column.kind) != ("uri", "tag")
            and (mask := self.given.mask_of(column.field, kind=column.kind))
        ]
        return _ShapeEncoder(
            encode=encoder(len(found), kept, prefix, time),
            prefixes=PrefixCache(self.rules, prefix, self.path_tags, self.tag_limit, self.budget),
            strings=[column for column in kept if column.kind == "string"],
            masks=masks,
            has_time=bool(time),
        )
