"""Line protocol read back in bulk: an expression is compiled for each shape of point, and most points share a few.

Text here is decoded UTF-8.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from logshipper import line_protocol
from logshipper.line_protocol import Point

_MOST_SHAPES = 500
_TAG = r"((?:[^\\, =\n]++|\\.)++)"
_VALUES = {int: r"(-?\d{1,18}+)i", float: r"([^, \n]++)", str: r'"((?:[^"\\]++|\\.)*+)"'}
_TIME = r" (\d{1,10})(\d{9})\n"


@dataclass(frozen=True, slots=True)
class PointShape:
    """A measurement with the names of its tags and fields, these with their types."""

    measurement: str
    tags: tuple[str, ...]
    fields: Mapping[str, type]
    match: re.Pattern[str]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of a row's cells after the first, which is the time."""
        return (*self.tags, *self.fields)


# The time as text (see `rfc3339`), the tags, the fields: numbers as text that SQLite turns into numbers.
PointRow = tuple[str | int | float, ...]


class LineProtocolReader:
    """Reads points as rows; caches the shapes of points."""

    def __init__(self) -> None:
        self.shapes: dict[tuple[object, ...], PointShape] = {}

    def read(self, text: str) -> Iterator[tuple[PointShape, PointRow]]:
        """Yield shape and row of each point. Raises ValueError for text that is not line protocol."""
        escaped = "\\" in text
        position, shape = 0, None
        while position < len(text):
            found = shape.match.match(text, position) if shape else None
            if found is None:
                shape, found = self._find(text, position)
            if shape is None or found is None:
                point, position = line_protocol.read_point(text, position)
                shape = self._shape(point)
                yield shape, (rfc3339(point.time or 0), *point.tags.values(), *point.fields.values())
                continue
            *cells, seconds, rest = found.groups()
            if escaped:
                cells = _unescaped(cells, len(shape.tags))
            yield shape, (f"{_second(int(seconds))}.{rest}Z", *cells)
            position = found.end()

    def _find(self, text: str, position: int) -> tuple[PointShape | None, re.Match[str] | None]:
        for shape in self.shapes.values():
            found = shape.match.match(text, position)
            if found:
                return shape, found
        return None, None

    def _shape(self, point: Point) -> PointShape:
        fields = {name: type(value) for name, value in point.fields.items()}
        key = (point.measurement, tuple(point.tags), tuple(fields.items()))
        if key not in self.shapes:
            if len(self.shapes) >= _MOST_SHAPES:
                self.shapes.clear()
            self.shapes[key] = PointShape(point.measurement, tuple(point.tags), fields, _expression(point, fields))
        return self.shapes[key]


def _expression(point: Point, fields: Mapping[str, type]) -> re.Pattern[str]:
    if not all(kind in _VALUES for kind in fields.values()):
        return re.compile("(?!)")
    tags = "".join(f",{re.escape(line_protocol.key(tag))}={_TAG}" for tag in point.tags)
    values = ",".join(f"{re.escape(line_protocol.key(name))}={_VALUES[kind]}" for name, kind in fields.items())
    head = re.escape(line_protocol.measurement(point.measurement))
    return re.compile(f"{head}{tags} {values}{_TIME}", re.ASCII | re.DOTALL)


def _unescaped(cells: list[str], tags: int) -> list[str]:
    return [
        cell if "\\" not in cell else line_protocol.unkey(cell) if index < tags else line_protocol.unstring(cell)
        for index, cell in enumerate(cells)
    ]


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def rfc3339(time: int) -> str:
    """Return nanoseconds since 1970 as RFC 3339 with nine digits."""
    seconds, nanoseconds = divmod(time, 1_000_000_000)
    return f"{_second(seconds)}.{nanoseconds:09d}Z"
