"""What one log has in flight: chunks are added in the order of the file, acknowledged in any order, settled in order.

No I/O and no clock. A checkpoint may only say what is true of everything before it, so the tracker gives back the
longest prefix of acknowledged chunks, and keeps those that wait for an earlier one.
"""

from collections import deque
from dataclasses import dataclass
from itertools import takewhile
from typing import Generic, TypeVar

from logshipper.model import Outcome, Sent

P = TypeVar("P")


@dataclass(slots=True, eq=False)
class TrackedChunk(Generic[P]):
    """A chunk in flight: `progress` is what may be saved when it is settled, `outcome` is None until acknowledged."""

    progress: P
    sent: Sent | None
    lines: int
    size: int
    outcome: Outcome | None = None


class InFlight(Generic[P]):
    """The chunks of one log that are not settled, in the order of the file."""

    def __init__(self) -> None:
        self._chunks: deque[TrackedChunk[P]] = deque()

    def add(self, progress: P, sent: Sent) -> TrackedChunk[P]:
        """Track the next chunk of the log."""
        tracked = TrackedChunk(progress, sent, sent.lines, len(sent.chunk.data))
        self._chunks.append(tracked)
        return tracked

    def acknowledge(self, tracked: TrackedChunk[P], outcome: Outcome) -> None:
        """Note what became of a chunk; its bytes are no longer needed."""
        tracked.sent, tracked.outcome = None, outcome

    def settled(self) -> list[tuple[P, Outcome]]:
        """Return the acknowledged chunks that wait for no other one, in order."""
        prefix = takewhile(lambda tracked: tracked.outcome, self._chunks)
        return [(tracked.progress, tracked.outcome) for tracked in prefix if tracked.outcome]

    def remove(self, count: int) -> int:
        """Forget the first chunks, when they are settled for good. Return how many bytes of log they were."""
        return sum(self._chunks.popleft().size for _ in range(count))

    @property
    def lines(self) -> int:
        """Return how many lines are not settled."""
        return sum(tracked.lines for tracked in self._chunks)

    @property
    def size(self) -> int:
        """Return how many bytes are not settled."""
        return sum(tracked.size for tracked in self._chunks)

    @property
    def oldest(self) -> P | None:
        """Return the progress of the first chunk that is not settled."""
        return self._chunks[0].progress if self._chunks else None

    def __len__(self) -> int:
        return len(self._chunks)
