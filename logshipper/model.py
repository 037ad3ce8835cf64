"""What the stages pass on: follow yields chunks, parse turns them into batches, outputs write their points."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Self

from logshipper.points import AnyPoints, Points, joined

DEPLOYS = ("start", "reload")
"""The kinds of events by which the log says that the application was deployed, or at least started."""
SAME_DEPLOY = 120
"""Seconds: a reload takes a moment and writes several messages; whatever is so close together is one."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A block of whole lines of one file.

    `path` is the log's name, even if the bytes were read from a rotated copy. `fingerprint` is the hash of the
    content's first line (see `follow.fingerprint`), `offset` the offset of `data[0]` in that content. `data` ends with
    a newline. `last`: the newline was added, because the file ended without one. `oversize`: `data` is empty, and
    [offset, end) is one line that is too long to hold in memory; `parts` yields its bytes.
    """

    path: str
    fingerprint: int
    offset: int
    data: bytes
    end: int
    last: bool = False
    oversize: bool = False
    parts: Callable[[], Iterable[bytes]] | None = None


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line that becomes no point, and the reason.

    `fingerprint` and `offset` say which content holds it and where. `line` has no newline. It is empty for a line that
    is too long to hold in memory; `parts` yields its bytes.
    """

    fingerprint: int
    offset: int
    reason: str
    line: bytes = b""
    parts: Callable[[], Iterable[bytes]] | None = None


def starts(lengths: Iterable[int], offset: int) -> list[int]:
    """Return the offset of each line. `lengths` include the newlines; the first line is at `offset`."""
    offsets = list(accumulate(lengths, initial=offset))
    offsets.pop()
    return offsets


def origins(chunk: Chunk, offsets: Sequence[int]) -> Sequence[int]:
    """Return, for each point of a chunk, the offset of its line; for `offsets` see `Batch`."""
    return offsets or starts((len(line) + 1 for line in chunk.data.split(b"\n")[:-1]), chunk.offset)


def rejected_lines(chunk: Chunk, offsets: Sequence[int], reasons: Mapping[int, str]) -> list[RejectedLine]:
    """Return the lines whose points the output rejected; `reasons` maps the index of such a point to the reason."""
    found = origins(chunk, offsets) if reasons else ()
    return [_rejected_line(chunk, found[index], reason) for index, reason in sorted(reasons.items())]


def _rejected_line(chunk: Chunk, origin: int, reason: str) -> RejectedLine:
    # The origin may be inside the line: a JSON object can hold several lines of a log.
    offset = origin - chunk.offset
    start, end = chunk.data.rfind(b"\n", 0, offset) + 1, chunk.data.index(b"\n", offset)
    return RejectedLine(chunk.fingerprint, origin, f"refused by the output: {reason}", chunk.data[start:end])


@dataclass(frozen=True, slots=True)
class Batch:
    """What a chunk became.

    `points` come from its lines. `offsets[i]` is the offset of the line that point i came from; without `offsets`,
    every line became one point, in order. `lines` counts the lines read, empty ones excluded; `noise` those that are
    not requests, by kind, and `events` are the points made from these. `tag_counts` says how many values each tag had
    after the chunk, `event_state` what is known of events that were not over.
    """

    chunk: Chunk
    lines: int
    points: AnyPoints = Points()
    offsets: Sequence[int] = ()
    events: AnyPoints = Points()
    rejected: Sequence[RejectedLine] = ()
    noise: Mapping[str, int] = field(default_factory=dict)
    tag_counts: Mapping[str, int] = field(default_factory=dict)
    event_state: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of_long_line(cls, chunk: Chunk, reason: str) -> Self:
        """Return the batch of a chunk that is one line, too long to hold in memory: the line is rejected."""
        return cls(chunk, 1, rejected=[RejectedLine(chunk.fingerprint, chunk.offset, reason, parts=chunk.parts)])

    def written(self) -> AnyPoints:
        """Return the points to write: those of the lines, then those of the events."""
        return joined((self.points, self.events)) if self.events else self.points

    def sent(self) -> "Sent":
        """Return what must be kept of the batch while its points are in flight."""
        return Sent(self.chunk, self.lines, len(self.points), len(self.events), self.offsets, self.noise, self.rejected)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the lines of a chunk; `rejected_events` are the reasons for which the output rejected events."""

    lines: int
    written: int
    noise: Mapping[str, int]
    rejected: Sequence[RejectedLine]
    rejected_events: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """A batch without its points, of which `from_lines` came from lines and `events` from events; see `Batch`."""

    chunk: Chunk
    lines: int
    from_lines: int
    events: int
    offsets: Sequence[int]
    noise: Mapping[str, int]
    rejected: Sequence[RejectedLine]

    def outcome(self, reasons: Mapping[int, str] | None = None) -> Outcome:
        """Return what became of the lines; `reasons` maps the index of a rejected point to the reason."""
        reasons = reasons or {}
        own = {index: reason for index, reason in reasons.items() if index < self.from_lines}
        rejected = [*self.rejected, *rejected_lines(self.chunk, self.offsets, own)]
        events = [reason for index, reason in sorted(reasons.items()) if index >= self.from_lines]
        return Outcome(self.lines, self.from_lines - len(own), self.noise, rejected, events)


def outcomes(sent: Iterable[Sent], reasons: Mapping[int, str]) -> list[Outcome]:
    """Return what became of each batch of one write; `reasons` maps the index of a rejected point to the reason."""
    found, first = [], 0
    for one in sent:
        end = first + one.from_lines + one.events
        found.append(one.outcome({index - first: reasons[index] for index in reasons if first <= index < end}))
        first = end
    return found


Key = tuple[int, int]
"""Device and inode."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The first line of a content: its offset, how many of its bytes are hashed, and their hash.

    It starts after any NULs, which a writer leaves in front if its file is truncated under it.
    """

    start: int
    length: int
    hash: int


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A position in a content that can be found again: `tail_hash` covers the `tail_length` bytes before `offset`.

    `key` and `name` are the file in which the content was last seen. They are hints that decide between two files that
    both fit.
    """

    fingerprint: Fingerprint
    offset: int
    tail_length: int = 0
    tail_hash: int = 0
    key: Key = (0, 0)
    name: str = ""

    @property
    def is_blank(self) -> bool:
        """Return whether the content held no whole line yet."""
        return self.fingerprint.length == 0 and self.offset == 0


@dataclass(frozen=True, slots=True)
class SavedPositions:
    """The positions that a checkpoint keeps of a log: in unfinished contents, oldest first, and in finished ones."""

    bookmarks: Sequence[Bookmark] = ()
    finished: Sequence[Bookmark] = ()


# Tag -> the hashes of its values, in the order in which they came.
AdmittedValues = Mapping[str, Sequence[int]]
