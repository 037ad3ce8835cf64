"""What one chunk has become so far, while the patterns and the events take their lines from it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from logshipper.model import Chunk, RejectedLine
from logshipper.points import AnyPoint, AnyPoints


@dataclass(slots=True)
class Work:
    """What one chunk has become so far."""

    chunk: Chunk
    lines: list[str] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    originals: Sequence[str] = ()  # the lines as they are in the file, if `lines` differ
    whole: AnyPoints | None = None  # if every line became a point
    points: list[AnyPoint] = field(default_factory=list)
    origins: list[int] = field(default_factory=list)
    moments: list[int] = field(default_factory=list)  # of the points, as their lines say
    events: list[AnyPoint] = field(default_factory=list)
    rejected: list[RejectedLine] = field(default_factory=list)
    noise: Counter[str] = field(default_factory=Counter)
    times: dict[int, int] = field(default_factory=dict)  # offset of a line -> the time of its envelope

    def count(self) -> int:
        """Return how many lines are not empty."""
        if self.whole:
            return len(self.whole)
        if self.originals:
            return len(self.origins) + len(self.rejected) + sum(self.noise.values())
        return len(self.lines) - self.lines.count("")

    def reject(self, index: int, reason: str) -> None:
        """Reject the line with this index."""
        line = (self.originals or self.lines)[index].encode("latin-1")
        self.rejected.append(RejectedLine(self.chunk.fingerprint, self.offsets[index], reason, line))
