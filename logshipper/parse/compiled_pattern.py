"""A pattern compiled once: the expressions that find lines, the columns they give, and their encoder."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from logshipper.errors import Location, UserError
from logshipper.grok.captures import only
from logshipper.grok.expand import Capture, Expression, expand
from logshipper.grok.fast_forms import FLOAT, INTEGER
from logshipper.parse.encoder import Column, Encode, Row, one_value_a_name
from logshipper.parse.field_names import renamed, without_time_tag
from logshipper.parse.form import TEXT, Form
from logshipper.parse.redaction import CellMask

_MODIFIERS = ("int", "float", "string", "tag", "drop", "duration", "measurement")
# Expressions that match only numbers that InfluxDB takes unchanged.
_CLEAN_INTEGER = re.compile(r"(-\?)?\\d(\{1,\d\d?\}\+)?|" + re.escape(INTEGER))
_CLEAN_FLOAT = re.compile(r"(-\?)?\\d(\{1,\d\d?\}\+)?(\(\?:\\\.\\d\{1,\d\d?\}\+\)\?\+)?|" + re.escape(FLOAT))
_NOTHING = re.compile("(?!)")
# The parts of an expression that match text: escapes, classes, the dot, plain characters.
_PART = re.compile(r"\\x[0-9a-fA-F]{2}|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[^()?*+{}|^$]")
_CLEAN = {"int": _CLEAN_INTEGER, "float": _CLEAN_FLOAT}
STATUS = "status"
# The time is in a value without a modifier: its format is found by trying.
GUESSED = "guessed"
_CTIME = "UWSGI_CTIME"  # a pattern of our own: what it matches is a uWSGI date


@dataclass(frozen=True, slots=True)
class CompiledPattern:
    """What one pattern needs at run time.

    A row holds the line's text, then its values. `whole` finds the rows of a text in which every line matches; there
    the line's text includes its newline. `each` gives one row a line; its extra last cell holds a line that does not
    match. `loose` is the pattern as it was written, searched for in lines that the tight form misses; None if both are
    the same. `prefix_columns` decide the beginning of the point (see `PrefixCache`). `unclean` columns are cleaned in
    each row, `quotable` ones only if the text has quotes or backslashes; for rows of `loose` these are `convertible`
    and `strings`. `expression` is the tight form up to the end of the line, `fields` are the columns that are written,
    `time_columns` those that may hold the time. `takes_nothing` says that an empty line matches too.
    """

    name: str
    columns: tuple[Column, ...]
    whole: re.Pattern[str]
    each: re.Pattern[str]
    loose: re.Pattern[str] | None
    encode: Encode
    encode_loose: Encode
    prefix_columns: tuple[Column, ...]
    unclean: tuple[Column, ...]
    quotable: tuple[Column, ...]
    convertible: tuple[Column, ...]
    strings: tuple[Column, ...]
    time_kind: str
    expression: str
    fields: tuple[Column, ...]
    time_columns: tuple[Column, ...]
    takes_nothing: bool
    form: Form

    def time_text(self, row: Row) -> str:
        """Return the text of a row's time, "" if it has none."""
        return next((row[column.index] for column in reversed(self.time_columns) if row[column.index]), "")

    def tag_has(self, row: Row, text: str) -> bool:
        """Return whether one of the row's tags has the text."""
        return any(text in row[column.index] for column in self.prefix_columns)

    @property
    def field_names(self) -> Collection[str]:
        """Return the names of the fields that are written."""
        return {column.field for column in self.fields}


def compile_pattern(  # noqa: PLR0913, PLR0917 - each says something else about the pattern
    pattern: str,
    patterns: Mapping[str, str],
    where: str | Location = "",
    keep: Callable[[str], bool] = lambda field: True,
    tags: Collection[str] = (),
    form: Form = TEXT,
) -> CompiledPattern:
    """Compile a grok pattern.

    `keep(field)` returns whether a field may be written; `tags` are those that points have besides the pattern's.
    `form` is what its lines become. Raises UserError for a pattern that cannot be used.
    """
    tight, faithful = _expanded(pattern, patterns, where, keep)
    captures = _one_type_a_name(tight.captures)
    columns = _columns(captures, where)
    time, time_kind = _time_columns(columns, captures, where)
    prefix = prefix_columns(columns)
    fields = [c for c in columns if c.kind in ("int", "float", "string", "duration") and keep(c.field)]
    fields = renamed(fields, {*tags, *_tag_names(prefix)})
    numbers, written = tuple(c for c in fields if c.kind != "string"), one_value_a_name(fields)
    strings = tuple(c for c in fields if c.kind == "string")
    anchored = tight.text.startswith(("^", "(?:^")) and tight.text.endswith(("$", "$)"))
    core = f"(?:{tight.text})" + ("" if anchored else "[^\n]*+")
    whole = re.compile(f"^({core}\n)", re.ASCII | re.MULTILINE)
    return CompiledPattern(
        name=pattern,
        columns=columns,
        whole=whole,
        each=re.compile(f"^(?:({core})|([^\n]++)|)\n", re.ASCII | re.MULTILINE),
        loose=None if anchored and tight.text == faithful.text else re.compile(faithful.text, re.ASCII),
        encode=form.encoder(len(columns), written, prefix, time),
        encode_loose=form.encoder(len(columns), [_may_miss(column) for column in written], prefix, time),
        prefix_columns=prefix,
        unclean=tuple(c for c in numbers if not c.clean),
        quotable=tuple(c for c in strings if not c.clean or form is not TEXT),
        convertible=numbers,
        strings=strings,
        time_kind=time_kind,
        expression=core,
        fields=tuple(written),
        time_columns=tuple(time),
        takes_nothing=whole.match("\n") is not None,
        form=form,
    )


