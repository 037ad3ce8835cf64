"""How many writers an output gets and how many points go into one write, found by trying within the settings' limits.

While there is more to read than the writers take, count the points acknowledged per second over a window of writes.
Now and then try a neighbour: one writer more or fewer (a quarter, if there are many), writes twice or half as large.
Keep it only if it is clearly faster; otherwise wait twice as long until the next try. After a failure, halve both at
once. While the writers keep up, nothing is measured and nothing changes. There is no clock here: callers pass `now`, in
seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

# Points in a write by default; writers at the start and at most, if the settings give no number.
BATCH, WRITERS = 5000, 2
MOST_WRITERS = 3
LEAST_BATCH = 100
# A window has at least this many writes, more with many writers, and lasts at least this many seconds.
WINDOW_WRITES = 12
WINDOW = 2.0
# Keep a try only if it is faster by this factor.
CLEARLY = 1.08
# Give up a try below this share of the rate before it …
HOPELESS = 0.75
# … but not before this part of its window.
EARLY = 0.4
# Windows until the next try.
FIRST_WAIT, LONGEST_WAIT = 4, 64
# Failures this close together count as one. A size that was too large is tried again after TOO_LARGE, then twice that.
ONE_TROUBLE = 1.0
TOO_LARGE, LONGEST_TOO_LARGE = 600.0, 8 * 3600.0
# Failures that fewer and smaller writes may prevent.
TROUBLES = frozenset({"busy", "connection", "server"})


@dataclass(frozen=True, slots=True)
class Load:
    """What an output is given to do: how many writers at once, and how many points in a write."""

    writers: int
    batch: int


NEIGHBOURS: tuple[Callable[[Load], Load], ...] = (
    lambda at: replace(at, writers=at.writers + max(1, at.writers // 4)),
    lambda at: replace(at, batch=at.batch * 2),
    lambda at: replace(at, writers=at.writers - max(1, at.writers // 4)),
    lambda at: replace(at, batch=at.batch // 2),
)


class Concurrency:
    """The load of one output. Only the thread that reads may change it; others may read `batch`."""

    def __init__(self, batch: int, writers: int = 0, *, fixed: bool = False) -> None:
        """`batch` and `writers` are the maximum and the start; if `fixed`, they never change.

        With `writers=0`, start with two and add more while that is faster, using at most the memory of three full
        writes, one of them queued.
        """
        self.most = Load(writers or MOST_WRITERS, batch)
        self._room = (writers + 1) * batch if writers else (WRITERS + 1) * max(batch, BATCH)
        self._fixed = fixed
        self._at = Load(writers or WRITERS, batch)
        self._home = self._goal = self._at  # where to go back to after a try; where to get back to after a failure
        self._base = 0.0  # points per second at home
        self._turn, self._wait, self._patience = -1, FIRST_WAIT, FIRST_WAIT  # `_turn` is what was tried last
        # Whether to try fewer writers, and smaller writes: only after more of them were worse, or are not allowed.
        self._try_less = [False, False]
        self._started: float | None = None
        self._writes = self._points = self._skip = 0
        self._ceiling, self._ceiling_until, self._ceiling_pause = batch, 0.0, TOO_LARGE
        self._deaf_until, self._taken = float("-inf"), True

    @property
    def writers(self) -> int:
        """How many writes may be in flight."""
        return self._at.writers

    @property
    def batch(self) -> int:
        """How many points go into one write at most."""
        return self._at.batch

    def acknowledged(self, points: int, now: float) -> None:
        """Count an acknowledged write and its points."""
        self._taken = True
        if self._skip:  # it was sent before the last change
            self._skip -= 1
            return
        if self._started is None:
            self._started, self._writes, self._points = now, 0, 0
            return
        self._writes += 1
        self._points += points
        took = now - self._started
        part = min(took / WINDOW, self._writes / max(WINDOW_WRITES, 4 * self.writers))
        if part >= 1 or (part >= EARLY and self._at != self._home and self._points < HOPELESS * self._base * took):
            self._started = None
            self._judge(self._points / took, now)

    def idle(self) -> None:
        """Stop measuring: nothing waits to be written, so the rate says nothing about the server."""
        self._started = None

    def trouble(self, kind: str, now: float) -> None:
        """React to a failed write; see `RetryLater` for the kinds."""
        if kind not in TROUBLES or now < self._deaf_until:
            return
        self._deaf_until = now + ONE_TROUBLE
        if self._at.writers > self._home.writers or self._at.batch > self._home.batch:
            self._go_back()  # the try was too much
            return
        lower = self._limited(Load(self.writers // 2, self.batch // 2))
        if self._taken:  # otherwise the server is unreachable, which says nothing about how much it takes
            self._goal = lower
        self._taken, self._base = False, 0.0
        self._wait = self._patience = FIRST_WAIT
        self._settle(lower)

    def too_large(self, accepted: int, now: float) -> None:
        """Write no more points at once than the server `accepted` after it refused a larger write."""
        if 0 < accepted < self.batch:
            self._ceiling, self._ceiling_until = accepted, now + self._ceiling_pause
            self._ceiling_pause = min(2 * self._ceiling_pause, LONGEST_TOO_LARGE)
            self._settle(self._limited(self._at))

    def _judge(self, rate: float, now: float) -> None:
        """Decide what to try next from the measured points per second."""
        if now >= self._ceiling_until:
            self._ceiling = self.most.batch
        goal = self._limited(self._goal)
        if self._at != self._home:
            self._decide(rate)
        elif self.writers < goal.writers or self.batch < goal.batch:
            up = Load(min(goal.writers, self.writers + 1), min(goal.batch, 2 * self.batch))
            self._settle(self._limited(up))
        else:
            self._base = (self._base + rate) / 2 if self._base else rate
            self._wait -= 1
            if self._wait < 0:
                self._try_next()

    def _decide(self, rate: float) -> None:
        """Keep what was tried and continue in that direction, or go back."""
        if rate > CLEARLY * self._base:
            self._home = self._goal = self._at
            self._base, self._patience = rate, FIRST_WAIT
            self._turn -= 1
            self._try_next()
        else:
            self._try_less[self._turn % 2] = self._turn < 2 and rate * CLEARLY < self._base
            self._go_back()

    def _go_back(self) -> None:
        self._change(self._home)
        self._wait = self._patience
        self._patience = min(2 * self._patience, LONGEST_WAIT)

    def _try_next(self) -> None:
        self._wait = self._patience
        for _ in NEIGHBOURS:
            turn = self._turn = (self._turn + 1) % len(NEIGHBOURS)
            neighbour = self._limited(NEIGHBOURS[turn](self._at))
            if neighbour == self._at:
                self._try_less[turn % 2] = True  # it is at the maximum
            elif turn < 2 or self._try_less[turn % 2]:
                self._change(neighbour)
                return

    def _settle(self, to: Load) -> None:
        self._change(to)
        self._home = to

    def _change(self, to: Load) -> None:
        self._skip = self.writers + 1
        self._at, self._started = to, None

    def _limited(self, to: Load) -> Load:
        """Return the load within the limits that is nearest to the wanted one."""
        if self._fixed:
            return self._at
        writers = min(max(1, to.writers), self.most.writers)
        batch = max(to.batch, min(LEAST_BATCH, self.most.batch))
        return Load(writers, min(batch, self._ceiling, self.most.batch, self._room // (writers + 1)))
