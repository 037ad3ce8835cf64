"""From JSON records to points. Each shape of object gets an encoder, made when the shape first appears."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from logshipper.parse.cleaning import clean_rows
from logshipper.parse.compiled_pattern import cell_masks, prefix_columns
from logshipper.parse.encoder import Column, Encode, Row, one_value_a_name
from logshipper.parse.field_names import renamed
from logshipper.parse.form import TEXT, Form
from logshipper.parse.json_lines import JsonReader, JsonRecord, KeyShape, columns
from logshipper.parse.matching import NUL
from logshipper.parse.prefix_cache import CacheBudget, PrefixCache, PrefixRules
from logshipper.parse.redaction import CellMask, masked
from logshipper.parse.tag_limit import TagLimit
from logshipper.parse.unique_time import unique_digits
from logshipper.points import AnyPoint

_MOST_SHAPES = 500


@dataclass(frozen=True, slots=True)
class JsonInput:
    """How an input's objects become points: `times` and `precision` for those with a time, `arrival` for the others.

    `mask_of(field, kind)` returns the mask for a field's text, None for no mask.
    """

    reader: JsonReader
    times: Mapping[str, int]
    precision: int
    arrival: Mapping[str, int]
    mask_of: Callable[[str, str], CellMask | None]


@dataclass(frozen=True, slots=True)
class _ShapeEncoder:
    encode: Encode
    prefixes: PrefixCache[Any]
    strings: Sequence[Column]
    texts: Sequence[Column]
    masks: Sequence[tuple[int, CellMask]]
    time: Column | None


@dataclass(frozen=True, slots=True)
class EncodedRecords:
    """What records became: points, with the offset and the time of each line, or reasons why they are rejected."""

    points: list[AnyPoint] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    moments: list[int] = field(default_factory=list)
    rejected: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class JsonPoints:
    """Makes points of one live log's records."""

    given: JsonInput
    rules: PrefixRules
    path_tags: Mapping[str, str]
    tag_limit: TagLimit
    budget: CacheBudget
    form: Form = TEXT
    _encoders: dict[KeyShape, _ShapeEncoder] = field(default_factory=dict)

    def encode(self, found: Iterable[tuple[int, JsonRecord]], fingerprint: int) -> EncodedRecords:
        """Return what (offset, record) becomes."""
        made = EncodedRecords()
        groups: dict[KeyShape, list[tuple[int, Row]]] = defaultdict(list)
        for offset, record in found:
            if record.fault:
                made.rejected.append((offset, record.fault))
            elif not record.shape:
                made.rejected.append((offset, "no field has a value"))
            else:
                groups[record.shape].append((offset, record.row))
        for shape, rows in groups.items():
            self._encode_rows(self._encoder(shape), rows, fingerprint, made)
        return made

    def _encode_rows(
        self, shape: _ShapeEncoder, rows: Sequence[tuple[int, Row]], fingerprint: int, made: EncodedRecords
    ) -> None:
        offsets = [offset for offset, _ in rows]
        hidden = masked([row for _, row in rows], shape.masks)
        cells = clean_rows(hidden, shape.strings, self.form.texts)
        times = self.given.times if shape.time else self.given.arrival
        try:
            digits = unique_digits(offsets, fingerprint, self.given.precision)
            points = shape.encode(cells, digits, shape.prefixes, times)
        except ValueError as error:
            if len(rows) == 1:
                made.rejected.append((offsets[0], str(error)))
                return
            for row in rows:
                self._encode_rows(shape, [row], fingerprint, made)
            return
        for offset, own, point in zip(offsets, cells, points, strict=True):
            if any("\0" in own[column.index] for column in shape.texts):
                made.rejected.append((offset, NUL))
            else:
                made.points.append(point)
                made.offsets.append(offset)
                made.moments.append(times[own[shape.time.index] if shape.time else ""])

    def _encoder(self, shape: KeyShape) -> _ShapeEncoder:
        if shape not in self._encoders:
            if len(self._encoders) >= _MOST_SHAPES:
                self._encoders.clear()
            self._encoders[shape] = self._make(columns(shape))
        return self._encoders[shape]

    def _make(self, found: Sequence[Column]) -> _ShapeEncoder:
        prefix = prefix_columns(found)
        kept = [c for c in found if c.kind in ("int", "float", "string") and self.rules.keep_field(c.field)]
        tags = {column.field for column in prefix if column.kind == "tag"} | {*self.rules.tags, *self.path_tags}
        tags |= {"status_class"} if any(column.kind == "int" for column in prefix) else set()
        kept = renamed(kept, set(filter(self.rules.keep_tag, tags)))
        fields = one_value_a_name(kept)
        rules = replace(self.rules, taken={column.field for column in fields})
        strings = [column for column in kept if column.kind == "string"]
        time = [column for column in found if column.kind == "time"]
        return _ShapeEncoder(
            encode=self.form.encoder(len(found), fields, prefix, time),
            prefixes=self.form.prefixes(rules, prefix, self.path_tags, self.tag_limit, self.budget),
            strings=strings,
            texts=[*strings, *(column for column in prefix if column.kind != "int")],
            masks=cell_masks(found, self.given.mask_of),
            time=time[0] if time else None,
        )