def _one_type_a_name(captures: Sequence[Capture]) -> Sequence[Capture]:
    """Return the captures, those of one name with the last modifier that one of them has, as in Telegraf."""
    modifiers = {capture.field: capture.modifier for capture in captures if capture.modifier}
    return [replace(capture, modifier=modifiers.get(capture.field, "")) for capture in captures]


def _expanded(
    pattern: str, patterns: Mapping[str, str], where: str | Location, keep: Callable[[str], bool]
) -> tuple[Expression, Expression]:
    """Return the tight form and the faithful one, with the captures that are read. Raises UserError for any capture."""
    forms = expand(pattern, patterns, where, tight=True), expand(pattern, patterns, where)
    captures = _one_type_a_name(forms[0].captures)
    _columns(captures, where)  # says what is wrong with those that are not read, too
    read = _read_names(captures, keep)
    return only(forms[0], read), only(forms[1], read)


def _read_names(captures: Sequence[Capture], keep: Callable[[str], bool]) -> Collection[str]:
    """Return the names of the values that are written, or that decide the rest of the point."""
    return {
        one.field
        for one in captures
        if keep(one.field)
        or one.modifier in ("tag", "measurement")
        or one.modifier.startswith("ts")
        or one.field in (STATUS, "timestamp")
    }


def _columns(captures: Sequence[Capture], where: str | Location) -> tuple[Column, ...]:
    columns = tuple(_column(index, capture, where) for index, capture in enumerate(captures, 1))
    columns = without_time_tag(columns)
    if all(column.kind == "drop" for column in columns):
        fix = "give one a name, such as %{NUMBER:status:int}"
        raise UserError("the pattern names no value", where=where, fix=fix)
    return columns


def _column(index: int, capture: Capture, where: str | Location) -> Column:
    modifier = capture.modifier
    kind = "time" if modifier.startswith("ts") else modifier or "string"
    if kind != "time" and kind not in _MODIFIERS:
        fix = f"use one of {', '.join(_MODIFIERS)}, ts…"
        raise UserError(f"the modifier :{modifier} of {capture.field} is not known", where=where, fix=fix)
    body = capture.body
    clean = _never_quotes(body) if kind == "string" else bool(_CLEAN.get(kind, _NOTHING).fullmatch(body))
    present = (clean or kind == "string") and not capture.optional and not re.fullmatch(body, "", re.ASCII)
    return Column(index, capture.field, kind, clean, present)


def _may_miss(column: Column) -> Column:
    return column if column.kind == "string" else replace(column, present=False)


def prefix_columns(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return the columns that decide the prefix of a point; the status, which has few values, comes first."""
    found = [c for c in columns if c.kind in ("tag", "measurement") or (c.field, c.kind) == (STATUS, "int")]
    return tuple(sorted(found, key=lambda column: column.kind != "int"))


def cell_masks(columns: Sequence[Column], mask_of: Callable[[str, str], CellMask | None]) -> list[tuple[int, CellMask]]:
    """Return the masked cells of a row; `mask_of(field, kind)` may return None. The tag uri has rules of its own."""
    found = [(column.index, mask_of(column.field, column.kind)) for column in columns if not _is_uri(column)]
    return [(index, mask) for index, mask in found if mask]


def _is_uri(column: Column) -> bool:
    return (column.field, column.kind) == ("uri", "tag")


def _tag_names(prefix: Sequence[Column]) -> set[str]:
    """Return the tags that the values of these columns become."""
    return {
        "status_class" if column.kind == "int" else column.field for column in prefix if column.kind != "measurement"
    }


def _never_quotes(body: str) -> bool:
    """Return whether an expression surely matches no quote and no backslash."""
    return not any(re.match(part, character) for part in _PART.findall(body) for character in '"\\')


def _time_columns(
    columns: Sequence[Column], captures: Sequence[Capture], where: str | Location
) -> tuple[Sequence[Column], str]:
    """Return the columns that may hold the time, and how to read it.

    That is the column with a `ts` modifier, otherwise those named `timestamp`: each alternative may have one.
    """
    stamped = [column for column in columns if column.kind == "time"]
    if len({column.field for column in stamped}) > 1:
        raise UserError("more than one value has a ts modifier", where=where, fix="leave one of them")
    if stamped:
        return stamped, captures[stamped[0].index - 1].modifier
    plain = [column for column in columns if (column.field, column.kind) == ("timestamp", "string")]
    if plain and all(captures[column.index - 1].name == _CTIME for column in plain):
        return plain, "ts-uwsgi"
    return plain, GUESSED if plain else ""
