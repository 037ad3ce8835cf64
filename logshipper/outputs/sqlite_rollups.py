"""Writes the rollups of a SQLite file.

Rows are counted in memory when they are stored, and `STEP` of them at once are added to the rollups, in a transaction
that also says up to which row that is: so after a crash those that are missing are read from the file. A row that
replaces another takes that one's part away. So a replay changes nothing.

Which uris and routes have rollups of their own is decided an hour after the period's end: until then all of them do.
After that a row of any other belongs to `OTHERS`, whether it is counted or taken away.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Collection
from functools import lru_cache
from time import time as now
from typing import TypeAlias

from logshipper.histogram import add_encoded, added, decode, encode, percentile
from logshipper.outputs.sqlite_tally import Requests, Rollup, RollupTally
from logshipper.rollups import (
    ALL,
    CLASSES,
    CREATE,
    DAY,
    HOUR,
    MADE,
    MEASUREMENT,
    METHODS,
    MINUTE,
    OTHER,
    OTHERS,
    READ_ROLLED,
    ROLLED,
    ROUTE,
    STEP,
    TABLE,
    URI,
    has_table,
)

# Width, start, kind, value, method, status class.
_Key: TypeAlias = tuple[int, int, int, str, str, str]

MOST_VALUES = {HOUR: 500, DAY: 200}
"""The most uris, or routes, that a period which is over has rollups of."""
_BUSIEST, _SLOWEST, _FAILING = 60, 20, 20
_GRACE = HOUR  # seconds that late lines have before the values of a period are chosen
_MOST_PERIODS = 300  # kept in memory

_REPLACE = f'INSERT OR REPLACE INTO "{TABLE}" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)'  # noqa: S608
_PERIOD = (
    f'SELECT value, method, status_class, requests, bytes, times FROM "{TABLE}"'  # noqa: S608
    " WHERE width = ? AND start >= ? AND start < ? AND kind = ?"
)
_STARTS = (
    f'SELECT DISTINCT start / {{0}} * {{0}} FROM "{TABLE}"'  # noqa: S608
    f" WHERE width = {HOUR} AND kind = {ALL} AND start >= ?"
)
_LATEST = f'SELECT max(start) FROM "{TABLE}" WHERE width = ? AND kind = {ALL}'  # noqa: S608
_FORGET = f'DELETE FROM "{TABLE}" WHERE width = {ROLLED} AND start <> ?'  # noqa: S608
_COLUMNS = {"method": "''", "status_class": "''", "uri": "''", "route": "''", "resSize": "0", "resTime": "NULL"}
_MADE = f'SELECT start FROM "{TABLE}" WHERE width = {DAY} AND kind = {MADE}'  # noqa: S608
_VALUES = (
    f'SELECT count(*) FROM (SELECT DISTINCT value FROM "{TABLE}"'  # noqa: S608
    " WHERE width = ? AND kind = ? AND start = ? LIMIT ?)"
)
_READ_AT_ONCE = 1000


class _Period:
    """The rollups of a kind in a period."""

    def __init__(self, is_chosen: bool) -> None:
        self.cells: dict[_Key, Rollup] = {}
        self._values: set[str] = set()
        self._is_chosen = is_chosen

    def cell(self, key: _Key) -> Rollup:
        """Return the cell of a key, an empty one if there is none."""
        found = self.cells.get(key)
        if found is None:
            found = self.cells[key] = Rollup()
            self._values.add(key[3])
        return found

    def put(self, key: _Key, cell: Rollup) -> None:
        """Take a cell that the file has."""
        self.cells[key] = cell
        self._values.add(key[3])

    def counted_as(self, value: str) -> str:
        """Return the value that a value is counted under: `OTHERS` if the values are chosen and this is none."""
        is_chosen = self._is_chosen or OTHERS in self._values
        return OTHERS if is_chosen and value not in self._values else value


class Rollups:
    """The rollups of one open file. They read the file once, so whatever changes it otherwise needs new ones."""

    def __init__(self, connection: sqlite3.Connection, columns: Collection[str], most_steps: int = 0) -> None:
        """Create the table if there is none, and count the rows that are not in it, from a table of these columns.

        After `most_steps`, if that is not 0, it stops, and `is_behind` says whether rows are left.
        """
        connection.execute(CREATE)
        self._connection = connection
        self._tally = RollupTally()
        self._periods: dict[tuple[int, int, int], _Period] = {}
        self.rolled = self._read_rolled()
        latest = (connection.execute(_LATEST, (width,)).fetchone()[0] for width in (MINUTE, HOUR))
        self._newest: int = max((one for one in latest if one is not None), default=-(2**60))
        self._made = {start for (start,) in connection.execute(_MADE)}
        days = {start for (start,) in connection.execute(_STARTS.format(DAY), (0,))}
        since = min(self._newest, int(now())) - HOUR - _GRACE
        hours = {start for (start,) in connection.execute(_STARTS.format(HOUR), (since,))}
        self._open = {HOUR: hours, DAY: days - self._made}
        self._columns = columns
        self._must_write = False
        self.is_behind = self._count_the_rest(most_steps)

    def _read_rolled(self) -> int:
        found = self._connection.execute(READ_ROLLED).fetchone()
        if not found:  # nobody knows what they hold
            self._connection.execute(f'DELETE FROM "{TABLE}"')  # noqa: S608
        return min(found[0] if found else 0, self._last_row())

    def _last_row(self) -> int:
        if not has_table(self._connection, MEASUREMENT):
            return 0
        (last,) = self._connection.execute(f"SELECT max(rowid) FROM {MEASUREMENT}").fetchone()  # noqa: S608
        return last or 0

    def _count_the_rest(self, most_steps: int) -> bool:
        """Count the rows of the file that are not in the rollups, as after a crash; return whether some are left."""
        wanted = ", ".join(f'"{name}"' if name in self._columns else missing for name, missing in _COLUMNS.items())
        at, last, steps = self.rolled, self._last_row(), 0
        while at < last:
            rows = self._connection.execute(
                f"SELECT strftime('%s', substr(time, 1, 19)) / 60, {wanted} FROM {MEASUREMENT}"  # noqa: S608
                " WHERE rowid > ? AND rowid <= ?",
                (at, at + STEP),
            )
            while some := rows.fetchmany(_READ_AT_ONCE):
                self.count(Requests(*zip(*some, strict=True)))
            at += STEP
            if at <= last:
                self._write_up_to(at)
                steps += 1
            if steps == most_steps > 0:
                return at < last
        return False

    def must_write(self) -> None:
        """Let the next `write` store all: what was counted could not be found again in the file."""
        self._must_write = True

    def count(self, requests: Requests, sign: int = 1) -> None:
        """Count requests, or take them away with sign -1; `write` stores it."""
        self._tally.count(requests, sign)

    def write(self) -> None:
        """Store what was counted, if it is much, within the transaction that is open."""
        if self._tally.waiting >= STEP or self._must_write:
            self._write_up_to(self._last_row())

    def _write_up_to(self, row: int) -> None:
        changed: dict[_Key, Rollup] = {}
        for (minute, *group), counts in self._tally.minutes.items():
            self._add(changed, (MINUTE, minute * MINUTE, ALL), "", _limited(*group), Rollup.of(counts))
        for (hour, method, status_class, uri, route), counts in self._tally.hours.items():
            self._add_hour(changed, hour * HOUR, _limited(method, status_class), (uri, route), Rollup.of(counts))
        self._connection.executemany(_REPLACE, [_row(key, cell) for key, cell in changed.items()])
        if self._tally.minutes:
            self._newest = max(self._newest, max(minute for minute, _, _ in self._tally.minutes) * MINUTE)
        self._tally.clear()
        self._close()
        self._connection.execute(_REPLACE, _row((ROLLED, row, 0, "", "", ""), Rollup()))
        self._connection.execute(_FORGET, (row,))
        self.rolled, self._must_write = row, False
        if len(self._periods) > _MOST_PERIODS:
            self._periods.clear()

    def _add_hour(
        self, changed: dict[_Key, Rollup], hour: int, group: tuple[str, str], values: tuple[str, str], cell: Rollup
    ) -> None:
        """Add what was counted in an hour to its rollups, and to those of its day if it has some."""
        self._open[HOUR].add(hour)
        periods, day = [(HOUR, hour)], hour // DAY * DAY
        if day in self._made:
            periods.append((DAY, day))
        else:
            self._open[DAY].add(day)
        for width, start in periods:
            self._add(changed, (width, start, ALL), "", group, cell)
            for kind, value in zip((URI, ROUTE), values, strict=True):
                if value:
                    self._add(changed, (width, start, kind), value, group, cell)

    def _add(
        self, changed: dict[_Key, Rollup], at: tuple[int, int, int], value: str, group: tuple[str, str], cell: Rollup
    ) -> None:
        period = self._period(at)
        key = (*at, period.counted_as(value), *group)
        found = changed.get(key)
        if found is None:
            found = changed[key] = period.cell(key)
        found.add(cell)

    def _period(self, at: tuple[int, int, int]) -> _Period:
        """Return the rollups of a width, start and kind."""
        found = self._periods.get(at)
        if found is None:
            width, start, kind = at
            found = self._periods[at] = _Period(is_chosen=width == DAY)
            is_new = start > self._newest  # most are: then there is nothing to look for
            stored = () if is_new else self._connection.execute(_PERIOD, (width, start, start + 1, kind))
            for value, method, status_class, *cell in stored:
                found.put((*at, value, method, status_class), Rollup(cell[0], cell[1], decode(cell[2])))
        return found

    def _chosen_until(self) -> int:
        return min(self._newest, int(now())) - _GRACE

    def _close(self) -> None:
        """Choose the values of the periods that are over, and make the days' rollups."""
        until = self._chosen_until()
        for width in (HOUR, DAY):
            for start in sorted(start for start in self._open[width] if start + width <= until):
                for kind in (ALL, URI, ROUTE):
                    if width == DAY or self._has_many(start, kind):
                        self._choose(width, start, kind)
                        self._periods.clear()
                if width == DAY:
                    self._connection.execute(_REPLACE, _row((width, start, MADE, "", "", ""), Rollup()))
                    self._made.add(start)
                self._open[width].discard(start)

    def _has_many(self, hour: int, kind: int) -> bool:
        """Return whether an hour has more values than are kept."""
        most = MOST_VALUES[HOUR]
        (found,) = self._connection.execute(_VALUES, (HOUR, kind, hour, most + 1)).fetchone()
        return bool(found > most)

    def _choose(self, width: int, start: int, kind: int) -> None:
        """Store a period's rollups of a kind with the values that matter; those of a day are the sum of its hours."""
        by_value: dict[str, dict[tuple[str, str], Rollup]] = defaultdict(lambda: defaultdict(Rollup))
        stored = self._connection.execute(_PERIOD, (HOUR, start, start + width, kind))
        for value, method, status_class, requests, size, times in stored:
            cell = by_value[value][method, status_class]
            cell.requests += requests
            cell.bytes += size
            add_encoded(cell.times, times)
        named = _named(by_value, MOST_VALUES[width])
        kept: dict[_Key, Rollup] = defaultdict(Rollup)
        for value, cells in by_value.items():
            for (method, status_class), one in cells.items():
                kept[width, start, kind, value if value in named else OTHERS, method, status_class].add(one)
        self._connection.execute(
            f'DELETE FROM "{TABLE}" WHERE width = ? AND start = ? AND kind = ?',  # noqa: S608
            (width, start, kind),
        )
        self._connection.executemany(_REPLACE, (_row(key, cell) for key, cell in kept.items()))


def _named(by_value: dict[str, dict[tuple[str, str], Rollup]], most: int) -> set[str]:
    """Return the values that matter: the busiest, the slowest and the most failing, or all if they are few."""
    if len(by_value) <= most:
        return set(by_value)

    def requests(value: str) -> int:
        return sum(cell.requests for cell in by_value[value].values())

    def failed(value: str) -> int:
        return sum(cell.requests for (_, status_class), cell in by_value[value].items() if status_class == "5xx")

    def slow(value: str) -> float:
        return percentile(added(cell.times for cell in by_value[value].values()), 0.95) or 0

    values = sorted(by_value)
    found = {OTHERS} & by_value.keys()
    for measure, number in ((requests, _BUSIEST), (slow, _SLOWEST), (failed, _FAILING)):
        found.update(sorted(values, key=measure, reverse=True)[:number])
    return found


@lru_cache(maxsize=256)
def _limited(method: str, status_class: str) -> tuple[str, str]:
    return (method if method in METHODS else OTHER), (status_class if status_class in CLASSES else OTHER)


def _row(key: _Key, cell: Rollup) -> tuple[object, ...]:
    return (*key, cell.requests, cell.bytes, encode(cell.times))
