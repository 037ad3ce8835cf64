r"""InfluxDB line protocol: escaping, pure and without state, and reading it back.

Format: https://docs.influxdata.com/influxdb/v1/write_protocols/line_protocol_reference/ (rules tried against
InfluxDB 1.6). All text here is latin-1-decoded bytes: one character is one byte.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# A tag or key escapes these three; a measurement's `=` needs none but takes it.
_KEY = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ "})
_MEASUREMENT = str.maketrans({",": r"\,", " ": r"\ "})
_STRING = str.maketrans({'"': r"\"", "\\": r"\\"})

INT64_MAX = 2**63 - 1


# A backslash before an escaped character or at the end: InfluxDB would read it and what follows as a pair.
_MEETING = re.compile(r"\\(?=[,= ]|\Z)")


def _fit(text: str) -> str:
    r"""Return a name or a tag value that can be written, before it is escaped.

    InfluxDB takes no backslash at the end, not even a doubled one, and none before an escaped character. A newline
    would begin another point. These are percent-encoded (`%5C`, `%0A`); the rest passes unchanged.
    """
    return _MEETING.sub("%5C", text.replace("\n", "%0A")) if "\\" in text or "\n" in text else text


def measurement(name: str) -> str:
    """Return a measurement's name, escaped; a leading `#` would make the line a comment, so it becomes `%23`."""
    return _fit(f"%23{name[1:]}" if name.startswith("#") else name).translate(_MEASUREMENT)


def key(name: str) -> str:
    """Return the name of a tag or field, escaped."""
    return _fit(name).translate(_KEY)


def tag_is_exact(value: str) -> bool:
    """Return whether a tag can carry this value unchanged, without `%5C` or `%0A`."""
    return _fit(value) == value


def tag(value: str) -> str:
    """Return a tag's value, escaped."""
    value = _fit(value)
    return value.translate(_KEY) if " " in value or "," in value or "=" in value else value


def string(value: str) -> str:
    """Return a string field's value, escaped and without its quotes."""
    return value.translate(_STRING) if '"' in value or "\\" in value else value


@dataclass(frozen=True, slots=True)
class Point:
    """A point read back: tags and fields by name, `time` in nanoseconds since 1970, or None if the line has none."""

    measurement: str
    tags: dict[str, str]
    fields: dict[str, int | float | str | bool]
    time: int | None


_PART = re.compile(r"(?:[^\\, =\n]|\\.|\\$)+")
_NAME = re.compile(r"(?:[^\\, \n]|\\.|\\$)+")
_VALUE = re.compile(r'"((?:[^"\\]|\\.)*)"|([^, \n]+)', re.DOTALL)
_UNKEY = re.compile(r"\\([, =])")
_UNSTRING = re.compile(r'\\(["\\])')


def points(text: str) -> Iterator[Point]:
    """Yield the points of line protocol that this program wrote. Raises ValueError for anything else."""
    position = 0
    while position < len(text):
        point, position = read_point(text, position)
        yield point


def unkey(text: str) -> str:
    """Return a tag's value, or the name of a tag or field, without its escapes."""
    return _UNKEY.sub(r"\1", text)


def unstring(text: str) -> str:
    """Return a string field's value without its escapes."""
    return _UNSTRING.sub(r"\1", text)


def read_point(text: str, position: int) -> tuple[Point, int]:
    """Return the point that begins at `position`, and the offset after its newline."""
    name, tags, _, position = read_head(text, position)
    fields: dict[str, int | float | str | bool] = {}
    while not fields or text.startswith(",", position):
        label, position = _read(_PART, text, position + 1)
        value_found = _VALUE.match(text, position + 1)
        if not value_found or text[position] != "=":
            raise ValueError(f"no value at {position}")
        position = value_found.end()
        fields[unkey(label)] = _field_value(value_found)
    time = None
    if text.startswith(" ", position):
        stop = text.find("\n", position)
        stop = len(text) if stop < 0 else stop
        time, position = int(text[position + 1 : stop]), stop
    if not text.startswith("\n", position) and position < len(text):
        raise ValueError(f"text after the point at {position}")
    return Point(name, tags, fields, time), position + 1


def read_head(text: str, position: int) -> tuple[str, dict[str, str], int, int]:
    """Return measurement and tags of the point that begins at `position`, the end of its name and that of its tags."""
    found = _NAME.match(text, position)
    if not found:
        raise ValueError(f"no measurement at {position}")
    name_end = position = found.end()
    tags = {}
    while text.startswith(",", position):
        label, position = _read(_PART, text, position + 1)
        value, position = _read(_PART, text, position + 1)
        tags[unkey(label)] = unkey(value)
    return unkey(found[0]), tags, name_end, position


def _read(expression: re.Pattern[str], text: str, position: int) -> tuple[str, int]:
    found = expression.match(text, position)
    if not found:
        raise ValueError(f"no key or value at {position}")
    return found[0], found.end()


def _field_value(found: re.Match[str]) -> int | float | str | bool:
    quoted, bare = found.groups()
    if bare is None:
        return unstring(quoted)
    if bare.endswith("i"):
        return int(bare[:-1])
    if bare in ("true", "false"):
        return bare == "true"
    return float(bare)
