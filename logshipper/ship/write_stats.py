"""What an output's writers count: writes, how long they took, and tries that failed."""

import logging
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass

from logshipper.deliver.retry import Answered, Failed

log = logging.getLogger(__name__)

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
    """Counts the writes of one output, and logs each new kind of failure once and when it is over."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._seconds = 0.0
        self._durations = [0] * (len(BUCKETS) + 1)
        self._retries: Counter[str] = Counter()
        self._failing = ""

    def note(self, event: Failed | Answered) -> None:
        """Count and log a write, or a try that failed."""
        if isinstance(event, Answered):
            self._seconds += event.seconds
            self._durations[bisect_left(BUCKETS, event.seconds)] += 1
            if event.recovered:
                log.warning("%s: delivering again", self.name)
                self._failing = ""
            return
        self._retries[event.kind] += 1
        if event.kind != self._failing:
            log.error("%s: %s; nothing is lost, retrying", self.name, event.reason)
        else:
            log.debug("%s: %s", self.name, event.reason)
        self._failing = event.kind

    def counts(self) -> OutputCounts:
        """Return the counts of this moment."""
        retries = dict(sorted(self._retries.items()))
        return OutputCounts(sum(self._durations), self._seconds, tuple(self._durations), retries)
