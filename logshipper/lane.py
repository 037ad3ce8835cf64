"""A lane: one output with everything that goes to it. Lanes know nothing of each other.

Each reads the files at its own pace, so that an output that is away holds nobody else up. Reading and parsing happen
here, in the main thread; writing in the lane's writers. A position moves when everything before it is acknowledged.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from logshipper.account import Account
from logshipper.checkpoint import Checkpoint, CheckpointError, CheckpointStore
from logshipper.follow.follower import Follower
from logshipper.follow.generation import Generation, Reading
from logshipper.follow.source import Saved, Source
from logshipper.model import Aside, Batch, Chunk
from logshipper.parser import TOO_LONG, FileMemory, Parser
from logshipper.quarantine import Quarantine, Rejected
from logshipper.writers import Result, Task, Writers

log = logging.getLogger(__name__)

CHUNK_BYTES = 2**18
_COPY = 2**20
# Checkpoints are written this often at the most, and less often where writing them takes long. In seconds.
SAVE_INTERVAL = 0.5
REFUSED = "refused by the output"


@dataclass(slots=True)
class Flight:
    """A batch on its way: done when it is acknowledged and its rejected lines are in quarantine."""

    log: "FollowedLog"
    generation: Generation
    reading: Reading
    batch: Batch
    rejected: list[Rejected] = field(default_factory=list)
    refused: int = 0
    acknowledged: bool = False
    started: float = field(default_factory=time.monotonic)
    done: bool = False


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
    caught_up: float = field(default_factory=time.monotonic)


@dataclass(slots=True)
class Feed:
    """An input in this lane: the files it follows and the parser for them."""

    name: str
    files: Sequence[str]
    from_end: bool
    parser: Parser
    follower: Follower = field(init=False)
    store: CheckpointStore = field(init=False)


class Lane:
    """Ships the feeds to one output."""

    def __init__(self, name: str, feeds: Sequence[Feed], folder: Path, writers: Writers, batch: int) -> None:
        """`folder` holds the lane's state, `batch` is the number of points that a write is filled to."""
        self.name, self.feeds, self.folder, self.writers, self.batch = name, feeds, folder, writers, batch
        self.logs: dict[Source, FollowedLog] = {}
        self._tasks: dict[int, list[Flight]] = {}
        self._number = 0
        self._next_source = 0
        self._save_after = 0.0
        self._alarm = ""
        for feed in feeds:
            feed.store = CheckpointStore(folder / feed.name)
            feed.follower = Follower(feed.files, from_end=feed.from_end, recall=self._recall(feed))

    def _recall(self, feed: Feed) -> Callable[[str], Saved | None]:
        def recall(path: str) -> Saved | None:
            found = feed.store.load(path)
            return found.saved if found else None

        return recall

    # -- files -------------------------------------------------------------------------------------

    def discover(self) -> None:
        """Begin with files that are new."""
        for feed in self.feeds:
            known = feed.store.paths() if not feed.follower.sources else ()
            for source in feed.follower.discover(known):
                found = feed.store.load(source.path)
                memory = (
                    feed.parser.memory(source.path, found.admitted, found.events)
                    if found
                    else feed.parser.memory(source.path)
                )
                quarantine = Quarantine(self.folder / "quarantine", source.path)
                entry = FollowedLog(source, feed.parser, memory, feed.store, quarantine)
                entry.tag_counts, entry.event_state = memory.cap.counts(), memory.events.state()
                self.logs[source] = entry

    def poll(self) -> None:
        """Look for rotation."""
        for source in self.logs:
            source.poll()

    # -- the way of the lines ----------------------------------------------------------------------

    def step(self, final: bool = False) -> int:
        """Take what was acknowledged, read and hand out what there is; return the number of lines read.

        `final` reads to the very end: a last line without its newline too, if it is a request.
        """
        self._collect()
        lines = 0
        while len(self._tasks) <= self.writers.count:
            flights = self._gather(final)
            if not flights:
                break
            lines += sum(flight.batch.lines for flight in flights)
            self._send(flights)
        return lines

    def _gather(self, final: bool) -> list[Flight]:
        """Read chunks, the files in turn, until a write is full or nothing is left."""
        logs = list(self.logs.values())
        flights: list[Flight] = []
        points = idle = 0
        while logs and idle < len(logs) and points < self.batch:
            entry = logs[self._next_source % len(logs)]
            self._next_source += 1
            flight = self._read(entry, final)
            idle = 0 if flight else idle + 1
            if flight:
                flights.append(flight)
                points += len(flight.batch.points)
        return flights

    def _read(self, entry: FollowedLog, final: bool) -> Flight | None:
        found = entry.source.read(CHUNK_BYTES, final)
        if found is None:
            entry.caught_up = time.monotonic()
            return None
        generation, reading = found
        if reading.chunk.oversize:
            batch, rejected = _oversize(generation, reading)
        else:
            batch = entry.parser.parse(reading.chunk, entry.memory)
            rejected = [_rejected(batch.identity, aside) for aside in batch.asides]
        if reading.chunk.last and not batch.points and generation.content.growing:
            generation.unread(reading)
            return None
        entry.account.read += batch.lines
        entry.account.in_flight += batch.lines
        entry.account.bytes_read += batch.end - batch.offset
        generation.in_flight += 1
        flight = Flight(entry, generation, reading, batch, rejected)
        entry.flights.append(flight)
        return flight

    def _send(self, flights: list[Flight]) -> None:
        points = [point for flight in flights for part in (flight.batch.points, flight.batch.events) for point in part]
        if points:
            self._number += 1
            self._tasks[self._number] = flights
            self.writers.submit(Task(self._number, points))
        else:
            self._acknowledge(flights, {})

    def _collect(self) -> None:
        """Take the results of the writers, and try again what could not be put into quarantine."""
        while not self.writers.results.empty():
            result: Result = self.writers.results.get()
            if result.error:
                raise result.error
            self._acknowledge(self._tasks.pop(result.number), result.refused)
        for entry in self.logs.values():
            if entry.flights:
                self._settle(entry)

    def _acknowledge(self, flights: Sequence[Flight], refused: dict[int, str]) -> None:
        first = 0
        for flight in flights:
            batch = flight.batch
            for index, reason in refused.items():
                if first <= index < first + len(batch.points):
                    flight.rejected.append(_refused(flight, batch.origins[index - first], reason))
                    flight.refused += 1
                elif 0 <= index - first - len(batch.points) < len(batch.events):
                    log.error("%s: an event was refused: %s", batch.path, reason)
            first += len(batch.points) + len(batch.events)
            flight.acknowledged = True
            self._settle(flight.log)

    def _settle(self, entry: FollowedLog) -> None:
        """Move the position over all flights that are done, in the order of the file."""
        while entry.flights and entry.flights[0].acknowledged:
            flight = entry.flights[0]
            try:
                entry.quarantine.add(flight.rejected)
            except OSError as error:
                self._raise_alarm(f"cannot write the quarantine {entry.quarantine.lines}: {error.strerror or error}")
                return
            entry.flights.popleft()
            flight.generation.in_flight -= 1
            flight.generation.acknowledged = flight.reading.mark
            entry.tag_counts = dict(flight.batch.tag_counts) or entry.tag_counts
            entry.event_state = flight.batch.event_state or entry.event_state
            entry.unsaved = True
            _count(entry.account, flight)

    # -- state -------------------------------------------------------------------------------------

    def save(self, *, now: bool = False) -> None:
        """Write the checkpoints of the logs that went on; not too often, unless it must be `now`."""
        started = time.monotonic()
        if not now and started < self._save_after:
            return
        for entry in self.logs.values():
            if not entry.unsaved:
                continue
            admitted = entry.memory.cap.values(entry.tag_counts)
            try:
                entry.store.save(Checkpoint(entry.source.path, entry.source.saved(), admitted, entry.event_state))
            except CheckpointError as error:
                self._raise_alarm(f"cannot write the checkpoint {error}; shipping goes on, trying again")
                break
            entry.unsaved = False
        else:
            self._clear_alarm()
        took = time.monotonic() - started
        self._save_after = started + max(SAVE_INTERVAL, 10 * took)

    def _raise_alarm(self, text: str) -> None:
        if text != self._alarm:
            log.error("%s: %s", self.name, text)
        self._alarm = text

    def _clear_alarm(self) -> None:
        if self._alarm:
            log.warning("%s: the state can be written again", self.name)
        self._alarm = ""

    def is_drained(self) -> bool:
        """Tell whether every line that is there was read and settled."""
        return not self._tasks and all(not entry.flights and entry.source.drained() for entry in self.logs.values())

    def accounts(self) -> Iterator[tuple[str, Account]]:
        """Yield path and account of each log."""
        for source, entry in self.logs.items():
            yield source.path, entry.account

    def close(self, patience: float) -> None:
        """Stop writing, take what was still acknowledged, save, close; within about `patience` seconds."""
        self.writers.stop(patience)
        self._collect()
        self.save(now=True)
        for feed in self.feeds:
            feed.follower.close()


