"""A chunk on its way through a pipeline, from the file to the acknowledgement."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from logshipper.account import Account
from logshipper.follow.log import LiveLog
from logshipper.follow.reader import Reader, Reading
from logshipper.model import Batch, Bookmark, Chunk, Points, RejectedLine, rejected_lines
from logshipper.parse.parser import TOO_LONG, FileMemory, Parser
from logshipper.state.checkpoint import CheckpointStore
from logshipper.state.quarantine import Quarantine

_COPY = 2**20

Report = Callable[[str], None]


@dataclass(slots=True)
class InFlight:
    """A batch on its way; when it is acknowledged only its counts, its mark and its rejected lines are kept.

    `written` are the points of lines, `count` are these and the events. `offsets` is as in `Batch`.
    """

    reader: Reader
    bookmark: Bookmark
    lines: int
    size: int
    written: int
    count: int
    noise: Mapping[str, int]
    tag_counts: Mapping[str, int]
    event_state: Mapping[str, Any]
    rejected: list[RejectedLine]
    offsets: Sequence[int]
    points: Points
    chunk: Chunk | None
    acknowledged: bool = False
    started: float = field(default_factory=time.monotonic)

    def take_points(self) -> Points:
        """Hand out the points to write, once: their memory goes with them."""
        points, self.points = self.points, Points()
        return points

    def acknowledge(self, refused: Mapping[int, str], report: Report) -> None:
        """Note that the points are delivered but for those refused: number of the point -> reason."""
        chunk, self.chunk = self.chunk, None
        if chunk and refused:
            of_lines = {number: reason for number, reason in refused.items() if number < self.written}
            for number in sorted(refused.keys() - of_lines):
                report(f"{chunk.path}: an event was refused: {refused[number]}")
            self.rejected += rejected_lines(chunk, self.offsets, of_lines)
            self.written -= len(of_lines)
        self.offsets, self.acknowledged = (), True

    def count_into(self, account: Account) -> None:
        """Add what has become of the lines to the account of their file."""
        account.in_flight -= self.lines
        account.settle(self.written, self.noise, (rejected.reason for rejected in self.rejected))


@dataclass(slots=True)
class PipelineLog:
    """A live log in this pipeline: its source, what is remembered of it, and its flights in the order of the file."""

    source: LiveLog
    parser: Parser
    memory: FileMemory
    store: CheckpointStore
    quarantine: Quarantine
    account: Account = field(default_factory=Account)
    in_flight: deque[InFlight] = field(default_factory=deque)
    tag_counts: dict[str, int] = field(default_factory=dict)
    event_state: Mapping[str, Any] = field(default_factory=dict)
    unsaved: bool = True
    saved: float = 0.0
    caught_up: float = field(default_factory=time.monotonic)
    quarantine_after: float = 0.0

    def forget_in_flight(self) -> None:
        """Take what is not settled out of the account: it will be read again."""
        for item in self.in_flight:
            self.account.read -= item.lines
            self.account.in_flight -= item.lines
        self.in_flight.clear()


def in_flight_of(reader: Reader, reading: Reading, batch: Batch) -> InFlight:
    """Return the flight of a chunk that was parsed."""
    return _in_flight(reader, reading, batch, list(batch.rejected))


def oversize_in_flight(reader: Reader, reading: Reading, keep: Callable[[Sequence[RejectedLine]], object]) -> InFlight:
    """Return the flight of a line that is too long; `keep` has put it into quarantine then, or raised OSError.

    It is kept at once, as long as it is sure that the file still holds it.
    """
    chunk = reading.chunk
    end = chunk.end if chunk.last else chunk.end - 1
    parts = partial(_parts, reader, chunk.offset, end)
    keep([RejectedLine(chunk.fingerprint, chunk.offset, TOO_LONG, parts=parts)])
    return _in_flight(reader, reading, Batch(chunk, lines=1), [RejectedLine(chunk.fingerprint, chunk.offset, TOO_LONG)])


def _in_flight(reader: Reader, reading: Reading, batch: Batch, rejected: list[RejectedLine]) -> InFlight:
    points = batch.written()
    return InFlight(
        reader, reading.bookmark, batch.lines, len(batch.chunk.data), len(batch.points), len(points), batch.noise,
        batch.tag_counts, batch.event_state, rejected, batch.offsets, points, batch.chunk,
    )  # fmt: skip


def _parts(reader: Reader, offset: int, end: int) -> Iterable[bytes]:
    while offset < end:
        block = reader.content.read_at(offset, min(_COPY, end - offset))
        if not block:
            raise OSError(0, "the file was truncated meanwhile", reader.content.name)
        yield block
        offset += len(block)
