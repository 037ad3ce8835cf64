"""What an output's writers count: writes, how long they took, and tries that failed."""

import logging
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from logshipper.deliver.retry import Answered, Failed

log = logging.getLogger(__name__)

# Seconds between two messages that an output still cannot be written.
REMINDER = 180.0
# Upper bounds of the histogram of a write's duration, in seconds.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class OutputCounts:
    """The counts at one moment. `durations[i]` counts writes of at most `BUCKETS[i]` seconds, the last one the rest."""

    batches: int
    seconds: float
    durations: tuple[int, ...]
    retries: dict[str, int]


class OutputStats:
    """Counts the writes of one output, and logs what keeps it from writing: at once, every few minutes, at its end."""

    def __init__(
        self, name: str, backlog: Callable[[], int] = lambda: 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`backlog` returns how many bytes of log wait to be written."""
        self.name, self.backlog, self.clock = name, backlog, clock
        self._seconds = 0.0
        self._durations = [0] * (len(BUCKETS) + 1)
        self._retries: Counter[str] = Counter()
        self._since = self._said_at = 0.0
        self._kind = ""
        self.problem = ""

    def note(self, event: Failed | Answered) -> None:
        """Count and log a write, or a try that failed."""
        if isinstance(event, Answered):
            self._seconds += event.seconds
            self._durations[bisect_left(BUCKETS, event.seconds)] += 1
            if event.recovered and self.problem:
                log.warning("%s: delivering again after %s; %s to write", self.name, self._lasted(), self._waiting())
                self.problem = self._kind = ""
            return
        self._retries[event.kind] += 1
        if not self.problem:
            self._since = self.clock()
        if event.kind != self._kind:
            log.error("%s: %s; nothing is lost, retrying", self.name, event.reason)
            self._said_at = self.clock()
        self._kind, self.problem = event.kind, event.reason

    def remind(self) -> None:
        """Say again what is wrong, if the last time was long ago."""
        if self.problem and self.clock() - self._said_at >= REMINDER:
            self._said_at = self.clock()
            text = "%s: for %s: %s; nothing is lost, %s wait"
            log.error(text, self.name, self._lasted(), self.problem, self._waiting())

    def _lasted(self) -> str:
        seconds = round(self.clock() - self._since)
        return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"

    def _waiting(self) -> str:
        return f"{self.backlog() / 1e6:.1f} MB of log"

    def counts(self) -> OutputCounts:
        """Return the counts of this moment."""
        retries = dict(sorted(self._retries.items()))
        return OutputCounts(sum(self._durations), self._seconds, tuple(self._durations), retries)