def _count(account: Account, flight: Flight) -> None:
    batch = flight.batch
    account.in_flight -= batch.lines
    account.written += len(batch.points) - flight.refused
    account.not_request.update(batch.noise)
    for rejected in flight.rejected:
        account.set_aside[rejected.reason.split(":")[0]] += 1


def _rejected(identity: int, aside: Aside) -> Rejected:
    return Rejected(identity, aside.offset, aside.reason, aside.line)


def _refused(flight: Flight, offset: int, reason: str) -> Rejected:
    """Return the line at `offset` of a flight's chunk, refused by the output."""
    data, start = flight.reading.chunk.data, offset - flight.reading.chunk.offset
    line = data[start : data.index(b"\n", start)]
    return Rejected(flight.batch.identity, offset, f"{REFUSED}: {reason}", line)


def _parts(generation: Generation, offset: int, end: int) -> Iterator[bytes]:
    while offset < end:
        block = generation.content.read_at(offset, min(_COPY, end - offset))
        if not block:
            return
        yield block
        offset += len(block)


def _oversize(generation: Generation, reading: Reading) -> tuple[Batch, list[Rejected]]:
    chunk: Chunk = reading.chunk
    batch = Batch(chunk.path, chunk.identity, chunk.offset, chunk.end, 1, (), ())
    end = chunk.end if chunk.last else chunk.end - 1
    parts = partial(_parts, generation, chunk.offset, end)
    return batch, [Rejected(chunk.identity, chunk.offset, TOO_LONG, parts=parts)]
