"""What an output's writers count: writes, how long they took, and tries that failed."""

import logging
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from logshipper.deliver.retry import Answered, Failed
from logshipper.words import lasting, size

log = logging.getLogger(__name__)

# Seconds between two messages that an output still cannot be written.
REMINDER = 180.0
# Seconds that a problem which was said a short time ago must last to be said again: a server may come and go.
FLAPPING = 30.0
# Problems that a change of the settings solves, or of a password's file.
_OF_THE_SETTINGS = ("unauthorized", "tls", "refused", "redirect", "missing")
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
        self._since = self._kind_since = self._said_at = 0.0
        self._said_kinds: dict[str, float] = {}
        self._is_said = False
        self._kind = ""
        self._before: float | None = None
        self.problem = ""

    @property
    def trouble(self) -> float | None:
        """When the problem began that was said and is not over, by the clock; None if there is none."""
        return self._since if self.problem and self._is_said else self._before

    def inherit(self, trouble: float | None) -> None:
        """Take over the `trouble` of the same output before a reload: the next write ends it, or it goes on."""
        self._before = trouble

    def note(self, event: Failed | Answered) -> None:
        """Count and log a write, or a try that failed."""
        inherited, self._before = self._before, None
        if isinstance(event, Answered):
            self._seconds += event.seconds
            self._durations[bisect_left(BUCKETS, event.seconds)] += 1
            if inherited is not None:
                self._since, self._is_said = inherited, True
            if inherited is not None or (event.recovered and self.problem):
                self._recovered()
            return
        self._retries[event.kind] += 1
        now = self.clock()
        if not self.problem:
            self._since, self._is_said = now if inherited is None else inherited, False
        if event.kind != self._kind:
            self._kind_since = now
        self._kind, self.problem = event.kind, self._short(event.reason)
        if self._is_news(now):
            log.error("%s: %s; nothing is lost, retrying%s", self.name, self.problem, self._hint())
            self._said(now)

    def _is_news(self, now: float) -> bool:
        """Return whether the present problem was not said since it began, nor a short time ago."""
        said = self._said_kinds.get(self._kind, float("-inf"))
        return said < self._kind_since and (now - said >= REMINDER or now - self._kind_since >= FLAPPING)

    def _said(self, now: float) -> None:
        self._is_said, self._said_at, self._said_kinds[self._kind] = True, now, now

    def _recovered(self) -> None:
        if self._is_said:
            log.warning("%s: delivering again after %s; %s to write", self.name, self._lasted(), self._waiting())
        self.problem = self._kind = ""

    def remind(self) -> None:
        """Say again what is wrong, if the last time was long ago."""
        now = self.clock()
        if self.problem and self._is_said and now - self._said_at >= REMINDER:
            text = "%s: for %s: %s; nothing is lost, %s to write%s"
            log.error(text, self.name, self._lasted(), self.problem, self._waiting(), self._hint())
            self._said(now)

    def _short(self, reason: str) -> str:
        """Return the reason without the server's address, if the output's name has that."""
        address, _, rest = reason.partition(": ")
        return rest if rest and address in self.name.split() else reason

    def _hint(self) -> str:
        return "; after a change of the settings, reload or restart" if self._kind in _OF_THE_SETTINGS else ""

    def _lasted(self) -> str:
        seconds = self.clock() - self._since
        return f"{seconds:.0f} s" if seconds < 120 else lasting(seconds)

    def _waiting(self) -> str:
        return f"{size(self.backlog())} of log"

    def counts(self) -> OutputCounts:
        """Return the counts of this moment."""
        retries = dict(sorted(self._retries.items()))
        return OutputCounts(sum(self._durations), self._seconds, tuple(self._durations), retries)
