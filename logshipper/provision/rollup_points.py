"""From requests to the points of their period: counts, percentiles and histograms, on several levels.

A level has a point for each combination of some tags: `total` has one, `route` one for each route, `full` one for each
host, route, method and class of status. So a page finds the very point that it shows, where it would have to add up
hundreds, and percentiles cannot be added up at all.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

from logshipper.provision.rollup_histogram import histogram

TAGS = ("host", "route", "method", "status_class")
# The level `total` is the last, so that a write that was cut short is seen by its count.
LEVELS: dict[str, tuple[str, ...]] = {
    "full": TAGS,
    "host_route": ("host", "route"),
    "method": ("route", "method"),
    "route": ("route",),
    "host": ("host",),
    "status": ("status_class",),
    "total": (),
}
PERCENTS = (50, 95, 99)
SECOND = 1_000_000_000  # nanoseconds
ERROR = 500  # the lowest status that is an error of the server
Values = tuple[str, ...]  # of the tags
Key = tuple[Values, int]  # all four tags, beginning in epoch seconds
Histograms = Mapping[str, Sequence[int]]  # level -> bounds


@dataclass
class Cell:
    """What is known of the requests of one period and one set of tags; `times` is ms -> how many took that."""

    n: int = 0
    errors: int = 0
    bytes: int = 0
    times: dict[int, int] = field(default_factory=dict)

    def add(self, time: int, size: int, status: int) -> None:
        """Count one request."""
        self.n += 1
        self.errors += status >= ERROR
        self.bytes += size
        self.times[time] = self.times.get(time, 0) + 1

    def add_all(self, other: "Cell") -> None:
        """Add the counts of another cell."""
        self.n += other.n
        self.errors += other.errors
        self.bytes += other.bytes
        times = self.times
        for time, n in other.times.items():
            times[time] = times.get(time, 0) + n

    def fields(self, bounds: Sequence[int]) -> dict[str, int]:
        """Return the point's fields, with a histogram of these bounds."""
        p50, p95, p99 = percentiles(self.times, self.n)
        found = {"n": self.n, "errors": self.errors, "bytes": self.bytes, "max": max(self.times)}
        found |= {"p50": p50, "p95": p95, "p99": p99}
        if bounds:
            found |= zip((f"le_{bound}" for bound in bounds), histogram(self.times, bounds), strict=True)
        return found


def percentiles(times: Mapping[int, int], n: int) -> Iterator[int]:
    """Yield the exact percentiles PERCENTS of n times; they take the same rank as InfluxQL's."""
    ordered = iter(sorted(times.items()))
    time, below = next(ordered)
    for percent in PERCENTS:
        rank = max(1, math.floor(n * percent / 100 + 0.5))
        while below < rank:
            time, more = next(ordered)
            below += more
        yield time


def collect(series: Iterable[dict[str, Any]], step: int, found: dict[Key, Cell]) -> None:
    """Add an InfluxQL answer (time in ns, resTime, resSize, status, grouped by TAGS) to the cells of `step` seconds."""
    for one in series:
        values = tuple(one["tags"][tag] for tag in TAGS)
        for moment, time, size, status in one["values"]:
            if time is None:
                continue
            key = values, moment // SECOND // step * step
            cell = found.get(key)
            if cell is None:
                cell = found[key] = Cell()
            cell.add(time, size or 0, status or 0)


def lines(
    name: str, step: str, found: Mapping[Key, Cell], histograms: Histograms, levels: Collection[str] = tuple(LEVELS)
) -> Iterator[str]:
    """Yield the line protocol of each level's points."""
    for level in (level for level in LEVELS if level in levels):
        tags = LEVELS[level]
        bounds = histograms.get(level, ())
        for (values, begin), cell in added(found, [tag in tags for tag in TAGS]).items():
            head = {"step": step, "level": level, **dict(zip(tags, values, strict=True))}
            yield line(name, head, cell.fields(bounds), begin)


def added(found: Mapping[Key, Cell], kept: Sequence[bool]) -> Mapping[Key, Cell]:
    """Add up the cells that differ only in tags which are not kept."""
    if all(kept):
        return found
    cells: dict[Key, Cell] = {}
    for (values, begin), cell in found.items():
        key = tuple(compress(values, kept)), begin
        if key not in cells:
            cells[key] = Cell()
        cells[key].add_all(cell)
    return cells


def line(name: str, tags: Mapping[str, str], fields: Mapping[str, int], moment: int) -> str:
    """Return one line of line protocol."""
    return f"{series_key(name, tags)} {','.join(f'{field}={value}i' for field, value in fields.items())} {moment}"


def series_key(name: str, tags: Mapping[str, str]) -> str:
    """Return what a line begins with: the measurement and the tags; an empty tag is left out."""
    return name + "".join(f",{tag}={escaped(value)}" for tag, value in tags.items() if value)


def escaped(value: str) -> str:
    """Escape a tag's value."""
    for character in ",= ":
        value = value.replace(character, f"\\{character}")
    return value
