"""What goes from stage to stage: follow gives chunks, parse makes batches of them, outputs take the bytes."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain, pairwise
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Chunk:
    """A block of whole lines of one file.

    `path` is the live log's name, whichever rotated copy the bytes were read from. `fingerprint` is the hash of the
    content's first line (see `follow.fingerprint`), `offset` the place of `data[0]` in that content, in bytes.
    `data` ends with a newline. `last` is true where that newline had to be added: the file ended without one.
    `oversize` tells that `data` is empty and that [offset, end) is one line too long to be taken into memory.
    """

    path: str
    fingerprint: int
    offset: int
    data: bytes
    end: int
    last: bool = False
    oversize: bool = False


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line that becomes no point: the content that it is in, its offset there in bytes, and why.

    `line` is without the newline. For a line that is too long for the memory it is empty; where `parts` is given, it
    yields the bytes.
    """

    fingerprint: int
    offset: int
    reason: str
    line: bytes = b""
    parts: Callable[[], Iterable[bytes]] | None = None


def starts(lengths: Iterable[int], offset: int) -> list[int]:
    """Return the offset of each line, in bytes: `lengths` are theirs with their newlines, the first is at `offset`."""
    offsets = list(accumulate(lengths, initial=offset))
    offsets.pop()
    return offsets


def origins(chunk: Chunk, offsets: Sequence[int]) -> Sequence[int]:
    """Return the offset of the line that each point of a chunk came from; for `offsets` see `Batch`."""
    return offsets or starts((len(line) + 1 for line in chunk.data.split(b"\n")[:-1]), chunk.offset)


def rejected_lines(chunk: Chunk, offsets: Sequence[int], refused: Mapping[int, str]) -> list[RejectedLine]:
    """Return the lines whose points an output has refused, to be rejected: number of the point -> reason."""
    found = origins(chunk, offsets) if refused else ()
    return [_rejected_line(chunk, found[number], reason) for number, reason in sorted(refused.items())]


def _rejected_line(chunk: Chunk, origin: int, reason: str) -> RejectedLine:
    # The origin may be within the line: a JSON object can hold several lines of a log.
    offset = origin - chunk.offset
    start, end = chunk.data.rfind(b"\n", 0, offset) + 1, chunk.data.index(b"\n", offset)
    return RejectedLine(chunk.fingerprint, origin, f"refused by the output: {reason}", chunk.data[start:end])


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

    `points` are those of its lines; the bytes of the log pass unchanged. `offsets[i]` is the offset of the line that
    point i came from; without `offsets` every line became a point, in turn. `lines` counts the lines read, without
    empty ones; `noise` those of them that are no request, by kind, and `events` are the points made of these.
    `tag_counts` tells how many values of each tag were admitted when the chunk was done, `event_state` what is known of
    events that were not over then.
    """

    chunk: Chunk
    lines: int
    points: Points = Points()
    offsets: Sequence[int] = ()
    events: Points = Points()
    rejected: Sequence[RejectedLine] = ()
    noise: Mapping[str, int] = field(default_factory=dict)
    tag_counts: Mapping[str, int] = field(default_factory=dict)
    event_state: Mapping[str, Any] = field(default_factory=dict)

    def written(self) -> Points:
        """Return what is to be written: the points of the lines, then those of the events."""
        return joined((self.points, self.events)) if self.events else self.points


Key = tuple[int, int]
"""Device and inode."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The first line of a content: where it starts, how many bytes of it are hashed, and their hash.

    It starts after the NULs that a writer leaves in front when its file was truncated under it.
    """

    start: int
    length: int
    hash: int


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A place in a content, fit to find it again: `tail_hash` is the hash of the `tail_length` bytes before `offset`.

    `key` and `name` tell where the content was seen last: hints, which decide between contents that both fit.
    """

    fingerprint: Fingerprint
    offset: int
    tail_length: int = 0
    tail_hash: int = 0
    key: Key = (0, 0)
    name: str = ""

    @property
    def is_blank(self) -> bool:
        """Tell whether the content held no whole line yet."""
        return self.fingerprint.length == 0 and self.offset == 0


@dataclass(frozen=True, slots=True)
class SavedPositions:
    """What a checkpoint knows of a source: its unfinished contents, oldest first, and the finished ones."""

    bookmarks: Sequence[Bookmark] = ()
    finished: Sequence[Bookmark] = ()


# Tag -> hashes of the values that it has, in the order in which they came.
AdmittedValues = Mapping[str, Sequence[int]]
