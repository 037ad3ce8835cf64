"""From requests to the points of their minute or hour: counts and histograms, on three levels.

Level `total` has one point a minute (or hour), `route` one for each route and method, `full` one for each host,
route, method and class of status. A dashboard that filters by nothing reads a point where it would have to add up
hundreds.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from logshipper.provision.rollup_histogram import FIELDS, histogram

TAGS = ("host", "route", "method", "status_class")
LEVELS: dict[str, tuple[str, ...]] = {"full": TAGS, "route": ("route", "method"), "total": ()}
COUNTS = ("n", "errors", "bytes", "max")
SECOND = 1_000_000_000  # nanoseconds
ERROR = 500  # the lowest status that is an error of the server
Key = tuple[str, tuple[str, ...], int]  # level, values of its tags, beginning in epoch seconds


@dataclass
class Cell:
    """What is known of the requests of one minute (hour) and one set of tags."""

    errors: int = 0
    bytes: int = 0
    times: list[int] = field(default_factory=list)

    def add(self, time: int, size: int, status: int) -> None:
        """Count one request."""
        self.times.append(time)
        self.bytes += size
        self.errors += status >= ERROR


def collect(series: Iterable[dict[str, Any]], step: int, found: dict[Key, Cell]) -> None:
    """Add an InfluxQL answer (time in ns, resTime, resSize, status, grouped by TAGS) to the cells of `step` seconds."""
    for one in series:
        for moment, time, size, status in one["values"]:
            if time is None:
                continue
            begin = moment // SECOND // step * step
            for level, tags in LEVELS.items():
                key = level, tuple(one["tags"][tag] for tag in tags), begin
                found.setdefault(key, Cell()).add(time, size or 0, status or 0)


def lines(name: str, found: dict[Key, Cell], with_histogram: Collection[str]) -> Iterator[str]:
    """Yield line protocol; the level `total` last, so that a write that was cut short is seen by its count."""
    order = list(LEVELS)
    for (level, values, begin), cell in sorted(found.items(), key=lambda item: order.index(item[0][0])):
        fields = dict(zip(COUNTS, (len(cell.times), cell.errors, cell.bytes, max(cell.times)), strict=True))
        if level in with_histogram:
            fields |= zip(FIELDS, histogram(cell.times), strict=True)
        yield line(name, {"level": level, **dict(zip(LEVELS[level], values, strict=True))}, fields, begin)


def line(name: str, tags: dict[str, str], fields: dict[str, int], moment: int) -> str:
    """Return one line of line protocol; an empty tag is left out."""
    head = "".join(f",{tag}={escaped(value)}" for tag, value in tags.items() if value)
    return f"{name}{head} {','.join(f'{field}={value}i' for field, value in fields.items())} {moment}"


def escaped(value: str) -> str:
    """Escape a tag's value."""
    for character in ",= ":
        value = value.replace(character, f"\\{character}")
    return value
