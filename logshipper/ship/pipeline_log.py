"""One log in one pipeline: what was read of it, what is in flight, what is settled and what is saved."""

import logging
import time
from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field, replace
from typing import Any

from logshipper.account import Account
from logshipper.follow.log import LiveLog
from logshipper.follow.reader import Reader, Reading
from logshipper.model import Batch, Bookmark, Chunk, Outcome
from logshipper.parse.parser import FileMemory, Parser
from logshipper.points import AnyPoints
from logshipper.ship.first_look import FirstLook
from logshipper.ship.in_flight import InFlight, TrackedChunk
from logshipper.ship.log_once import LogOnce
from logshipper.ship.time_check import TimeCheck
from logshipper.state.checkpoint import Checkpoint, CheckpointError, CheckpointStore
from logshipper.state.quarantine import Quarantine

log = logging.getLogger(__name__)

# A line was written just now if the log was read to its end this many seconds ago.
FRESH = 1.0
# Seconds until a line that could not be put into quarantine is tried again.
QUARANTINE_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Progress:
    """What a checkpoint may say once everything up to the bookmark is settled; `read_at` is when that was read."""

    reader: Reader
    bookmark: Bookmark
    tag_counts: Mapping[str, int]
    event_state: Mapping[str, Any]
    read_at: float


