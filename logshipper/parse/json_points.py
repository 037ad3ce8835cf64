"""From JSON records to points. Each shape of object gets an encoder, made when the shape first appears."""

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

_MOST_SHAPES, _MOST_COLUMNS = 500, 10_000  # of all encoders of a log together
NOTHING = "no field has a value"


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
    """The encoder of a shape. `admitted` are the measurements in which all its names are admitted.

    `measurement` is the index of the value that names it, 0 if none does.
    """

    encode: Encode
    prefixes: PrefixCache[Any]
    strings: Sequence[Column]
    texts: Sequence[Column]
    masks: Sequence[tuple[int, CellMask]]
    time: Column | None
    measurement: int
    admitted: set[str]


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
    _columns: int = 0

    def encode(self, found: Iterable[tuple[int, JsonRecord]], fingerprint: int) -> EncodedRecords:
        """Return what (offset, record) becomes."""
        made, found = EncodedRecords(), list(found)
        # Tag values must be admitted in the order of the lines, and grouping breaks that order.
        parts = [[one] for one in found] if self.tag_limit.is_closing(len(found)) else [found]
        for part in parts:
            self._encode_part(part, fingerprint, made)
        return made

    def _encode_part(self, found: Iterable[tuple[int, JsonRecord]], fingerprint: int, made: EncodedRecords) -> None:
        groups: dict[int, tuple[_ShapeEncoder, list[tuple[int, Row]]]] = {}
        for offset, record in found:
            fault = record.fault or ("" if record.shape else NOTHING)
            shape = None if fault else self._encoders.get(record.shape)
            fault = fault or self._surplus(record, shape)
            if fault:
                made.rejected.append((offset, fault))
                continue
            shape = shape or self._encoder(record)
            groups.setdefault(id(shape), (shape, []))[1].append((offset, record.row))
        for shape, rows in groups.values():
            self._encode_rows(shape, rows, fingerprint, made)

    def _surplus(self, record: JsonRecord, shape: _ShapeEncoder | None) -> str:
        """Return why the names of a record are too many, "" if they are not."""
        index = shape.measurement if shape else _measurement(record.shape)
        cell = record.row[index] if index else ""
        name = self.rules.rename(cell) if cell else self.rules.measurement
        if shape and name in shape.admitted:
            return ""
        fault = self.tag_limit.surplus_measurement(name) if cell else ""
        names = (name for name, kind in record.shape if kind not in ("measurement", "time"))
        fault = fault or self.tag_limit.surplus_names(name, names)
        if shape and not fault:
            shape.admitted.add(name)
        return fault

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

    def _encoder(self, record: JsonRecord) -> _ShapeEncoder:
        """Make the encoder of a record's shape."""
        shape = record.shape
        self._columns += len(shape)
        if len(self._encoders) >= _MOST_SHAPES or self._columns > _MOST_COLUMNS:
            self.forget()
            self._columns = len(shape)
        made = self._encoders[shape] = self._make(shape)
        return made

    def forget(self) -> None:
        """Empty the cache of encoders."""
        for shape in self._encoders.values():
            shape.prefixes.clear()  # at once: in its cycle it would wait for the collector
        self._encoders.clear()
        self._columns = 0

    def _make(self, shape: KeyShape) -> _ShapeEncoder:
        found = columns(shape)
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
            measurement=_measurement(shape),
            admitted=set(),
        )


def _measurement(shape: KeyShape) -> int:
    """Return the index in a row of the value that names the measurement, 0 if none does."""
    return next((index for index, (_, kind) in enumerate(shape, 1) if kind == "measurement"), 0)
