"""A pipeline: one output and everything that goes to it, at its own speed, so one that is away holds up no other.

Reading and parsing happen in the main thread. A position moves when everything before it is acknowledged.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from logshipper.account import Account
from logshipper.deliver.writers import Task, Writers
from logshipper.follow.follower import Follower
from logshipper.follow.log import LiveLog
from logshipper.model import SavedPositions, joined
from logshipper.parse.parser import Parser
from logshipper.ship.first_look import FirstLook
from logshipper.ship.in_flight import InFlight, PipelineLog, in_flight_of, oversize_in_flight
from logshipper.ship.log_once import LogOnce
from logshipper.ship.read_size import ReadSize
from logshipper.ship.replay_guard import ReplayGuard
from logshipper.state.checkpoint import Checkpoint, CheckpointError, CheckpointStore
from logshipper.state.quarantine import Quarantine

log = logging.getLogger(__name__)

# Stop reading when this many bytes are unacknowledged.
MAX_UNACKNOWLEDGED = 16 * 2**20
# Seconds: between two rounds of checkpoints, and how long a round, the first one and the last one may take.
SAVE_INTERVAL = 0.25
SAVE_SLICE = 0.1
FIRST_SAVES = 1.0
LAST_SAVES = 1.5
# Seconds until a line that could not be put into quarantine is tried again.
QUARANTINE_PAUSE = 1.0


@dataclass(slots=True)
class PipelineInput:
    """An input in this pipeline: the files it follows and the parser for them."""

    name: str
    files: Sequence[str]
    from_end: bool
    parser: Parser
    follower: Follower = field(init=False)
    store: CheckpointStore = field(init=False)


class Pipeline:
    """Ships the feeds to one output."""

    def __init__(self, name: str, inputs: Sequence[PipelineInput], folder: Path, writers: Writers) -> None:
        """`folder` holds the pipeline's state."""
        self.name, self.inputs, self.folder, self.writers = name, inputs, folder, writers
        self.concurrency = writers.concurrency
        self.logs: dict[LiveLog, PipelineLog] = {}
        self._tasks: dict[int, list[tuple[PipelineLog, InFlight]]] = {}
        self._number = self._next_source = self._unsettled = 0
        self._save_after = 0.0
        self._read_size = ReadSize(self.concurrency)
        self._log_once = LogOnce(name)
        self._recalled: dict[str, Checkpoint | None] = {}
        self._accounts: dict[str, Account] = {}
        self.first_looks: dict[str, FirstLook] = {}
        self._replay_guard = ReplayGuard(folder / "distrust", name)
        for given in inputs:
            given.store = CheckpointStore(folder / given.name)
            given.follower = Follower(given.files, from_end=given.from_end, recall=self._recall(given))

    def _recall(self, given: PipelineInput) -> Callable[[str], SavedPositions | None]:
        def recall(path: str) -> SavedPositions | None:
            self._recalled[path] = found = given.store.load(path)
            return found.saved if found else None

        return recall

    # -- files -------------------------------------------------------------------------------------

    def discover(self) -> None:
        """Begin with files that are new; their places are kept at once, so that no crash forgets where we came in."""
        left = time.monotonic() + FIRST_SAVES
        for given in self.inputs:
            known = given.store.paths() if not given.follower.logs else ()
            for source in given.follower.discover(known):
                self.logs[source] = entry = self._follow(given, source)
                entry.unsaved = self._recalled.get(source.path) is None
                if entry.unsaved and time.monotonic() < left:
                    self._save_log(entry)
            self._recalled.clear()

    def _follow(self, given: PipelineInput, source: LiveLog) -> PipelineLog:
        found = self._recalled.get(source.path)
        admitted, events = (found.admitted, found.events) if found else (None, None)
        memory = given.parser.memory(source.path, admitted, events)
        quarantine = Quarantine(self.folder / "quarantine", source.path)
        account = self._accounts.setdefault(source.path, Account())
        self.first_looks.setdefault(source.path, FirstLook(source.path, quarantine.lines))
        entry = PipelineLog(source, given.parser, memory, given.store, quarantine, account)
        entry.tag_counts, entry.event_state = memory.tag_limit.counts(), memory.events.state()
        return entry

    def poll(self) -> None:
        """Look for rotation."""
        for source in self.logs:
            source.poll()

    def step(self, final: bool = False) -> int:
        """Take what was acknowledged, read and hand out what there is; return the number of lines read.

        `final` reads to the very end: a last line without its newline too, if it is a request.
        """
        self._collect()
        if self._replay_guard.wants_repetition():
            if not self._tasks:
                self._begin_again()
            return 0
        lines = 0
        while len(self._tasks) <= self.concurrency.writers:
            in_flight = self._gather(final)
            if not in_flight:
                self.concurrency.idle()
                break
            lines += sum(item.lines for _, item in in_flight)
            self._send(in_flight)
        return lines

    def _begin_again(self) -> None:
        """Continue from the checkpoints, as after a restart."""
        for entry in self.logs.values():
            entry.forget_in_flight()
        self._unsettled = 0
        self.logs.clear()
        for given in self.inputs:
            given.follower.close()
            given.follower = Follower(given.files, from_end=False, recall=self._recall(given))
        self._replay_guard.repeated()
        self.discover()

    def _gather(self, final: bool) -> list[tuple[PipelineLog, InFlight]]:
        """Read chunks, the files in turn, until a write is full or nothing is left."""
        logs = list(self.logs.values())
        in_flight: list[tuple[PipelineLog, InFlight]] = []
        points = size = idle = 0
        while (
            idle < len(logs)
            and self._unsettled < MAX_UNACKNOWLEDGED
            and (wanted := self._read_size.wanted(points, size))
        ):
            entry = logs[self._next_source % len(logs)]
            self._next_source += 1
            item = self._read(entry, wanted, final)
            idle = 0 if item else idle + 1
            if item:
                in_flight.append((entry, item))
                points += item.count
                size += item.size
                self._read_size.note(item.size, item.count)
        return in_flight

    def _read(self, entry: PipelineLog, wanted: int, final: bool) -> InFlight | None:
        if entry.quarantine_after and time.monotonic() < entry.quarantine_after:
            return None
        found = entry.source.read(wanted, final)
        if found is None:
            entry.caught_up = time.monotonic()
            return None
        reader, reading = found
        if reading.chunk.oversize:
            try:
                item = oversize_in_flight(reader, reading, entry.quarantine.add)
            except OSError as error:
                reader.rewind(reading.before)
                self._quarantine_failed(entry, error)
                return None
        else:
            batch = entry.parser.parse(reading.chunk, entry.memory)
            if reading.peeked and not batch.points:
                return None  # a line that is not complete yet
            self.first_looks[entry.source.path].see(batch)
            item = in_flight_of(reader, reading, batch)
        entry.account.read += item.lines
        entry.account.in_flight += item.lines
        entry.account.bytes_read += reading.chunk.end - reading.chunk.offset
        reader.in_flight += 1
        self._unsettled += item.size
        entry.in_flight.append(item)
        return item

    def _send(self, in_flight: list[tuple[PipelineLog, InFlight]]) -> None:
        points = joined([item.take_points() for _, item in in_flight])
        if points:
            self._number += 1
            self._tasks[self._number] = in_flight
            self.writers.submit(Task(self._number, points))
        else:
            self._acknowledge(in_flight, {})

    def _collect(self) -> None:
        """Take the results of the writers, and try again what could not be put into quarantine."""
        for kind in self.writers.troubles():
            if kind == "disk":
                self._replay_guard.disk_was_full()
            elif kind == "connection":
                self._replay_guard.went_away()
        for result in self.writers.results():
            self._replay_guard.connected(result.writer, result.connects)
            self._acknowledge(self._tasks.pop(result.number), result.refused)
        for entry in self.logs.values():
            if entry.quarantine_after:
                self._settle(entry)

    def _acknowledge(self, in_flight: Sequence[tuple[PipelineLog, InFlight]], refused: Mapping[int, str]) -> None:
        first = 0
        for entry, item in in_flight:
            count = item.count
            self._replay_guard.taken(2 * item.size)  # a point takes about twice the room of its line
            own = {index - first: reason for index, reason in refused.items() if first <= index < first + count}
            item.acknowledge(own, log.error)
            first += count
            self._settle(entry)

    def _settle(self, entry: PipelineLog) -> None:
        """Move the position over all flights that are done, in the order of the file."""
        if entry.quarantine_after and time.monotonic() < entry.quarantine_after:
            return
        while entry.in_flight and entry.in_flight[0].acknowledged:
            item = entry.in_flight[0]
            try:
                entry.quarantine.add(item.rejected)
            except OSError as error:
                self._quarantine_failed(entry, error)
                return
            entry.in_flight.popleft()
            self._unsettled -= item.size
            item.reader.in_flight -= 1
            item.reader.acknowledged = item.bookmark
            entry.tag_counts = dict(item.tag_counts) or entry.tag_counts
            entry.event_state = item.event_state or entry.event_state
            entry.unsaved = True
            item.count_into(entry.account)
        if entry.quarantine_after:
            entry.quarantine_after = 0.0
            self._log_once.clear("quarantine")

    def _quarantine_failed(self, entry: PipelineLog, error: OSError) -> None:
        entry.quarantine_after = time.monotonic() + QUARANTINE_PAUSE
        text = f"cannot write the quarantine {entry.quarantine.lines}: {error.strerror or error}; retrying"
        self._log_once.error("quarantine", text)

    # -- state -------------------------------------------------------------------------------------

    def save(self, *, now: bool = False) -> None:
        """Write the checkpoints of the logs that went on; not too often, unless it must be `now`."""
        started = time.monotonic()
        if self._replay_guard.active or (not now and started < self._save_after):
            return
        self._notice_lost_state()
        left = started + (LAST_SAVES if now else SAVE_SLICE)
        # Those that wait longest go first, so that a few busy ones hold back no others.
        for entry in sorted((entry for entry in self.logs.values() if entry.unsaved), key=lambda entry: entry.saved):
            if not self._save_log(entry) or time.monotonic() > left:
                break
        self._save_after = started + max(SAVE_INTERVAL, 10 * (time.monotonic() - started))

    def _notice_lost_state(self) -> None:
        gone = {given.store.folder for given in self.inputs if not given.store.folder.is_dir()}
        for entry in self.logs.values() if gone else ():
            entry.unsaved = entry.unsaved or entry.store.folder in gone

    def _save_log(self, entry: PipelineLog) -> bool:
        admitted = entry.memory.tag_limit.values(entry.tag_counts)
        try:
            entry.store.save(Checkpoint(entry.source.path, entry.source.saved(), admitted, entry.event_state))
        except CheckpointError as error:
            self._log_once.error("checkpoint", f"cannot write the checkpoint {error}; shipping goes on, retrying")
            return False
        entry.unsaved, entry.saved = False, time.monotonic()
        self._log_once.clear("checkpoint")
        return True

    def is_drained(self) -> bool:
        """Return whether every line in the logs was read and settled."""
        waiting = self._tasks or self._replay_guard.is_waiting()
        return not waiting and all(not entry.in_flight and entry.source.is_drained() for entry in self.logs.values())

    def is_restless(self) -> bool:
        """Return whether to look again soon, even if no file changes."""
        return bool(self._tasks or self._log_once) or any(
            entry.unsaved or entry.in_flight or entry.source.is_restless() for entry in self.logs.values()
        )

    def accounts(self) -> Iterator[tuple[str, Account]]:
        """Yield path and account of each log."""
        yield from self._accounts.items()

    def open_events(self, path: str) -> int:
        """Return how many events of a log are not written yet, because their time is not known."""
        return sum(entry.memory.events.count_open() for entry in self.logs.values() if entry.source.path == path)

    def close(self, patience: float) -> None:
        """Stop writing, take what was still acknowledged, save, close; within about `patience` seconds."""
        self.writers.stop(patience)
        self._collect()
        self.save(now=True)
        for given in self.inputs:
            given.follower.close()
