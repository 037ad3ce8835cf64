"""How much is to be read for one write: up to the points that it may hold, and hardly more."""

from logshipper.deliver.concurrency import Concurrency

MOST_BYTES, LEAST_BYTES = 2**17, 2**14
# A write is full from here on, and is read for up to there, parts of its points: how long the lines will be is a guess.
FULL, AIM = 0.9, 0.98
# So many bytes of log go into one write for each point that it may hold, whatever becomes of them: long lines are to
# take no more memory than others.
LONG, LEAST_GATHERED = 300, 2**19


class ReadSize:
    """Knows about how many bytes of log there are to a point."""

    def __init__(self, concurrency: Concurrency) -> None:
        self._concurrency, self._line = concurrency, 200.0
        self.most_gathered = max(LEAST_GATHERED, LONG * concurrency.most.batch)

    def wanted(self, points: int, size: int) -> int:
        """Return how many bytes to read for a write that has so many points, of so many bytes; 0 where it is full."""
        most = self._concurrency.batch
        if points >= FULL * most or size >= self.most_gathered:
            return 0
        return int(min(max(LEAST_BYTES, (AIM * most - points) * self._line), MOST_BYTES))

    def note(self, size: int, points: int) -> None:
        """Note how many points so many bytes have become."""
        self._line = size / max(1, points)
