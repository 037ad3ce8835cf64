"""Generates the function that turns a pattern's rows of text into rows of typed values, for outputs that have columns.

It is made like `encoder`'s, for the same columns, and gives the same points: nothing becomes text only to be read back.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from logshipper import line_protocol
from logshipper.parse.encoder import (
    FUNCTIONS,
    Column,
    Encode,
    Row,
    Suffix,
    allows_cut,
    computed,
    list_function,
    prefix_of,
    suffix_function,
    suffix_loop,
    time_of,
    whole_loop,
)
from logshipper.points import PointShape, utf8

_TYPES: Mapping[str, type] = {"int": int, "duration": int, "float": float, "string": str}
_VALUES: Mapping[str, str] = {"int": "int({})", "duration": "int({})", "float": "float({})", "string": "{}"}
_MOST_SHAPES = 500


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """What the prefixes of points have in common: the measurement, the names of tags and of the first fields."""

    measurement: str
    tags: tuple[str, ...]
    fields: tuple[str, ...]


class Shapes(dict[Head, dict[int, PointShape]]):
    """The shapes of a pattern's points: `shapes[head][bits]`, where bit n says that the n-th optional part is there.

    A part are fields that only come together: one, and perhaps another that is computed from it. The lines decide how
    many shapes there are, so their number is limited.
    """

    def __init__(self, parts: Sequence["_Part"]) -> None:
        super().__init__()
        self.parts = parts
        self._made = 0

    def __missing__(self, head: Head) -> dict[int, PointShape]:
        self.count()
        found = self[head] = _ShapesOfHead(self, head)
        return found

    def count(self) -> None:
        """Count a head or a shape before it is cached; past the limit, forget all others."""
        self._made += 1
        if self._made > _MOST_SHAPES:
            for shapes in self.values():
                shapes.clear()
            self.clear()
            self._made = 1


class _ShapesOfHead(dict[int, PointShape]):
    def __init__(self, shapes: Shapes, head: Head) -> None:
        super().__init__()
        self._shapes, self._head = shapes, head

    def __missing__(self, bits: int) -> PointShape:
        fields = [(name, str) for name in self._head.fields]
        own = [field for part in self._shapes.parts if not part.bit or part.bit & bits for field in part.fields]
        if not own:
            raise ValueError("no field has a value")
        self._shapes.count()
        shape = self[bits] = PointShape(self._head.measurement, self._head.tags, (*fields, *own))
        return shape


@dataclass(frozen=True, slots=True)
class _Part:
    """Fields of a row: column, names and types, the source of their values, and the bit if they may be missing."""

    index: int
    fields: Sequence[tuple[str, type]]
    values: str
    cell: str
    bit: int = 0

    @property
    def source(self) -> str:
        """Return the source of the values within a tuple."""
        return f"*(({self.values},) if {self.cell} else ()), " if self.bit else f"{self.values}, "


def row_encoder(width: int, fields: Sequence[Column], prefix: Sequence[Column], time: Sequence[Column]) -> Encode:
    """Return what `encoder` returns, but for rows of typed values; `prefixes` are `RowPrefixes`."""
    parts = _parts(fields) or [_Part(0, [("count", int)], "1", "")]  # a point needs a field
    scope: dict[str, object] = {**FUNCTIONS, "shapes": Shapes(parts)}
    return list_function(_point(_bits(parts), _source(parts), time), _with_prefix(whole_loop(width), prefix), scope)


def row_suffix_encoder(
    cut: int, fields: Sequence[Column], prefix: Sequence[Column], time: Sequence[Column], suffixes: Mapping[str, Suffix]
) -> Encode | None:
    """Return what `suffix_encoder` returns, but for rows; `suffixes` are what `row_suffix_renderer` makes."""
    parts = _parts(fields)
    before = [part for part in parts if part.index <= cut]
    if all(part.bit for part in before) or not allows_cut(cut, fields, time):
        return None
    scope: dict[str, object] = {**FUNCTIONS, "shapes": Shapes(parts), "suffixes": suffixes}
    point = _point(f"{_bits(before)} | more", f"{_source(before)}*end, ", time)
    return list_function(point, _with_prefix(suffix_loop(cut, prefix), prefix), scope)


def row_suffix_renderer(
    cut: int, width: int, fields: Sequence[Column], prefix: Sequence[Column]
) -> Callable[[Row], Suffix]:
    """Return the function that turns a row into what a `row_suffix_encoder` for `cut` needs.

    That is the bits of the optional parts after the cut, the values there, and the cells of the `prefix` columns.
    """
    after = [part for part in _parts(fields) if part.index > cut]
    return suffix_function(cut, width, f"{_bits(after)}, ({_source(after)})", prefix, dict(FUNCTIONS))


def _point(bits: str, values: str, time: Sequence[Column]) -> str:
    """Return the source of a row: its shape, values and time."""
    return f"(shapes[prefix.head][{bits}], (*prefix.values, {values}), {time_of(time)})"


def _with_prefix(loop: str, prefix: Sequence[Column]) -> str:
    return f"{loop} for prefix in ({prefix_of(prefix)},)"


def _bits(parts: Sequence[_Part]) -> str:
    """Return the source of the number whose bits say which optional parts a row has."""
    return " | ".join(f"({part.bit} if {part.cell} else 0)" for part in parts if part.bit) or "0"


def _source(parts: Sequence[_Part]) -> str:
    return "".join(part.source for part in parts)


def written_name(text: str) -> str:
    """Return the name of a tag or field as it is written; `text` is latin-1-decoded bytes."""
    return utf8(line_protocol.fit(text))


def _parts(fields: Sequence[Column]) -> list[_Part]:
    """Return a part for each column, and for each field computed from one."""
    others, parts = computed(fields), list[_Part]()
    for column in fields:
        cell, bit = column.cell, 1 << len(parts)
        names, values = [(written_name(column.field), _TYPES[column.kind])], [_VALUES[column.kind].format(column.cell)]
        other = others.get(column.index)
        if other and not other.rivals:
            names.append((other.field, int))
            values.append(other.value)
        parts.append(_Part(column.index, names, ", ".join(values), cell, 0 if column.present else bit))
        if other and other.rivals:
            condition = f"{cell} and not ({other.unless})"
            parts.append(_Part(column.index, [(other.field, int)], other.value, condition, 2 * bit))
    return parts
