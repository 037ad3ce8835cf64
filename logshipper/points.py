"""Points in the two forms that outputs write: line protocol, and rows of typed values."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise
from typing import Self, TypeAlias


@dataclass(frozen=True, slots=True)
class Points:
    """Points as line protocol: `body` holds `count` of them, each followed by a newline.

    `ends[i]` is the offset after the newline of point i; without `ends`, no point contains a newline. Iterating yields
    each point as text without its newline, one character a byte (latin-1).
    """

    body: bytes = b""
    count: int = 0
    ends: Sequence[int] = ()

    @classmethod
    def of(cls, texts: Sequence[str], *, plain: bool = False) -> Self:
        """Return the points of these texts; `plain` promises that none contains a newline."""
        body = "\n".join([*texts, ""]).encode("latin-1")
        if plain or body.count(b"\n") == len(texts):
            return cls(body, len(texts))
        return cls(body, len(texts), list(accumulate(len(text) + 1 for text in texts)))

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[str]:
        text = self.body.decode("latin-1")
        if not self.ends:
            return iter(text.split("\n")[:-1])
        return (text[start : end - 1] for start, end in pairwise(chain((0,), self.ends)))

    def last_time(self) -> int:
        """Return the time of the last point, in nanoseconds since 1970."""
        return int(self.body[self.body.rindex(b" ") + 1 :])

    def part(self, start: int, end: int) -> "Points":
        """Return the points `start` to `end`, which is not included."""
        if (start, end) == (0, self.count):
            return self
        if not self.ends:
            return Points(b"\n".join([*self.body.split(b"\n")[start:end], b""]), end - start)
        bounds = [0, *self.ends][start : end + 1]
        body, first = self.body[bounds[0] : bounds[-1]], bounds[0]
        is_plain = body.count(b"\n") == end - start
        return Points(body, end - start, () if is_plain else [bound - first for bound in bounds[1:]])


@dataclass(frozen=True, slots=True, eq=False)
class PointShape:
    """What rows have in common: the measurement, the names of tags and fields, the types of the fields.

    Two shapes are never equal, so that one is found quickly: whoever makes them makes few.
    """

    measurement: str
    tags: tuple[str, ...]
    fields: tuple[tuple[str, type], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the values: tags, then fields."""
        return (*self.tags, *(name for name, _ in self.fields))


Value: TypeAlias = str | int | float
PointRow: TypeAlias = tuple[PointShape, tuple[Value, ...], int]
"""A point: its shape, the values of its tags and fields, its time in nanoseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Points as rows. Text is text here; what was not UTF-8 has surrogates, as Python does it for file names."""

    rows: Sequence[PointRow] = ()

    @classmethod
    def of(cls, rows: Sequence[PointRow], *, plain: bool = False) -> Self:
        """Return the points of these rows; `plain` as for `Points`."""
        return cls(rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[PointRow]:
        return iter(self.rows)

    def last_time(self) -> int:
        """Return the time of the last point."""
        return self.rows[-1][2]

    def part(self, start: int, end: int) -> "Rows":
        """Return the points `start` to `end`, which is not included."""
        return Rows(self.rows[start:end])


AnyPoint: TypeAlias = str | PointRow
AnyPoints: TypeAlias = Points | Rows


def chosen_of(points: AnyPoints, chosen: Iterable[AnyPoint]) -> AnyPoints:
    """Return the chosen points, perhaps renamed, in the form they had."""
    if isinstance(points, Rows):
        return Rows([point for point in chosen if not isinstance(point, str)])
    return Points.of([point for point in chosen if isinstance(point, str)])


def as_text(points: AnyPoints) -> Points:
    """Return points of which the caller knows that they are line protocol. Raises TypeError if they are not."""
    if isinstance(points, Points):
        return points
    raise TypeError("these points are rows")


def rows_in(points: AnyPoints) -> Sequence[PointRow]:
    """Return the rows of points; line protocol has none."""
    return points.rows if isinstance(points, Rows) else ()


def joined(parts: Sequence[AnyPoints]) -> AnyPoints:
    """Return the points of all parts, which are of one form, in order."""
    parts = [part for part in parts if part]
    if len(parts) == 1:
        return parts[0]
    rows = [part.rows for part in parts if isinstance(part, Rows)]
    if rows:
        return Rows(list(chain.from_iterable(rows)))
    texts = [part for part in parts if isinstance(part, Points)]
    if any(text.ends for text in texts):
        return Points.of(list(chain.from_iterable(texts)))
    return Points(b"".join([text.body for text in texts]), sum(text.count for text in texts))


def utf8(text: str) -> str:
    """Return the text of latin-1-decoded bytes as what it is, UTF-8."""
    return text if text.isascii() else text.encode("latin-1").decode("utf-8", "surrogateescape")
