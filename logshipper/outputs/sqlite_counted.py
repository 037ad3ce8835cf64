"""Stores rows of requests and counts those that were not in the file yet, for the rollups."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from logshipper.outputs.sqlite_rollups import Names, Rollups
from logshipper.outputs.sqlite_tables import Table, quoted
from logshipper.points import PointShape, Value
from logshipper.rollups import MEASUREMENT, MINUTE

_NAMES = ("method", "status_class", "uri", "route")
_NUMBERS = ("resSize", "resTime")
_MINUTE = MINUTE * 1_000_000_000  # nanoseconds
StoredRow = tuple[Value, ...]
"""A row as SQLite gets it: its time as text, its tags, its fields."""


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
    """How the rows of a shape are counted."""

    names: Callable[[StoredRow], Names]
    size: Callable[[StoredRow], int]
    time: Callable[[StoredRow], int | None]
    key: Callable[[StoredRow], tuple[Value, ...]]
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
            names=_getter([tags.get(name) for name in _NAMES], ""),
            size=_one(fields.get("resSize"), 0),
            time=_one(fields.get("resTime"), None),
            key=itemgetter(slice(0, 1 + len(own))),
            insert_new=table.insert(columns, "IGNORE"),
            find=f"SELECT {', '.join(numbers)}, rowid FROM {quoted(table.name)} WHERE {' AND '.join(same)}",  # noqa: S608
        )


def store(
    connection: sqlite3.Connection,
    home: Home,
    rows: Sequence[StoredRow],
    times: Sequence[int],
    rollups: Rollups | None,
) -> None:
    """Store rows of one shape, `times` in nanoseconds; if they are requests, count what is new."""
    counted = home.counted
    if counted is None or rollups is None:
        connection.executemany(home.insert, rows)
        return
    connection.execute("SAVEPOINT rows")
    stored = connection.executemany(counted.insert_new, rows).rowcount
    if stored < len(rows):
        connection.execute("ROLLBACK TO rows")
        _store_each(connection, home, counted, rows, times, rollups)
    connection.execute("RELEASE rows")
    if stored == len(rows):
        minutes = [time // _MINUTE for time in times]
        rollups.count(
            zip(minutes, map(counted.names, rows), map(counted.size, rows), map(counted.time, rows), strict=True)
        )


def _store_each(  # noqa: PLR0913, PLR0917
    connection: sqlite3.Connection,
    home: Home,
    counted: Counted,
    rows: Sequence[StoredRow],
    times: Sequence[int],
    rollups: Rollups,
) -> None:
    """Store rows of which some are there already: those are counted as they are now, no longer as they were."""
    for row, time in zip(rows, times, strict=True):
        minute, names = time // _MINUTE, counted.names(row)
        old = connection.execute(counted.find, counted.key(row)).fetchone()
        stored = connection.execute(home.insert, row).lastrowid
        if old:
            rollups.count([(minute, names, old[0] or 0, old[1])], -1)
        if (old and old[2] <= rollups.rolled) or (stored or 0) <= rollups.rolled:
            rollups.must_write()  # the row that is gone is in the rollups, or the new one looks as if it were
        rollups.count([(minute, names, counted.size(row), counted.time(row))])


def _getter(indexes: Sequence[int | None], default: str) -> Callable[[StoredRow], Any]:
    """Return the function that takes these values out of a row."""
    if all(index is not None for index in indexes):
        return itemgetter(*indexes)
    known = [index for index in indexes if index is not None]
    if known == [*indexes[: len(known)]] and len(known) > 1:
        missing = (default,) * (len(indexes) - len(known))
        get = itemgetter(*known)
        return lambda row: get(row) + missing
    return lambda row: tuple(default if index is None else row[index] for index in indexes)


def _one(index: int | None, default: int | None) -> Callable[[StoredRow], Any]:
    return (lambda _: default) if index is None else itemgetter(index)
