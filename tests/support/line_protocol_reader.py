"""Reads line protocol back, so that tests can compare points as values."""

import re
from collections.abc import Iterator
from dataclasses import dataclass


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
