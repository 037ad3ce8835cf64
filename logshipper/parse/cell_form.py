"""The form for programs that count: rows of the raw text of cells, made a column at a time instead of line by line.

Nothing is escaped, no number is read and no tag is made: whoever counts does that once for each distinct text.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from operator import add, itemgetter

from logshipper.parse.cleaning import TextRules
from logshipper.parse.encoder import Column, Encode, PrefixCache, Row, Suffix, TimeCache
from logshipper.parse.form import Form
from logshipper.parse.row_form import ROWS
from logshipper.parse.row_prefixes import RowPrefixes
from logshipper.points import PointRow, PointShape, Rows, utf8

_Named = Sequence[tuple[str, Sequence[int]]]
"""A name, and the indexes of the cells that may hold its value."""


def _named(fields: Sequence[Column], prefix: Sequence[Column]) -> _Named:
    found: dict[str, list[int]] = {}
    for column in (*prefix, *fields):
        found.setdefault(column.field, []).extend((column.index, *column.earlier))
    return [(name, sorted(set(indexes), reverse=True)) for name, indexes in found.items()]


def _shape(named: _Named) -> PointShape:
    return PointShape("", (), tuple((name, str) for name, _ in named))


def _cells(named: _Named) -> Callable[[Sequence[Row]], Iterable[tuple[str, ...]]]:
    """Return the function that picks the values of each row."""
    indexes = [indexes[0] for _, indexes in named]
    if len(indexes) > 1 and all(len(all_of) == 1 for _, all_of in named):
        pick = itemgetter(*indexes)
        return lambda rows: map(pick, rows)
    return lambda rows: [tuple([_first(row, all_of) for _, all_of in named]) for row in rows]


def _first(row: Row, indexes: Sequence[int]) -> str:
    return next((row[index] for index in indexes if row[index]), "")


def _times(time: Sequence[Column]) -> Callable[[Sequence[Row]], Iterable[str]]:
    indexes = [column.index for column in reversed(time)]
    if not indexes:
        return lambda rows: repeat("", len(rows))
    if len(indexes) == 1:
        return lambda rows: map(itemgetter(indexes[0]), rows)
    return lambda rows: [_first(row, indexes) for row in rows]


def _rows(
    shape: PointShape, values: Iterable[tuple[object, ...]], stamps: Iterable[str], digits: Sequence[int],
    times: TimeCache,
) -> list[PointRow]:  # fmt: skip
    return list(zip(repeat(shape), values, map(add, map(times.__getitem__, stamps), digits)))  # type: ignore[arg-type]


def cell_encoder(width: int, fields: Sequence[Column], prefix: Sequence[Column], time: Sequence[Column]) -> Encode:
    """Return what `encoder` returns, but for rows of cells."""
    named = _named(fields, prefix)
    shape, cells, stamps = _shape(named), _cells(named), _times(time)

    def encode(rows: Sequence[Row], digits: Sequence[int], prefixes: PrefixCache, times: TimeCache) -> list[PointRow]:
        return _rows(shape, cells(rows), stamps(rows), digits, times)

    return encode  # type: ignore[return-value]


def cell_suffix_encoder(
    cut: int, fields: Sequence[Column], prefix: Sequence[Column], time: Sequence[Column], suffixes: Mapping[str, Suffix]
) -> Encode | None:
    """Return what `suffix_encoder` returns, but for rows of cells; `suffixes` are what `cell_suffix_renderer` makes."""
    named = _named(fields, prefix)
    before, after = _divided(named, cut)
    if not before or len(before) + len(after) < len(named) or any(column.index > cut for column in time):
        return None
    shape, cells, stamps = _shape((*before, *after)), _cells(before), _times(time)
    suffix = itemgetter(cut + 1)

    def encode(rows: Sequence[Row], digits: Sequence[int], prefixes: PrefixCache, times: TimeCache) -> list[PointRow]:
        ends = map(suffixes.__getitem__, map(suffix, rows))
        return _rows(shape, map(add, cells(rows), ends), stamps(rows), digits, times)

    return encode  # type: ignore[return-value]


def cell_suffix_renderer(
    cut: int, width: int, fields: Sequence[Column], prefix: Sequence[Column]
) -> Callable[[Row], Suffix]:
    """Return the function that picks a row's values after the cut."""
    _, after = _divided(_named(fields, prefix), cut)
    return lambda row: tuple([_first(row, indexes) for _, indexes in after])


def _divided(named: _Named, cut: int) -> tuple[_Named, _Named]:
    """Return the values of which all cells are before the cut, and those of which all are after it."""
    return [one for one in named if one[1][0] <= cut], [one for one in named if one[1][-1] > cut]


CELLS = Form(
    TextRules(str.isascii, utf8), RowPrefixes, cell_encoder, cell_suffix_encoder, cell_suffix_renderer,
    ROWS.labels, ROWS.event, Rows.of,
)  # fmt: skip
