"""Requests added up for the page: over time, by uri and by route. From the rows if they are few, else from rollups."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, TypeAlias

from logshipper.histogram import Buckets, add, add_encoded, numbers
from logshipper.rollups import (
    ALL,
    DAY,
    HOUR,
    MADE,
    MINUTE,
    OTHER,
    OTHERS,
    READ_ROLLED,
    ROUTE,
    STEP,
    TABLE,
    URI,
    has_table,
)
from logshipper.viewer.choice import Choice, as_text

MOST_ROWS = 50_000
"""The most rows that are read if there are rollups."""
_FINE = 172_800  # up to two days, in seconds, the charts are made of minutes
_LONG = 62 * DAY

_COLUMNS = {"method": "''", "uri": "''", "route": "''", "status_class": "''", "resTime": "NULL"}

Times: TypeAlias = dict[float, int]


@dataclass(slots=True)
class Sum:
    """How many requests, and how many took how many milliseconds."""

    requests: int = 0
    times: dict[Any, int] = field(default_factory=dict)

    def add(self, requests: int, times: Times) -> None:
        """Count more requests."""
        self.requests += requests
        add(self.times, times)

    def count(self, time: float | None) -> None:
        """Count one request."""
        self.requests += 1
        if time is not None:
            self.times[time] = self.times.get(time, 0) + 1

    def add_rollup(self, requests: int, times: bytes) -> None:
        """Count those of a rollup; until all are counted, `times` are by bucket."""
        self.requests += requests
        add_encoded(self.times, times)


@dataclass(frozen=True, slots=True)
class Window:
    """The seconds from `start` to `end`, which is not included, and how many one bar of a chart covers."""

    start: int
    end: int
    step: int


@dataclass(slots=True)
class Sums:
    """What the charts and tables are made of. Keys: bar and status class; method, uri or route, and status class."""

    window: Window
    is_exact: bool
    values_since: int
    first: int  # the seconds of the first and the last request, as far as that is known
    last: int
    bars: dict[tuple[int, str], Sum] = field(default_factory=lambda: defaultdict(Sum))
    uris: dict[tuple[str, str, str], Sum] = field(default_factory=lambda: defaultdict(Sum))
    routes: dict[tuple[str, str, str], Sum] = field(default_factory=lambda: defaultdict(Sum))

    def count_bar(self, second: int, status_class: str, time: float | None) -> None:
        """Count a request in its bar."""
        self.bars[second // self.window.step * self.window.step, status_class].count(time)

    def count_values(self, method: str, uri: str, route: str, status_class: str, time: float | None) -> None:
        """Count a request for its uri and route."""
        if uri:
            self.uris[method, uri, status_class].count(time)
        if route:
            self.routes[method, route, status_class].count(time)


def step_of(seconds: int, least: int = 1) -> int:
    """Return how many seconds a bar covers, so that a chart has about 60 to 170 of them."""
    steps = ((300, 5), (900, 10), (3600, 30), (21_600, 180), (86_400, 600), (604_800, 3600), (2_592_000, 21_600))
    for most, step in steps:
        if seconds <= most:
            return max(step, least)
    return -(-seconds // (120 * DAY)) * DAY


def rolled(connection: sqlite3.Connection) -> int | None:
    """Return up to which rowid the rows are in the rollups, None if too few are."""
    if not has_table(connection):
        return None
    found = connection.execute(READ_ROLLED).fetchone()
    (last,) = connection.execute("SELECT max(rowid) FROM uwsgi_log").fetchone()
    return found[0] if found and (last or 0) - found[0] <= 2 * STEP else None


def oldest_rollup(connection: sqlite3.Connection) -> int | None:
    """Return the second from which on there are rollups by hour, perhaps of rows that are not kept any more."""
    return _first(connection, HOUR) if has_table(connection) else None


def _has_minutes(connection: sqlite3.Connection, second: int) -> bool:
    """Return whether the rollups by minute are kept from this second on."""
    first = _first(connection, MINUTE)
    return first is not None and first < second + HOUR


def _first(connection: sqlite3.Connection, width: int) -> int | None:
    sql = f'SELECT min(start) FROM "{TABLE}" WHERE width = ? AND kind = ?'  # noqa: S608
    found: int | None = connection.execute(sql, (width, ALL)).fetchone()[0]
    return found


def requests_between(connection: sqlite3.Connection, start: int, end: int) -> int:
    """Return about how many requests there are, whatever the filters."""
    width = MINUTE if end - start <= _FINE else HOUR
    sql = f'SELECT total(requests) FROM "{TABLE}" WHERE width = ? AND kind = ? AND start >= ? AND start < ?'  # noqa: S608
    return int(connection.execute(sql, (width, ALL, start // width * width, end)).fetchone()[0])


def from_rows(connection: sqlite3.Connection, choice: Choice, window: Window, columns: Iterable[str]) -> Sums:
    """Add up the rows; `columns` are those that the table has."""
    sums = Sums(window, True, window.start, window.end, window.start)
    rows = _rows(connection, choice, columns, "time >= ? AND time < ?", as_text(window.start), as_text(window.end))
    for second, method, uri, route, status_class, time in rows:
        sums.first, sums.last = min(sums.first, second), max(sums.last, second)
        sums.count_bar(second, status_class, time)
        sums.count_values(method, uri, route, status_class, time)
    return sums


def _rows(
    connection: sqlite3.Connection, choice: Choice, columns: Iterable[str], condition: str, *bounds: object
) -> Iterator[tuple[int, str, str, str, str, int | None]]:
    """Yield second, method, uri, route, status class and time of the rows that the condition and the filters leave."""
    known = set(columns)
    wanted = ", ".join(f'"{name}"' if name in known else missing for name, missing in _COLUMNS.items())
    conditions, parameters = choice.sql(choice.columns(known))
    sql = f"SELECT strftime('%s', substr(time, 1, 19)) + 0, {wanted} FROM uwsgi_log WHERE {condition}{conditions}"  # noqa: S608
    yield from connection.execute(sql, (*bounds, *parameters))


def _add_rows(connection: sqlite3.Connection, choice: Choice, sums: Sums, columns: Iterable[str], after: int) -> None:
    """Add the rows after this rowid, their times by bucket."""
    buckets = Buckets()
    since, until = as_text(min(sums.values_since, sums.window.start)), as_text(sums.window.end)
    rows = _rows(connection, choice, columns, "rowid > ? AND +time >= ? AND +time < ?", after, since, until)
    for second, method, uri, route, status_class, time in rows:
        bucket = None if time is None else buckets[time]
        if second >= sums.window.start:
            sums.first = min(sums.first, second)
            sums.count_bar(second, status_class, bucket)
        sums.count_values(method, uri, route, status_class, bucket)


def from_rollups(
    connection: sqlite3.Connection, choice: Choice, window: Window, columns: Iterable[str], after: int
) -> Sums:
    """Add up the rollups, and the rows after this rowid, which are not in them.

    A uri's own rollups are for hours, so the bars of a chosen one cover hours at least.
    """
    has_uri, seconds = bool(choice.value("uri")), window.end - window.start
    is_fine = seconds <= _FINE and not has_uri and _has_minutes(connection, window.start)
    width = MINUTE if is_fine else HOUR
    step = step_of(seconds - 1, width)
    start = window.start // width * width
    sums = Sums(Window(start, window.end, step), False, window.start // HOUR * HOUR, window.end, window.end - 1)
    kinds = [(URI, sums.uris)] if has_uri else [(URI, sums.uris), (ROUTE, sums.routes)]
    periods = _periods(connection, sums.values_since, window.end)
    for kind, into in kinds:
        for _, value, method, status_class, requests, times in _read(connection, choice, kind, periods):
            into[method, value or OTHER, status_class].add_rollup(requests, times)
    own = periods if width == HOUR and seconds > _LONG else [(width, start, window.end)]
    for second, _, _, status_class, requests, times in _read(connection, choice, URI if has_uri else ALL, own):
        sums.first = min(sums.first, second)
        sums.bars[second // step * step, status_class].add_rollup(requests, times)
    _add_rows(connection, choice, sums, columns, after)
    for one in chain(sums.bars.values(), sums.uris.values(), sums.routes.values()):
        one.times = numbers(one.times)
    return sums


def _periods(connection: sqlite3.Connection, start: int, end: int) -> list[tuple[int, int, int]]:
    """Return width, first and end of the rollups that cover the hours: those of whole days where there are any."""
    first = -(-start // DAY) * DAY
    sql = f'SELECT start FROM "{TABLE}" WHERE width = ? AND kind = ? AND start >= ? AND start + ? <= ? ORDER BY start'  # noqa: S608
    found, at = list[tuple[int, int, int]](), start
    for (day,) in connection.execute(sql, (DAY, MADE, first, DAY, end)):
        if at < day:
            found.append((HOUR, at, day))
        found.append((DAY, day, day + DAY))
        at = day + DAY
    return [*found, (HOUR, at, end)]


def _read(
    connection: sqlite3.Connection, choice: Choice, kind: int, periods: Iterable[tuple[int, int, int]]
) -> Iterator[tuple[int, str, str, str, int, bytes]]:
    """Yield start, value, method, status class, requests and times of rollups."""
    filters = Choice(filters=tuple(one for one in choice.filters if one[0] != "uri" or kind == URI))
    conditions, parameters = filters.sql({"method": "method", "status_class": "status_class", "uri": "value"})
    sql = (
        f'SELECT start, value, method, status_class, requests, times FROM "{TABLE}"'  # noqa: S608
        f" WHERE width = ? AND kind = ? AND start >= ? AND start < ? AND requests > 0{conditions}"
    )
    for width, start, end in periods:
        for *row, times in connection.execute(sql, (width, kind, start, end, *parameters)):
            yield (*row, times)


def others(connection: sqlite3.Connection, window: Window, uri: str) -> int:
    """Return how many requests of rare uris are only counted together, in hours in which this one may be among them."""
    sql = (
        f'SELECT total(requests) FROM "{TABLE}"'  # noqa: S608
        " WHERE width = ?1 AND kind = ?2 AND start >= ?3 AND start < ?4 AND value = ?5 AND start NOT IN"
        f' (SELECT start FROM "{TABLE}" WHERE width = ?1 AND kind = ?2 AND start >= ?3 AND start < ?4 AND value = ?6)'
    )
    period = window.start // HOUR * HOUR, window.end
    return int(connection.execute(sql, (HOUR, URI, *period, OTHERS, uri)).fetchone()[0])
