"""Makes the cells of a row what is written: numbers in their one form, strings as the form of points has them.

A column is looked at as a whole first: most need no change.
"""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter

from logshipper import line_protocol
from logshipper.durations import nanoseconds
from logshipper.parse.encoder import Column, Row
from logshipper.points import utf8

log = logging.getLogger(__name__)


def clean_integer(text: str) -> str:
    """Return an integer's text for line protocol, "" if it is no integer or does not fit 64 bits."""
    try:
        value = int(text, 0) if text[:2].lower() in ("0x", "0b", "0o") else int(text)
    except ValueError:
        return ""
    return str(value) if -line_protocol.INT64_MAX <= value <= line_protocol.INT64_MAX else ""


def clean_float(text: str) -> str:
    """Return a number's text for line protocol, "" where it is none that InfluxDB takes."""
    try:
        value = float(text)
    except ValueError:
        return ""
    return repr(value) if abs(value) < float("inf") else ""


def clean_duration(text: str) -> str:
    """Return a duration of Go (`1h2m`, `5.3ms`) in nanoseconds, "" where it is none or too long."""
    sign, rest = ("-", text[1:]) if text.startswith("-") else ("", text.removeprefix("+"))
    found = nanoseconds(utf8(rest))
    if found is None:
        return "0" if rest == "0" else ""
    return sign + str(round(found)) if found < line_protocol.INT64_MAX else ""


CLEANERS: Mapping[str, Callable[[str], str]] = {
    "int": clean_integer, "float": clean_float, "duration": clean_duration,
}  # fmt: skip

_KINDS: Mapping[str, str] = {
    "int": "whole number of 64 bits (:int)",
    "float": "number (:float)",
    "duration": "duration such as 5.3ms (:duration)",
}


@dataclass(frozen=True, slots=True)
class TextRules:
    """How the text of a string becomes what is written: `clean(cell)`, unless `fits(cells)` says that they are."""

    fits: Callable[[str], bool]
    clean: Callable[[str], str]


ESCAPED = TextRules(lambda text: '"' not in text and "\\" not in text, line_protocol.string)

# Valid numbers in their one form, each followed by a newline, which no cell contains.
_FIT = {"int": re.compile(r"(?:(?:0|-?[1-9]\d{0,17}+)\n|\n)*+", re.ASCII),
        "float": re.compile(r"(?:-?(?:0|[1-9]\d{0,14}+)(?:\.\d{1,17}+)?+\n|\n)*+", re.ASCII)}  # fmt: skip


def clean_rows(rows: Sequence[Row], columns: Sequence[Column], texts: TextRules = ESCAPED) -> Sequence[Row]:
    """Return the rows with the cells of `columns` as they are written; an invalid number becomes "" and is logged."""
    unfit = [column for column in columns if not _is_fit(rows, column, texts)]
    if not unfit:
        return rows
    table: list[Sequence[str]] = list(zip(*rows, strict=True))
    for column in unfit:
        clean = CLEANERS.get(column.kind, texts.clean)
        cells = table[column.index]
        table[column.index] = cleaned = [cell and clean(cell) for cell in cells]
        if column.kind in CLEANERS and any(
            cell and not new and cell != "-" for cell, new in zip(cells, cleaned, strict=True)
        ):
            _say_left_out(column.field, column.kind)
    return list(zip(*table, strict=True))


@lru_cache(maxsize=1024)  # once for each field
def _say_left_out(field: str, kind: str) -> None:
    log.warning("some values of the field %s are left out: they are no %s", utf8(field), _KINDS[kind])


def _is_fit(rows: Sequence[Row], column: Column, texts: TextRules) -> bool:
    """Return whether all cells of a column can be written unchanged; checks the whole column at once."""
    cells = map(itemgetter(column.index), rows)
    if column.kind == "string":
        return texts.fits("".join(cells))
    return column.kind in _FIT and _FIT[column.kind].fullmatch("\n".join(cells) + "\n") is not None
