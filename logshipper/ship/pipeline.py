"""A lane: one output with everything that goes to it. Lanes know nothing of each other.

Each reads the files at its own pace, so that an output that is away holds nobody else up. Reading and parsing happen
here, in the main thread; writing in the lane's writers. A position moves when everything before it is acknowledged.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from logshipper.account import Account
from logshipper.deliver.writers import Task, Writers
from logshipper.follow.follower import Follower
from logshipper.follow.log import Source
from logshipper.model import Saved, joined
from logshipper.parse.parser import Parser
from logshipper.ship.in_flight import Flight, FollowedLog, flight_of, oversize_flight
from logshipper.ship.log_once import Alarms
from logshipper.ship.read_size import Fill
from logshipper.ship.replay_guard import Distrust
from logshipper.state.checkpoint import Checkpoint, CheckpointError, CheckpointStore
from logshipper.state.quarantine import Quarantine

log = logging.getLogger(__name__)

# So many bytes of log are read ahead of the first one that is not settled.
MOST_UNSETTLED = 16 * 2**20
# In seconds: checkpoints are written this often at the most, for so long at a time, at the first sight of logs, at the
# end; what could not be put into quarantine is tried again so much later.
SAVE_INTERVAL = 0.25
SAVE_SLICE = 0.1
FIRST_SAVES = 1.0
LAST_SAVES = 1.5
QUARANTINE_PAUSE = 1.0


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

    def __init__(self, name: str, feeds: Sequence[Feed], folder: Path, writers: Writers) -> None:
        """`folder` holds the lane's state."""
        self.name, self.feeds, self.folder, self.writers, self.pace = name, feeds, folder, writers, writers.pace
        self.logs: dict[Source, FollowedLog] = {}
        self._tasks: dict[int, list[tuple[FollowedLog, Flight]]] = {}
        self._number = self._next_source = self._unsettled = 0
        self._save_after = 0.0
        self._fill = Fill(self.pace)
        self._alarms = Alarms(name)
        self._recalled: dict[str, Checkpoint | None] = {}
        self._accounts: dict[str, Account] = {}
        self._distrust = Distrust(folder / "distrust", name)
        for feed in feeds:
            feed.store = CheckpointStore(folder / feed.name)
            feed.follower = Follower(feed.files, from_end=feed.from_end, recall=self._recall(feed))

    def _recall(self, feed: Feed) -> Callable[[str], Saved | None]:
        def recall(path: str) -> Saved | None:
            self._recalled[path] = found = feed.store.load(path)
            return found.saved if found else None

        return recall

    # -- files -------------------------------------------------------------------------------------

    def discover(self) -> None:
        """Begin with files that are new; their places are kept at once, so that no crash forgets where we came in."""
        left = time.monotonic() + FIRST_SAVES
        for feed in self.feeds:
            known = feed.store.paths() if not feed.follower.sources else ()
            for source in feed.follower.discover(known):
                self.logs[source] = entry = self._follow(feed, source)
                entry.unsaved = self._recalled.get(source.path) is None
                if entry.unsaved and time.monotonic() < left:
                    self._save_log(entry)
            self._recalled.clear()

    def _follow(self, feed: Feed, source: Source) -> FollowedLog:
        found = self._recalled.get(source.path)
        admitted, events = (found.admitted, found.events) if found else (None, None)
        memory = feed.parser.memory(source.path, admitted, events)
        quarantine = Quarantine(self.folder / "quarantine", source.path)
        account = self._accounts.setdefault(source.path, Account())
        entry = FollowedLog(source, feed.parser, memory, feed.store, quarantine, account)
        entry.tag_counts, entry.event_state = memory.cap.counts(), memory.events.state()
        return entry

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
        if self._distrust.wants_repetition():
            if not self._tasks:
                self._begin_again()
            return lines
        while len(self._tasks) <= self.pace.writers:
            flights = self._gather(final)
            if not flights:
                self.pace.idle()
                break
            lines += sum(flight.lines for _, flight in flights)
            self._send(flights)
        return lines

    def _begin_again(self) -> None:
        """Take up the work from the checkpoints, as after a restart."""
        for entry in self.logs.values():
            entry.forget_flights()
        self._unsettled = 0
        self.logs.clear()
        for feed in self.feeds:
            feed.follower.close()
            feed.follower = Follower(feed.files, from_end=False, recall=self._recall(feed))
        self._distrust.repeated()
        self.discover()

    def _gather(self, final: bool) -> list[tuple[FollowedLog, Flight]]:
        """Read chunks, the files in turn, until a write is full or nothing is left."""
        logs = list(self.logs.values())
        flights: list[tuple[FollowedLog, Flight]] = []
        points = size = idle = 0
        while idle < len(logs) and self._unsettled < MOST_UNSETTLED and (wanted := self._fill.wanted(points, size)):
            entry = logs[self._next_source % len(logs)]
            self._next_source += 1
            flight = self._read(entry, wanted, final)
            idle = 0 if flight else idle + 1
            if flight:
                flights.append((entry, flight))
                points += flight.count
                size += flight.size
                self._fill.note(flight.size, flight.count)
        return flights

    def _read(self, entry: FollowedLog, wanted: int, final: bool) -> Flight | None:
        if entry.quarantine_after and time.monotonic() < entry.quarantine_after:
            return None
        found = entry.source.read(wanted, final)
        if found is None:
            entry.caught_up = time.monotonic()
            return None
        generation, reading = found
        if reading.chunk.oversize:
            try:
                flight = oversize_flight(generation, reading, entry.quarantine.add)
            except OSError as error:
                generation.rewind(reading.before)
                self._quarantine_failed(entry, error)
                return None
        else:
            batch = entry.parser.parse(reading.chunk, entry.memory)
            if reading.peeked and not batch.points:
                return None  # a line that is not complete yet
            flight = flight_of(generation, reading, batch)
        entry.account.read += flight.lines
        entry.account.in_flight += flight.lines
        entry.account.bytes_read += reading.chunk.end - reading.chunk.offset
        generation.in_flight += 1
        self._unsettled += flight.size
        entry.flights.append(flight)
        return flight

    def _send(self, flights: list[tuple[FollowedLog, Flight]]) -> None:
        points = joined([flight.take_points() for _, flight in flights])
        if points:
            self._number += 1
            self._tasks[self._number] = flights
            self.writers.submit(Task(self._number, points))
        else:
            self._acknowledge(flights, {})

    def _collect(self) -> None:
        """Take the results of the writers, and try again what could not be put into quarantine."""
        for kind in self.writers.troubles():
            if kind == "disk":
                self._distrust.disk_was_full()
            elif kind == "connection":
                self._distrust.went_away()
        for result in self.writers.results():
            self._distrust.connected(result.writer, result.connects)
            self._acknowledge(self._tasks.pop(result.number), result.refused)
        for entry in self.logs.values():
            if entry.quarantine_after:
                self._settle(entry)

    def _acknowledge(self, flights: Sequence[tuple[FollowedLog, Flight]], refused: Mapping[int, str]) -> None:
        first = 0
        for entry, flight in flights:
            count = flight.count
            self._distrust.taken(2 * flight.size)  # a point takes about twice the room of its line
            own = {index - first: reason for index, reason in refused.items() if first <= index < first + count}
            flight.acknowledge(own, log.error)
            first += count
            self._settle(entry)

    def _settle(self, entry: FollowedLog) -> None:
        """Move the position over all flights that are done, in the order of the file."""
        if entry.quarantine_after and time.monotonic() < entry.quarantine_after:
            return
        while entry.flights and entry.flights[0].acknowledged:
            flight = entry.flights[0]
            try:
                entry.quarantine.add(flight.rejected)
            except OSError as error:
                self._quarantine_failed(entry, error)
                return
            entry.flights.popleft()
            self._unsettled -= flight.size
            flight.generation.in_flight -= 1
            flight.generation.acknowledged = flight.mark
            entry.tag_counts = dict(flight.tag_counts) or entry.tag_counts
            entry.event_state = flight.event_state or entry.event_state
            entry.unsaved = True
            flight.count_into(entry.account)
        if entry.quarantine_after:
            entry.quarantine_after = 0.0
            self._alarms.clear("quarantine")

    def _quarantine_failed(self, entry: FollowedLog, error: OSError) -> None:
        entry.quarantine_after = time.monotonic() + QUARANTINE_PAUSE
        text = f"cannot write the quarantine {entry.quarantine.lines}: {error.strerror or error}; trying again"
        self._alarms.sound("quarantine", text)

    # -- state -------------------------------------------------------------------------------------

    def save(self, *, now: bool = False) -> None:
        """Write the checkpoints of the logs that went on; not too often, unless it must be `now`."""
        started = time.monotonic()
        if self._distrust.active or (not now and started < self._save_after):
            return
        self._notice_lost_state()
        left = started + (LAST_SAVES if now else SAVE_SLICE)
        # Those that wait longest go first, so that a few busy ones hold back no others.
        for entry in sorted((entry for entry in self.logs.values() if entry.unsaved), key=lambda entry: entry.saved):
            if not self._save_log(entry) or time.monotonic() > left:
                break
        self._save_after = started + max(SAVE_INTERVAL, 10 * (time.monotonic() - started))

    def _notice_lost_state(self) -> None:
        gone = {feed.store.folder for feed in self.feeds if not feed.store.folder.is_dir()}
        for entry in self.logs.values() if gone else ():
            entry.unsaved = entry.unsaved or entry.store.folder in gone

    def _save_log(self, entry: FollowedLog) -> bool:
        admitted = entry.memory.cap.values(entry.tag_counts)
        try:
            entry.store.save(Checkpoint(entry.source.path, entry.source.saved(), admitted, entry.event_state))
        except CheckpointError as error:
            self._alarms.sound("checkpoint", f"cannot write the checkpoint {error}; shipping goes on, trying again")
            return False
        entry.unsaved, entry.saved = False, time.monotonic()
        self._alarms.clear("checkpoint")
        return True

    def is_drained(self) -> bool:
        """Tell whether every line that is there was read and settled."""
        waiting = self._tasks or self._distrust.is_waiting()
        return not waiting and all(not entry.flights and entry.source.drained() for entry in self.logs.values())

    def is_restless(self) -> bool:
        """Tell whether something is to be looked at soon although no file may move."""
        return bool(self._tasks or self._alarms) or any(
            entry.unsaved or entry.flights or entry.source.is_restless() for entry in self.logs.values()
        )

    def accounts(self) -> Iterator[tuple[str, Account]]:
        """Yield path and account of each log."""
        yield from self._accounts.items()

    def close(self, patience: float) -> None:
        """Stop writing, take what was still acknowledged, save, close; within about `patience` seconds."""
        self.writers.stop(patience)
        self._collect()
        self.save(now=True)
        for feed in self.feeds:
            feed.follower.close()
