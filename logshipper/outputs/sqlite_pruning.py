"""Removes old rows and rollups from a SQLite file, a few at a time between two writes.

A row is removed only after it has been in the file for a while, and in the rollups: until then the shipper may be
killed and write it again, and it would be counted twice.
"""

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product
from time import monotonic
from time import time as now

from logshipper.outputs.sqlite_rollups import Rollups
from logshipper.outputs.sqlite_tables import quoted
from logshipper.rfc3339 import whole
from logshipper.rollups import ALL, DAY, HOUR, MADE, MEASUREMENT, MINUTE, ROUTE, TABLE, URI, has_table

MOST_ROWS = 2_000
"""The most rows of a table that one step removes: a few hundredths of a second."""
PAUSE = 0.5
"""Seconds between two steps."""
_SETTLED = 600.0  # seconds after which no row is written again
_PAGES = 500  # given back to the file system at once
_OLD = (
    "DELETE FROM {0} WHERE rowid IN (SELECT number FROM"  # noqa: S608 - our own text, as below
    f" (SELECT rowid AS number FROM {{0}} WHERE time < ? ORDER BY time LIMIT {MOST_ROWS}) WHERE number <= ?)"
)
MOST_ROLLUPS = 1_000
"""After this many rollups, a step removes no other period."""
_LAST_OLD_ROLLUP = (
    f'SELECT start FROM "{TABLE}" WHERE width = ? AND kind = ? AND start < ?'  # noqa: S608 - our own text
    f" ORDER BY start LIMIT 1 OFFSET {MOST_ROLLUPS}"
)
_OLD_ROLLUPS = f'DELETE FROM "{TABLE}" WHERE width = ? AND kind = ? AND start <= ?'  # noqa: S608 - our own text
_KINDS = (ALL, URI, ROUTE, MADE)


@dataclass(frozen=True, slots=True)
class Keep:
    """For how many seconds rows and rollups are kept; None for ever."""

    rows: float | None = None
    rollups: float | None = None


class Pruning:
    """The removal of what is old in one open file."""

    def __init__(self, keep: Keep, clock: Callable[[], float] = monotonic) -> None:
        self._keep = keep
        self._clock = clock
        self._next_step = clock() + PAUSE
        self._next_rollups = self._next_step
        # The last rowids of each table when they were looked up, and before.
        self._seen: dict[str, int] = {}
        self._settled: dict[str, int] = {}
        self._next_look = clock()

    def is_due(self) -> bool:
        """Return whether `step` has something to look at."""
        return (self._keep.rows is not None or self._keep.rollups is not None) and self._clock() >= self._next_step

    def step(self, connection: sqlite3.Connection, tables: Iterable[str], rollups: Rollups | None) -> None:
        """Remove some of what is old, within the transaction that is open."""
        self._next_step = self._clock() + PAUSE
        if self._keep.rows is not None:
            self._look(connection, tables := list(tables))
            for table in tables:
                self._remove_rows(connection, table, whole(int(now() - self._keep.rows)), rollups)
        if self._clock() >= self._next_rollups:
            has_more = has_table(connection) and self._remove_rollups(connection)
            self._next_rollups = self._clock() + (PAUSE if has_more else _SETTLED)

    def _look(self, connection: sqlite3.Connection, tables: Iterable[str]) -> None:
        """Remember now and then which rows there are: those that were there the last time are settled."""
        if self._clock() < self._next_look:
            return
        self._next_look = self._clock() + _SETTLED
        self._settled = self._seen
        self._seen = {
            # Never the last row: its number would be given to another.
            table: (connection.execute(f"SELECT max(rowid) FROM {quoted(table)}").fetchone()[0] or 0) - 1  # noqa: S608
            for table in tables
        }

    def _remove_rows(self, connection: sqlite3.Connection, table: str, before: str, rollups: Rollups | None) -> None:
        last = self._settled.get(table, 0)
        if table == MEASUREMENT:
            if rollups is None:
                return
            if last > rollups.rolled:
                rollups.must_write()
            last = min(last, rollups.rolled)
        connection.execute(_OLD.format(quoted(table)), (before, last))

    def _remove_rollups(self, connection: sqlite3.Connection) -> bool:
        """Remove some rollups; return whether there may be more."""
        of_rows = 0 if self._keep.rows is None else int(now() - self._keep.rows)
        of_rollups = 0 if self._keep.rollups is None else int(now() - self._keep.rollups)
        limits = {MINUTE: max(of_rows, of_rollups), HOUR: of_rollups, DAY: of_rollups}
        for width, kind in product(limits, _KINDS):
            last = connection.execute(_LAST_OLD_ROLLUP, (width, kind, limits[width])).fetchone()
            connection.execute(_OLD_ROLLUPS, (width, kind, last[0] if last else limits[width] - 1))
            if last:
                return True
        return False


def give_back(connection: sqlite3.Connection) -> None:
    """Give some of the file's free pages back, outside of a transaction, if they are more than a tenth."""
    free, pages = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("freelist_count", "page_count"))
    if 10 * free > pages:
        # `execute` takes one step of the statement, and that gives one page back.
        connection.executescript(f"PRAGMA incremental_vacuum({_PAGES})")
