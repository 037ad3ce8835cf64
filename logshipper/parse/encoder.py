"""Generates the function that turns a pattern's rows into line protocol.

The source is generated once for these columns, as `namedtuple` and `dataclass` do, so that nothing is decided for
each line that can be decided for the pattern. A cell is text in which one character is one byte.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from logshipper import line_protocol
from logshipper.points import AnyPoint

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
    return list_function(_point(body, prefix, time), whole_loop(width), scope)


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
    return list_function(_point(f"{loose}{{more}}{fixed}{{end}}", prefix, time), suffix_loop(cut, prefix), scope)


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
    fixed = f",{fixed}" if fixed else ""
    return suffix_function(cut, width, f"f'''{loose}''', f'''{fixed}'''", prefix, scope)


def _texts(fields: Sequence[Column], scope: dict[str, object], derived: Mapping[int, Computed]) -> tuple[str, str]:
    """Return the f-string texts of the optional fields and of those that are always present."""
    loose = "".join(_optional(column, scope, derived) for column in fields if not column.present)
    return loose, ",".join(_fixed(column, derived) for column in fields if column.present)


def _point(body: str, prefix: Sequence[Column], time: Sequence[Column]) -> str:
    return f"f'''{{{prefix_of(prefix)}}}{body} {{{time_of(time)}}}'''"


# -- source that the functions for rows share ------------------------------------------------------


def whole_loop(width: int) -> str:
    """Return the source of a loop over rows of a line and `width` values: `g1`, `g2` and so on."""
    return f"(_, {_cells(width)}), digit in zip(rows, digits)"


def suffix_loop(cut: int, prefix: Sequence[Column]) -> str:
    """Return the source of a loop over rows of a line, `cut` values and a suffix, which gives `more` and `end`."""
    # A loop over one element is an assignment to Python.
    known = _after(cut, prefix)
    return f"(_, {_cells(cut)}suffix), digit in zip(rows, digits) for more, end, {known}in (suffixes[suffix],)"


def prefix_of(prefix: Sequence[Column]) -> str:
    """Return the source of the prefix that the cells of these columns lead to."""
    return "prefixes" + ("".join(f"[g{column.index}]" for column in prefix) or "['']")


def time_of(time: Sequence[Column]) -> str:
    """Return the source of a row's time: the last of these columns that is not empty holds it."""
    return f"times[{' or '.join(f'g{column.index}' for column in reversed(time)) or repr('')}] + digit"


def list_function(point: str, loop: str, scope: dict[str, object]) -> Encode:
    """Return the function that makes a point, with this source, of each row."""
    source = f"def encode(rows, digits, prefixes, times):\n    return [{point}\n            for {loop}]\n"
    exec(source, scope)  # noqa: S102 - made of column numbers and of names that _literal has escaped
    return scope["encode"]  # type: ignore[return-value]


def suffix_function(
    cut: int, width: int, values: str, prefix: Sequence[Column], scope: dict[str, object]
) -> Callable[[Row], Suffix]:
    """Return the function that makes `values`, with this source, and the cells of the prefix after `cut` of a row."""
    source = f"def render(row):\n    _, {_cells(width)} = row\n    return ({values}, {_after(cut, prefix)})\n"
    exec(source, scope)  # noqa: S102 - as above
    return scope["render"]  # type: ignore[return-value]


def _cells(width: int) -> str:
    return "".join(f"g{index}, " for index in range(1, width + 1))


def _after(cut: int, prefix: Sequence[Column]) -> str:
    return "".join(f"g{column.index}, " for column in prefix if column.index > cut)


# -- fields ----------------------------------------------------------------------------------------


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
