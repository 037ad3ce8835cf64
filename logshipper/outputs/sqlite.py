"""A SQLite file as an output: a table for each measurement, the same columns as InfluxDB's `SELECT *`.

`time` is RFC 3339 in UTC with nine digits, tags are text, fields integer, real or text. As in InfluxDB, measurement,
time and tags identify a point, and a point that is written again replaces itself.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path

from logshipper.outputs.line_protocol_reader import LineProtocolReader, PointRow, PointShape
from logshipper.outputs.protocol import RetryLater

_TYPES = {int: "INTEGER", float: "REAL", str: "TEXT", bool: "INTEGER"}
_BUSY_SECONDS = 5.0
_ROWS_AT_ONCE = 1000


class SqliteOutput:
    """Writes points into the file; the connection belongs to the thread that writes first."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._connection: sqlite3.Connection | None = None
        self._reader = LineProtocolReader()
        self._tables: dict[str, tuple[set[str], set[str]]] = {}  # name -> (columns, tags among them)

    def write(self, body: bytes) -> None:
        """Store a body in one transaction; see `Output`."""
        try:
            connection = self._open()
            with connection:
                self._store(connection, self._reader.read(body.decode("utf-8", "replace")))
        except sqlite3.Error as error:
            self.close()
            raise RetryLater("sqlite", f"{self.file}: {error}") from None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(self.file, timeout=_BUSY_SECONDS)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._tables = _tables(self._connection)
        return self._connection

    def _store(self, connection: sqlite3.Connection, rows: Iterable[tuple[PointShape, PointRow]]) -> None:
        """Store rows, some at a time: their cells take more memory than the line protocol."""
        rows = iter(rows)
        while some := list(islice(rows, _ROWS_AT_ONCE)):
            by_shape: dict[int, tuple[PointShape, list[PointRow]]] = {}
            for shape, row in some:
                by_shape.setdefault(id(shape), (shape, []))[1].append(row)
            for shape, rows_of in by_shape.values():
                self._fit(connection, shape)
                connection.executemany(_insert(shape.measurement, shape.names), rows_of)

    def _fit(self, connection: sqlite3.Connection, shape: PointShape) -> None:
        """Create the table, or the columns that it lacks."""
        table, tags = shape.measurement, set(shape.tags)
        if table not in self._tables:
            _create(connection, shape)
            self._tables[table] = ({"time", *tags, *shape.fields}, tags)
            _index(connection, table, tags)
            return
        columns, known_tags = self._tables[table]
        if columns.issuperset(shape.fields) and tags <= known_tags:
            return
        for name, kind in _columns(shape).items():
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


@lru_cache(maxsize=64)
def _insert(table: str, names: Sequence[str]) -> str:
    columns = ", ".join(_quoted(name) for name in ("time", *names))
    marks = ", ".join("?" * (len(names) + 1))
    return f"INSERT OR REPLACE INTO {_quoted(table)} ({columns}) VALUES ({marks})"  # noqa: S608


def _columns(shape: PointShape) -> dict[str, str]:
    tags = dict.fromkeys(shape.tags, "TEXT NOT NULL DEFAULT ''")
    fields = {name: _TYPES[kind] for name, kind in shape.fields.items()}
    return dict(sorted({**fields, **tags}.items()))


def _create(connection: sqlite3.Connection, shape: PointShape) -> None:
    columns = "".join(f", {_quoted(name)} {kind}" for name, kind in _columns(shape).items())
    connection.execute(f"CREATE TABLE {_quoted(shape.measurement)} (time TEXT NOT NULL{columns})")


def _index(connection: sqlite3.Connection, table: str, tags: Iterable[str]) -> None:
    """Create the unique index that identifies a point by its time and tags."""
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


def is_new(file: Path) -> bool:
    """Return whether nothing was ever stored in the file."""
    return not file.exists() or file.stat().st_size == 0