@dataclass(slots=True, eq=False)
class PipelineLog:
    """Reads a log for one pipeline, and keeps the promise that its checkpoint never runs ahead.

    `found` is the checkpoint from which the log goes on, None for a new log.
    """

    live_log: LiveLog
    parser: Parser
    found: InitVar[Checkpoint | None]
    store: CheckpointStore
    quarantine: Quarantine
    account: Account
    first_look: FirstLook
    problems: LogOnce
    time_check: TimeCheck = field(init=False)
    memory: FileMemory = field(init=False)
    in_flight: InFlight[Progress] = field(default_factory=InFlight)
    unsaved: bool = True
    saved_at: float = 0.0
    caught_up_at: float = field(default_factory=time.monotonic)
    quarantine_waits: bool = False
    _quarantine_after: float = 0.0
    _at_end: float = float("-inf")
    _tag_counts: Mapping[str, int] = field(init=False)
    _event_state: Mapping[str, Any] = field(init=False)

    def __post_init__(self, found: Checkpoint | None) -> None:
        admitted, events = (found.admitted, found.events) if found else (None, None)
        self.memory = self.parser.memory(self.live_log.path, admitted, events)
        self.unsaved = found is None
        self.time_check = TimeCheck(self.live_log.path)
        self._tag_counts, self._event_state = self.memory.tag_limit.counts(), self.memory.events.state()

    # -- gather ------------------------------------------------------------------------------------

    def read(self, limit: int, final: bool) -> tuple[TrackedChunk[Progress], AnyPoints] | None:
        """Read and parse the next chunk; None if there is none, or if the quarantine must be writable first."""
        if self.quarantine_waits and time.monotonic() < self._quarantine_after:
            return None
        found = self.live_log.read(limit, final)
        if found is None:
            self.caught_up_at = self._at_end = time.monotonic()
            return None
        reader, reading = found
        fresh, self._at_end = time.monotonic() - self._at_end < FRESH, float("-inf")
        batch = self.parser.parse(reading.chunk, self.memory)
        if reading.peeked and not batch.points:
            self.live_log.take_back(reader, reading)  # a line that is not complete yet
            return None
        if reading.chunk.oversize:
            kept = self._keep_long_line(reader, reading, batch)
            if kept is None:
                return None
            batch = kept
        else:
            self.first_look.see(batch)
            self.time_check.see(batch.points, time.time(), fresh=fresh and not final)
        self.account.take(batch.lines, reading.chunk.end - reading.chunk.offset)
        progress = Progress(reader, reading.bookmark, batch.tag_counts, batch.event_state, time.monotonic())
        return self.in_flight.add(progress, batch.sent()), batch.written()

    def finish(self) -> tuple[TrackedChunk[Progress], AnyPoints] | None:
        """Return the events that wait for a later line, at the end of a run that follows no further; None for none."""
        reader = next((one for one in reversed(self.live_log.readers) if one.acknowledged), None)
        if reader is None or reader.acknowledged is None or not self.memory.events.count_open():
            return None
        end, admitted = reader.acknowledged, self.memory.tag_limit.values(self._tag_counts)
        # Without the last line, if that is not complete yet: it was looked at and taken back.
        self.memory = self.parser.memory(self.live_log.path, admitted, self._event_state)
        events = self.parser.finish(self.memory)
        if not events:
            return None
        batch = Batch(Chunk(self.live_log.path, end.fingerprint.hash, end.offset, b"", end.offset), 0, events=events)
        progress = Progress(reader, end, self.memory.tag_limit.counts(), self.memory.events.state(), time.monotonic())
        reader.in_flight += 1
        return self.in_flight.add(progress, batch.sent()), batch.written()

    def _keep_long_line(self, reader: Reader, reading: Reading, batch: Batch) -> Batch | None:
        """Quarantine an oversize line at once, while the file still holds it."""
        try:
            self.quarantine.add(batch.rejected)
        except OSError as error:
            self.live_log.take_back(reader, reading)
            self._quarantine_failed(error)
            return None
        return replace(batch, rejected=[replace(line, parts=None) for line in batch.rejected])

    # -- settle ------------------------------------------------------------------------------------

    def acknowledge(self, tracked: TrackedChunk[Progress], outcome: Outcome) -> None:
        """Note what became of a chunk that was written."""
        for reason in outcome.rejected_events:
            log.error("%s: the output rejected an event: %s", self.live_log.path, reason)
        self.in_flight.acknowledge(tracked, outcome)

    def settle(self) -> int:
        """Settle all acknowledged chunks that wait for no other one. Return how many bytes of log they were."""
        if self.quarantine_waits and time.monotonic() < self._quarantine_after:
            return 0
        count = 0
        for progress, outcome in self.in_flight.settled():
            try:
                self.quarantine.add(outcome.rejected)
            except OSError as error:
                self._quarantine_failed(error)
                return self.in_flight.remove(count)
            count += 1
            self.live_log.settle(progress.reader, progress.bookmark)
            self.account.settle(outcome)
            self._tag_counts = progress.tag_counts or self._tag_counts
            self._event_state = progress.event_state or self._event_state
            self.unsaved = True
        if self.quarantine_waits:
            self.quarantine_waits = False
            self.problems.clear("quarantine")
        return self.in_flight.remove(count)

    def _quarantine_failed(self, error: OSError) -> None:
        self.quarantine_waits, self._quarantine_after = True, time.monotonic() + QUARANTINE_PAUSE
        text = f"cannot write the quarantine {self.quarantine.lines}: {error.strerror or error}; retrying"
        self.problems.error("quarantine", text)

    def give_back(self) -> None:
        """Count what is in flight as not read: all of it will be read again."""
        self.account.give_back(self.in_flight.lines)

    # -- save --------------------------------------------------------------------------------------

    def save(self) -> bool:
        """Write the checkpoint. Return whether that worked."""
        admitted = self.memory.tag_limit.values(self._tag_counts)
        checkpoint = Checkpoint(self.live_log.path, self.live_log.saved(), admitted, self._event_state)
        try:
            self.store.save(checkpoint)
        except CheckpointError as error:
            self.problems.error("checkpoint", f"cannot write the checkpoint {error}; shipping goes on, retrying")
            return False
        self.unsaved, self.saved_at = False, time.monotonic()
        self.problems.clear("checkpoint")
        return True

    # -- status ------------------------------------------------------------------------------------

    def is_drained(self) -> bool:
        """Return whether every line that is there was read and settled."""
        return not self.in_flight and self.live_log.is_drained()

    def needs_polling(self) -> bool:
        """Return whether to look again soon, even if no file changes."""
        return self.unsaved or bool(self.in_flight) or self.live_log.needs_polling()

    def lag_seconds(self, now: float) -> float:
        """Return the age of the oldest line that is not settled, as far as it was seen."""
        oldest = self.in_flight.oldest
        return max(0.0, now - (oldest.read_at if oldest else self.caught_up_at))
