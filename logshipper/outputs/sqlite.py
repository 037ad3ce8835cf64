"""A SQLite file as an output: a table for each measurement, the same columns as InfluxDB's `SELECT *`.

`time` is RFC 3339 in UTC with nine digits, tags are text, fields integer, real or text. As in InfluxDB a point is
known by measurement, time and tags; one that comes again replaces itself.
"""

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from logshipper import lineprotocol
from logshipper.lineprotocol import Point
from logshipper.outputs import Hold

_TYPES = {int: "INTEGER", float: "REAL", str: "TEXT", bool: "INTEGER"}
_BUSY_SECONDS = 5.0


class SqliteOutput:
    """Writes points into the file; the connection belongs to the thread that writes first."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._connection: sqlite3.Connection | None = None
        self._tables: dict[str, tuple[set[str], set[str]]] = {}  # name -> (columns, tags among them)

    def write(self, body: bytes) -> None:
        """Store a body in one transaction; see `Output`."""
        try:
            connection = self._open()
            with connection:
                self._store(connection, lineprotocol.points(body.decode("latin-1")))
        except sqlite3.Error as error:
            self.close()
            raise Hold("sqlite", f"{self.file}: {error}") from None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(self.file, timeout=_BUSY_SECONDS)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._tables = _tables(self._connection)
        return self._connection

    def _store(self, connection: sqlite3.Connection, points: Iterable[Point]) -> None:
        rows: dict[tuple[str, tuple[str, ...]], list[tuple[object, ...]]] = {}
        for point in points:
            values = {**point.tags, **point.fields}
            self._fit(connection, point)
            names = tuple(values)
            row = (stamp(point.time or 0), *(_value(value) for value in values.values()))
            rows.setdefault((point.measurement, names), []).append(row)
        for (table, names), values_of in rows.items():
            columns = ", ".join(_quoted(name) for name in ("time", *map(_utf8, names)))
            marks = ", ".join("?" * (len(names) + 1))
            statement = f"INSERT OR REPLACE INTO {_quoted(_utf8(table))} ({columns}) VALUES ({marks})"  # noqa: S608
            connection.executemany(statement, values_of)

    def _fit(self, connection: sqlite3.Connection, point: Point) -> None:
        """Make the table, or the columns that it lacks."""
        table = _utf8(point.measurement)
        tags = {_utf8(name) for name in point.tags}
        if table not in self._tables:
            _create(connection, table, point)
            self._tables[table] = ({"time", *tags, *map(_utf8, point.fields)}, tags)
            _index(connection, table, tags)
            return
        columns, known_tags = self._tables[table]
        if all(_utf8(name) in columns for name in point.fields) and tags <= known_tags:
            return
        for name, kind in _columns(point).items():
            if name not in columns:
                connection.execute(f"ALTER TABLE {_quoted(table)} ADD COLUMN {_quoted(name)} {kind}")
                columns.add(name)
        if not tags <= known_tags:
            known_tags |= tags
            _index(connection, table, known_tags)

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _columns(point: Point) -> dict[str, str]:
    tags = {_utf8(name): "TEXT NOT NULL DEFAULT ''" for name in point.tags}
    fields = {_utf8(name): _TYPES[type(value)] for name, value in point.fields.items()}
    return dict(sorted({**fields, **tags}.items()))


def _create(connection: sqlite3.Connection, table: str, point: Point) -> None:
    columns = "".join(f", {_quoted(name)} {kind}" for name, kind in _columns(point).items())
    connection.execute(f"CREATE TABLE {_quoted(table)} (time TEXT NOT NULL{columns})")


def _index(connection: sqlite3.Connection, table: str, tags: Iterable[str]) -> None:
    """Make the index by which a point is known; its name tells it apart from others, its columns are the tags."""
    name = _quoted(f"{table} points")
    connection.execute(f"DROP INDEX IF EXISTS {name}")
    columns = ", ".join(_quoted(column) for column in ("time", *sorted(tags)))
    connection.execute(f"CREATE UNIQUE INDEX {name} ON {_quoted(table)} ({columns})")


def _tables(connection: sqlite3.Connection) -> dict[str, tuple[set[str], set[str]]]:
    found = {}
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        columns = {row[1] for row in connection.execute(f"PRAGMA table_info({_quoted(table)})")}
        indexed = {row[2] for row in connection.execute(f"PRAGMA index_info({_quoted(f'{table} points')})")}
        found[table] = (columns, indexed - {"time"})
    return found


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@lru_cache(maxsize=4096)
def _utf8(text: str) -> str:
    return text.encode("latin-1").decode("utf-8", "replace")


def _value(value: object) -> object:
    return _utf8(value) if isinstance(value, str) else value


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def stamp(time: int) -> str:
    """Return nanoseconds since 1970 as RFC 3339 with nine digits."""
    seconds, nanoseconds = divmod(time, 1_000_000_000)
    return f"{_second(seconds)}.{nanoseconds:09d}Z"


def is_new(file: Path) -> bool:
    """Tell whether nothing was ever stored in the file."""
    return not file.exists() or file.stat().st_size == 0
