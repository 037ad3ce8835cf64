"""Stores rows of requests and counts those that were not in the file yet, for the rollups."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace

from logshipper.outputs.sqlite_rollups import Rollups
from logshipper.outputs.sqlite_tables import Table, quoted
from logshipper.outputs.sqlite_tally import Requests
from logshipper.points import PointShape, Value
from logshipper.rollups import MEASUREMENT, MINUTE

_NAMES = ("method", "status_class", "uri", "route")
_NUMBERS = ("resSize", "resTime")
_MINUTE = MINUTE * 1_000_000_000  # nanoseconds
StoredColumns = Sequence[Sequence[Value]]
"""Rows of one shape as SQLite gets them, by column: their times as text, their tags, their fields."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where the rows of a shape go: the statement that stores one, and, for requests, how they are counted.

    The shape is kept, so that its id stays its own.
    """

    shape: PointShape
    insert: str
    counted: "Counted | None" = None

    @classmethod
    def of(cls, shape: PointShape, table: Table, columns: Sequence[str]) -> "Home":
        """Return the home of a shape whose values go to these columns of the table."""
        is_counted = table.name == MEASUREMENT
        return cls(shape, table.insert(columns), Counted.of(shape, table, columns) if is_counted else None)


@dataclass(frozen=True, slots=True)
class Counted:
    """How the rows of a shape are counted: the indexes of the columns, None for one that the shape does not have."""

    names: Sequence[int | None]
    size: int | None
    time: int | None
    key: slice
    insert_new: str
    find: str  # the numbers and the rowid of the row that has the same time and tags

    @classmethod
    def of(cls, shape: PointShape, table: Table, columns: Sequence[str]) -> "Counted":
        """Return how rows of this shape are counted."""
        tags = {name: index for index, name in enumerate(shape.tags, 1)}
        fields = {
            name: index for index, (name, kind) in enumerate(shape.fields, 1 + len(shape.tags)) if kind in (int, float)
        }
        own = columns[: len(shape.tags)]
        others = [column for column, is_tag in table.columns.values() if is_tag and column not in own]
        same = [f"{quoted(column)} = ?" for column in ("time", *own)] + [f"{quoted(column)} = ''" for column in others]
        numbers = [quoted(columns[fields[name] - 1]) if name in fields else "NULL" for name in _NUMBERS]
        return cls(
            names=[tags.get(name) for name in _NAMES],
            size=fields.get("resSize"),
            time=fields.get("resTime"),
            key=slice(0, 1 + len(own)),
            insert_new=table.insert(columns, "IGNORE"),
            find=f"SELECT {', '.join(numbers)}, rowid FROM {quoted(table.name)} WHERE {' AND '.join(same)}",  # noqa: S608
        )

    def requests(self, columns: StoredColumns, times: Sequence[int]) -> Requests:
        """Return what is counted of rows; `times` are in nanoseconds."""
        count = len(times)
        method, status_class, uri, route = (("",) * count if at is None else columns[at] for at in self.names)
        sizes = (0,) * count if self.size is None else columns[self.size]
        spent = (None,) * count if self.time is None else columns[self.time]
        return Requests([time // _MINUTE for time in times], method, status_class, uri, route, sizes, spent)


def store(
    connection: sqlite3.Connection,
    home: Home,
    columns: StoredColumns,
    times: Sequence[int],
    rollups: Rollups | None,
) -> None:
    """Store rows of one shape, `times` in nanoseconds; if they are requests, count what is new."""
    counted = home.counted
    if counted is None or rollups is None:
        connection.executemany(home.insert, zip(*columns, strict=True))
        return
    connection.execute("SAVEPOINT rows")
    stored = connection.executemany(counted.insert_new, zip(*columns, strict=True)).rowcount
    if stored < len(times):
        connection.execute("ROLLBACK TO rows")
        _store_each(connection, home, counted, columns, times, rollups)
    connection.execute("RELEASE rows")
    if stored == len(times):
        rollups.count(counted.requests(columns, times))


def _store_each(  # noqa: PLR0913, PLR0917
    connection: sqlite3.Connection,
    home: Home,
    counted: Counted,
    columns: StoredColumns,
    times: Sequence[int],
    rollups: Rollups,
) -> None:
    """Store rows of which some are there already: those are counted as they are now, no longer as they were."""
    for row, time in zip(zip(*columns, strict=True), times, strict=True):
        new = counted.requests([(value,) for value in row], (time,))
        old = connection.execute(counted.find, row[counted.key]).fetchone()
        stored = connection.execute(home.insert, row).lastrowid
        if old:
            rollups.count(replace(new, sizes=(old[0] or 0,), times=(old[1],)), -1)
        if (old and old[2] <= rollups.rolled) or (stored or 0) <= rollups.rolled:
            rollups.must_write()  # the row that is gone is in the rollups, or the new one looks as if it were
        rollups.count(new)
