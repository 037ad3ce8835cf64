"""What an output's writers count: writes, how long they took, and tries that failed."""

import threading
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

# Upper bounds of the histogram of a write's duration, in seconds.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class OutputCounts:
    """The counts at one moment. `durations[i]` counts writes of at most `BUCKETS[i]` seconds, the last one the rest."""

    batches: int
    seconds: float
    durations: tuple[int, ...]
    retries: dict[str, int]


@dataclass(slots=True)
class OutputStats:
    """Counts what several threads do."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _seconds: float = 0.0
    _durations: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    _retries: Counter[str] = field(default_factory=Counter)

    def count_write(self, seconds: float) -> None:
        """Count a write that was acknowledged or refused."""
        with self._lock:
            self._seconds += seconds
            self._durations[bisect_left(BUCKETS, seconds)] += 1

    def count_retry(self, kind: str) -> None:
        """Count a failed try, which will be repeated."""
        with self._lock:
            self._retries[kind] += 1

    def counts(self) -> OutputCounts:
        """Return the counts of this moment."""
        with self._lock:
            return OutputCounts(
                sum(self._durations), self._seconds, tuple(self._durations), dict(sorted(self._retries.items()))
            )
