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

from logshipper.parse.encoder import Column, Row, clean_float, clean_integer

# Fields of uWSGI's request line that are whole numbers, under whatever format.
_WHOLE = (
    "pid", "id", "currentReq", "totalReq", "CGIVar", "CGISize", "resSize", "resTime", "resTimeMicros", "status",
    "headers", "headersSize",
)  # fmt: skip
_MOST_NAMES = 1_000
BROKEN_JSON = "broken JSON"
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
    """An object's values as a row for the encoder: the line's text comes first."""

    shape: KeyShape
    row: Row


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
            ("tag", rules.tag_keys), ("int", (*rules.integer_fields, *_WHOLE)), ("string", rules.string_fields),
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
        message = content.get(self.rules.message_key)
        if isinstance(message, str):
            time = content.get(self.rules.time_key, "")
            lines = [_bytes(part) for part in message.rstrip("\n").split("\n")]
            return Envelope(lines, _cell(time, "time") if isinstance(time, str | int | float) else "")
        return self._record(content, line)

    def _record(self, content: dict[str, Any], line: str) -> JsonRecord:
        shape: dict[str, str] = {}
        row = [line]
        for key, value in _flat(content, ""):
            kind = self._kind(key)
            text = _cell(value, kind)
            name = _name(key, kind)
            if text and name not in shape:
                shape[name] = kind or "float"
                row.append(text)
        return JsonRecord(tuple(shape.items()), tuple(row))

    def _kind(self, key: str) -> str:
        """Return time, measurement, tag, int, string, or "" if the settings do not name the key."""
        if key not in self._kinds:
            if len(self._kinds) > _MOST_NAMES:
                self._kinds.clear()
            if key == self.rules.time_key:
                kind = "time"
            elif key == self.rules.name_key:
                kind = "measurement"
            else:
                kind = next((kind for kind in ("tag", "int", "string") if self._is[kind](key)), "")
            self._kinds[key] = kind
        return self._kinds[key]


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


def _flat(value: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Yield names and values; nested ones are named `outer_inner` and `list_0`."""
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in parts:
        name = f"{prefix}_{key}" if prefix else str(key)
        if isinstance(part, dict | list):
            yield from _flat(part, name)
        else:
            yield name, part


def _cell(value: Any, kind: str) -> str:
    """Return the text of a value as its kind needs it, "" if it is left out."""
    if value is None or (isinstance(value, bool | str) and not kind):
        return ""
    text = _bytes(json.dumps(value) if isinstance(value, bool) else str(value))
    if kind == "int":
        return clean_integer(text)
    return text if kind else clean_float(text)


def _bytes(text: str) -> str:
    return text.encode("utf-8", errors="surrogatepass").decode("latin-1")
