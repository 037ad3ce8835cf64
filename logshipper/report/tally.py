"""Counts the requests of a period. Exact: how many requests of each route had which status and took how many ms."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from heapq import nlargest
from typing import Any

from logshipper.points import PointRow, PointShape
from logshipper.report.periods import MINUTE, Period
from logshipper.report.routes import OTHER, Names

SLOWEST = 20
EVENT = "kind"  # the tag that only events have
# What formats call the same thing; the first name that a line has counts.
_NAMES: Mapping[str, Sequence[str]] = {
    "method": ("method", "verb"),
    "uri": ("uri", "request", "path"),
    "status": ("status", "resp_code"),
    "address": ("remoteAddr", "client_ip"),
}
# The field with the time that a request took -> its milliseconds.
_MILLIS: Mapping[str, Any] = {
    "resTime": int,
    "resTimeMicros": lambda text: int(text) // 1000,
    "resTimeSecs": lambda text: round(float(text) * 1e6) // 1000,
    "requestTime": lambda text: round(float(text) * 1e6) // 1000,
}
FIELDS = (*(name for names in _NAMES.values() for name in names), *_MILLIS)
NEVER = 2**63
UNKNOWN = -1  # for milliseconds and status

Key = tuple[str, int, int]
"""The name of a route, a status, milliseconds."""


@dataclass(frozen=True, slots=True, order=True)
class Request:
    """A single request; `time` is in nanoseconds since 1970."""

    ms: int
    time: int
    name: str
    uri: str
    status: int
    address: str


@dataclass(slots=True)
class Tally:
    """What was counted: requests by route, status and milliseconds; by minute and status; the slowest; events."""

    counts: Counter[Key] = field(default_factory=Counter)
    minutes: Counter[tuple[int, int]] = field(default_factory=Counter)  # (minute since 1970, class of status)
    slowest: list[Request] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)
    first: int = NEVER
    last: int = 0

    def merge(self, other: "Tally") -> None:
        """Add what another has counted."""
        self.counts.update(other.counts)
        self.minutes.update(other.minutes)
        self.events.update(other.events)
        self.slowest = nlargest(SLOWEST, [*self.slowest, *other.slowest])
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)

    def keep_names(self, names: set[str]) -> None:
        """Count everything that has another name under `(other)`."""
        for key in [key for key in self.counts if key[0] not in names]:
            self.counts[OTHER, key[1], key[2]] += self.counts.pop(key)


@dataclass(frozen=True, slots=True)
class Columns:
    """The values of requests, a column for each: what the log has for it, or a constant."""

    methods: Sequence[str]
    uris: Sequence[str]
    statuses: Sequence[int]
    ms: Sequence[int]
    addresses: Sequence[str]


class Counting:
    """Counts rows into a tally for each period; rows of no period are left out."""

    def __init__(self, periods: Sequence[Period], names: Names, clean_uri: Callable[[str], str] = str) -> None:
        """`clean_uri(uri)` removes secrets from a uri that is shown."""
        self.periods, self.names, self.clean_uri = periods, names, clean_uri
        self.tallies = [Tally() for _ in periods]

    def take(self, rows: Sequence[PointRow]) -> None:
        """Count rows: requests and events."""
        if not rows:
            return
        shapes, values, times = zip(*rows, strict=True)
        if len(set(map(id, shapes))) == 1:
            self._take_alike(shapes[0], values, times)
            return
        for some in alike(rows):
            self.take(some)

    def _take_alike(self, shape: PointShape, values: Sequence[tuple[Any, ...]], times: Sequence[int]) -> None:
        first, last = min(times), max(times)
        for period, tally in zip(self.periods, self.tallies, strict=True):
            if period.start <= first and last < period.end:
                self._count(tally, shape, values, times)
            elif first < period.end and last >= period.start:
                inside = [index for index, time in enumerate(times) if period.start <= time < period.end]
                if inside:
                    self._count(tally, shape, [values[at] for at in inside], [times[at] for at in inside])

    def _count(self, tally: Tally, shape: PointShape, values: Sequence[tuple[Any, ...]], times: Sequence[int]) -> None:
        if EVENT in shape.tags:
            kind = shape.names.index(EVENT)
            tally.events.update(str(row[kind]) for row in values)
            return
        found = columns_of(shape.names, values)
        names = list(map(self.names.__getitem__, zip(found.methods, found.uris, strict=True)))
        tally.counts.update(zip(names, found.statuses, found.ms, strict=True))
        minutes = [time // MINUTE for time in times]
        tally.minutes.update(zip(minutes, map(_class_of, found.statuses), strict=True))
        tally.first, tally.last = min(tally.first, *times), max(tally.last, *times)
        tally.slowest = slowest(tally.slowest, found, names, times, self.clean_uri)


def alike(rows: Iterable[PointRow]) -> Iterable[Sequence[PointRow]]:
    """Return the rows of each shape."""
    by_shape: dict[int, list[PointRow]] = {}
    for row in rows:
        by_shape.setdefault(id(row[0]), []).append(row)
    return by_shape.values()


def slowest(
    known: list[Request], found: Columns, names: Sequence[str], times: Sequence[int], clean_uri: Callable[[str], str]
) -> list[Request]:
    """Return the slowest of the known requests and of those in the columns, the slowest first."""
    least = known[-1].ms if len(known) >= SLOWEST else UNKNOWN
    if max(found.ms) <= least:
        return known
    slow = [
        Request(ms, times[at], names[at], clean_uri(found.uris[at]), found.statuses[at], found.addresses[at])
        for at, ms in enumerate(found.ms)
        if ms > least
    ]
    return nlargest(SLOWEST, [*known, *slow])


def columns_of(names: Sequence[str], values: Sequence[tuple[Any, ...]]) -> Columns:
    """Return the columns of rows with values of these names."""
    columns = dict(zip(names, zip(*values, strict=True), strict=True))
    count = len(values)

    def texts(role: str) -> Sequence[str]:
        return next((columns[name] for name in _NAMES[role] if name in columns), ("",) * count)

    methods, uris = texts("method"), texts("uri")
    return Columns(methods, uris, list(map(_number, texts("status"))), _millis(columns, count), texts("address"))


@lru_cache(maxsize=1024)
def _number(text: str) -> int:
    """Return the number of a status."""
    return int(text) if text and str(text).isdecimal() else UNKNOWN


@lru_cache(maxsize=1024)
def _class_of(status: int) -> int:
    return status // 100


def _millis(columns: Mapping[str, Sequence[Any]], count: int) -> Sequence[int]:
    """Return the milliseconds of each row: most logs have one field for them, and it is always there."""
    found = [(columns[name], read) for name, read in _MILLIS.items() if name in columns]
    if len(found) == 1:
        cells, read = found[0]
        if "" not in cells:
            return list(map(read, cells))
    return [_first_millis(found, index) for index in range(count)]


def _first_millis(found: Iterable[tuple[Sequence[Any], Any]], index: int) -> int:
    return next((int(read(cells[index])) for cells, read in found if cells[index] != ""), UNKNOWN)
