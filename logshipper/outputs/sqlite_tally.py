"""Counts requests in memory, many at once, until they are added to the rollups of a SQLite file."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from logshipper.histogram import Buckets, add

# Counts by bucket, and under two more numbers the requests without a time and the bytes: one dict to look up.
Counts: TypeAlias = defaultdict[int, int]
_UNTIMED, _BYTES = -1, -2


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests to count, by column: the minute since 1970, the names, bytes, and milliseconds if they are known."""

    minutes: Sequence[int]
    methods: Sequence[Any]
    classes: Sequence[Any]
    uris: Sequence[Any]
    routes: Sequence[Any]
    sizes: Sequence[Any]
    times: Sequence[Any]


@dataclass(slots=True)
class Rollup:
    """What a rollup says."""

    requests: int = 0
    bytes: int = 0
    times: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, counts: Counts) -> "Rollup":
        """Return the cell of what was counted."""
        untimed, size = counts.pop(_UNTIMED, 0), counts.pop(_BYTES, 0)
        return cls(untimed + sum(counts.values()), size, counts)

    def add(self, other: "Rollup") -> None:
        """Count the other's requests here too."""
        self.requests += other.requests
        self.bytes += other.bytes
        if self.times:
            add(self.times, other.times)
        else:
            self.times = dict(other.times)


class RollupTally:
    """What was counted: by minute and by hour since 1970, with the names that the rollups of each need."""

    def __init__(self) -> None:
        self.minutes: dict[tuple[int, str, str], Counts] = defaultdict(_counts)
        self.hours: dict[tuple[int, str, str, str, str], Counts] = defaultdict(_counts)
        self.waiting = 0  # requests
        self._buckets = Buckets()

    def count(self, requests: Requests, sign: int = 1) -> None:
        """Count requests, or take them away with sign -1."""
        self.waiting += len(requests.minutes)
        buckets, hours = self._buckets, [minute // 60 for minute in requests.minutes]
        names = requests.methods, requests.classes
        in_minutes = map(self.minutes.__getitem__, zip(requests.minutes, *names, strict=True))
        in_hours = map(self.hours.__getitem__, zip(hours, *names, requests.uris, requests.routes, strict=True))
        for in_minute, in_hour, size, time in zip(in_minutes, in_hours, requests.sizes, requests.times, strict=True):
            bucket = _UNTIMED if time is None else buckets[time]
            in_minute[bucket] += sign
            in_hour[bucket] += sign
            if size:
                in_minute[_BYTES] += sign * size
                in_hour[_BYTES] += sign * size

    def clear(self) -> None:
        """Forget all of it: it is in the rollups."""
        self.minutes.clear()
        self.hours.clear()
        self.waiting = 0


def _counts() -> Counts:
    return defaultdict(int)
