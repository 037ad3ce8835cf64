"""Lines that are JSON objects: what Telegraf's `data_format = "json"` makes of them, as rows for the encoder.

Nested objects are flattened (`a_b`, `a_0`). A number is a float field, unless the settings list its name as an
integer; those of uWSGI's line always are. The settings say which texts are fields or tags; others are left out. If an
object holds a text under the message key, it is an envelope (uWSGI's json encoder) and that text is parsed.
"""

import fnmatch
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from logshipper.parse.cleaning import clean_float, clean_integer
from logshipper.parse.encoder import Column, Row

# Fields of uWSGI's request line that are whole numbers, under whatever format.
WHOLE_NUMBERS = (
    "pid", "id", "currentReq", "totalReq", "CGIVar", "CGISize", "resSize", "resTime", "resTimeMicros", "status",
    "headers", "headersSize",
)  # fmt: skip
_MOST_NAMES = 1_000
# What one object may be made into: how many values, how deep they are, and how long the names of all together are,
# in characters and compared with the line.
MOST_VALUES = 200
_DEEPEST = 32
_LONGEST_NAMES, _LONGER_NAMES = 2**16, 16
_NAMES_TOO_LONG = "the names of nested values are too long"
_LONGEST_KNOWN = 256  # no longer name is cached
BROKEN_JSON = "broken JSON"
_SURROGATE = re.compile("[\ud800-\udfff]")
_BEGINNING = re.compile(r'\{\s*"')

# The columns of an object: name and kind of each value, in order.
KeyShape = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class JsonRules:
    """What each key means; the lists may hold wildcards. An empty key means that there is none."""

    tag_keys: Sequence[str] = ()
    string_fields: Sequence[str] = ()
    integer_fields: Sequence[str] = ()
    name_key: str = ""
    time_key: str = ""
    message_key: str = "msg"


@dataclass(frozen=True, slots=True)
class JsonRecord:
    """An object's values as a row for the encoder: the line's text comes first.

    `fault` is why the object cannot become a point, "" if it can.
    """

    shape: KeyShape
    row: Row
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """An object that holds lines of a log; `time` is the text of its time, "" for none."""

    lines: list[str]
    time: str = ""

    def read_time(self, times: Mapping[str, int]) -> int | None:
        """Return the time in nanoseconds, None for none that can be read; `times` is a cache of times by text."""
        try:
            return times[self.time] if self.time else None
        except ValueError:
            return None


@dataclass(slots=True)
class JsonReader:
    """Reads lines by the rules, and caches the kind of each name."""

    rules: JsonRules
    _kinds: dict[str, str] = field(default_factory=dict)
    _is: dict[str, Callable[[str], object]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Compile the lists."""
        rules = self.rules
        for kind, names in (
            ("tag", rules.tag_keys), ("int", (*rules.integer_fields, *WHOLE_NUMBERS)), ("string", rules.string_fields),
        ):  # fmt: skip
            self._is[kind] = re.compile("|".join(map(fnmatch.translate, names)) or "(?!)").match

    def read(self, line: str) -> JsonRecord | Envelope | None:
        """Return the object of a line, an envelope with the lines in it, or None if the line is no object.

        `line` and all texts are latin-1-decoded bytes.
        """
        if not line.startswith("{"):
            return None
        try:
            content = json.loads(line.encode("latin-1"))
        except (ValueError, RecursionError):
            return None
        if not isinstance(content, dict):
            return None
        message = content.get(self.rules.message_key) if self.rules.message_key else None
        if isinstance(message, str):
            time = content.get(self.rules.time_key, "") if self.rules.time_key else ""
            lines = [_bytes(part) for part in message.rstrip("\n").split("\n")]
            return Envelope(lines, _cell(time, "time") if isinstance(time, str | int | float) else "")
        return self._record(content, line)

    def _record(self, content: dict[str, Any], line: str) -> JsonRecord:
        shape: dict[str, str] = {}
        row, spelled, kept = [line], 0, 0
        for key, value in _flat(content):
            spelled += len(key)
            fault = _fault(value, spelled, len(line))
            kind = self._kind(key)
            name = _name(key, kind)
            if not fault and name not in shape and (text := _cell(value, kind)):
                shape[name] = kind or "float"
                row.append(text)
                kept += len(name)
                fault = _excess(len(shape), kept)
            if fault:
                return JsonRecord((), (line,), fault)
        return JsonRecord(tuple(shape.items()), tuple(row))

    def _kind(self, key: str) -> str:
        """Return time, measurement, tag, int, string, or "" if the settings do not name the key."""
        kind = self._kinds.get(key)
        if kind is None:
            if not key:
                kind = ""  # an object's empty key; the settings' empty one means that there is none
            elif key == self.rules.time_key:
                kind = "time"
            elif key == self.rules.name_key:
                kind = "measurement"
            else:
                kind = next((kind for kind in ("tag", "int", "string") if self._is[kind](key)), "")
            if len(self._kinds) > _MOST_NAMES:
                self._kinds.clear()
            if len(key) <= _LONGEST_KNOWN:
                self._kinds[key] = kind
        return kind


def begins_as_json(line: str) -> bool:
    """Return whether a line that is no JSON object begins as one: then it is a broken one."""
    return bool(_BEGINNING.match(line))


def columns(shape: KeyShape) -> list[Column]:
    """Return the columns of a shape.

    Each value is clean. All are declared optional, which keeps their names out of the generated source: these come
    from the log.
    """
    return [Column(index, name, kind, True, False) for index, (name, kind) in enumerate(shape, 1)]


def _name(key: str, kind: str) -> str:
    """Return a key as a name that a database takes: no control characters, no backslash at the end, no tag `time`."""
    name = re.sub(r"[\x00-\x1f\x7f]|\\+$", "_", key)
    return _bytes("time_1" if (name, kind) == ("time", "tag") else name or "_")


def _flat(content: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield names and values; nested ones are named `outer_inner` and `list_0`, and what is too deep is left whole."""
    levels: list[tuple[str, Iterator[tuple[Any, Any]]]] = [("", iter(content.items()))]
    while levels:
        prefix, parts = levels[-1]
        for key, part in parts:
            name = f"{prefix}_{key}" if prefix else str(key)
            if isinstance(part, dict | list) and len(levels) < _DEEPEST:
                levels.append((name, iter(part.items() if isinstance(part, dict) else enumerate(part))))
                break
            yield name, part
        else:
            levels.pop()


def _fault(value: Any, spelled: int, line: int) -> str:
    """Return why the next value of an object ends it: spelling out its names would take too much time or memory."""
    if isinstance(value, dict | list):
        return f"nested deeper than {_DEEPEST} levels"
    return _NAMES_TOO_LONG if spelled > _LONGER_NAMES * line else ""


def _excess(values: int, names: int) -> str:
    if values > MOST_VALUES:
        return f"more than {MOST_VALUES} values"
    return _NAMES_TOO_LONG if names > _LONGEST_NAMES else ""


def _cell(value: Any, kind: str) -> str:
    """Return the text of a value as its kind needs it, "" if it is left out."""
    if value is None or (isinstance(value, bool | str) and not kind):
        return ""
    text = _bytes(json.dumps(value) if isinstance(value, bool) else str(value))
    if kind == "int":
        return clean_integer(text)
    return text if kind else clean_float(text)


def _bytes(text: str) -> str:
    r"""Return a text as bytes; half of a surrogate pair, such as "\\ud800", is no character and becomes U+FFFD."""
    try:
        return text.encode().decode("latin-1")
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", text).encode().decode("latin-1")
