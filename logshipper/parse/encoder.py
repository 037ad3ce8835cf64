"""Generates the function that turns a pattern's rows into line protocol.

The source is generated once for these columns, as `namedtuple` and `dataclass` do, so that nothing is decided for
each line that can be decided for the pattern. A cell is text in which one character is one byte.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

from logshipper import line_protocol
from logshipper.durations import nanoseconds
from logshipper.points import AnyPoint, utf8

Row = tuple[str, ...]
# What the values after a cut become, and the cells of prefix columns there.
Suffix = tuple[object, ...]
# `prefixes[a][b]`, for a line's raw tag cells a and b, is the point up to its first field; without tag cells it is
# `prefixes[""]`. `times` maps the text of a time to nanoseconds since 1970.
PrefixCache = Mapping[str, Any]
TimeCache = Mapping[str, int]
Encode = Callable[[Sequence[Row], Sequence[int], PrefixCache, TimeCache], list[AnyPoint]]

# A field that another one is computed from: field -> (the other field, its value from the cell).
DERIVED: Mapping[str, tuple[str, str]] = {
    "resTimeMicros": ("resTime", "int({cell}) // 1000"),
    "resTimeSecs": ("resTime", "millis({cell})"),
}

_SUFFIX = {"int": "i", "duration": "i", "float": "", "string": '"'}
_PREFIX = {"int": "=", "duration": "=", "float": "=", "string": '="'}


@dataclass(frozen=True, slots=True)
class Column:
    """One captured value: its `index` in a row (the first is 1) and what it becomes.

    `kind` is tag, int, float, string, duration, time, measurement or drop. `clean`: line protocol takes every text that
    the expression matches unchanged. `present`: it is never empty. `earlier` are the indexes of other values of that
    name, the last first: the last one that is not empty counts.
    """

    index: int
    field: str
    kind: str
    clean: bool
    present: bool
    earlier: tuple[int, ...] = ()

    @property
    def cell(self) -> str:
        """Return the expression for the value in the generated source."""
        cells = " or ".join(f"g{index}" for index in (self.index, *self.earlier))
        return f"({cells})" if self.earlier else cells

    def is_cut(self, cut: int) -> bool:
        """Return whether only some of the values of this name are among the first `cut` ones."""
        return any(index <= cut < self.index for index in self.earlier)


def one_value_a_name(fields: Sequence[Column]) -> list[Column]:
    """Return one column for each name: of several, the last, which knows the others."""
    by_name: dict[str, list[Column]] = {}
    for column in fields:
        by_name.setdefault(column.field, []).append(column)
    return [_together(by_name[column.field]) for column in fields if column is by_name[column.field][-1]]


def _together(columns: Sequence[Column]) -> Column:
    last = columns[-1]
    alike = [column for column in columns[-2::-1] if column.kind == last.kind]
    present = last.present or any(column.present for column in alike)
    return replace(last, present=present, earlier=tuple(column.index for column in alike)) if alike else last


@dataclass(frozen=True, slots=True)
class Computed:
    """A whole number that is computed from a column: its field, its source, and columns that may have it already."""

    field: str
    value: str
    rivals: Sequence[Column]

    @property
    def text(self) -> str:
        """Return the text of the field within an f-string."""
        return f"{self.field}={{{self.value}}}i"

    @property
    def unless(self) -> str:
        """Return the source of the condition under which the line has the field already, "" for never."""
        return " or ".join(rival.cell for rival in self.rivals)


def computed(fields: Sequence[Column]) -> Mapping[int, Computed]:
    """Return, by column number, the computed field to add, unless every line has that field itself."""
    always = {column.field for column in fields if column.present}
    found: dict[int, Computed] = {}
    for column in fields:
        other, formula = DERIVED.get(column.field, ("", ""))
        if other and other not in always:
            earlier = [one for one in fields if one.index in found and found[one.index].field == other]
            rivals = [*(one for one in fields if one.field == other), *earlier]
            found[column.index] = Computed(other, formula.format(cell=column.cell), rivals)
            always |= {other} if column.present else set()
    return found


def encoder(width: int, fields: Sequence[Column], prefix: Sequence[Column], time: Sequence[Column]) -> Encode:
    """Return the function for rows of a line and `width` values.

    `fields` are written in their order, optional ones first. The cells of the `prefix` columns look up the point's
    prefix; the last of the `time` columns that is not empty holds the time. The function raises ValueError for a row
    without a field, and whatever `prefixes` and `times` raise.
    """
    scope: dict[str, object] = dict(FUNCTIONS)
    derived = computed(fields)
    loose, fixed = _texts(fields, scope, derived)
    if not fields:
        fixed = "count=1i"  # a point needs a field; a line without one still counts
    body = loose + fixed if fixed else f"{{trim({' + '.join(_optional(c, scope, derived)[1:-1] for c in fields)})}}"
    cells = "".join(f"g{index}, " for index in range(1, width + 1))
    return _compiled(body, f"(_, {cells}), digit in zip(rows, digits)", prefix, time, scope)


def suffix_encoder(
    cut: int, fields: Sequence[Column], prefix: Sequence[Column], time: Sequence[Column], suffixes: Mapping[str, Suffix]
) -> Encode | None:
    """Return the function for rows of a line, its first `cut` values and its suffix; None if these columns allow none.

    `suffixes[suffix]` is what `suffix_renderer` makes of it. The points are the same as those of `encoder`.
    """
    scope: dict[str, object] = {**FUNCTIONS, "suffixes": suffixes}
    derived = computed(fields)
    loose, fixed = _texts([column for column in fields if column.index <= cut], scope, derived)
    if not fixed or not allows_cut(cut, fields, time):
        return None
    cells = "".join(f"g{index}, " for index in range(1, cut + 1))
    known = "".join(f"g{column.index}, " for column in prefix if column.index > cut)
    # A loop over one element is an assignment to Python.
    loop = f"(_, {cells}suffix), digit in zip(rows, digits) for more, end, {known}in (suffixes[suffix],)"
    return _compiled(f"{loose}{{more}}{fixed}{{end}}", loop, prefix, time, scope)


def allows_cut(cut: int, fields: Sequence[Column], time: Sequence[Column]) -> bool:
    """Return whether the time is before the cut, and all values of a name on one side of it."""
    if any(column.index > cut for column in time) or any(column.is_cut(cut) for column in fields):
        return False
    return all(
        (rival.index <= cut) == (index <= cut) for index, one in computed(fields).items() for rival in one.rivals
    )


def suffix_renderer(
    cut: int, width: int, fields: Sequence[Column], prefix: Sequence[Column]
) -> Callable[[Row], Suffix]:
    """Return the function that turns a row of a line and `width` values into what a `suffix_encoder` for `cut` needs.

    For the columns after the cut, that is the text of the optional fields, the text of the fields that are always
    present, and the cells of the `prefix` columns.
    """
    scope: dict[str, object] = dict(FUNCTIONS)
    loose, fixed = _texts([column for column in fields if column.index > cut], scope, computed(fields))
    cells = "".join(f"g{index}, " for index in range(1, width + 1))
    known = "".join(f"g{column.index}, " for column in prefix if column.index > cut)
    fixed = f",{fixed}" if fixed else ""
    source = f"def render(row):\n    _, {cells} = row\n    return (f'''{loose}''', f'''{fixed}''', {known})\n"
    exec(source, scope)  # noqa: S102 - as below
    return scope["render"]  # type: ignore[return-value]


def _texts(fields: Sequence[Column], scope: dict[str, object], derived: Mapping[int, Computed]) -> tuple[str, str]:
    """Return the f-string texts of the optional fields and of those that are always present."""
    loose = "".join(_optional(column, scope, derived) for column in fields if not column.present)
    return loose, ",".join(_fixed(column, derived) for column in fields if column.present)


def _compiled(
    body: str, loop: str, prefix: Sequence[Column], time: Sequence[Column], scope: dict[str, object]
) -> Encode:
    key = "".join(f"[g{column.index}]" for column in prefix) or "['']"
    stamp = " or ".join(f"g{column.index}" for column in reversed(time)) or "''"
    source = (
        "def encode(rows, digits, prefixes, times):\n"
        f"    return [f'''{{prefixes{key}}}{body} {{times[{stamp}] + digit}}'''\n"
        f"            for {loop}]\n"
    )
    exec(source, scope)  # noqa: S102 - made of column numbers and of names that _literal has escaped
    return scope["encode"]  # type: ignore[return-value]


def _optional(column: Column, scope: dict[str, object], found: Mapping[int, Computed]) -> str:
    """Return the f-string text of an optional field, with its comma."""
    index, more = column.index, ""
    scope[f"k{index}"] = line_protocol.key(column.field) + _PREFIX[column.kind]
    scope[f"s{index}"] = _SUFFIX[column.kind] + ","
    if other := found.get(index):
        more = f'f"{other.text},"'
        more = f' + ("" if {other.unless} else {more})' if other.rivals else f" + {more}"
    return f"{{(k{index} + {column.cell} + s{index}{more} if {column.cell} else '')}}"


def _fixed(column: Column, found: Mapping[int, Computed]) -> str:
    """Return the f-string text of a field that is always present, and of the field computed from it."""
    label = _literal(line_protocol.key(column.field))
    text = f"{label}{_PREFIX[column.kind]}{{{column.cell}}}{_SUFFIX[column.kind]}"
    other = found.get(column.index)
    if other is None:
        return text
    return f'{text}{{("" if {other.unless} else f",{other.text}")}}' if other.rivals else f"{text},{other.text}"


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'").replace("{", "{{").replace("}", "}}")


def _trim(text: str) -> str:
    if not text:
        raise ValueError("no field has a value")
    return text[:-1]


def _millis(seconds: str) -> int:
    if abs(float(seconds)) * 1e3 > line_protocol.INT64_MAX:
        raise ValueError("the response time is too large")
    return round(float(seconds) * 1e6) // 1000


# What the generated functions call.
FUNCTIONS: Mapping[str, Callable[..., object]] = {"trim": _trim, "millis": _millis}


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
    """Return the rows with the cells of `columns` as they are written; an invalid number becomes ""."""
    unfit = [column for column in columns if not _is_fit(rows, column, texts)]
    if not unfit:
        return rows
    table: list[Sequence[str]] = list(zip(*rows, strict=True))
    for column in unfit:
        clean = CLEANERS.get(column.kind, texts.clean)
        table[column.index] = [cell and clean(cell) for cell in table[column.index]]
    return list(zip(*table, strict=True))


def _is_fit(rows: Sequence[Row], column: Column, texts: TextRules) -> bool:
    """Return whether all cells of a column can be written unchanged; checks the whole column at once."""
    cells = map(itemgetter(column.index), rows)
    if column.kind == "string":
        return texts.fits("".join(cells))
    return column.kind in _FIT and _FIT[column.kind].fullmatch("\n".join(cells) + "\n") is not None
