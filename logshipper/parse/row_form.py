"""The form for outputs with columns: rows of typed values. Only they load it, so that the others start faster."""

from collections.abc import Mapping
from functools import lru_cache

from logshipper import line_protocol
from logshipper.parse.cleaning import TextRules
from logshipper.parse.form import Fields, Form
from logshipper.parse.row_encoder import row_encoder, row_suffix_encoder, row_suffix_renderer, written_name
from logshipper.parse.row_prefixes import RowPrefixes
from logshipper.points import PointShape, Rows, Value, utf8


def _row_labels(measurement: str, tags: Mapping[str, str]) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    names, values = tuple(map(written_name, tags)), tuple(map(written_name, tags.values()))
    return utf8(line_protocol.fit_measurement(measurement)), names, values


_event_shape = lru_cache(maxsize=512)(PointShape)


def _row_event(
    labels: tuple[str, tuple[str, ...], tuple[str, ...]], fields: Fields, time: int
) -> tuple[PointShape, tuple[Value, ...], int]:
    measurement, names, tags = labels
    shape = _event_shape(measurement, names, tuple((name, type(value)) for name, value in fields.items()))
    return shape, (*tags, *(utf8(value) if isinstance(value, str) else value for value in fields.values())), time


ROWS = Form(
    TextRules(str.isascii, utf8), RowPrefixes, row_encoder, row_suffix_encoder, row_suffix_renderer,
    _row_labels, _row_event, Rows.of,
)  # fmt: skip
