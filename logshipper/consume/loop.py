"""The consumer's loop: read messages, write their points, settle, commit."""

import logging
import signal
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType

from logshipper.account import Account
from logshipper.consume.delivery import Deliveries
from logshipper.consume.partition import Partition, Position
from logshipper.consume.status import take
from logshipper.kafka.member import GroupMember, PartitionKey
from logshipper.model import outcomes
from logshipper.points import AnyPoints, joined
from logshipper.ship.in_flight import TrackedChunk
from logshipper.ship.log_once import LogOnce
from logshipper.ship.service_manager import ServiceManager
from logshipper.ship.status import StatusExchange
from logshipper.state.lock import StateLock
from logshipper.state.quarantine import Quarantine
from logshipper.wiring.planned_output import PlannedOutput
from logshipper.words import counted

log = logging.getLogger(__name__)

# Stop reading when this many bytes of messages are unacknowledged.
MAX_UNACKNOWLEDGED = 6 * 2**20
# Messages to take at once.
MOST = 100
# Seconds to wait for a message; the shorter one while writes are in flight, whose answers come without a message.
IDLE, BUSY = 0.1, 0.01
# Seconds between two commits.
COMMIT_INTERVAL = 0.5
# Seconds that writes of partitions that are taken away may still be acknowledged in.
HAND_OVER = 2.0
# Seconds after a signal to stop: for the writers, and for the brokers' answer.
STOP_PATIENCE, LEAVE_PATIENCE = 2.5, 1.0

Member = tuple[Partition, TrackedChunk[Position]]


class ConsumeLoop:
    """Consumes until it is stopped."""

    def __init__(
        self, member: GroupMember, outputs: Sequence[PlannedOutput], folder: Path, linger: float,
        serve: Callable[[StatusExchange], Callable[[], None]] = lambda exchange: lambda: None,
    ) -> None:  # fmt: skip
        """`folder` holds the quarantine; `serve` starts the metrics, and returns what ends them."""
        self.manager = ServiceManager()
        self.member, self.folder, self.linger, self.serve = member, folder, linger, serve
        self.name = f"kafka_consumer {member.group.name}"
        self.lock = StateLock(folder)
        self.deliveries: Deliveries[list[Member]] = Deliveries(outputs, lambda: self._unsettled)
        self.partitions: dict[PartitionKey, Partition] = {}
        self.accounts: dict[PartitionKey, Account] = {}
        self.problems = LogOnce(self.name)
        self.exchange = StatusExchange(lambda: None)
        self._gathered: deque[tuple[Member, AnyPoints]] = deque()
        self._points = self._unsettled = 0
        self._since = self._commit_after = 0.0
        self._stopping = False

    def run(self) -> int:
        """Consume; return the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a consumer reads its settings when it starts
        end_metrics = self.serve(self.exchange)
        for writers in self.deliveries.writers.values():
            writers.fit()
        self.member.join(self._given, self._taken)
        log.info("reading %s as %s -> %s", ", ".join(self.member.group.topics), self.name, ", ".join(self._outputs()))
        self.manager.ready(self._state())
        try:
            while not self._stopping:
                self._step()
        finally:
            end_metrics()
            self._close()
        return 0

    def _state(self) -> str:
        return f"{counted(len(self.partitions), 'partition')} -> {', '.join(self._outputs())}"

    def _outputs(self) -> Sequence[str]:
        return list(self.deliveries.writers)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True

    # -- one round ---------------------------------------------------------------------------------

    def _step(self) -> None:
        self.manager.alive(self._state)
        self._settle()
        self._commit()
        if self.exchange.wanted:
            problems = [text for text in (self.member.problem, *self.problems.texts()) if text]
            self.exchange.publish(take(self.deliveries, self.partitions, self.member.lags(), problems))
        self.member.hold(self._unsettled > MAX_UNACKNOWLEDGED)
        for message in self.member.poll(MOST, BUSY if self.deliveries or self._gathered else IDLE):
            partition = self.partitions.get(message.key)
            if partition is None:  # taken away within the same poll
                continue
            tracked, points = partition.take(message)
            self._unsettled += tracked.size
            self._since = self._since if self._gathered else time.monotonic()
            self._gathered.append(((partition, tracked), points))
            self._points += len(points)
        self._send()

    def _send(self) -> None:
        """Write what is gathered, if it is a full write or has waited long enough."""
        while self._gathered and not self.deliveries.is_full():
            batch = self.deliveries.batch
            if self._points < batch:
                self.deliveries.idle()
                if time.monotonic() - self._since < self.linger:
                    return
            members, parts, count = [], [], 0
            while self._gathered and count < batch:
                member, points = self._gathered.popleft()
                members.append(member)
                parts.append(points)
                count += len(points)
            self._points -= count
            if count:
                self.deliveries.send(members, joined(parts))
            else:
                self._acknowledge(members, {})

    def _settle(self) -> None:
        for members, rejected in self.deliveries.finished():
            self._acknowledge(members, rejected)
        for partition in self.partitions.values():
            self._unsettled -= partition.settle()

    def _acknowledge(self, members: Sequence[Member], rejected: Mapping[int, str]) -> None:
        became = outcomes((tracked.sent for _, tracked in members if tracked.sent), rejected)
        for (partition, tracked), outcome in zip(members, became, strict=True):
            partition.in_flight.acknowledge(tracked, outcome)

    def _commit(self) -> None:
        if time.monotonic() >= self._commit_after:
            self._commit_after = time.monotonic() + COMMIT_INTERVAL
            self.member.commit(self._news())

    def _news(self) -> dict[PartitionKey, int]:
        """Return what to commit: the positions that the brokers do not have yet."""
        settled = {key: one.settled for key, one in self.partitions.items() if one.settled is not None}
        return {key: offset for key, offset in settled.items() if offset != self.member.committed.get(key)}

    # -- partitions come and go --------------------------------------------------------------------

    def _given(self, keys: Sequence[PartitionKey]) -> None:
        for key in keys:
            quarantine = Quarantine(self.folder / "quarantine", f"{key[0]}-{key[1]}")
            account = self.accounts.setdefault(key, Account())
            self.partitions[key] = Partition(quarantine, account, self.problems)
        log.info("%s: given %s", self.name, _names(keys))

    def _taken(self, keys: Sequence[PartitionKey]) -> None:
        """Let partitions go: commit what is settled by then. The next owner reads the rest again."""
        going = [self.partitions[key] for key in keys if key in self.partitions]
        end = time.monotonic() + HAND_OVER
        while any(one.in_flight for one in going) and time.monotonic() < end and not self._stopping:
            self._send()
            self._settle()
            time.sleep(BUSY)
        if not self._stopping:
            self.member.commit(self._news(), wait=True)
        for key in keys:
            if gone := self.partitions.pop(key, None):
                gone.give_back()
                self._unsettled -= gone.in_flight.size
        log.info("%s: gave up %s", self.name, _names(keys))

    # -- end ---------------------------------------------------------------------------------------

    def _close(self) -> None:
        self._stopping = True
        self.manager.stopping()
        self.deliveries.stop(STOP_PATIENCE)
        self._settle()
        self.member.close(self._news(), LEAVE_PATIENCE)
        for key, account in self.accounts.items():
            say = log.error if account.difference else log.info
            say("%s/%d: %s", *key, account.text())
        self.lock.release()


def _names(keys: Sequence[PartitionKey]) -> str:
    return ", ".join(f"{topic}/{number}" for topic, number in sorted(keys)) or "no partition"
