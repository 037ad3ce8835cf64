"""What goes from stage to stage: follow gives chunks, parse makes batches of them, outputs take the bytes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain, pairwise
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Chunk:
    """A block of whole lines of one file.

    `path` is the live log's name, whichever rotated copy the bytes were read from. `identity` is the hash of the
    content's first line (see `follow.identity`), `offset` the place of `data[0]` in that content, in bytes.
    `data` ends with a newline. `last` is true where that newline had to be added: the file ended without one.
    `oversize` tells that `data` is empty and that [offset, end) is one line too long to be taken into memory.
    """

    path: str
    identity: int
    offset: int
    data: bytes
    end: int
    last: bool = False
    oversize: bool = False


@dataclass(frozen=True, slots=True)
class Aside:
    """A line that becomes no point: its place in the content, and why. The bytes are without the newline."""

    offset: int
    line: bytes
    reason: str


def starts(lengths: Iterable[int], offset: int) -> list[int]:
    """Return the offset of each line, in bytes: `lengths` are theirs with their newlines, the first is at `offset`."""
    places = list(accumulate(lengths, initial=offset))
    places.pop()
    return places


def origins(chunk: Chunk, places: Sequence[int]) -> Sequence[int]:
    """Return the offset of the line that each point of a chunk came from; for `places` see `Batch`."""
    return places or starts((len(line) + 1 for line in chunk.data.split(b"\n")[:-1]), chunk.offset)


def refused_lines(chunk: Chunk, places: Sequence[int], refused: Mapping[int, str]) -> list[Aside]:
    """Return the lines whose points an output has refused, to be set aside: number of the point -> reason."""
    found = origins(chunk, places) if refused else ()
    return [_refused_line(chunk, found[number], reason) for number, reason in sorted(refused.items())]


def _refused_line(chunk: Chunk, origin: int, reason: str) -> Aside:
    # The origin may be within the line: a JSON object can hold several lines of a log.
    place = origin - chunk.offset
    start, end = chunk.data.rfind(b"\n", 0, place) + 1, chunk.data.index(b"\n", place)
    return Aside(origin, chunk.data[start:end], f"refused by the output: {reason}")


@dataclass(frozen=True, slots=True)
class Points:
    """Points as line protocol: `body` holds `count` of them, each with a newline behind it.

    `ends[i]` is the place behind that of point i; without `ends` no point holds a newline of its own. To iterate gives
    each point as text without its newline, in which each character is one byte (latin-1).
    """

    body: bytes = b""
    count: int = 0
    ends: Sequence[int] = ()

    @classmethod
    def of(cls, texts: Sequence[str], *, plain: bool = False) -> Self:
        """Return the points of such texts; `plain` tells that surely none holds a newline."""
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

    def part(self, start: int, end: int) -> "Points":
        """Return the points from number `start` to before number `end`."""
        if (start, end) == (0, self.count):
            return self
        if not self.ends:
            return Points(b"\n".join([*self.body.split(b"\n")[start:end], b""]), end - start)
        bounds = [0, *self.ends][start : end + 1]
        body, first = self.body[bounds[0] : bounds[-1]], bounds[0]
        is_plain = body.count(b"\n") == end - start
        return Points(body, end - start, () if is_plain else [bound - first for bound in bounds[1:]])


def joined(parts: Sequence[Points]) -> Points:
    """Return the points of all parts, one after the other."""
    if len(parts) == 1:
        return parts[0]
    if any(part.ends for part in parts):
        return Points.of(list(chain.from_iterable(parts)))
    return Points(b"".join([part.body for part in parts]), sum(part.count for part in parts))


@dataclass(frozen=True, slots=True)
class Batch:
    """What a chunk has become.

    `points` are those of its lines; the bytes of the log pass unchanged. `places[i]` is the offset of the line that
    point i came from; without `places` every line became a point, in turn. `lines` counts the lines read, without
    empty ones; `noise` those of them that are no request, by kind, and `events` are the points made of these.
    `tag_counts` tells how many values of each tag were admitted when the chunk was done, `event_state` what is known of
    events that were not over then.
    """

    chunk: Chunk
    lines: int
    points: Points = Points()
    places: Sequence[int] = ()
    events: Points = Points()
    asides: Sequence[Aside] = ()
    noise: Mapping[str, int] = field(default_factory=dict)
    tag_counts: Mapping[str, int] = field(default_factory=dict)
    event_state: Mapping[str, Any] = field(default_factory=dict)

    def written(self) -> Points:
        """Return what is to be written: the points of the lines, then those of the events."""
        return joined((self.points, self.events)) if self.events else self.points


Key = tuple[int, int]
"""Device and inode."""


@dataclass(frozen=True, slots=True)
class Head:
    """The first line of a content: where it starts, how many bytes of it are hashed, and their hash.

    It starts after the NULs that a writer leaves in front when its file was truncated under it.
    """

    start: int
    length: int
    identity: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a content, fit to find it again: `guard` is the hash of the `guard_length` bytes before `offset`.

    `key` and `name` tell where the content was seen last: hints, which decide between contents that both fit.
    """

    head: Head
    offset: int
    guard_length: int = 0
    guard: int = 0
    key: Key = (0, 0)
    name: str = ""

    @property
    def is_blank(self) -> bool:
        """Tell whether the content held no whole line yet."""
        return self.head.length == 0 and self.offset == 0


@dataclass(frozen=True, slots=True)
class Saved:
    """What a checkpoint knows of a source: its unfinished contents, oldest first, and the finished ones."""

    marks: Sequence[Mark] = ()
    finished: Sequence[Mark] = ()


# Tag -> hashes of the values that it has, in the order in which they came.
Admitted = Mapping[str, Sequence[int]]
