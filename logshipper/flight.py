"""A chunk on its way through a lane, from the file to the acknowledgement."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from logshipper.account import Account
from logshipper.checkpoint import CheckpointStore
from logshipper.follow.content import Mark
from logshipper.follow.generation import Generation, Reading
from logshipper.follow.source import Source
from logshipper.model import Batch
from logshipper.parser import TOO_LONG, FileMemory, Parser
from logshipper.quarantine import Quarantine, Rejected

REFUSED = "refused by the output"
_COPY = 2**20

Report = Callable[[str], None]


@dataclass(slots=True)
class Flight:
    """A batch on its way; when it is acknowledged only its counts, its mark and its rejected lines are kept."""

    generation: Generation
    mark: Mark
    lines: int
    size: int
    written: int
    noise: Mapping[str, int]
    tag_counts: Mapping[str, int]
    event_state: Mapping[str, Any]
    rejected: list[Rejected]
    batch: Batch | None
    data: bytes
    acknowledged: bool = False
    started: float = field(default_factory=time.monotonic)

    @property
    def count(self) -> int:
        """Return how many points there are to write."""
        return len(self.batch.points) + len(self.batch.events) if self.batch else 0

    def points(self) -> Sequence[str]:
        """Return what is to be written: the points of the lines, then those of the events."""
        if self.batch is None:
            return ()
        return [*self.batch.points, *self.batch.events] if self.batch.events else self.batch.points

    def acknowledge(self, refused: Mapping[int, str], report: Report) -> None:
        """Note that the points are delivered but for those refused: index in `points()` -> reason."""
        batch, self.batch = self.batch, None
        if batch:
            for index, reason in sorted(refused.items()):
                if index < len(batch.points):
                    self.rejected.append(self._refused(batch, index, reason))
                    self.written -= 1
                else:
                    report(f"{batch.path}: an event was refused: {reason}")
        self.data, self.acknowledged = b"", True

    def _refused(self, batch: Batch, index: int, reason: str) -> Rejected:
        offset = batch.origins[index]
        start = offset - batch.offset
        line = self.data[start : self.data.index(b"\n", start)]
        return Rejected(batch.identity, offset, f"{REFUSED}: {reason}", line)

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
    rejected = [Rejected(batch.identity, aside.offset, aside.reason, aside.line) for aside in batch.asides]
    return _flight(generation, reading, batch, rejected)


def oversize_flight(generation: Generation, reading: Reading, keep: Callable[[Sequence[Rejected]], object]) -> Flight:
    """Return the flight of a line that is too long; `keep` has put it into quarantine then, or raised OSError.

    It is kept at once, as long as it is sure that the file still holds it.
    """
    chunk = reading.chunk
    end = chunk.end if chunk.last else chunk.end - 1
    parts = partial(_parts, generation, chunk.offset, end)
    keep([Rejected(chunk.identity, chunk.offset, TOO_LONG, parts=parts)])
    batch = Batch(chunk.path, chunk.identity, chunk.offset, chunk.end, 1, (), ())
    return _flight(generation, reading, batch, [Rejected(chunk.identity, chunk.offset, TOO_LONG)])


def _flight(generation: Generation, reading: Reading, batch: Batch, rejected: list[Rejected]) -> Flight:
    return Flight(
        generation, reading.mark, batch.lines, len(reading.chunk.data), len(batch.points), batch.noise,
        batch.tag_counts, batch.event_state, rejected, batch, reading.chunk.data,
    )  # fmt: skip


def _parts(generation: Generation, offset: int, end: int) -> Iterable[bytes]:
    while offset < end:
        block = generation.content.read_at(offset, min(_COPY, end - offset))
        if not block:
            raise OSError(0, "the file was truncated meanwhile", generation.content.name)
        yield block
        offset += len(block)
