"""The requests of the last minutes, counted. What leaves the window is subtracted, so nothing is counted twice."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nlargest
from typing import Any

from logshipper.points import AnyPoints, PointRow, PointShape, rows_in
from logshipper.report.comparison import Route, routes_of, together
from logshipper.report.periods import SECOND
from logshipper.report.routes import Names
from logshipper.report.tally import EVENT, SLOWEST, Key, Request, alike, columns_of, slowest

MOST_BUCKETS = 60  # of which a window consists
_ADDRESSES, _EVENTS = 20, 50


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """Something that is not a request."""

    time: int
    kind: str
    message: str


@dataclass(slots=True)
class _Bucket:
    """What came in one part of the window; `number` counts these parts since 1970."""

    number: int
    counts: Counter[Key] = field(default_factory=Counter)
    addresses: Counter[str] = field(default_factory=Counter)
    workers: set[str] = field(default_factory=set)
    slowest: list[Request] = field(default_factory=list)
    ms: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the window holds at a moment; `rates` are the requests a second, the newest last.

    `busy` is how many workers were at work on average, `workers` how many of them wrote a line.
    """

    now: int
    seconds: float
    all: Route
    routes: Mapping[str, Route]
    slowest: Sequence[Request]
    addresses: Sequence[tuple[str, int]]
    busy: float
    workers: int
    events: Sequence[ShownEvent]
    rates: Sequence[float]
    unread: int


class RecentRequests:
    """Counts the rows of the last `seconds`.

    Time is that of the log, which may be in another zone than we think: between its lines, our own clock goes on.
    """

    def __init__(self, seconds: int, names: Names, clean_uri: Callable[[str], str] = str) -> None:
        """`clean_uri(uri)` removes secrets from a uri that is shown."""
        self.seconds, self.names, self.clean_uri = seconds, names, clean_uri
        self.parts = min(MOST_BUCKETS, seconds)
        self.width = seconds * SECOND // self.parts
        self.counts: Counter[Key] = Counter()
        self.addresses: Counter[str] = Counter()
        self.events: deque[ShownEvent] = deque(maxlen=_EVENTS)
        self.unread = 0
        self.first = self.newest = 0
        self._buckets: dict[int, _Bucket] = {}
        self._newest_at = 0.0

    def take(self, requests: AnyPoints, events: AnyPoints, clock: float) -> None:
        """Count rows that were read at `clock`, in seconds of any clock that goes on evenly."""
        for rows in (requests, events):
            for some in alike(rows_in(rows)):
                self._take_alike(some, clock)

    def _take_alike(self, rows: Sequence[PointRow], clock: float) -> None:
        shape, times = rows[0][0], [row[2] for row in rows]
        if max(times) > self.newest:
            self.newest, self._newest_at = max(times), clock
        if EVENT in shape.tags:
            self.events.extend(_events(shape, rows))
            return
        self.first = min(self.first or times[0], *times)
        by_number: dict[int, list[PointRow]] = {}
        for row in rows:
            by_number.setdefault(row[2] // self.width, []).append(row)
        oldest = self.newest // self.width - self.parts
        for number, some in by_number.items():
            if number > oldest:
                self._count(self._bucket(number), shape, some)

    def _bucket(self, number: int) -> _Bucket:
        return self._buckets.setdefault(number, _Bucket(number))

    def _count(self, bucket: _Bucket, shape: PointShape, rows: Sequence[PointRow]) -> None:
        values = [row[1] for row in rows]
        found = columns_of(shape.names, values)
        names = list(map(self.names.__getitem__, zip(found.methods, found.uris, strict=True)))
        counts = Counter(zip(names, found.statuses, found.ms, strict=True))
        bucket.counts.update(counts)
        self.counts.update(counts)
        bucket.addresses.update(found.addresses)
        self.addresses.update(found.addresses)
        if "pid" in shape.names:
            index = shape.names.index("pid")
            bucket.workers.update(str(row[index]) for row in values)
        bucket.ms += sum(ms for ms in found.ms if ms > 0)
        bucket.slowest = slowest(bucket.slowest, found, names, [row[2] for row in rows], self.clean_uri)

    def _expire(self, now: int) -> None:
        oldest = now // self.width - self.parts
        for number in [number for number in self._buckets if number <= oldest]:
            bucket = self._buckets.pop(number)
            _subtract(self.counts, bucket.counts)
            _subtract(self.addresses, bucket.addresses)

    def now(self, clock: float) -> int:
        """Return the log's time at `clock`."""
        return self.newest + round(max(0.0, clock - self._newest_at) * SECOND) if self.newest else 0

    def snapshot(self, clock: float) -> Snapshot:
        """Return what the window holds at `clock`."""
        now = self.now(clock)
        self._expire(now)
        routes = routes_of(self.counts)
        buckets = list(self._buckets.values())
        seconds = min(self.seconds, max(1.0, (now - self.first) / SECOND))
        last = now // self.width
        return Snapshot(
            now, seconds, together(routes.values()), routes,
            nlargest(SLOWEST, (one for bucket in buckets for one in bucket.slowest)),
            [(address, count) for address, count in self.addresses.most_common(_ADDRESSES) if address],
            sum(bucket.ms for bucket in buckets) / 1000 / seconds,
            len(set().union(*(bucket.workers for bucket in buckets))),
            sorted(self.events, key=lambda event: event.time),  # some wait for the line that dates them
            [self._rate(number) for number in range(last - self.parts + 1, last + 1)],
            self.unread,
        )  # fmt: skip

    def _rate(self, number: int) -> float:
        bucket = self._buckets.get(number)
        return bucket.counts.total() * SECOND / self.width if bucket else 0.0


def _subtract(counts: Counter[Any], gone: Counter[Any]) -> None:
    for key, count in gone.items():
        left = counts[key] - count
        if left > 0:
            counts[key] = left
        else:
            del counts[key]


def _events(shape: PointShape, rows: Sequence[PointRow]) -> Iterable[ShownEvent]:
    for _, values, time in rows:
        named = dict(zip(shape.names, values, strict=True))
        yield ShownEvent(time, str(named[EVENT]), str(named.get("exception") or named.get("message") or ""))
