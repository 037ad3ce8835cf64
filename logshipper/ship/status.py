"""The state of the shipper at one moment, taken between two rounds of the loop, so that every account balances."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from logshipper.account import Account
from logshipper.printable import visible
from logshipper.ship.pipeline import Pipeline
from logshipper.ship.pipeline_log import PipelineLog
from logshipper.ship.write_stats import OutputCounts


@dataclass(frozen=True, slots=True)
class LogState:
    """One log in one pipeline; `lag_seconds` is the age of the oldest line that is not acknowledged.

    A consumer's log is a partition, and `lag_messages` is how many of its messages are not acknowledged.
    """

    path: str
    account: Account
    lag_bytes: int
    lag_seconds: float
    lost_bytes: int
    tag_values: dict[str, int]
    lag_messages: int | None = None


@dataclass(frozen=True, slots=True)
class PipelineState:
    """One output with its logs; `writers` and `batch` are its present concurrency, `problems` what is wrong now."""

    name: str
    output: OutputCounts
    files: Sequence[LogState]
    writers: int
    batch: int
    problems: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """All pipelines, and the tag limit."""

    pipelines: Sequence[PipelineState]
    most_tag_values: int


def take(pipelines: Iterable[Pipeline], most_tag_values: int, now: float | None = None) -> Status:
    """Return the state of the pipelines. Only the thread that works on them may call this."""
    moment = time.monotonic() if now is None else now
    return Status([_pipeline(pipeline, moment) for pipeline in pipelines], most_tag_values)


def _pipeline(pipeline: Pipeline, now: float) -> PipelineState:
    files = [_file(one_log, now) for one_log in pipeline.logs.values()]
    concurrency = pipeline.concurrency
    counts, problems = pipeline.stats.counts(), pipeline.problems()
    return PipelineState(pipeline.name, counts, files, concurrency.writers, concurrency.batch, problems)


def _file(one_log: PipelineLog, now: float) -> LogState:
    account, live_log = one_log.account, one_log.live_log
    copy = replace(account, rejected=account.rejected.copy(), not_request=account.not_request.copy())
    lag = live_log.lag()
    age = one_log.lag_seconds(now) if lag else 0.0
    return LogState(visible(live_log.path), copy, lag, age, live_log.lost_bytes, one_log.memory.tag_limit.tag_counts())


class StatusExchange:
    """Passes the status from the loop's thread to those that serve it."""

    def __init__(self, wake: Callable[[], None]) -> None:
        """`wake` wakes the loop."""
        self._wake = wake
        self._wanted = threading.Event()
        self._changed = threading.Condition()
        self._number = 0
        self._last: Status | None = None

    @property
    def wanted(self) -> bool:
        """Return whether somebody waits for the status."""
        return self._wanted.is_set()

    def publish(self, status: Status) -> None:
        """Hand over the status."""
        with self._changed:
            self._wanted.clear()
            self._last, self._number = status, self._number + 1
            self._changed.notify_all()

    def request(self, patience: float) -> Status | None:
        """Return a new status; None if none comes within `patience` seconds, because the loop is stuck."""
        with self._changed:
            number = self._number
            self._wanted.set()
            self._wake()
            fresh = self._changed.wait_for(lambda: self._number > number, patience)
            return self._last if fresh else None
