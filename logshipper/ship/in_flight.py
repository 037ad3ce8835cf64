"""A chunk on its way through a lane, from the file to the acknowledgement."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from logshipper.account import Account
from logshipper.follow.log import Source
from logshipper.follow.reader import Generation, Reading
from logshipper.model import Aside, Batch, Chunk, Mark, Points, refused_lines
from logshipper.parse.parser import TOO_LONG, FileMemory, Parser
from logshipper.state.checkpoint import CheckpointStore
from logshipper.state.quarantine import Quarantine, Rejected

_COPY = 2**20

Report = Callable[[str], None]


@dataclass(slots=True)
class Flight:
    """A batch on its way; when it is acknowledged only its counts, its mark and its rejected lines are kept.

    `written` are the points of lines, `count` are these and the events. `places` is as in `Batch`.
    """

    generation: Generation
    mark: Mark
    lines: int
    size: int
    written: int
    count: int
    noise: Mapping[str, int]
    tag_counts: Mapping[str, int]
    event_state: Mapping[str, Any]
    rejected: list[Rejected]
    places: Sequence[int]
    points: Points
    chunk: Chunk | None
    acknowledged: bool = False
    started: float = field(default_factory=time.monotonic)

    def take_points(self) -> Points:
        """Hand out what is to be written, once: the memory that it needs goes with it."""
        points, self.points = self.points, Points()
        return points

    def acknowledge(self, refused: Mapping[int, str], report: Report) -> None:
        """Note that the points are delivered but for those refused: number of the point -> reason."""
        chunk, self.chunk = self.chunk, None
        if chunk and refused:
            of_lines = {number: reason for number, reason in refused.items() if number < self.written}
            for number in sorted(refused.keys() - of_lines):
                report(f"{chunk.path}: an event was refused: {refused[number]}")
            self.rejected += [_rejected(chunk, aside) for aside in refused_lines(chunk, self.places, of_lines)]
            self.written -= len(of_lines)
        self.places, self.acknowledged = (), True

    def count_into(self, account: Account) -> None:
        """Add what has become of the lines to the account of their file."""
        account.in_flight -= self.lines
        account.settle(self.written, self.noise, (rejected.reason for rejected in self.rejected))


@dataclass(slots=True)
class FollowedLog:
    """A live log in this lane: its source, what is remembered of it, and its flights in the order of the file."""

    source: Source
    parser: Parser
    memory: FileMemory
    store: CheckpointStore
    quarantine: Quarantine
    account: Account = field(default_factory=Account)
    flights: deque[Flight] = field(default_factory=deque)
    tag_counts: dict[str, int] = field(default_factory=dict)
    event_state: Mapping[str, Any] = field(default_factory=dict)
    unsaved: bool = True
    saved: float = 0.0
    caught_up: float = field(default_factory=time.monotonic)
    quarantine_after: float = 0.0

    def forget_flights(self) -> None:
        """Take what is not settled out of the account: it will be read again."""
        for flight in self.flights:
            self.account.read -= flight.lines
            self.account.in_flight -= flight.lines
        self.flights.clear()


def flight_of(generation: Generation, reading: Reading, batch: Batch) -> Flight:
    """Return the flight of a chunk that was parsed."""
    rejected = [_rejected(batch.chunk, aside) for aside in batch.asides]
    return _flight(generation, reading, batch, rejected)


def oversize_flight(generation: Generation, reading: Reading, keep: Callable[[Sequence[Rejected]], object]) -> Flight:
    """Return the flight of a line that is too long; `keep` has put it into quarantine then, or raised OSError.

    It is kept at once, as long as it is sure that the file still holds it.
    """
    chunk = reading.chunk
    end = chunk.end if chunk.last else chunk.end - 1
    parts = partial(_parts, generation, chunk.offset, end)
    keep([Rejected(chunk.identity, chunk.offset, TOO_LONG, parts=parts)])
    return _flight(generation, reading, Batch(chunk, lines=1), [Rejected(chunk.identity, chunk.offset, TOO_LONG)])


def _flight(generation: Generation, reading: Reading, batch: Batch, rejected: list[Rejected]) -> Flight:
    points = batch.written()
    return Flight(
        generation, reading.mark, batch.lines, len(batch.chunk.data), len(batch.points), len(points), batch.noise,
        batch.tag_counts, batch.event_state, rejected, batch.places, points, batch.chunk,
    )  # fmt: skip


def _rejected(chunk: Chunk, aside: Aside) -> Rejected:
    return Rejected(chunk.identity, aside.offset, aside.reason, aside.line)


def _parts(generation: Generation, offset: int, end: int) -> Iterable[bytes]:
    while offset < end:
        block = generation.content.read_at(offset, min(_COPY, end - offset))
        if not block:
            raise OSError(0, "the file was truncated meanwhile", generation.content.name)
        yield block
        offset += len(block)
