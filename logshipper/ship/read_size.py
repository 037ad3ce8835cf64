"""How much to read for one write: enough to fill it with points, and hardly more."""

from logshipper.deliver.concurrency import Concurrency

MOST_BYTES, LEAST_BYTES = 2**17, 2**14
# A write is full from FULL of its points on. Aim at AIM of them: the length of the next lines is a guess.
FULL, AIM = 0.9, 0.98
# Stop after this many bytes of log for each point that a write may hold, even if few of the lines become points:
# otherwise long lines would take more memory than others.
LONG, LEAST_GATHERED = 300, 2**19


class ReadSize:
    """Estimates how many bytes of log make a point."""

    def __init__(self, concurrency: Concurrency) -> None:
        self._concurrency, self._line = concurrency, 200.0
        self.most_gathered = max(LEAST_GATHERED, LONG * concurrency.most.batch)

    def wanted(self, points: int, size: int) -> int:
        """Return how many bytes to read for a write that has `points` from `size` bytes so far; 0 if it is full."""
        most = self._concurrency.batch
        if points >= FULL * most or size >= self.most_gathered:
            return 0
        return int(min(max(LEAST_BYTES, (AIM * most - points) * self._line), MOST_BYTES))

    def note(self, size: int, points: int) -> None:
        """Learn from a chunk of `size` bytes that became this many points."""
        self._line = size / max(1, points)
