"""The outputs of a consumer: each gets every point, and a write is over when all of them have answered."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from logshipper.deliver.writers import Delivered, Task, Writers
from logshipper.points import AnyPoints
from logshipper.ship.write_stats import OutputStats
from logshipper.wiring.planned_output import PlannedOutput

W = TypeVar("W")


@dataclass(slots=True)
class _Write(Generic[W]):
    what: W
    waiting: int
    rejected: dict[int, str] = field(default_factory=dict)


class Deliveries(Generic[W]):
    """Writes to all outputs; `W` is what the caller knows a write by.

    The slowest output sets the pace: a position in a partition is one for all outputs.
    """

    def __init__(self, outputs: Sequence[PlannedOutput], backlog: Callable[[], int]) -> None:
        """Open nothing. `backlog` returns how many bytes wait."""
        self.writers = {one.name: Writers(one.open, one.concurrency(), lambda: None) for one in outputs}
        self.stats = {one.name: OutputStats(one.name, backlog) for one in outputs}
        self._writes: dict[int, _Write[W]] = {}
        self._number = 0

    @property
    def batch(self) -> int:
        """Return how many points a write should have."""
        return min(one.concurrency.batch for one in self.writers.values())

    def is_full(self) -> bool:
        """Return whether every writer is busy, and one write waits."""
        return len(self._writes) > min(one.concurrency.writers for one in self.writers.values())

    def send(self, what: W, points: AnyPoints) -> None:
        """Give points to all outputs."""
        self._number += 1
        self._writes[self._number] = _Write(what, len(self.writers))
        for one in self.writers.values():
            one.submit(Task(self._number, points))

    def finished(self) -> Iterator[tuple[W, Mapping[int, str]]]:
        """Yield each write that all outputs have answered, and the points that one of them rejected, by index."""
        for name, one in self.writers.items():
            for event in one.events():
                if not isinstance(event, Delivered):
                    self.stats[name].note(event)
                    continue
                write = self._writes[event.number]
                write.waiting -= 1
                write.rejected |= event.rejected
                if not write.waiting:
                    del self._writes[event.number]
                    yield write.what, write.rejected
            self.stats[name].remind()

    def idle(self) -> None:
        """Say that nothing waits to be written."""
        for one in self.writers.values():
            one.concurrency.idle()

    def __bool__(self) -> bool:
        return bool(self._writes)

    def problems(self) -> list[str]:
        """Return what keeps outputs from being written."""
        return [f"{name}: {one.problem}" for name, one in self.stats.items() if one.problem]

    def stop(self, patience: float) -> None:
        """End the writers within about `patience` seconds."""
        end = time.monotonic() + patience
        for index, one in enumerate(self.writers.values()):
            one.stop(max(0.1, (end - time.monotonic()) / (len(self.writers) - index)))
