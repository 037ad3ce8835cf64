"""The tables of a SQLite file, and which column each tag and field of a point goes to.

SQLite takes names that differ in case alone for one, and a table has one column of a name. So a name that is taken, by
`time` or by a column of another kind or spelling, gets the next free one: `time_1`, `A_1` beside `a`.
"""

import sqlite3
from collections.abc import Iterable, Sequence

from logshipper.points import PointShape
from logshipper.rollups import TABLE as ROLLUPS

_TYPES = {int: "INTEGER", float: "REAL", str: "TEXT", bool: "INTEGER"}
_INDEX = " points"  # the name of a table's index ends so; tables and indexes share their names
_TAG = "TEXT NOT NULL DEFAULT ''"
_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def _same(name: str) -> str:
    """Return what SQLite compares names by."""
    return name.translate(_LOWER)


class Table:
    """A table: `columns` maps the name that SQLite compares to the column's own name and whether it is a tag."""

    def __init__(self, name: str, columns: Iterable[str] = (), tags: Iterable[str] = ()) -> None:
        self.name = name
        tags = set(tags)
        self.columns = {_same(column): (column, column in tags) for column in columns}

    def fit(self, connection: sqlite3.Connection, shape: PointShape) -> Sequence[str]:
        """Create the table or the columns that it lacks; return the columns of a row after `time`."""
        wanted: dict[str, tuple[str, str]] = {}  # compared name -> column, declaration
        names = [self._column(name, True, _TAG, wanted) for name in shape.tags]
        names += [self._column(name, False, _TYPES[kind], wanted) for name, kind in shape.fields]
        new = {same: made for same, made in wanted.items() if same not in self.columns}
        if len(self.columns) + len(new) > connection.getlimit(sqlite3.SQLITE_LIMIT_COLUMN):
            # SQLite would say so only after it had added those that fit, which takes seconds.
            raise sqlite3.OperationalError(f"too many columns on {self.name}")
        if not self.columns:
            self._create(connection, [f"{quoted(name)} {kind}" for _, (name, kind) in sorted(new.items())])
        else:
            for name, kind in new.values():
                connection.execute(f"ALTER TABLE {quoted(self.name)} ADD COLUMN {quoted(name)} {kind}")
        has_new_tags = not self.columns or any(kind is _TAG for _, kind in new.values())
        self.columns.setdefault("time", ("time", False))
        self.columns |= {same: (name, kind is _TAG) for same, (name, kind) in new.items()}
        if has_new_tags:
            self._index(connection)
        return names

    def _column(self, name: str, is_tag: bool, kind: str, wanted: dict[str, tuple[str, str]]) -> str:
        column, number = name, 0
        while not self._is_free(column, is_tag, wanted):
            number += 1
            column = f"{name}_{number}"
        wanted[_same(column)] = (column, kind)
        return column

    def _is_free(self, column: str, is_tag: bool, wanted: dict[str, tuple[str, str]]) -> bool:
        same = _same(column)
        return same != "time" and same not in wanted and self.columns.get(same, (column, is_tag)) == (column, is_tag)

    def _create(self, connection: sqlite3.Connection, columns: Sequence[str]) -> None:
        connection.execute(f"CREATE TABLE {quoted(self.name)} ({', '.join(['time TEXT NOT NULL', *columns])})")

    def _index(self, connection: sqlite3.Connection) -> None:
        """Create the unique index that identifies a point by its time and tags."""
        name = quoted(self.name + _INDEX)
        connection.execute(f"DROP INDEX IF EXISTS {name}")
        tags = sorted(column for column, is_tag in self.columns.values() if is_tag)
        columns = ", ".join(map(quoted, ("time", *tags)))
        connection.execute(f"CREATE UNIQUE INDEX {name} ON {quoted(self.name)} ({columns})")

    def insert(self, columns: Sequence[str], if_there: str = "REPLACE") -> str:
        """Return the statement that stores a row of these columns; `if_there`: REPLACE or IGNORE a row like it."""
        names = ", ".join(map(quoted, ("time", *columns)))
        marks = ", ".join("?" * (len(columns) + 1))
        return f"INSERT OR {if_there} INTO {quoted(self.name)} ({names}) VALUES ({marks})"  # noqa: S608


class Tables:
    """The tables of a file, by measurement."""

    def __init__(self, connection: sqlite3.Connection | None = None) -> None:
        """Read the tables that are there."""
        self._tables: dict[str, Table] = {}
        if connection is None:
            return
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({quoted(name)})")]
            indexed = {row[2] for row in connection.execute(f"PRAGMA index_info({quoted(name + _INDEX)})")}
            self._tables[_same(name)] = Table(name, columns, indexed - {"time"})
        self._tables.pop(ROLLUPS, None)

    def of(self, measurement: str) -> Table:
        """Return the table of a measurement."""
        name, number = measurement, 0
        while (known := self._tables.get(_same(name))) is None or known.name != name:
            if known is None and not self._is_taken(name):
                known = self._tables[_same(name)] = Table(name)
                break
            number += 1
            name = f"{measurement}_{number}"
        return known

    def names(self) -> list[str]:
        """Return the names of the tables that hold points."""
        return [table.name for table in self._tables.values() if "time" in table.columns]

    def _is_taken(self, name: str) -> bool:
        """Return whether the table would be named like the rollups or another's index, or its index like a table."""
        same = _same(name)
        return (
            same == ROLLUPS
            or same + _INDEX in self._tables
            or (same.endswith(_INDEX) and same.removesuffix(_INDEX) in self._tables)
        )


def quoted(name: str) -> str:
    """Return a name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'
