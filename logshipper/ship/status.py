"""The state of the shipper at one moment, taken between two steps, so that every account in it balances."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from logshipper.account import Account
from logshipper.ship.in_flight import FollowedLog
from logshipper.ship.pipeline import Lane
from logshipper.ship.write_stats import OutputCounts


@dataclass(frozen=True, slots=True)
class FileState:
    """One log in one lane; `lag_seconds` is the age of the oldest line that was seen and not acknowledged."""

    path: str
    account: Account
    lag_bytes: int
    lag_seconds: float
    lost_bytes: int
    tag_values: dict[str, int]


@dataclass(frozen=True, slots=True)
class LaneState:
    """One output with its logs; `writers` and `batch` are its pace of this moment."""

    name: str
    output: OutputCounts
    files: Sequence[FileState]
    writers: int
    batch: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All lanes, and the cap on tag values."""

    lanes: Sequence[LaneState]
    most_tag_values: int


def take(lanes: Iterable[tuple[Lane, OutputCounts]], most_tag_values: int, now: float | None = None) -> Snapshot:
    """Return the state of the lanes; to be called by the thread that works on them."""
    moment = time.monotonic() if now is None else now
    states = [_lane(lane, counts, moment) for lane, counts in lanes]
    return Snapshot(states, most_tag_values)


def _lane(lane: Lane, counts: OutputCounts, now: float) -> LaneState:
    files = [_file(entry, now) for entry in lane.logs.values()]
    return LaneState(lane.name, counts, files, lane.pace.writers, lane.pace.batch)


def _file(entry: FollowedLog, now: float) -> FileState:
    account = entry.account
    copy = replace(account, set_aside=account.set_aside.copy(), not_request=account.not_request.copy())
    lag = entry.source.lag()
    since = entry.flights[0].started if entry.flights else entry.caught_up
    age = max(0.0, now - since) if lag else 0.0
    return FileState(entry.source.path, copy, lag, age, entry.source.lost_bytes, entry.memory.cap.counts())


class Exchange:
    """Hands snapshots from the thread that works to those that serve them."""

    def __init__(self, wake: Callable[[], None]) -> None:
        """`wake` wakes the thread that works."""
        self._wake = wake
        self._wanted = threading.Event()
        self._changed = threading.Condition()
        self._number = 0
        self._last: Snapshot | None = None

    @property
    def wanted(self) -> bool:
        """Tell whether somebody waits for a snapshot."""
        return self._wanted.is_set()

    def publish(self, snapshot: Snapshot) -> None:
        """Hand over a snapshot."""
        with self._changed:
            self._wanted.clear()
            self._last, self._number = snapshot, self._number + 1
            self._changed.notify_all()

    def request(self, patience: float) -> Snapshot | None:
        """Return a new snapshot; None where none comes within `patience` seconds: then the loop is stuck."""
        with self._changed:
            number = self._number
            self._wanted.set()
            self._wake()
            fresh = self._changed.wait_for(lambda: self._number > number, patience)
            return self._last if fresh else None
