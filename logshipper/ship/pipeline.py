"""One output and all that goes to it. Each runs at its own speed, so an unreachable output delays no other.

Reading and parsing happen in the main thread. A position moves when everything before it is acknowledged.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from logshipper.account import Account
from logshipper.deliver.retry import Answered, Failed
from logshipper.deliver.writers import Delivered, Task, Writers
from logshipper.follow.follower import Follower
from logshipper.follow.log import LiveLog
from logshipper.model import SavedPositions, outcomes
from logshipper.parse.parser import Parser
from logshipper.points import AnyPoints, joined
from logshipper.ship.first_look import FirstLook
from logshipper.ship.in_flight import TrackedChunk
from logshipper.ship.log_once import LogOnce
from logshipper.ship.pipeline_log import PipelineLog, Progress
from logshipper.ship.read_size import ReadSize
from logshipper.ship.replay_guard import ReplayGuard
from logshipper.ship.write_stats import OutputStats
from logshipper.state.checkpoint import Checkpoint, CheckpointStore
from logshipper.state.quarantine import Quarantine
from logshipper.words import counted

log = logging.getLogger(__name__)

# Stop reading when this many bytes are unacknowledged.
MAX_UNACKNOWLEDGED = 16 * 2**20
# Seconds between two rounds of checkpoints; more if a round takes long.
SAVE_INTERVAL = 0.25
# Seconds that a round may take.
SAVE_SLICE = 0.1
# Seconds that saving the positions of new logs may take.
FIRST_SAVES = 1.0
# Seconds that the last round may take.
LAST_SAVES = 1.5

Chunks = Sequence[tuple[PipelineLog, TrackedChunk[Progress]]]


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
    """Ships the inputs to one output. It does four things: gather, send, settle, save."""

    def __init__(self, name: str, inputs: Sequence[PipelineInput], folder: Path, writers: Writers) -> None:
        """`folder` holds the pipeline's state."""
        self.name, self.inputs, self.folder, self.writers = name, inputs, folder, writers
        self.stats = OutputStats(name, self.backlog)
        self.concurrency = writers.concurrency
        self.logs: dict[LiveLog, PipelineLog] = {}
        self._writes: dict[int, Chunks] = {}
        self._number = self._next_log = self._unsettled = 0
        self._save_after = 0.0
        self._read_size = ReadSize(self.concurrency)
        self._problems = LogOnce(name)
        self._recalled: dict[str, Checkpoint | None] = {}
        self._accounts: dict[str, Account] = {}
        self.first_looks: dict[str, FirstLook] = {}
        self._replay_guard = ReplayGuard(folder / "distrust", name)
        for one in inputs:
            one.store = CheckpointStore(folder / one.name)
            one.follower = Follower(one.files, from_end=one.from_end, recall=self._recall(one))

    def _recall(self, one: PipelineInput) -> Callable[[str], SavedPositions | None]:
        def recall(path: str) -> SavedPositions | None:
            self._recalled[path] = found = one.store.load(path)
            return found.saved if found else None

        return recall

    def take_over(self, folder: Path) -> None:
        """Continue where another output stood that this one replaces; `folder` holds its state.

        Inputs that are read from their beginning are not concerned: this output gets all of them.
        """
        for one in self.inputs:
            if one.from_end and (paths := one.store.take_over(CheckpointStore(folder / one.name))):
                log.info("%s: continuing %s where its earlier address stood", self.name, counted(len(paths), "log"))

    # -- files -------------------------------------------------------------------------------------

    def discover(self) -> None:
        """Start to follow new files. Save their positions at once, so that no crash forgets where we came in."""
        left = time.monotonic() + FIRST_SAVES
        for one in self.inputs:
            known = one.store.paths() if not one.follower.logs else ()
            for live_log in one.follower.discover(known):
                self.logs[live_log] = new = self._follow(one, live_log)
                if new.unsaved and time.monotonic() < left:
                    new.save()
            self._recalled.clear()

    def _follow(self, one: PipelineInput, live_log: LiveLog) -> PipelineLog:
        found = self._recalled.get(live_log.path)
        quarantine = Quarantine(self.folder / "quarantine", live_log.path)
        account = self._accounts.setdefault(live_log.path, Account())
        first_look = self.first_looks.setdefault(live_log.path, FirstLook(live_log.path, quarantine.lines))
        return PipelineLog(live_log, one.parser, found, one.store, quarantine, account, first_look, self._problems)

    def poll(self) -> None:
        """Look for rotation."""
        for live_log in self.logs:
            live_log.poll()

    def step(self, final: bool = False) -> int:
        """Settle what was acknowledged, then read and send what there is; return the number of lines read.

        `final` reads to the very end: a last line without a newline too, if it is a request.
        """
        self._settle()
        self.stats.remind()
        if self._replay_guard.wants_replay():
            if not self._writes:
                self._replay()
            return 0
        lines = 0
        while len(self._writes) <= self.concurrency.writers:
            chunks, points = self._gather(final)
            if not chunks:
                self.concurrency.idle()
                break
            lines += sum(tracked.lines for _, tracked in chunks)
            self._send(chunks, points)
            del points  # free its memory before the next write is gathered
        return lines

    def _replay(self) -> None:
        """Continue from the checkpoints, as after a restart."""
        for one_log in self.logs.values():
            one_log.give_back()
        self._unsettled = 0
        self.logs.clear()
        for one in self.inputs:
            one.follower.close()
            one.follower = Follower(one.files, from_end=False, recall=self._recall(one))
        self._replay_guard.replay_started()
        self.discover()

    # -- gather, send ------------------------------------------------------------------------------

    def _gather(self, final: bool) -> tuple[Chunks, AnyPoints]:
        """Read chunks, the logs in turn, until a write is full or nothing is left."""
        logs = list(self.logs.values())
        chunks: list[tuple[PipelineLog, TrackedChunk[Progress]]] = []
        parts: list[AnyPoints] = []
        points = size = idle = 0
        while (
            idle < len(logs)
            and self._unsettled < MAX_UNACKNOWLEDGED
            and (wanted := self._read_size.wanted(points, size))
        ):
            one_log = logs[self._next_log % len(logs)]
            self._next_log += 1
            found = one_log.read(wanted, final)
            idle = 0 if found else idle + 1
            if found:
                tracked, part = found
                chunks.append((one_log, tracked))
                parts.append(part)
                points += len(part)
                size += tracked.size
                self._unsettled += tracked.size
                self._read_size.note(tracked.size, len(part))
        return chunks, joined(parts)

    def finish(self) -> bool:
        """Send what waits for lines that this run will not read. Return whether there was anything."""
        found = [(one_log, *made) for one_log in self.logs.values() if (made := one_log.finish())]
        if found:
            self._send([(one_log, tracked) for one_log, tracked, _ in found], joined([part for _, _, part in found]))
        return bool(found)

    def _send(self, chunks: Chunks, points: AnyPoints) -> None:
        if points:
            self._number += 1
            self._writes[self._number] = chunks
            self.writers.submit(Task(self._number, points))
        else:
            self._acknowledge(chunks, {})

    # -- settle ------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Take what the writers report, and try again what could not be put into quarantine."""
        for event in self.writers.events():
            if isinstance(event, Delivered):
                self._replay_guard.connected(event.writer, event.connects)
                self._acknowledge(self._writes.pop(event.number), event.rejected)
            else:
                self._note(event)
        for one_log in self.logs.values():
            if one_log.quarantine_waits:
                self._unsettled -= one_log.settle()

    def _note(self, event: Failed | Answered) -> None:
        """Count a write, or a try that failed, and see whether the database may have lost something."""
        self.stats.note(event)
        if isinstance(event, Failed) and event.may_forget:
            self._replay_guard.disk_was_full()
        elif isinstance(event, Failed) and event.kind == "connection":
            self._replay_guard.went_away()

    def _acknowledge(self, chunks: Chunks, rejected: Mapping[int, str]) -> None:
        became = outcomes((tracked.sent for _, tracked in chunks if tracked.sent), rejected)
        for (one_log, tracked), outcome in zip(chunks, became, strict=True):
            self._replay_guard.acknowledged(2 * tracked.size)  # a point is about twice as long as its line
            one_log.acknowledge(tracked, outcome)
            self._unsettled -= one_log.settle()

    # -- save --------------------------------------------------------------------------------------

    def save(self, *, now: bool = False) -> None:
        """Write the checkpoints of the logs that went on; not too often, unless it must be `now`."""
        started = time.monotonic()
        if self._replay_guard.active or (not now and started < self._save_after):
            return
        self._notice_lost_state()
        left = started + (LAST_SAVES if now else SAVE_SLICE)
        # Save the longest-waiting logs first, so that a few busy ones cannot starve the rest.
        for one_log in sorted(self._unsaved(), key=lambda one_log: one_log.saved_at):
            if not one_log.save() or time.monotonic() > left:
                break
        self._save_after = started + max(SAVE_INTERVAL, 10 * (time.monotonic() - started))

    def _unsaved(self) -> Iterable[PipelineLog]:
        return (one_log for one_log in self.logs.values() if one_log.unsaved)

    def _notice_lost_state(self) -> None:
        """Save the logs again whose state folder was deleted."""
        gone = {one.store.folder for one in self.inputs if not one.store.folder.is_dir()}
        for one_log in self.logs.values() if gone else ():
            one_log.unsaved = one_log.unsaved or one_log.store.folder in gone

    # -- status ------------------------------------------------------------------------------------

    def is_drained(self) -> bool:
        """Return whether every line that is there was read and settled."""
        if self._writes or self._replay_guard.is_waiting():
            return False
        return all(one_log.is_drained() for one_log in self.logs.values())

    def needs_polling(self) -> bool:
        """Return whether to look again soon, even if no file changes."""
        return bool(self._writes or self._problems) or any(one_log.needs_polling() for one_log in self.logs.values())

    def backlog(self) -> int:
        """Return how many bytes of log are not written yet."""
        return sum(live_log.lag() for live_log in self.logs)

    def problems(self) -> list[str]:
        """Return what keeps the output, the state or a log from being written or read."""
        own = [f"{self.name}: {text}" for text in (self.stats.problem, *self._problems.texts()) if text]
        return own + [f"{live_log.path}: {live_log.problem}" for live_log in self.logs if live_log.problem]

    def accounts(self) -> Iterator[tuple[str, Account]]:
        """Yield path and account of each log."""
        yield from self._accounts.items()

    def unfinished(self) -> list[str]:
        """Return the logs whose last line is not complete."""
        return [one.live_log.path for one in self.logs.values() if one.is_drained() and one.live_log.lag()]

    def open_events(self, path: str) -> int:
        """Return how many events of a log are not written yet, because their time is not known."""
        return sum(one.memory.events.count_open() for one in self.logs.values() if one.live_log.path == path)

    def close(self, patience: float) -> None:
        """Stop writing, take what was still acknowledged, save, close; within about `patience` seconds."""
        self.writers.stop(patience)
        self._settle()
        self.save(now=True)
        for one in self.inputs:
            one.follower.close()
